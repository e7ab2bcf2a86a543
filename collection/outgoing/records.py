"""Records out of a page of JSON, character for character as they came: 1.10 stays 1.10, a long number stays whole."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

Path = Sequence[str]
"""Names from the outermost object inwards; empty: the page itself."""

_SPACE = re.compile(r"[ \t\n\r]*")
_LINE_BREAKS = str.maketrans("\r\n", "  ")
"""Between tokens only: inside a string JSON knows no bare line break."""


def parsed(content: bytes, charset: str = "") -> tuple[str, Any]:
    """Return the text of a page and what it means.

    Args:
        charset: as the source names it; JSON itself is UTF-8, -16 or -32.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        text = content.decode(charset or json.detect_encoding(content)).removeprefix("\ufeff")
    except LookupError:
        raise ValueError("an unknown charset") from None
    try:
        return text, json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def value_at(document: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def lines_of(text: str, path: Path) -> Iterator[str]:
    """Yield the elements of the list at a path, one line each, as they are written in the page.

    Args:
        text: valid JSON with a list at the path.
    """
    decoder = json.JSONDecoder()
    position = _after_space(text, 0)
    for name in path:
        position = _value_of(text, position, name, decoder)
    position = _after_space(text, position + 1)
    while text[position] != "]":
        _value, end = decoder.raw_decode(text, position)
        yield text[position:end].translate(_LINE_BREAKS)
        position = _after_space(text, end)
        if text[position] == ",":
            position = _after_space(text, position + 1)


def _value_of(text: str, position: int, name: str, decoder: json.JSONDecoder) -> int:
    """Return where the value of a name begins in the object at a position; the last, as parsers take it."""
    found = -1
    position = _after_space(text, position + 1)
    while text[position] != "}":
        key, position = decoder.raw_decode(text, position)
        position = _after_space(text, _after_space(text, position) + 1)
        if key == name:
            found = position
        _value, position = decoder.raw_decode(text, position)
        position = _after_space(text, position)
        if text[position] == ",":
            position = _after_space(text, position + 1)
    return found


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
