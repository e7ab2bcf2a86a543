"""Parquet, row group by row group: types exact, memory constant."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from collection.readers.batches import Batches
from collection.readers.shown import Shown, text_of

GROUP_ROWS = 100_000
"""Rows of a row group; the footer names every group, so they are not too many either."""
_MOST_DIGITS = 38
_TYPES = {
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="Asia/Shanghai"),
    "boolean": pa.bool_(),
}


class _Pipe(io.RawIOBase):
    """Takes what a writer writes and hands it on in between."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        kept = bytes(piece)
        self._pieces.append(kept)
        self._written += len(kept)
        return len(kept)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def parquet(batches: Batches) -> Iterator[bytes]:
    """Yield the rows of a stream as a Parquet file.

    An exact number is a decimal of 38 digits when all rows of the stream fit into one, else a text: nothing is ever
    rounded. A moment is an instant with the region's zone.
    """
    schema = _schema(batches)
    values = [_value(one, field.type) for one, field in zip(batches.shown, schema, strict=True)]
    pipe = _Pipe()
    with pq.ParquetWriter(pipe, schema, compression="zstd") as writer:
        group: list[pa.RecordBatch] = []
        for rows in batches.typed(values):
            group.append(_batch(rows, schema))
            if sum(one.num_rows for one in group) >= GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(group), row_group_size=2 * GROUP_ROWS)
                group.clear()
                yield pipe.take()
        if group:
            writer.write_table(pa.Table.from_batches(group), row_group_size=2 * GROUP_ROWS)
    yield pipe.take()


def _batch(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _value(shown: Shown, kind: pa.DataType) -> sql.Composable:
    """Return what is fetched of a column: what Arrow takes without a doubt."""
    if pa.types.is_string(kind):
        return text_of(shown)
    if shown.pg_type == "numeric":
        return sql.SQL("trim_scale({})").format(shown.value)
    if shown.pg_type == "timestamptz":
        return sql.SQL("(extract(epoch FROM {}) * 1000000)::bigint").format(shown.value)
    return shown.value


def _schema(batches: Batches) -> pa.Schema:
    """Return the columns: names as in the other formats, but each once; the item is told beside it."""
    decimals = _decimals(batches)
    fields: list[pa.Field] = []
    names: set[str] = set()
    for one in batches.shown:
        name, at = one.column.label, 2
        while name in names:
            name, at = f"{one.column.label}_{at}", at + 1
        names.add(name)
        kind = decimals.get(one.position) or _TYPES.get(one.pg_type) or pa.string()
        about = {"item": one.column.item, "name": one.column.name, "type": one.column.type}
        fields.append(pa.field(name, kind, metadata=about))
    return pa.schema(fields)


def _decimals(batches: Batches) -> dict[int, pa.DataType]:
    """Return for each column of exact numbers that fit into 38 digits the decimal that holds them."""
    numbers = [one for one in batches.shown if one.pg_type == "numeric"]
    if not numbers:
        return {}
    asked: list[sql.Composable] = []
    for one in numbers:
        asked += [
            sql.SQL("coalesce(max(min_scale({})), 0)").format(one.value),
            sql.SQL("coalesce(max(length(trunc(abs({}))::text)), 0)").format(one.value),
        ]
    found = batches.figures(asked)
    result = {}
    for at, one in enumerate(numbers):
        scale, whole = found[2 * at], found[2 * at + 1]
        if whole + scale <= _MOST_DIGITS:
            result[one.position] = pa.decimal128(_MOST_DIGITS, scale)
    return result
