"""How alike the values of two columns are, without showing any: keyed hashes are compared in the store.

Nobody can learn from it whether somebody else's data hold one value (docs/adr/0058). Which values of a column are
compared is decided by a key of the server: nine in ten or more of them never are, and nobody can tell which. The answer
is one of three bands whose ends are moved by some values, for each pair of versions once and for all, so that asking
again tells nothing new. A column of few distinct values says nothing and is left out, on both sides.
"""

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.backends.utils import CursorWrapper
from psycopg import sql

from collection.readers.page import PinnedVersion
from collection.store import names, tables
from collection.store.columns import Column
from collection.vault import derived_key

SAMPLE = 100
LEAST_DISTINCT = 1_000
MOST_COLUMNS = 8
HALF, MOST = 50, 85
"""Of the sampled values, those found from which on a band is told; ``SHIFT`` moves both."""
SHIFT = 10
SECONDS = 20.0
"""For all comparisons of one check; what is left then is counted as left."""
_STATEMENT_MILLISECONDS = 5_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Hashes of some distinct values by item, under a key of the dataset that they are of."""

    version: PinnedVersion
    key: bytes
    hashes: dict[str, list[bytes]]

    @property
    def is_empty(self) -> bool:
        return not self.hashes


@dataclass(frozen=True, slots=True)
class Like:
    """An own item of whose values about half, or with ``is_most`` nearly all, are in another column."""

    item: str
    column: str
    is_most: bool


@dataclass(slots=True)
class Timer:
    """The time that the comparisons of one check may take."""

    ends: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends


def _hashed(value: sql.Composable) -> sql.Composable:
    return sql.SQL("sha256(%s::bytea || convert_to({}, 'UTF8'))").format(value)


def _in_version(version: PinnedVersion) -> sql.Composable:
    return sql.SQL("t._from <= {0} AND (t._to IS NULL OR t._to > {0})").format(sql.Literal(int(version.number)))


def _distinct(version: PinnedVersion, column: Column) -> sql.Composable:
    """Return the query of the distinct values ``v`` of a column."""
    return sql.SQL("SELECT DISTINCT t.{cell} AS v FROM {table} t WHERE {visible} AND t.{cell} IS NOT NULL").format(
        cell=column.identifier, table=names.table(version.dataset_id, version.generation), visible=_in_version(version)
    )


def sample_of(version: PinnedVersion, columns: Sequence[Column]) -> Sample:
    """Draw a sample of distinct values of each text column; a column with too few, or too large, is left out.

    The same values are drawn whenever a dataset is compared: drawn anew, they would be all of them in the end.
    """
    key = derived_key(f"likeness/{version.dataset_id}")
    hashes: dict[str, list[bytes]] = {}
    for one in columns[:MOST_COLUMNS]:
        statement = sql.SQL(
            "WITH d AS MATERIALIZED ({distinct}) SELECT {hash} AS h FROM d"
            " WHERE (SELECT count(*) FROM d) >= {least} ORDER BY h LIMIT {most}"
        ).format(
            distinct=_distinct(version, one),
            hash=_hashed(sql.SQL("d.v")),
            least=sql.Literal(LEAST_DISTINCT),
            most=sql.Literal(SAMPLE),
        )
        try:
            with tables.bounded(_STATEMENT_MILLISECONDS) as run:
                run.execute(statement, [key])
                found = [bytes(value) for (value,) in run.fetchall()]
        except tables.TooSlow:
            continue
        if found:
            hashes[one.item] = found
    return Sample(version, key, hashes)


def likeness_of(
    sample: Sample, version: PinnedVersion, columns: Sequence[Column], timer: Timer
) -> list[Like] | None:  # fmt: skip
    """Say which sampled items have their values in a column of another dataset; None where it took too long.

    Args:
        columns: the text columns of the other version that may be compared.
    """
    if timer.is_over:
        return None
    if not columns:
        return []
    items = list(sample.hashes)
    owners = [at for at, item in enumerate(items) for _hash in sample.hashes[item]]
    hashes = [one for item in items for one in sample.hashes[item]]
    cells = sql.SQL(", ").join(
        sql.SQL("({}, t.{})").format(sql.Literal(at), one.identifier) for at, one in enumerate(columns)
    )
    statement = sql.SQL(
        "SELECT m.own, v.at, count(DISTINCT m.h) FROM {table} t CROSS JOIN LATERAL (VALUES {cells}) AS v(at, value)"
        " JOIN unnest(%s::int[], %s::bytea[]) AS m(own, h) ON m.h = {hash}"
        " WHERE {visible} AND v.value IS NOT NULL GROUP BY 1, 2"
    ).format(
        table=names.table(version.dataset_id, version.generation),
        cells=cells,
        hash=_hashed(sql.SQL("v.value")),
        visible=_in_version(version),
    )
    found = []
    try:
        with tables.bounded(_STATEMENT_MILLISECONDS) as run:
            run.execute(statement, [owners, hashes, sample.key])
            for own, at, count in run.fetchall():
                shifted = count + shift_of(sample, items[own], version, columns[at])
                if shifted >= HALF and _is_told(run, version, columns[at]):
                    found.append(Like(items[own], columns[at].column, shifted >= MOST))
    except tables.TooSlow:
        return None
    return found


def shift_of(sample: Sample, item: str, version: PinnedVersion, column: Column) -> int:
    """Return by how many values the bands are moved for two columns of two versions: always the same.

    A value more or less in a file then seldom changes the band, and nobody can tell whether it was the value.
    """
    pair = f"{sample.version.dataset_id}.{sample.version.number}.{item}/{version.dataset_id}.{version.number}."
    drawn = hmac.new(derived_key("likeness-shift"), (pair + column.item).encode(), hashlib.sha256).digest()
    return int.from_bytes(drawn[:8], "big") % (2 * SHIFT + 1) - SHIFT


def _is_told(run: CursorWrapper, version: PinnedVersion, column: Column) -> bool:
    """Say whether a column has values enough for anything to be told of it."""
    run.execute(sql.SQL("SELECT count(*) FROM ({}) AS d").format(_distinct(version, column)))
    return bool(run.fetchone()[0] >= LEAST_DISTINCT)
