"""The rows of a version in batches by keyset, as texts or as typed values.

Between batches the caller may stop: an entitlement that is suspended cuts the stream (``still_entitled``).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import sql

from catalog.choices import Mask
from collection.readers.entitlement import Condition, Entitlement
from collection.readers.masks import Parameters
from collection.readers.page import PinnedVersion, rows_query
from collection.readers.shown import Shown
from collection.store import tables
from core.exceptions import NotAllowed

FIRST_ROWS = 200
MOST_ROWS = 50_000
MOST_VALUES = 200_000
"""Of a batch of typed rows: a value of Python's takes some 50 bytes, whatever it says."""
BATCH_CHARACTERS = 8 * 1024**2
"""A batch is one value in the database, which holds 1 GB: rows with shapes of land may have a megabyte each."""


class Batches:
    """The batches of a stream."""

    def __init__(
        self,
        entitlement: Entitlement,
        version: PinnedVersion,
        shown: Sequence[Shown],
        conditions: Sequence[Condition],
        still_entitled: Callable[[], bool],
        counted: Callable[[int], object],
    ) -> None:
        self._entitlement = entitlement
        self._version = version
        self.shown = shown
        self._conditions = conditions
        self._still_entitled = still_entitled
        self._counted = counted
        self._limit = FIRST_ROWS

    def _query(
        self,
        select: sql.Composable,
        shown: Sequence[Shown],
        *,
        after: int,
        limit: int | None = None,
        until: int | None = None,
    ) -> tuple[sql.Composable, list[Any]]:
        parameters = Parameters()
        rows = rows_query(
            self._entitlement, self._version, shown, self._conditions, parameters, after=after, limit=limit, until=until
        )
        return sql.SQL("SELECT {} FROM ({}) AS s").format(select, rows), parameters.values

    def texts(self, body: sql.Composable, between: str) -> Iterator[str]:
        """Yield every batch as one text."""
        select = sql.SQL("count(*), max(s._row), string_agg({}, {} ORDER BY s._row)").format(body, sql.Literal(between))
        after, is_last = 0, False
        while not is_last:
            self._check()
            with tables.cursor() as run:
                run.execute(*self._query(select, self.shown, after=after, limit=self._limit))
                count, last, text = run.fetchone()
            is_last = count < self._limit
            if count:
                self._counted(count)
                self._learn(len(text) / count)
                yield text
                after = last

    @property
    def may_copy(self) -> bool:
        """Whether ``copied`` may be used. ``COPY`` binds nothing: its values stand in its text, which server logs show.

        So no key of a hash goes that way, and nothing that a caller asks for.
        """
        return not self._conditions and Mask.HASH not in self._entitlement.masks.values()

    def copied(self, cells: Sequence[sql.Composable]) -> Iterator[bytes]:
        """Yield every batch as CSV that PostgreSQL itself writes, which is much quicker than a text made in SQL.

        Args:
            cells: expressions over the columns of ``s``.
        """
        select, until = sql.SQL(", ").join(cells), 0
        while True:
            self._check()
            with tables.cursor() as run:
                run.execute(*self._span(until))
                found = run.fetchone()
                if found is None or found[0] is None:
                    return
                first, until = found
                statement, values = self._query(select, self.shown, after=first - 1, until=until)
                lines = bytearray()
                with run.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(statement), values) as source:
                    for line in source:
                        lines += line
                count = run.rowcount
            if count:
                self._counted(count)
                self._learn(len(lines) / count)
                yield bytes(lines)

    def _span(self, after: int) -> tuple[sql.Composable, list[Any]]:
        """Return the query for the first and the last row of the next batch; it finds none after the last one.

        Where all rows are granted, the numbers from the next row on are taken as they come: to look for the last one
        would read every row twice.
        """
        if self._entitlement.sees_all_rows:
            select = sql.SQL("s._row, s._row + {}").format(sql.Literal(self._limit - 1))
            return self._query(select, (), after=after, limit=1)
        return self._query(sql.SQL("min(s._row), max(s._row)"), (), after=after, limit=self._limit)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield rows of typed values."""
        for batch in self.typed([one.value for one in self.shown]):
            yield from batch

    def typed(self, values: Sequence[sql.Composable]) -> Iterator[list[tuple[Any, ...]]]:
        """Yield every batch as rows of typed values.

        Args:
            values: expressions over the columns of ``s``, as ``Shown.value`` gives them.
        """
        select = sql.SQL(", ").join([sql.SQL("s._row"), *values])
        after, is_last = 0, False
        while not is_last:
            self._check()
            with tables.cursor() as run:
                run.execute(*self._query(select, self.shown, after=after, limit=self._limit))
                batch = run.fetchall()
            is_last = len(batch) < self._limit
            if batch:
                self._counted(len(batch))
                characters = sum(len(cell) for row in batch for cell in row if isinstance(cell, str))
                self._learn(characters / len(batch), MOST_VALUES // len(batch[0]))
                after = batch[-1][0]
                yield [row[1:] for row in batch]

    def figures(self, values: Sequence[sql.Composable]) -> tuple[Any, ...]:
        """Return aggregates over all rows of the stream."""
        parameters = Parameters()
        rows = rows_query(
            self._entitlement, self._version, self.shown, self._conditions, parameters, after=0, limit=None
        )
        select = sql.SQL(", ").join(values)
        with tables.cursor() as run:
            run.execute(sql.SQL("SELECT {} FROM ({}) AS s").format(select, rows), parameters.values)
            found: tuple[Any, ...] = run.fetchone()
            return found

    def _learn(self, characters: float, most: int = MOST_ROWS) -> None:
        """Take as many rows next as fit, going by the last ones; never many more at once."""
        fitting = int(BATCH_CHARACTERS / max(characters, 1))
        self._limit = max(1, min(fitting, self._limit * 10, most))

    def _check(self) -> None:
        if not self._still_entitled():
            raise NotAllowed
