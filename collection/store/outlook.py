"""What the rows of a version would meet under other columns, counted by the rules by which a file is checked.

Values are taken as the store writes them out. Nothing but counts and places of rows leaves here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg import sql

from catalog.rules import MOST_KEY_BYTES
from collection.choices import Rule
from collection.store import cells, names, tables, zone
from collection.store.columns import Column, changes_key, key_expression
from collection.store.staging import can_be_too_long

FIRST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A row: its place among the rows of the version, from 1, and its number in the table."""

    position: int
    row: int


@dataclass(frozen=True, slots=True)
class Breach:
    """Rows that a rule would reject.

    Attributes:
        item: identity of the item; None for the key as a whole.
    """

    item: str | None
    rule: str
    count: int
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a file with the rows of a version would meet.

    Attributes:
        rejected: rows that break a rule, each counted once.
        is_known: whether there was time to count.
    """

    breaches: tuple[Breach, ...] = ()
    rejected: int = 0
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """A version as it lies in the store."""

    dataset_id: int
    generation: int
    number: int
    columns: Sequence[Column]


@dataclass(slots=True)
class _Asking:
    """The rows of a version as cells ``w.c0``, ``w.c1`` …, within the time that is left."""

    version: Stored
    cells: Sequence[Column]
    milliseconds: int
    ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends_at = time.monotonic() + self.milliseconds / 1000

    @property
    def rows(self) -> sql.Composable:
        values: list[sql.Composable] = [sql.SQL("t._row AS _line")]
        values += [sql.SQL("{} AS {}").format(_text(one), names.raw_cell(at)) for at, one in enumerate(self.cells)]
        return sql.SQL("(SELECT {} FROM {} t WHERE {}) w").format(
            sql.SQL(", ").join(values), names.table(self.version.dataset_id, self.version.generation), self._is_there
        )

    @property
    def _is_there(self) -> sql.Composable:
        return sql.SQL("t._from <= {0} AND (t._to IS NULL OR t._to > {0})").format(sql.Literal(self.version.number))

    def ask(self, statement: sql.Composable) -> list[tuple[int, ...]]:
        """Run a query.

        Raises:
            TooSlow: the time for all of them is over.
        """
        left = int((self.ends_at - time.monotonic()) * 1000)
        if left <= 0:
            raise tables.TooSlow
        with tables.bounded(left) as run:
            run.execute(statement)
            return list(run.fetchall())

    def places(self, lines: sql.Composable) -> tuple[Place, ...]:
        """Return the first of some rows; none where that would take too long, for they are but examples.

        Args:
            lines: query of their ``_line``.
        """
        try:
            limit = sql.Literal(FIRST_ROWS)
            found = [
                line
                for (line,) in self.ask(sql.SQL("SELECT l._line FROM ({}) l ORDER BY 1 LIMIT {}").format(lines, limit))
            ]
            before = [sql.SQL("count(*) FILTER (WHERE t._row <= {})").format(sql.Literal(line)) for line in found]
            counted = sql.SQL("SELECT {} FROM {} t WHERE {} AND t._row <= {}").format(
                sql.SQL(", ").join(before),
                names.table(self.version.dataset_id, self.version.generation),
                self._is_there,
                sql.Literal(max(found)),
            )
            return tuple(Place(at, line) for at, line in zip(self.ask(counted)[0], found, strict=True))
        except tables.TooSlow:
            return ()


def _text(one: Column) -> sql.Composable:
    """Return a stored value as a file would hold it."""
    cell = sql.SQL("t.{}").format(one.identifier)
    if one.pg_type == "timestamptz":
        whole = sql.SQL("to_char({}, 'YYYY-MM-DD HH24:MI:SS.US')").format(zone.local(cell))
        return sql.SQL("regexp_replace({}, '\\.0+$', '')").format(whole)
    return cell if one.is_text else sql.SQL("{}::text").format(cell)


def _cell(one: Column, position: int) -> tuple[sql.Composable, sql.Composable]:
    """Return a cell in its plain form, and the value that it would be."""
    cell = cells.plain(one, cells.text(position))
    return cell, sql.SQL("({})").format(cells.value(one, cell))


def outlook(version: Stored, now: Sequence[Column], *, milliseconds: int) -> Outlook:
    """Count the rows of a version that would be rejected if a file brought them under the columns of now.

    Items that the version does not have say nothing: what a file will bring for them is not known.

    Args:
        milliseconds: for everything together.
    """
    before = {one.item: one for one in version.columns}
    known = [one for one in now if one.item in before]
    if not _is_asked(version.columns, now):
        return Outlook()
    asking = _Asking(version, [before[one.item] for one in known], milliseconds)
    checks = [
        (one, rule, condition)
        for at, one in enumerate(known)
        if _limits(before[one.item]) != _limits(one)
        for rule, condition in cells.checks(one, *_cell(one, at))
    ]
    is_bad = sql.SQL(" OR ").join(condition for _one, _rule, condition in checks) if checks else sql.SQL("false")
    try:
        breaches, rejected = _broken(asking, checks, is_bad)
        of_key = _of_key(asking, known, is_bad) if _keys_are_known(version.columns, now) else []
    except tables.TooSlow:
        return Outlook(is_known=False)
    return Outlook((*breaches, *of_key), rejected + sum(one.count for one in of_key))


def _limits(one: Column) -> tuple[object, ...]:
    """Return what of a column decides which cells it takes."""
    return one.column, one.nullable, one.length, one.is_key


def _is_asked(before: Sequence[Column], now: Sequence[Column]) -> bool:
    limits = {one.item: _limits(one) for one in before}
    return any(one.item in limits and limits[one.item] != _limits(one) for one in now) or _keys_are_known(before, now)


def _keys_are_known(before: Sequence[Column], now: Sequence[Column]) -> bool:
    """Say whether the rows hold what a changed key is made of."""
    items = {one.item for one in before}
    keys = [one.item in items for one in now if one.is_key]
    return changes_key(before, now) and bool(keys) and all(keys)


def _broken(
    asking: _Asking, checks: Sequence[tuple[Column, Rule, sql.Composable]], is_bad: sql.Composable
) -> tuple[list[Breach], int]:
    if not checks:
        return [], 0
    counts = [sql.SQL("count(*) FILTER (WHERE {})").format(condition) for _one, _rule, condition in checks]
    counted = sql.SQL("SELECT count(*) FILTER (WHERE {}), {} FROM {}").format(
        is_bad, sql.SQL(", ").join(counts), asking.rows
    )
    rejected, *found = asking.ask(counted)[0]
    lines = sql.SQL("SELECT w._line FROM {} WHERE {}")
    breaches = [
        Breach(one.item, rule.value, count, asking.places(lines.format(asking.rows, condition)))
        for (one, rule, condition), count in zip(checks, found, strict=True)
        if count
    ]
    return breaches, rejected


def _of_key(asking: _Asking, known: Sequence[Column], is_bad: sql.Composable) -> list[Breach]:
    """Count the rows whose key no index holds, and those that share it with one before them, of those that nothing
    else rejects.
    """
    keys = [(at, one) for at, one in enumerate(known) if one.is_key]
    values = [sql.SQL("{} AS {}").format(_cell(one, at)[1], one.identifier) for at, one in keys]
    rows = sql.SQL("(SELECT w._line, {} FROM {} WHERE ({}) IS NOT TRUE) r").format(
        sql.SQL(", ").join(values), asking.rows, is_bad
    )
    columns = [one for _at, one in keys]
    key = key_expression(columns, "r")
    found: list[Breach | None] = []
    if can_be_too_long(columns):
        fits = sql.SQL("octet_length({}) <= {}").format(key, sql.Literal(MOST_KEY_BYTES))
        found.append(_too_long(asking, sql.SQL("{} WHERE NOT {}").format(rows, fits)))
        rows = sql.SQL("{} WHERE {}").format(rows, fits)
    found.append(_twice(asking, rows, key))
    return [one for one in found if one is not None]


def _too_long(asking: _Asking, rows: sql.Composable) -> Breach | None:
    ((count,),) = asking.ask(sql.SQL("SELECT count(*) FROM {}").format(rows))
    lines = sql.SQL("SELECT r._line FROM {}").format(rows)
    return Breach(None, Rule.KEY_LENGTH.value, count, asking.places(lines)) if count else None


def _twice(asking: _Asking, rows: sql.Composable, key: sql.Composable) -> Breach | None:
    ((count,),) = asking.ask(
        sql.SQL(
            "SELECT coalesce(sum(d.n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM {} GROUP BY {}"
            " HAVING count(*) > 1) d"
        ).format(rows, key)
    )
    if not count:
        return None
    later = sql.SQL(
        "SELECT n._line FROM (SELECT r._line, row_number() OVER (PARTITION BY {} ORDER BY r._line) AS nth FROM {}) n"
        " WHERE n.nth > 1"
    ).format(key, rows)
    return Breach(None, Rule.KEY_TWICE.value, count, asking.places(later))
