"""How alike the values of two columns are, without showing any: salted hashes are compared in the store.

A sample is drawn by hash under a salt that is used once, so nobody can choose what is compared, and only bands leave
this module. A column of few distinct values (a sex, a district) says nothing and is left out; so a single person's
number, or a handful of them, can never be tried out.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import OperationalError, transaction
from psycopg import sql

from collection.readers.page import PinnedVersion
from collection.store import names, tables
from collection.store.columns import Column

SAMPLE = 400
LEAST_DISTINCT = 100
MOST_COLUMNS = 8
SECONDS = 20.0
"""For all comparisons of one check; what is left then is counted as left."""
_STATEMENT_TIMEOUT = "5s"


@dataclass(frozen=True, slots=True)
class Sample:
    """Hashes of distinct values by item, under a salt of their own."""

    salt: bytes
    hashes: dict[str, list[bytes]]

    @property
    def is_empty(self) -> bool:
        return not self.hashes


@dataclass(frozen=True, slots=True)
class Like:
    """An own item of whose sampled values at least half are in another column; ``is_most`` for nine in ten."""

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


def sample_of(version: PinnedVersion, columns: Sequence[Column]) -> Sample:
    """Draw a sample of distinct values of each column; columns with fewer than ``LEAST_DISTINCT`` are left out."""
    salt = os.urandom(32)
    hashes: dict[str, list[bytes]] = {}
    table = names.table(version.dataset_id, version.generation)
    for one in columns[:MOST_COLUMNS]:
        cell = sql.SQL("t.{}").format(one.identifier)
        statement = sql.SQL(
            "SELECT DISTINCT {hash} AS h FROM {table} t WHERE {visible} AND {cell} IS NOT NULL ORDER BY h LIMIT {most}"
        ).format(hash=_hashed(cell), table=table, visible=_in_version(version), cell=cell, most=sql.Literal(SAMPLE))
        with tables.cursor() as run:
            run.execute(statement, [salt])
            found = [bytes(value) for (value,) in run.fetchall()]
        if len(found) >= LEAST_DISTINCT:
            hashes[one.item] = found
    return Sample(salt, hashes)


def likeness_of(sample: Sample, version: PinnedVersion, timer: Timer) -> list[Like] | None:
    """Say which sampled items have their values in a column of another dataset; None where it took too long."""
    columns = [one for one in version.columns if one.is_text]
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
    try:
        with transaction.atomic(using=names.ALIAS), tables.cursor() as run:
            run.execute("SELECT set_config('statement_timeout', %s, true)", [_STATEMENT_TIMEOUT])
            run.execute(statement, [owners, hashes, sample.salt])
            counted = run.fetchall()
    except OperationalError:
        return None
    found = []
    for own, at, count in counted:
        whole = len(sample.hashes[items[own]])
        if count * 2 >= whole:
            found.append(Like(items[own], columns[at].column, count * 10 >= whole * 9))
    return found
