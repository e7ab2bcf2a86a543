"""Two versions beside each other, row by row with the values before and after, for people who look at a page.

It tells what ``changes`` tells, by the same sides: what the reader may not see makes no difference.
"""

import math
import time
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper
from psycopg import sql

from collection.readers.changes import Resync, changed_rows, knows_keys, sides_by_index
from collection.readers.entitlement import Entitlement
from collection.readers.masks import Parameters
from collection.readers.page import PinnedVersion, shown_columns
from collection.readers.shown import Shown, text_of
from collection.store import tables

KINDS = ("added", "changed", "removed")
FIRST_KEYS, MORE_KEYS = 1_000, 8
"""How many keys are looked at first, and how many times as many each time they do not make a page."""
_CONDITIONS = {
    "added": "o._key IS NULL",
    "removed": "s._key IS NULL",
    "changed": "o._key IS NOT NULL AND s._key IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that differs.

    Attributes:
        kind: one of ``KINDS``.
        before, after: texts in the order of the entitlement's columns; None where the row is not there.
    """

    kind: str
    key: str
    before: list[str | None] | None
    after: list[str | None] | None


def common(since: PinnedVersion, until: PinnedVersion) -> tuple[PinnedVersion, PinnedVersion]:
    """Return two versions cut down to the columns that both have, under the names of the later one.

    Raises:
        Resync: their keys differ, so rows cannot be told to be the same.
    """
    if since.generation != until.generation:
        raise Resync
    known = {one.column for one in since.columns}
    columns = tuple(one for one in until.columns if one.column in known)
    return (
        PinnedVersion(since.dataset_id, since.generation, since.number, columns),
        PinnedVersion(until.dataset_id, until.generation, until.number, columns),
    )


def row_changes(
    run: CursorWrapper,
    entitlement: Entitlement,
    since: PinnedVersion,
    until: PinnedVersion,
    *,
    limit: int,
    kind: str = "",
    after: str | None = None,
    ends_at: float = math.inf,
) -> list[RowChange]:
    """Return the rows that differ between two versions with the same columns, in the order of their keys.

    Rows are compared a span of keys at a time, so that a page costs its own rows however many differ. Keys that the
    reader knows as hashes are in another order than the index: of those all are compared.

    Args:
        run: cursor of the store; the caller bounds the time of each of its statements.
        kind: one of ``KINDS``; all of them by default.
        after: key after which the page begins.
        ends_at: moment of ``time.monotonic`` after which no further span is begun.

    Raises:
        Resync: the versions have different keys or columns.
        TooSlow: the spans that were looked at by then do not make the page.
    """
    if not knows_keys(entitlement, until):
        return _changes_among(run, entitlement, since, until, sql.SQL("true"), limit=limit, kind=kind, after=after)
    found: list[RowChange] = []
    size = FIRST_KEYS
    while True:
        end = _last_key(run, since, until, after, size)
        keys, left = _keys(after, end), limit - len(found)
        found += _changes_among(run, entitlement, since, until, keys, limit=left, kind=kind, after=after)
        if len(found) == limit or end is None:
            return found
        if time.monotonic() > ends_at:
            raise tables.TooSlow
        after, size = end, size * MORE_KEYS


def _last_key(
    run: CursorWrapper, since: PinnedVersion, until: PinnedVersion, after: str | None, size: int
) -> str | None:
    """Return the last of the next so many keys of rows that only one version has; None where there are no more."""
    keys = [
        sql.SQL("(SELECT t._key FROM ({}) t WHERE {} ORDER BY t._key LIMIT {})").format(
            one, _keys(after, None), sql.Literal(size)
        )
        for one in sides_by_index(since, until)
    ]
    run.execute(
        sql.SQL("SELECT count(*), max(_key) FROM (SELECT _key FROM ({}) AS k ORDER BY _key LIMIT {}) AS k").format(
            sql.SQL(" UNION ALL ").join(keys), sql.Literal(size)
        ),
        [],
    )
    count, last = run.fetchone()
    return last if count == size else None


def _keys(after: str | None, end: str | None) -> sql.Composable:
    """Return the condition under which a stored key lies behind one, and not behind another.

    It stands in statements that bind values, more than once: so the keys are part of its text.
    """
    ends = (("t._key > {}", after), ("t._key <= {}", end))
    return sql.SQL(" AND ").join(
        [
            sql.SQL("true"),
            *(sql.SQL(one).format(sql.Literal(key.replace("%", "%%"))) for one, key in ends if key is not None),
        ]
    )


def _changes_among(
    run: CursorWrapper,
    entitlement: Entitlement,
    since: PinnedVersion,
    until: PinnedVersion,
    keys: sql.Composable,
    *,
    limit: int,
    kind: str,
    after: str | None,
) -> list[RowChange]:
    """Return the first rows that differ, of those with some of the stored keys, behind a key as the reader knows it."""
    shown = shown_columns(entitlement, entitlement.columns(until.columns))
    parameters = Parameters()
    differing = changed_rows(entitlement, since, until, shown, parameters, keys)
    statement = sql.SQL(
        "SELECT CASE WHEN o._key IS NULL THEN 'added' WHEN s._key IS NULL THEN 'removed' ELSE 'changed' END,"
        " coalesce(s._key, o._key), {before}, {after_values} {differing} AND {kind}"
        ' AND ({after}::text IS NULL OR coalesce(s._key, o._key) COLLATE "C" > {again}::text)'
        ' ORDER BY coalesce(s._key, o._key) COLLATE "C" LIMIT {limit}'
    ).format(
        before=_texts("o", shown),
        after_values=_texts("s", shown),
        differing=differing,
        kind=sql.SQL(_CONDITIONS.get(kind, "true")),
        after=parameters.bind(after),
        again=parameters.bind(after),
        limit=sql.Literal(limit),
    )
    run.execute(statement, parameters.values)
    return [
        RowChange(found, key, None if found == "added" else before, None if found == "removed" else now)
        for found, key, before, now in run.fetchall()
    ]


def change_counts(
    run: CursorWrapper, entitlement: Entitlement, since: PinnedVersion, until: PinnedVersion
) -> dict[str, int]:
    """Count the rows that differ by kind, as this reader sees them.

    Raises:
        Resync: the versions have different keys or columns.
    """
    shown = shown_columns(entitlement, entitlement.columns(until.columns))
    parameters = Parameters()
    differing = changed_rows(entitlement, since, until, shown, parameters)
    counts = sql.SQL(", ").join(sql.SQL(f"count(*) FILTER (WHERE {_CONDITIONS[kind]})") for kind in KINDS)
    run.execute(sql.SQL("SELECT {} {}").format(counts, differing), parameters.values)
    return dict(zip(KINDS, run.fetchone(), strict=True))


def _texts(row: str, shown: list[Shown]) -> sql.Composable:
    """Return the values of one side as an array of texts."""
    texts = sql.SQL(", ").join(text_of(one) for one in shown)
    return sql.SQL("(SELECT ARRAY[{}]::text[] FROM (SELECT {}.*) AS s)").format(texts, sql.Identifier(row))
