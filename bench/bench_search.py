"""What finding costs in a catalog of ``BENCH_ENTRIES`` entries, beside the bare match of the same queries."""

from collections.abc import Callable, Iterator
from itertools import cycle

from django.core.cache import cache
from django.db import connection

from accounts.models import Department
from bench import catalog_rows
from bench.registry import Figures, benchmark, compare
from catalog import search
from catalog.models import Entry
from catalog.selectors import EntryFilters, EntryPages, entries_counted
from core.actors import PUBLIC, Actor, ActorKind

PAGE = 20
GOAL = "p95 under 50 ms with 1,000,000 entries"
_BARE = "ids of the rows that hold the query's characters, by bare SQL"


def _reader() -> Actor:
    """Somebody signed in who sees what is published."""
    department = Department.objects.get(code="sjj")
    return Actor(kind=ActorKind.USER, id=0, department_id=department.pk, department_code=department.code)


def _search(actor: Actor, filters: Iterator[EntryFilters]) -> Callable[[], list[Entry]]:
    """Return a function that does what a list does: count everything, then read the first page."""

    def once() -> list[Entry]:
        asked = next(filters)
        return EntryPages(actor, asked, entries_counted(actor, asked).total)[0:PAGE]

    return once


def _bare_matches(queries: Iterator[str]) -> Callable[[], object]:
    def once() -> object:
        terms = sorted({one for term in search.query_terms(next(queries)) for one in search.bigrams(term)})
        literal = " & ".join(f"'{one}'" for one in terms)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM catalog_entrysearch WHERE bigrams @@ %s::tsquery", [literal])
            return cursor.fetchone()

    return once


def _compare(actor: Actor, queries: tuple[str, ...]) -> Figures:
    catalog_rows.ensure()
    filters = cycle([EntryFilters(q=query) for query in queries])
    return compare(_search(actor, filters), _bare_matches(cycle(queries)), rounds=len(queries))


def _of_length(length: int) -> tuple[str, ...]:
    return tuple(query for query in catalog_rows.queries() if len(query) == length and " " not in query)


@benchmark("search with eight facets, mixed queries of 1 to 6 characters and phrases", baseline=_BARE, goal=GOAL)
def mixed() -> Figures:
    return _compare(_reader(), catalog_rows.queries())


@benchmark("search by the public, the same queries", baseline=_BARE, goal=GOAL)
def by_the_public() -> Figures:
    return _compare(PUBLIC, catalog_rows.queries())


@benchmark("search with eight facets, single characters", baseline=_BARE, goal=GOAL)
def single() -> Figures:
    return _compare(_reader(), _of_length(1))


@benchmark("search with eight facets, two characters", baseline=_BARE, goal=GOAL)
def pairs() -> Figures:
    return _compare(_reader(), _of_length(2))


def _filtered(filters: EntryFilters, *, is_kept: bool = True) -> Figures:
    catalog_rows.ensure()
    actor = _reader()
    once = _search(actor, cycle([filters]))

    def listed() -> object:
        if not is_kept:
            cache.clear()
        return once()

    def bare() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM catalog_entrysearch")
            return cursor.fetchone()

    return compare(listed, bare, rounds=40)


_COUNT = "count of all rows by bare SQL"


@benchmark("facets of the whole catalog, kept since the last change", baseline=_COUNT, goal=GOAL)
def whole() -> Figures:
    return _filtered(EntryFilters())


@benchmark("facets of the whole catalog, after a change", baseline=_COUNT)
def whole_after_a_change() -> Figures:
    return _filtered(EntryFilters(), is_kept=False)


@benchmark("facets beside two choices", baseline=_COUNT, goal=GOAL)
def chosen() -> Figures:
    return _filtered(EntryFilters(sharing=("conditional",), category=("3",)))
