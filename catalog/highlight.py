"""Where a search hit stands in a text, found the way the search finds it: traditional and simplified, any case."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from catalog.search import foldings

Span = tuple[int, int]
Part = tuple[str, bool]
"""A stretch of text and whether it is a hit."""

AROUND = 12
"""Characters kept before the first hit of an excerpt."""


@lru_cache(maxsize=20_000)
def _folded(character: str) -> str:
    """Fold one character; a blank stays a blank."""
    if character.isspace():
        return " "
    plain = unicodedata.normalize("NFKC", character).lower()
    return foldings(plain)[-1] if plain.strip() else plain


def spans(text: str, terms: Sequence[str]) -> list[Span]:
    """Return the stretches of a text in which a term occurs, joined where they touch, in their order.

    Args:
        terms: as ``search.query_terms`` splits a query.
    """
    folded: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        for part in _folded(character):
            folded.append(part)
            origin.append(at)
    haystack = "".join(folded)
    found: list[Span] = []
    for term in terms:
        for variant in foldings(term):
            start = haystack.find(variant) if variant else -1
            while start >= 0:
                found.append((origin[start], origin[start + len(variant) - 1] + 1))
                start = haystack.find(variant, start + 1)
    return _joined(sorted(found))


def _joined(found: Sequence[Span]) -> list[Span]:
    result: list[Span] = []
    for start, end in found:
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def parts(text: str, terms: Sequence[str]) -> list[Part]:
    """Split a text into stretches that are hits and stretches that are not."""
    result: list[Part] = []
    at = 0
    for start, end in spans(text, terms):
        if start > at:
            result.append((text[at:start], False))
        result.append((text[start:end], True))
        at = end
    if at < len(text):
        result.append((text[at:], False))
    return result


def excerpt(text: str, terms: Sequence[str], length: int = 80) -> list[Part]:
    """Return the part of a longer text around its first hit; empty where nothing is found."""
    flat = " ".join(text.split())
    found = spans(flat, terms)
    if not found:
        return []
    start = max(0, found[0][0] - AROUND)
    shown = parts(flat[start : start + length], terms)
    if start:
        shown.insert(0, ("…", False))
    if start + length < len(flat):
        shown.append(("…", False))
    return shown


def missing(text: str, terms: Sequence[str]) -> list[str]:
    """Return the terms that do not occur in a text."""
    return [term for term in terms if not spans(text, [term])]
