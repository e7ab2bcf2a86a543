"""What the rows of a version break, found set-wise in the store: one pass counts cells, one asks every rule about rows.

A rule that the server cannot compute, or not in time, stops neither the others nor the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import DatabaseError
from psycopg import sql

from collection.choices import RuleKind
from collection.quality.conditions import ROW, Check, asked, broken, cell, day, joins, of_version
from collection.readers.masks import Parameters
from collection.store import names, tables, zone
from collection.store.columns import Column

TOGETHER = 15 * 60_000
"""Milliseconds within which all rules are asked in one statement; else each alone."""
ALONE = 5 * 60_000
TRIAL = 8_000
"""Milliseconds that each statement of a trial may take: a person waits for it, and a web worker."""
SAMPLES = 5


class NotComputed(Exception):
    """The store could not compute a rule, or not in time."""


@dataclass(slots=True)
class Breaks:
    """How many rows break a rule, of how many that it asks, and the places of a few of them in the store."""

    checked: int = 0
    broken: int = 0
    samples: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Measured:
    """What was found.

    Attributes:
        filled: item → cells that are not empty.
        breaks: code of a check → its count; of rules about rows and of values that must occur once.
        newest: code of a check → the newest date, None where there is none.
        failed: codes of checks that could not be computed.
    """

    rows: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    breaks: dict[str, Breaks] = field(default_factory=dict)
    newest: dict[str, date | None] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that are measured: a version of a dataset, published or about to be."""

    dataset_id: int
    generation: int
    number: int
    columns: Sequence[Column]

    @property
    def rows(self) -> sql.Composable:
        return sql.SQL("{} {}").format(names.table(self.dataset_id, self.generation), sql.Identifier(ROW))

    @property
    def visible(self) -> sql.Composable:
        return of_version(self.number)


def measure(source: Source, checks: Sequence[Check], *, together: int = TOGETHER, alone: int = ALONE) -> Measured:
    """Measure a version.

    Args:
        together, alone: how long the rules may take in one statement, and each of them where that fails.

    Raises:
        NotComputed: not even the cells could be counted in time.
    """
    found = Measured()
    try:
        _count(source, checks, found, together)
    except DatabaseError as error:
        raise NotComputed from error
    of_rows = [one for one in checks if one.is_of_rows]
    if not _row_breaks(source, of_rows, found, together):
        for one in of_rows:
            if len(of_rows) == 1 or not _row_breaks(source, [one], found, alone):
                found.failed.add(one.code)
    for one in checks:
        if one.kind == RuleKind.UNIQUE and not _repeats(source, one, found, alone):
            found.failed.add(one.code)
    return found


def _execute(statement: sql.Composable, values: Sequence[Any], timeout: int) -> list[tuple[Any, ...]]:
    with tables.bounded(timeout) as run:
        run.execute("SELECT set_config('TimeZone', %s, true)", [zone.SETTING])
        run.execute(statement, list(values))
        rows: list[tuple[Any, ...]] = run.fetchall()
    return rows


def _count(source: Source, checks: Sequence[Check], found: Measured, timeout: int) -> None:
    """Count rows and filled cells, pairs of filled cells, and look for newest values, in one pass."""
    pairs = [one for one in checks if one.other is not None]
    newest = [(one, one.column) for one in checks if one.kind == RuleKind.FRESHNESS and one.column is not None]
    wanted: list[sql.Composable] = [sql.SQL("count(*)")]
    wanted += [sql.SQL("count({})").format(cell(one)) for one in source.columns]
    wanted += [sql.SQL("count(*) FILTER (WHERE {})").format(asked(one)) for one in pairs]
    wanted += [_latest(column) for _one, column in newest]
    statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(sql.SQL(", ").join(wanted), source.rows, source.visible)
    (row,) = _execute(statement, [], timeout)
    values = iter(row)
    found.rows = next(values)
    found.filled = {one.item: next(values) for one in source.columns}
    for check in checks:
        if check.column is not None and check.other is None:
            found.breaks[check.code] = Breaks(checked=found.filled.get(check.column.item, 0))
    for check in pairs:
        found.breaks[check.code] = Breaks(checked=next(values))
    for check, _column in newest:
        found.newest[check.code] = next(values)


def _latest(column: Column) -> sql.Composable:
    """Return the newest day of a column; a moment in the last hours of the year 9999 lies in a year that Python has no
    date for."""
    return sql.SQL("CASE WHEN max({0}) > DATE '9999-12-31' THEN DATE '9999-12-31' ELSE max({0}) END").format(
        day(column)
    )


def newest_day(source: Source, column: Column, *, timeout: int = ALONE) -> date | None:
    """Return the newest day of an item in a version; None where all its cells are empty.

    Raises:
        NotComputed: the store could not, or not in time.
    """
    statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(_latest(column), source.rows, source.visible)
    try:
        ((newest,),) = _execute(statement, [], timeout)
    except DatabaseError as error:
        raise NotComputed from error
    found: date | None = newest
    return found


def _row_breaks(source: Source, checks: Sequence[Check], found: Measured, timeout: int) -> bool:
    """Count the rows that break each rule; return whether the server could."""
    if not checks:
        return True
    parameters = Parameters()
    with_values, joined = joins(checks)
    # Bound in the order of the text: the flags stand before the question.
    flags = sql.SQL(", ").join([broken(one, parameters) for one in checks])
    anything = sql.SQL(" OR ").join([broken(one, parameters) for one in checks])
    place = sql.SQL("{}._row").format(sql.Identifier(ROW))
    samples = sql.SQL(", ").join(
        sql.SQL("min({0}) FILTER (WHERE mod({0}, {1}) = {2})").format(place, sql.Literal(SAMPLES), sql.Literal(at))
        for at in range(SAMPLES)
    )
    # The cheap question first: only rows that break something are taken apart.
    statement = sql.SQL(
        "{with_values}SELECT f.at, count(*), {samples} FROM {rows}{joined}"
        " CROSS JOIN LATERAL unnest(ARRAY[{flags}]) WITH ORDINALITY AS f (is_broken, at)"
        " WHERE {visible} AND ({anything}) AND f.is_broken GROUP BY f.at"
    ).format(
        with_values=with_values,
        samples=samples,
        rows=source.rows,
        joined=joined,
        flags=flags,
        visible=source.visible,
        anything=anything,
    )
    try:
        rows = _execute(statement, parameters.values, timeout)
    except DatabaseError:
        return False
    for at, count, *places in rows:
        breaks = found.breaks[checks[at - 1].code]
        breaks.broken = count
        breaks.samples = sorted(place for place in places if place is not None)
    return True


def _repeats(source: Source, check: Check, found: Measured, timeout: int) -> bool:
    """Count the rows whose value occurred before; return whether the server could."""
    if check.column is None:
        return False
    statement = sql.SQL(
        "SELECT coalesce(sum(d.n - 1), 0), min(d.last), max(d.last) FROM (SELECT count(*) AS n, max({row}._row) AS last"
        " FROM {rows} WHERE {visible} AND {cell} IS NOT NULL GROUP BY {cell} HAVING count(*) > 1) d"
    ).format(row=sql.Identifier(ROW), rows=source.rows, visible=source.visible, cell=cell(check.column))
    try:
        ((count, first, last),) = _execute(statement, [], timeout)
    except DatabaseError:
        return False
    breaks = found.breaks[check.code]
    breaks.broken = int(count)
    breaks.samples = sorted({place for place in (first, last) if place is not None})
    return True


# --- While a run stages -------------------------------------------------------------------------------------------


def rows_reject(stage: names.Stage, checks: Sequence[Check], *, timeout: int = TOGETHER) -> None:
    """Note the typed rows that break a rule as rejected, and take them away; one pass, whatever the number of rules.

    Args:
        timeout: milliseconds that it may take.

    Raises:
        NotComputed: the store could not, or not in time; nothing is noted then.
    """
    if not checks:
        return
    parameters = Parameters()
    with_values, joined = joins(checks)
    flags = [
        sql.SQL("({}::text, {}::text, {})").format(
            parameters.bind(one.column.item if one.column else None), parameters.bind(one.code), broken(one, parameters)
        )
        for one in checks
    ]
    anything = sql.SQL(" OR ").join([broken(one, parameters) for one in checks])
    rows, bad, row = names.rows_table(stage), names.bad_table(stage), sql.Identifier(ROW)
    statement = sql.SQL(
        "{with_values}INSERT INTO {bad} (_line, item, rule) SELECT {row}._line, f.item, f.rule"
        " FROM {rows} {row}{joined}"
        " CROSS JOIN LATERAL (VALUES {flags}) AS f (item, rule, is_broken)"
        " WHERE f.is_broken AND NOT {row}._gone AND ({anything})"
    ).format(
        with_values=with_values, bad=bad, row=row, rows=rows, joined=joined, flags=sql.SQL(", ").join(flags),
        anything=anything,
    )  # fmt: skip
    try:
        with tables.bounded(timeout) as run:
            run.execute("SELECT set_config('TimeZone', %s, true)", [zone.SETTING])
            run.execute(statement, parameters.values)
            if run.rowcount:
                run.execute(
                    sql.SQL("DELETE FROM {rows} r USING {bad} b WHERE b._line = r._line").format(rows=rows, bad=bad)
                )
    except DatabaseError as error:
        raise NotComputed from error
