"""What the values of each item look like to one reader: filled, distinct, range, frequent values, spread.

Everything is worked out from what the reader sees, so a mask cannot be probed by it. Of a sensitive item only
frequent values are told: a range, or a value that occurs once, is somebody's.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from itertools import pairwise
from typing import Any

from psycopg import sql

from collection.readers.entitlement import Entitlement
from collection.readers.masks import Parameters
from collection.readers.page import PinnedVersion, shown_columns, shown_values, visible_rows
from collection.readers.sample import sampled
from collection.readers.shown import Shown, alias, text_of, typed_text
from collection.store import names, tables

SAMPLE_ROWS = 50_000
"""Of a larger version about so many rows are looked at."""
MOST_MILLISECONDS = 8_000
"""For all items together; those for which no time is left are said to be unknown."""
CELLS_TOGETHER = 50_000
"""So many cells are looked at by one statement: of few rows, asking takes longer than looking."""
MOST_TOGETHER = 50
"""Columns of one statement, however few its rows are."""
FREQUENT = 8
LEAST_COUNT = 2
LEAST_COUNT_SENSITIVE = 5
"""A value of a sensitive item is told when at least so many rows share it."""
BARS = 20
MOST_MONTHS = 120
_LONGEST = 100
_NUMBERS = ("numeric", "bigint", "double precision")
_MOMENTS = ("date", "timestamptz")
_MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a spread: numbers from ``start`` up to ``end``, or a month or year."""

    start: str
    end: str
    count: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One item.

    Attributes:
        least, most: first and last value, of all rows; None for a sensitive item.
        has_sampled_ends: there was no time for all rows, so these two are of those that were looked at.
        frequent: values with their number of rows, the most frequent first.
        spread: bars of a number (``number``), or of dates by ``month`` or ``year``; "" where there is none.
        is_known: whether there was time to look at it.
    """

    item: str
    filled: int = 0
    empty: int = 0
    distinct: int = 0
    least: str | None = None
    most: str | None = None
    frequent: tuple[tuple[str, int], ...] = ()
    spread: str = ""
    bars: tuple[Bar, ...] = ()
    is_known: bool = True
    has_sampled_ends: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """All items that the reader may read.

    Attributes:
        rows: rows that were looked at.
        is_sample: whether there are more.
    """

    rows: int
    is_sample: bool
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True)
class _Spread:
    """How the values of a column are counted: by what (``number``, ``month`` or ``year``), and the bars that makes."""

    kind: str
    question: sql.Composable
    bars: Callable[[Mapping[str, int]], tuple[Bar, ...]]


@dataclass(slots=True)
class _Source:
    """The rows to look at, within the time that is left."""

    entitlement: Entitlement
    version: PinnedVersion
    part: sql.Composable
    ends_at: float = field(default_factory=lambda: time.monotonic() + MOST_MILLISECONDS / 1000)

    def left(self) -> int:
        return int((self.ends_at - time.monotonic()) * 1000)

    def values(self, columns: Sequence[Shown], parameters: Parameters) -> sql.Composable:
        """Return the query of what the reader sees of some columns."""
        entitlement, version = self.entitlement, self.version
        return sql.SQL("SELECT {} FROM {} t WHERE {} AND {}").format(
            sql.SQL(", ").join(shown_values(entitlement, columns, parameters)),
            names.table(version.dataset_id, version.generation),
            visible_rows(entitlement, version, entitlement.columns(version.columns), (), parameters),
            self.part,
        )

    def ask_of(self, columns: Sequence[Shown], questions: Sequence[sql.Composable]) -> list[tuple[Any, ...]]:
        """Answer questions about columns in one statement; they find what the reader sees in ``seen``.

        Raises:
            TooSlow: the time for all items is over.
        """
        parameters = Parameters()
        rows = self.values(columns, parameters)
        asked = sql.SQL(" UNION ALL ").join(sql.SQL("SELECT * FROM ({}) AS q").format(one) for one in questions)
        return self.ask(sql.SQL("WITH seen AS ({}) {}").format(rows, asked), parameters)

    def ask(self, statement: sql.Composable, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Run a query.

        Raises:
            TooSlow: the time for all items is over.
        """
        left = self.left()
        if left <= 0:
            raise tables.TooSlow
        with tables.bounded(left) as run:
            run.execute(statement, parameters.values)
            return list(run.fetchall())


def profile(entitlement: Entitlement, version: PinnedVersion, rows: int) -> Profile:
    """Look at every item that may be read, in constant memory and bounded time.

    Args:
        rows: rows of the version; above ``SAMPLE_ROWS`` a sample is looked at.

    Raises:
        RuleViolation: the entitlement's row filter names an item that the version does not have.
    """
    is_sample = rows > SAMPLE_ROWS
    source = _Source(entitlement, version, sampled(version, rows, SAMPLE_ROWS))
    found: list[ColumnProfile] = []
    columns = shown_columns(entitlement, entitlement.columns(version.columns))
    together = min(max(CELLS_TOGETHER // max(min(rows, SAMPLE_ROWS), 1), 1), MOST_TOGETHER)
    for at in range(0, len(columns), together):
        some = columns[at : at + together]
        try:
            found += _profiles(source, some)
        except tables.TooSlow:
            found += [ColumnProfile(one.column.item, is_known=False) for one in some]
    looked = max((one.filled + one.empty for one in found), default=0)
    if is_sample:
        found = _with_ends(source, columns, found)
    return Profile(looked, is_sample, tuple(found))


def _profiles(source: _Source, columns: Sequence[Shown]) -> list[ColumnProfile]:
    """Look at some columns, in two statements."""
    told = {}
    for position, rows, empty, distinct, least, most, frequent in source.ask_of(columns, [*map(_figures, columns)]):
        told[position] = ColumnProfile(
            item="",
            filled=rows - empty,
            empty=empty,
            distinct=distinct,
            least=least,
            most=most,
            frequent=tuple((one, count) for one, count in json.loads(frequent or "[]")),
        )
    spreads = {
        one.position: found
        for one in columns
        if not one.column.is_sensitive and (found := _spread(one, told[one.position])) is not None
    }
    counted: dict[int, dict[str, int]] = {position: {} for position in spreads}
    if spreads:
        drawn = [one for one in columns if one.position in spreads]
        for position, name, count in source.ask_of(drawn, [spreads[one.position].question for one in drawn]):
            counted[position][name] = count
    return [
        _profile(one, told[one.position], spreads.get(one.position), counted.get(one.position, {})) for one in columns
    ]


def _profile(shown: Shown, told: ColumnProfile, spread: _Spread | None, counted: dict[str, int]) -> ColumnProfile:
    """Put together what is told of a column: of a sensitive one no single value."""
    told = replace(told, item=shown.column.item)
    if shown.column.is_sensitive:
        return replace(told, least=None, most=None)
    return replace(told, spread=spread.kind, bars=spread.bars(counted)) if spread else told


def _figures(shown: Shown) -> sql.Composable:
    """Ask for number, filled and distinct values, the ends and the frequent ones."""
    value = alias(shown.position)
    text = sql.SQL("left({}, {})").format(text_of(shown), sql.Literal(_LONGEST))
    end = sql.SQL("(SELECT {} FROM g AS s WHERE s.{} IS NOT NULL ORDER BY s.{} {} LIMIT 1)")
    return sql.SQL(
        "WITH g AS MATERIALIZED (SELECT {value}, count(*) AS n FROM seen GROUP BY {value})"
        " SELECT {position}, coalesce(sum(n), 0)::bigint, coalesce(sum(n) FILTER (WHERE {value} IS NULL), 0)::bigint,"
        " count({value}), {least}, {most},"
        " (SELECT jsonb_agg(jsonb_build_array(f.value, f.n) ORDER BY f.n DESC, f.at) FROM"
        " (SELECT {text} AS value, s.n, row_number() OVER (ORDER BY s.n DESC, s.{value}) AS at FROM g AS s"
        " WHERE s.{value} IS NOT NULL AND s.n >= {few} ORDER BY s.n DESC, s.{value} LIMIT {frequent}) AS f) FROM g"
    ).format(
        position=sql.Literal(shown.position),
        value=value,
        text=text,
        least=end.format(text, value, value, sql.SQL("ASC")),
        most=end.format(text, value, value, sql.SQL("DESC")),
        few=sql.Literal(LEAST_COUNT_SENSITIVE if shown.column.is_sensitive else LEAST_COUNT),
        frequent=sql.Literal(FREQUENT),
    )


def _spread(shown: Shown, told: ColumnProfile) -> _Spread | None:
    """Return how the values of a number or date item are counted; None where there is nothing to draw."""
    if shown.column.is_sensitive or told.least is None or told.most is None:
        return None
    if shown.pg_type in _NUMBERS:
        return _number_spread(shown, told.least, told.most)
    return _date_spread(shown, told.least, told.most) if shown.pg_type in _MOMENTS else None


def _with_ends(source: _Source, columns: Sequence[Shown], found: list[ColumnProfile]) -> list[ColumnProfile]:
    """Put the ends of all rows in the place of the sample's, where one pass over them fits into the time left."""
    told = {one.item for one in found if one.least is not None}
    asked = [one for one in columns if one.column.item in told and one.pg_type != "boolean"]
    try:
        ends = _ends(source, asked) if asked else {}
    except tables.TooSlow:
        ends = {}
    return [
        replace(one, least=ends[one.item][0], most=ends[one.item][1])
        if one.item in ends
        else replace(one, has_sampled_ends=one.item in told)
        for one in found
    ]


def _ends(source: _Source, asked: Sequence[Shown]) -> dict[str, tuple[str, str]]:
    """Return first and last value of columns, of all rows that the reader may read."""
    parameters = Parameters()
    entitlement, version = source.entitlement, source.version
    values = shown_values(entitlement, asked, parameters)
    rows = visible_rows(entitlement, version, entitlement.columns(version.columns), (), parameters)
    kinds = ("min", "max")
    ends = [
        sql.SQL("{}({}) AS {}").format(sql.SQL(kind), one.value, sql.Identifier(f"{kind}{one.position}"))
        for one in asked
        for kind in kinds
    ]
    texts = [
        sql.SQL("left({}, {})").format(
            typed_text(one.pg_type, sql.SQL("e.{}").format(sql.Identifier(f"{kind}{one.position}"))),
            sql.Literal(_LONGEST),
        )
        for one in asked
        for kind in kinds
    ]
    comma = sql.SQL(", ")
    statement = sql.SQL(
        "SELECT {texts} FROM (SELECT {ends} FROM (SELECT {values} FROM {table} t WHERE {rows}) AS s) AS e"
    ).format(
        texts=comma.join(texts),
        ends=comma.join(ends),
        values=comma.join(values),
        table=names.table(version.dataset_id, version.generation),
        rows=rows,
    )
    [row] = source.ask(statement, parameters)
    return {one.column.item: (row[2 * at], row[2 * at + 1]) for at, one in enumerate(asked)}


def _months(least: str, most: str) -> int:
    return (int(most[:4]) - int(least[:4])) * 12 + int(most[5:7]) - int(least[5:7]) + 1


def _number_spread(shown: Shown, least: str, most: str) -> _Spread | None:
    """Count numbers in steps of 1, 2 or 5 times a power of ten; not where all are the same or beyond reckoning."""
    with localcontext() as context:
        context.prec = 2 * _MOST_DIGITS
        low, high = Decimal(least), Decimal(most)
        if low == high or not (low.is_finite() and high.is_finite()) or max(len(least), len(most)) > _MOST_DIGITS:
            return None
        step = _step(high - low, is_whole=shown.pg_type == "bigint")
        start = (low / step).to_integral_value(ROUND_FLOOR) * step
        ends = [_plain(start + at * step) for at in range(int((high - start) / step) + 2)]
    value = sql.SQL("floor((s.{}::numeric - {}) / {})").format(
        alias(shown.position), sql.Literal(start), sql.Literal(step)
    )

    def bars(counted: Mapping[str, int]) -> tuple[Bar, ...]:
        return tuple(Bar(*two, counted.get(str(at), 0)) for at, two in enumerate(pairwise(ends)))

    return _Spread("number", _counted(shown, value), bars)


def _step(span: Decimal, *, is_whole: bool) -> Decimal:
    raw = span / BARS
    magnitude = Decimal(1).scaleb(raw.adjusted())
    step = next(one * magnitude for one in (1, 2, 5, 10) if one * magnitude >= raw)
    return max(Decimal(1), step.to_integral_value(ROUND_CEILING)) if is_whole else step


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _date_spread(shown: Shown, least: str, most: str) -> _Spread:
    """Count days by month or year; those between that have none are filled in while they are few."""
    unit = "month" if _months(least, most) <= MOST_MONTHS else "year"
    value = sql.SQL("left({}, {})").format(text_of(shown), sql.Literal(7 if unit == "month" else 4))

    def bars(counted: Mapping[str, int]) -> tuple[Bar, ...]:
        return tuple(Bar(name, "", counted.get(name, 0)) for name in _periods(sorted(counted), unit))

    return _Spread(unit, _counted(shown, value), bars)


def _periods(present: Sequence[str], unit: str) -> Sequence[str]:
    first, last = present[0], present[-1]
    if unit == "month":
        start = int(first[:4]) * 12 + int(first[5:7]) - 1
        months = range(start, start + _months(first, last))
        return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months]
    years = range(int(first), int(last) + 1)
    return [f"{year:04d}" for year in years] if len(years) <= MOST_MONTHS else present


def _counted(shown: Shown, value: sql.Composable) -> sql.Composable:
    """Ask how many rows there are of each group of values."""
    return sql.SQL("SELECT {}, {}::text, count(*) FROM seen AS s WHERE s.{} IS NOT NULL GROUP BY 2").format(
        sql.Literal(shown.position), value, alias(shown.position)
    )
