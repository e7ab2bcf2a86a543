"""Finding a row by the key that a reader knows it by, which may be a hash or a mask of it; or knowing it again."""

from collections.abc import Sequence

from psycopg import sql

from collection.readers.changes import key_known
from collection.readers.entitlement import Entitlement
from collection.readers.masks import Parameters, masked
from collection.readers.page import PinnedVersion, visible_rows
from collection.store import names, tables

MOST_MILLISECONDS = 5_000
"""A key that is hashed or masked is looked for through the whole table."""


def row_known_as(entitlement: Entitlement, version: PinnedVersion, key: str) -> int | None:
    """Return the number of the row that a reader knows by a key; None where there is none, or more than one.

    He may give the key that changes name it by or, where one item is the key, what he is shown of that.

    Raises:
        TooSlow: it would take too long.
    """
    parameters = Parameters()
    fits = [sql.SQL("{} = {}").format(key_known(entitlement, version, parameters), parameters.bind(key))]
    keys = [one for one in version.columns if one.is_key]
    if len(keys) == 1 and keys[0].item in entitlement.items:
        shown = masked(keys[0], entitlement.mask_of(keys[0].item), parameters, entitlement.hash_key)
        fits.append(sql.SQL("{}::text = {}").format(shown, parameters.bind(key)))
    # Values are bound in the order of their marks: what is granted comes last.
    visible = visible_rows(entitlement, version, [], (), parameters)
    query = sql.SQL("SELECT t._row FROM {} t WHERE ({}) AND {} LIMIT 2").format(
        names.table(version.dataset_id, version.generation), sql.SQL(" OR ").join(fits), visible
    )
    with tables.bounded(MOST_MILLISECONDS) as run:
        run.execute(query, parameters.values)
        found = run.fetchall()
    return int(found[0][0]) if len(found) == 1 else None


def is_row_there(dataset_id: int, generation: int, row: int) -> bool:
    """Say whether a row lies in the store, whoever may see it."""
    if not tables.table_exists(dataset_id, generation):
        return False
    query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE _row = %s)").format(names.table(dataset_id, generation))
    with tables.cursor() as run:
        run.execute(query, [row])
        return bool(run.fetchone()[0])


def key_of_row(entitlement: Entitlement, version: PinnedVersion, number: int) -> str | None:
    """Return the key by which a reader knows a row, as changes name it; None where he does not see the row."""
    parameters = Parameters()
    key = key_known(entitlement, version, parameters)
    visible = visible_rows(entitlement, version, [], (), parameters)
    query = sql.SQL("SELECT {} FROM {} t WHERE {} AND t._row = {}").format(
        key, names.table(version.dataset_id, version.generation), visible, parameters.bind(number)
    )
    with tables.cursor() as run:
        run.execute(query, parameters.values)
        found = run.fetchone()
    return str(found[0]) if found else None


def rows_known_again(version: PinnedVersion, found: Sequence[int], sought: Sequence[int]) -> dict[int, list[int]]:
    """Return which of the rows a reader got are the same as others were in earlier versions, by their key.

    It tells nothing of rows that are not among those he got.

    Args:
        found: numbers of the rows that he got.
        sought: numbers of rows in the same table, ended or not.

    Returns:
        Number of a row that he got → numbers of those it is the same as.
    """
    query = sql.SQL(
        "SELECT t._row, array_agg(s._row) FROM {table} t JOIN {table} s ON s._key = t._key"
        " WHERE t._row = ANY(%s) AND s._row = ANY(%s) GROUP BY t._row"
    ).format(table=names.table(version.dataset_id, version.generation))
    with tables.cursor() as run:
        run.execute(query, [list(found), list(sought)])
        return {int(row): [int(one) for one in same] for row, same in run.fetchall()}
