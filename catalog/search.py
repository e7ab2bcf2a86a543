"""Search inside PostgreSQL: character bigrams for recall, segmented words for rank, traditional and simplified alike.

What is searched is written by ``catalog.search_index``. The public is answered from columns of its own.

Chinese has no spaces and most words have two characters, so every two neighbouring characters are an index term:
any substring of two or more characters is found. OpenCC folds traditional characters differently by phrase and by
character (乾 is 干 or 乾); both foldings are indexed and either may match. A hit on all bigrams of a longer term is
rechecked for adjacency in the folded text.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache

import opencc
import rjieba
from django.contrib.postgres.search import SearchQueryField
from django.db import connection, transaction
from django.db.models import BooleanField, Case, F, FloatField, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable, CombinedExpression, Expression
from django.db.models.functions import Cast

from catalog.models import Entry, EntrySearch
from core.actors import Actor

MAX_QUERY_CHARACTERS = 100
MAX_TERMS = 8

OPEN_PART = "open_"
"""How the columns begin that hold what the public may see."""

MAX_WORD_CHARACTERS = 200
"""A longer run of letters and digits is no word; PostgreSQL refuses lexemes from 2 KB."""

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
    return [word for word in rjieba.cut_for_search(text) if len(word) <= MAX_WORD_CHARACTERS and _TOKEN.fullmatch(word)]


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


def _term_condition(term: str, part: str) -> Q:
    condition = Q(pk__in=[])
    for variant in foldings(term):
        lexemes = sorted(bigrams(variant))
        if len(lexemes) > 1:
            lexemes = [lexeme for lexeme in lexemes if len(lexeme) > 1] or lexemes
        matches = Q()
        if lexemes:
            literal = " & ".join("'{}'".format(one.replace("\\", "\\\\").replace("'", "''")) for one in lexemes)
            matches &= Q(_Matches(F(f"{part}bigrams"), _tsquery(literal)))
        if lexemes != [variant]:
            # Most hits are in the name, which lies in the row itself; the whole text is fetched only for the others.
            matches &= Q(name_folded__contains=variant) | Q(**{f"{part}folded__contains": variant})
        condition |= matches
    return condition


def _part(actor: Actor) -> str:
    return OPEN_PART if actor.is_public else ""


def matching(actor: Actor, rows: QuerySet[EntrySearch], query: str) -> QuerySet[EntrySearch]:
    """Keep the entries in which every term of the query occurs.

    Only what the actor may see of an entry counts. An empty query keeps all; one of signs alone, which nothing is
    found by, keeps none.
    """
    terms = query_terms(query)
    if not terms and query.strip():
        return rows.none()
    for term in terms:
        rows = rows.filter(_term_condition(term, _part(actor)))
    return rows


@contextmanager
def by_index(query: str) -> Iterator[None]:
    """Let what is read within find the rows of a query by its index alone.

    The database counts rows only: where most rows hold the term it would rather read all of them, and fetch for each
    its terms from outside the row, which takes ten times as long.
    """
    if not query_terms(query):
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


def entries_matching(actor: Actor, entries: QuerySet[Entry], query: str) -> QuerySet[Entry]:
    """Keep the entries in which every term of the query occurs, as ``matching`` does."""
    if not query.strip():
        return entries
    return entries.filter(pk__in=matching(actor, EntrySearch.objects.all(), query).values("pk"))


def relevance(actor: Actor, query: str, *, ranks_words: bool = True, at: str = "") -> Expression:
    """Return what hits of a query sort by: how the name holds it, then how much of its words the text has.

    Args:
        query: of one term at least.
        ranks_words: False leaves the words out, which have to be fetched from outside the row for each hit.
        at: path from the model to ``EntrySearch``.
    """
    whole = foldings(query[:MAX_QUERY_CHARACTERS])[0]
    in_name = Cast(
        Case(
            When(**{f"{at}code": query.strip()}, then=8),
            When(**{f"{at}name_folded": whole}, then=6),
            When(**{f"{at}name_folded__startswith": whole}, then=4),
            When(**{f"{at}name_folded__contains": whole}, then=3),
            default=0,
            output_field=IntegerField(),
        ),
        FloatField(),
    )
    if not ranks_words:
        return in_name
    segmented = sorted({word for term in query_terms(query) for word in words(foldings(term)[0])})
    literal = " | ".join("'{}'".format(word.replace("\\", "\\\\").replace("'", "''")) for word in segmented)
    rank = Func(F(f"{at}{_part(actor)}words"), _tsquery(literal), function="ts_rank", output_field=FloatField())
    return CombinedExpression(in_name, Combinable.ADD, rank, output_field=FloatField())
