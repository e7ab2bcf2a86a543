"""Search inside PostgreSQL: character bigrams for recall, segmented words for rank, traditional and simplified alike.

Chinese has no spaces and most words have two characters, so every two neighbouring characters are an index term:
any substring of two or more characters is found. OpenCC folds traditional characters differently by phrase and by
character (乾 is 干 or 乾); both foldings are indexed and either may match. A hit on all bigrams is rechecked for
adjacency in the folded text.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import opencc
import pypinyin
import rjieba
from django.contrib.postgres.search import SearchQueryField
from django.db import connection
from django.db.models import BooleanField, Case, F, FloatField, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from catalog.choices import EntryStatus
from catalog.models import Entry, EntrySearch, RevisionItem

MAX_QUERY_CHARACTERS = 100
MAX_TERMS = 8

_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"\w+")


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=20_000)
def _character_fold(character: str) -> str:
    return str(_converter().convert(character))


def _plain(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()


def foldings(text: str) -> list[str]:
    """Return the text in lower case and simplified characters, folded by phrase and, where it differs, by character."""
    plain = _plain(text)
    by_phrase = str(_converter().convert(plain))
    by_character = "".join(map(_character_fold, plain))
    return [by_phrase] if by_phrase == by_character else [by_phrase, by_character]


def bigrams(text: str) -> set[str]:
    """Return the index terms of a folded text: all pairs of neighbouring characters, and the single ones."""
    terms: set[str] = set()
    for token in _TOKEN.findall(text):
        terms.update(token)
        terms.update(token[at : at + 2] for at in range(len(token) - 1))
    return terms


def words(text: str) -> list[str]:
    """Return the words of a folded text, segmented for search."""
    return [word for word in rjieba.cut_for_search(text) if _TOKEN.fullmatch(word)]


def _vector_literal(weighted: Iterable[tuple[str, str]]) -> str:
    """Write (word, weight) pairs as a tsvector literal; positions stop at the type's limit of 16383."""
    return " ".join(
        "'{}':{}{}".format(word.replace("\\", "\\\\").replace("'", "''"), min(at, 16383), weight)
        for at, (word, weight) in enumerate(weighted, start=1)
    )


def _pinyin(folded: str) -> str:
    return " ".join(pypinyin.lazy_pinyin(folded, style=pypinyin.Style.TONE3))[:800]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What an entry is found by, as ``EntrySearch`` keeps it; ``words`` is a tsvector literal."""

    name_folded: str
    name_pinyin: str
    folded: str
    bigrams: list[str]
    words: str


def index_row(entry: Entry) -> IndexRow | None:
    """Work out what an entry is found by; None for one that is not to be found."""
    revision = entry.current_revision
    if revision is None or entry.status == EntryStatus.WITHDRAWN:
        return None
    items = RevisionItem.objects.filter(revision=revision).order_by("position").values_list("name", "field_name")
    department = entry.department
    names = foldings(revision.name)
    parts = [
        (revision.name, "A"),
        (revision.keywords, "B"),
        (" ".join(name for name, _field in items), "B"),
        (revision.summary, "C"),
        (f"{department.name} {department.short_name}", "D"),
    ]
    plain = " ".join(
        [*(text for text, _weight in parts), entry.code or "", revision.format_type, *(field for _name, field in items)]
    )
    folded = "\n".join(foldings(plain))
    weighted = [(word, weight) for text, weight in parts for word in words(foldings(text)[0])]
    return IndexRow(names[0], _pinyin(names[0]), folded, sorted(bigrams(folded)), _vector_literal(weighted))


def entry_index(entry: Entry) -> None:
    """Write what the entry is found by, in the caller's transaction; a withdrawn entry is taken out."""
    row = index_row(entry)
    if row is None:
        EntrySearch.objects.filter(entry=entry).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO catalog_entrysearch (entry_id, name_folded, name_pinyin, folded, bigrams, words)
            VALUES (%s, %s, %s, %s, array_to_tsvector(%s::text[]), %s::tsvector)
            ON CONFLICT (entry_id) DO UPDATE SET name_folded = excluded.name_folded,
                name_pinyin = excluded.name_pinyin, folded = excluded.folded,
                bigrams = excluded.bigrams, words = excluded.words
            """,
            [entry.pk, row.name_folded, row.name_pinyin, row.folded, row.bigrams, row.words],
        )


def is_indexed(entry: Entry) -> bool:
    """Say whether the index holds of an entry exactly what it should: its row, or none."""
    row = index_row(entry)
    if row is None:
        return not EntrySearch.objects.filter(entry=entry).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM catalog_entrysearch
                WHERE entry_id = %s AND name_folded = %s AND name_pinyin = %s AND folded = %s
                    AND bigrams = array_to_tsvector(%s::text[]) AND words = %s::tsvector
            )
            """,
            [entry.pk, row.name_folded, row.name_pinyin, row.folded, row.bigrams, row.words],
        )
        return bool(cursor.fetchone()[0])


def query_terms(query: str) -> list[str]:
    """Split what somebody typed into terms; each must be found."""
    return [term for term in _plain(query[:MAX_QUERY_CHARACTERS]).split(" ") if _TOKEN.search(term)][:MAX_TERMS]


class _Matches(Func):
    """``vector @@ query``."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def _tsquery(literal: str) -> Func:
    """Cast a tsquery literal, which travels as a bound parameter."""
    return Func(Value(literal), template="%(expressions)s::tsquery", output_field=SearchQueryField())


def _term_condition(term: str) -> Q:
    condition = Q(pk__in=[])
    for variant in foldings(term):
        lexemes = sorted(bigrams(variant))
        if len(lexemes) > 1:
            lexemes = [lexeme for lexeme in lexemes if len(lexeme) > 1] or lexemes
        matches = Q(search__folded__contains=variant)
        if lexemes:
            literal = " & ".join("'{}'".format(one.replace("\\", "\\\\").replace("'", "''")) for one in lexemes)
            matches &= Q(_Matches(F("search__bigrams"), _tsquery(literal)))
        condition |= matches
    return condition


def matching(entries: QuerySet[Entry], query: str) -> QuerySet[Entry]:
    """Keep the entries in which every term of the query occurs, and annotate ``relevance``.

    An empty query keeps all, with a relevance of 0; one of signs alone, which nothing is found by, keeps none.
    """
    terms = query_terms(query)
    if not terms:
        kept = entries.none() if query.strip() else entries
        return kept.annotate(relevance=Value(0.0, output_field=FloatField()))
    for term in terms:
        entries = entries.filter(_term_condition(term))
    whole = foldings(query[:MAX_QUERY_CHARACTERS])[0]
    segmented = sorted({word for term in terms for word in words(foldings(term)[0])})
    literal = " | ".join("'{}'".format(word.replace("\\", "\\\\").replace("'", "''")) for word in segmented)
    in_name = Case(
        When(code=query.strip(), then=8),
        When(search__name_folded=whole, then=6),
        When(search__name_folded__startswith=whole, then=4),
        When(search__name_folded__contains=whole, then=3),
        default=0,
        output_field=IntegerField(),
    )
    rank = Func(
        F("search__words"),
        _tsquery(literal),
        function="ts_rank",
        output_field=FloatField(),
    )
    return entries.annotate(relevance=Cast(in_name, FloatField()) + rank)
