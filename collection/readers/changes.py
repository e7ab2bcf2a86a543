"""What changed between two versions, as one reader sees it.

Rows are compared as the entitlement shows them: leaving its filter is a delete, entering it an upsert, a change
in hidden items nothing. Whoever applies the changes in their order keeps an exact replica. A replica begins with a
snapshot: all rows as upserts, read by page in the order of loading, at the cost of any page of rows.
"""

from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from collection.readers import filters
from collection.readers.entitlement import Entitlement
from collection.readers.masks import Parameters
from collection.readers.page import MOST_ROWS, PinnedVersion, rows_query, shown_columns, shown_values
from collection.readers.shown import Shown, alias, json_row
from collection.store import names, tables
from core.exceptions import Gone

MOST_LOOKED_AT = 100_000
"""How many rows of a side one page looks at: some tenths of a second, where none of them makes a difference."""
_MOST_ROW_DIGITS = 19
"""Of the number of a row, which is a bigint."""

_UPSERTS, _DELETES = "u", "d"
"""How a place begins: with which of the two phases the next page goes on."""
_SIDES = (sql.Identifier("o"), sql.Identifier("s"))
_ANY_KEY = sql.SQL("true")
_DELETE = sql.SQL("""'{"op":"delete","key":' || to_json(s._key)::text || '}'""")


class Resync(Gone):
    """The difference can no longer be told: take a snapshot."""

    code = "resync"
    default_message = _("Your copy can no longer be brought up to date. Take a snapshot: since=0.")


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes.

    Attributes:
        changes: a JSON array of ``{"op": "upsert" | "delete", "key": …, "row": …}``, as text.
        next_after: place after which the next page begins; None at the end.
    """

    changes: str
    count: int
    next_after: str | None


def changes(
    entitlement: Entitlement, since: PinnedVersion | None, until: PinnedVersion, *, limit: int, after: str | None = None
) -> Changes:
    """Return the changes from one version to a later one, each row once.

    Args:
        since: the version that the reader has; None for nothing: all rows are upserts then.
        after: ``next_after`` of the page before.

    Raises:
        Resync: the two versions have different keys or columns, rows were erased between them, or ``after`` is of
            another page.
    """
    shown = shown_columns(entitlement, entitlement.columns(until.columns))
    limit = max(1, min(limit, MOST_ROWS))
    if since is None:
        return _snapshot(entitlement, until, shown, after=after, limit=limit)
    return _difference(entitlement, since, until, shown, after=after, limit=limit)


def _snapshot(
    entitlement: Entitlement, version: PinnedVersion, shown: list[Shown], *, after: str | None, limit: int
) -> Changes:
    """Return a page of rows as upserts.

    It goes by the rows' numbers: in the order of keys that the reader knows as hashes, each page would sort all rows.
    """
    parameters = Parameters()
    key = key_known(entitlement, version, parameters)
    begin = 0 if after is None else _number(after)
    rows = rows_query(entitlement, version, shown, (), parameters, after=begin, limit=limit, key=key)
    with tables.cursor() as run:
        count, last, body = _read(run, _upsert(shown), rows, parameters)
    return Changes(f"[{body}]", count, str(last) if count == limit else None)


def _difference(
    entitlement: Entitlement,
    since: PinnedVersion,
    until: PinnedVersion,
    shown: list[Shown],
    *,
    after: str | None,
    limit: int,
) -> Changes:
    """Return a page of changes: first the rows as they are now, then what is gone, each by the numbers of its rows.

    So a page costs its own rows and a look at the counterpart of each, however many changed: in the order of keys that
    the reader knows as hashes, each page would compare and sort them all. Where it has looked at ``MOST_LOOKED_AT``
    rows that make no difference to this reader, it ends with fewer than asked for, or none, and the next one goes on.
    """
    _require_comparable(entitlement, since, until)
    phase, place = (_UPSERTS, 0) if after is None else (after[:1], _number(after[1:]))
    if phase not in (_UPSERTS, _DELETES):
        raise Resync
    bodies, left = [], limit
    with tables.cursor() as run:
        while True:
            parameters, is_old = Parameters(), phase == _DELETES
            looked_at = _looked_at(since, until, after=place, is_old=is_old)
            one_sided = _gone if is_old else _new
            rows = one_sided(entitlement, since, until, shown, parameters, looked_at, left)
            count, last, body = _read(run, _DELETE if is_old else _upsert(shown), rows, parameters)
            bodies.append(body)
            left -= count
            if left == 0:
                place = last
                break
            run.execute(sql.SQL("SELECT count(*), max(t._row) FROM ({}) AS t").format(looked_at))
            looks, end = run.fetchone()
            if looks == MOST_LOOKED_AT:
                place = end
                break
            if is_old:
                return Changes(_joined(bodies), limit - left, None)
            phase, place = _DELETES, 0
    return Changes(_joined(bodies), limit - left, f"{phase}{place}")


def _joined(bodies: list[str]) -> str:
    return f"[{','.join(filter(None, bodies))}]"


def _number(place: str) -> int:
    """Return the number of a row that a place names.

    Raises:
        Resync: it names none: it is of another kind of page.
    """
    if not (place.isascii() and place.isdecimal() and len(place) < _MOST_ROW_DIGITS):
        raise Resync
    return int(place)


def _read(
    run: CursorWrapper, body: sql.Composable, rows: sql.Composable, parameters: Parameters
) -> tuple[int, int, str]:
    """Return how many rows there are, the number of the last, and the changes that they are as text."""
    run.execute(
        sql.SQL("SELECT count(*), max(s._row), string_agg({}, ',' ORDER BY s._row) FROM ({}) AS s").format(body, rows),
        parameters.values,
    )
    count, last, text = run.fetchone()
    return count, last or 0, text or ""


def _looked_at(since: PinnedVersion, until: PinnedVersion, *, after: int, is_old: bool) -> sql.Composable:
    """Return the query of the rows of one side from a place on that one page looks at."""
    return sql.SQL("{} AND t._row > {} ORDER BY t._row LIMIT {}").format(
        _of_side(since, until, is_old=is_old), sql.Literal(after), sql.Literal(MOST_LOOKED_AT)
    )


def _new(
    entitlement: Entitlement,
    since: PinnedVersion,
    until: PinnedVersion,
    shown: list[Shown],
    parameters: Parameters,
    looked_at: sql.Composable,
    limit: int,
) -> sql.Composable:
    """Return the query of the rows, of those that are looked at, that are new to the reader or differ to him."""
    now = _side(entitlement, until, shown, parameters, looked_at)
    before = _side(entitlement, until, shown, parameters, _of_side(since, until, is_old=True))
    return sql.SQL(
        "SELECT s.* FROM ({now}) AS s LEFT JOIN ({before}) AS o ON o._stored = s._stored"
        " WHERE o._stored IS NULL OR {differs} ORDER BY s._row LIMIT {limit}"
    ).format(now=now, before=before, differs=_differs(shown), limit=sql.Literal(limit))


def _gone(
    entitlement: Entitlement,
    since: PinnedVersion,
    until: PinnedVersion,
    shown: list[Shown],
    parameters: Parameters,
    looked_at: sql.Composable,
    limit: int,
) -> sql.Composable:
    """Return the query of the rows, of those that are looked at, that are gone to the reader.

    Rows that still stand and rows that ended later have an index each; asked for by one OR they would have none.
    """
    before = _side(entitlement, until, shown, parameters, looked_at)
    first, last = sql.Literal(since.number), sql.Literal(until.number)
    still = [
        sql.SQL(
            "NOT EXISTS (SELECT FROM {} t WHERE t._key = s._stored AND t._from > {} AND t._from <= {} AND {} AND {})"
        ).format(
            names.table(until.dataset_id, until.generation),
            first,
            last,
            stands,
            filters.rows_granted(entitlement, until.columns, parameters),
        )
        for stands in (sql.SQL("t._to IS NULL"), sql.SQL("t._to > {}").format(last))
    ]
    return sql.SQL("SELECT s.* FROM ({}) AS s WHERE {} ORDER BY s._row LIMIT {}").format(
        before, sql.SQL(" AND ").join(still), sql.Literal(limit)
    )


def _upsert(shown: list[Shown]) -> sql.Composable:
    """Return the row ``s`` as the text of an upsert."""
    return sql.SQL(
        """'{{"op":"upsert","key":' || to_json(s._key)::text || ',"row":' || {} || '}}'"""
    ).format(json_row(shown))  # fmt: skip


def changed_rows(
    entitlement: Entitlement,
    since: PinnedVersion,
    until: PinnedVersion,
    shown: list[Shown],
    parameters: Parameters,
    keys: sql.Composable = _ANY_KEY,
) -> sql.Composable:
    """Return FROM and WHERE of the rows that differ to this reader: ``o`` as they were, ``s`` as they are.

    Args:
        keys: which keys ``t._key`` are looked at.

    Raises:
        Resync: the two versions have different keys or columns, or rows were erased between them.
    """
    _require_comparable(entitlement, since, until)
    old_rows, *new_rows = (sql.SQL("{} AND {}").format(one, keys) for one in sides_by_index(since, until))
    old = _side(entitlement, until, shown, parameters, old_rows)
    new = _side(entitlement, until, shown, parameters, sql.SQL(" UNION ALL ").join(new_rows))
    return sql.SQL(
        "FROM ({}) o FULL JOIN ({}) s ON s._key = o._key WHERE (s._key IS NULL OR o._key IS NULL OR {})"
    ).format(old, new, _differs(shown))


def _require_comparable(entitlement: Entitlement, since: PinnedVersion, until: PinnedVersion) -> None:
    """Refuse to compare versions with different keys or columns, or between which rows were erased."""
    if (
        since.generation != until.generation
        or since.lineage != until.lineage
        or _shape(entitlement, since) != _shape(entitlement, until)
    ):
        raise Resync


def _shape(entitlement: Entitlement, version: PinnedVersion) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what the rows of a version are told by: what is shown, and the columns by which rows are chosen.

    Both sides are asked by the columns of the later version: in those the rows of the earlier hold nothing where an
    item got another type, so that none of them would have been seen, and none be told as gone.
    """
    chosen_by = {one.item for one in entitlement.row_filter}
    shown = [(one.column, one.label) for one in entitlement.columns(version.columns)]
    return shown, sorted(one.column for one in version.columns if one.item in chosen_by)


def _differs(shown: list[Shown]) -> sql.Composable:
    """Return whether a row ``s`` shows anything else than ``o`` did."""
    sides = (sql.SQL(", ").join(sql.SQL("{}.{}").format(side, alias(one.position)) for one in shown) for side in _SIDES)
    return sql.SQL("ROW({}) IS DISTINCT FROM ROW({})").format(*sides)


def knows_keys(entitlement: Entitlement, version: PinnedVersion) -> bool:
    """Say whether the reader may know the keys as they are stored."""
    keys = [one for one in version.columns if one.is_key]
    seen = set(entitlement.items)
    is_seen = all(one.item in seen and entitlement.mask_of(one.item) == "none" for one in keys or version.columns)
    return is_seen and bool(keys or not entitlement.hash_key)


def key_known(entitlement: Entitlement, version: PinnedVersion, parameters: Parameters) -> sql.Composable:
    """Return the key as the reader may know it: hashed with his own key unless he sees what it is made of whole.

    Without key items it is made of the whole row, as that was loaded: of items too that are no longer listed. So
    whoever has a key of his own is told a hash of it.
    """
    if knows_keys(entitlement, version):
        return sql.SQL("t._key")
    if not entitlement.hash_key:
        raise ValueError("a key that is hidden is hashed, and a hash without a secret can be tried out")
    return sql.SQL("encode(sha256({}::bytea || convert_to(t._key, 'UTF8')), 'hex')").format(
        parameters.bind(entitlement.hash_key)
    )


def _of_side(since: PinnedVersion, until: PinnedVersion, *, is_old: bool) -> sql.Composable:
    """Return the query of the rows of one version that the other does not have unchanged."""
    first, last = sql.Literal(since.number), sql.Literal(until.number)
    if is_old:
        only = sql.SQL("t._from <= {0} AND t._to > {0} AND t._to <= {1}")
    else:
        only = sql.SQL("t._from > {0} AND t._from <= {1} AND (t._to IS NULL OR t._to > {1})")
    table = names.table(until.dataset_id, until.generation)
    return sql.SQL("SELECT t.* FROM {} t WHERE {}").format(table, only.format(first, last))


def sides_by_index(since: PinnedVersion, until: PinnedVersion) -> list[sql.Composable]:
    """Return the queries of the rows that only one version has: those of the earlier one, then those of the later.

    Rows that still stand and rows that ended later have an index each; asked for by one OR they would have none.
    """
    of_later = sql.SQL("SELECT t.* FROM {} t WHERE t._from > {} AND t._from <= {} AND {}")
    table = names.table(until.dataset_id, until.generation)
    first, last = sql.Literal(since.number), sql.Literal(until.number)
    return [
        _of_side(since, until, is_old=True),
        *(
            of_later.format(table, first, last, stands)
            for stands in (sql.SQL("t._to IS NULL"), sql.SQL("t._to > {}").format(last))
        ),
    ]


def _side(
    entitlement: Entitlement,
    until: PinnedVersion,
    shown: list[Shown],
    parameters: Parameters,
    rows: sql.Composable,
) -> sql.Composable:
    """Return rows of the store as the reader sees them, those that he sees."""
    key = key_known(entitlement, until, parameters)
    values = shown_values(entitlement, shown, parameters)
    return sql.SQL("SELECT {} FROM ({}) t WHERE {}").format(
        sql.SQL(", ").join([sql.SQL("t._row, t._key AS _stored, {} AS _key").format(key), *values]),
        rows,
        filters.rows_granted(entitlement, until.columns, parameters),
    )
