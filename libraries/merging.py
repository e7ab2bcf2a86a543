"""The rows of several sources as one: a single statement over what may be read of them, streamed.

Rows of one key become one row. Of every item the first value counts that is not empty, by the precedence of the
sources and, within one, by the order of its rows. Rows without a key stay by themselves: loading rejects them. The
order of the result says nothing: it follows a hash of the key (docs/adr/0053 says why rows must not come in its order).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from django.db import connections, transaction
from psycopg import ServerCursor, sql

from catalog.rules import MOST_KEY_BYTES
from collection.readers.masks import Parameters
from collection.readers.page import rows_query
from collection.readers.shown import Shown, csv_row, typed_text
from collection.store import names, zone
from collection.store.columns import Column, key_expression
from collection.store.lineage import lineage_add, lineage_begin, lineage_end
from libraries.fitting import LINEAGE_SEPARATOR
from libraries.giving import Given

BATCH_ROWS = 20_000
"""Before each batch the grants are asked again, which costs as much as hundreds of rows."""


@dataclass(frozen=True)
class Contribution:
    """What one source gives.

    Attributes:
        label: names the source in the rows that came from it.
        mapping: identity of the library's item → identity of the source's.
    """

    label: str
    given: Given
    mapping: Mapping[str, str]

    @cached_property
    def items(self) -> dict[str, Shown]:
        """The items that the source gives, as they are shown."""
        return self.given.items

    @property
    def read(self) -> list[Shown]:
        """The items that leave."""
        return [one for item, one in self.items.items() if item in self.mapping.values()]


@dataclass(frozen=True, slots=True)
class Merge:
    """A statement whose rows are texts: line of a CSV, rows of each source, whether they differ in each item, the key.

    The key is a cell of a CSV; NULL where a row has none, or one that is too long: loading rejects both.

    None where there are no sources, and no rows.
    """

    columns: list[Column]
    statement: sql.Composed | None
    values: list[object]


def merge_of(columns: Sequence[Column], contributions: Sequence[Contribution], lineage_item: str = "") -> Merge:
    """Return the statement that makes one table of several sources.

    Args:
        columns: of the library dataset; those that nothing fills are left out.
        contributions: the first in precedence first; each fills the key. Without any the table has no rows.
    """
    if not contributions:
        return Merge([one for one in columns if one.is_key or not one.nullable], None, [])  # loading asks for these
    filled = {item for one in contributions for item in one.mapping}
    written = [one for one in columns if one.item in filled or one.item == lineage_item]
    parameters = Parameters()
    union = sql.SQL(" UNION ALL ").join(
        _rows(rank, one, written, parameters) for rank, one in enumerate(contributions, start=1)
    )
    cells = [_lineage(contributions) if one.item == lineage_item else text_written(one, _first(one)) for one in written]
    statement = sql.SQL(
        """SELECT {line}, s.counts::text, s.differs::text,"""
        """ CASE WHEN octet_length(s._key) <= {most} THEN '"' || replace(s._key, '"', '""') || '"' END"""
        " FROM (SELECT {cells}, {counts} AS counts, {differs} AS differs, m._hash, m._key"
        " FROM (SELECT u.*, md5(u._key) AS _hash FROM (SELECT r.*, {key} AS _key FROM ({union}) r) u) m"
        " GROUP BY m._hash, m._key, CASE WHEN m._key IS NULL THEN m._rank END, CASE WHEN m._key IS NULL THEN m._row END"
        ") s ORDER BY s._hash"
    ).format(
        line=csv_row([Shown(one, at, is_masked=True) for at, one in enumerate(written)], escape_formulas=False),
        cells=sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(cell, sql.Identifier(f"v{at}")) for at, cell in enumerate(cells)
        ),
        counts=_array([_count([rank]) for rank in range(1, len(contributions) + 1)], "bigint[]"),
        differs=_array([_differs(one, contributions) for one in written], "boolean[]"),
        key=key_expression(written, "r"),
        most=sql.Literal(MOST_KEY_BYTES),
        union=union,
    )
    return Merge(written, statement, parameters.values)


def _rows(rank: int, one: Contribution, written: Sequence[Column], parameters: Parameters) -> sql.Composable:
    """Return the rows of a source under the names of the library's columns, as they are shown."""
    given = one.given
    rows = rows_query(given.entitlement, given.version, one.read, (), parameters, after=0, limit=None)
    values = [
        sql.SQL("{} AS {}").format(_value(one.items.get(one.mapping.get(column.item, "")), column), column.identifier)
        for column in written
    ]
    return sql.SQL("SELECT {}::int AS _rank, s._row, {} FROM ({}) s").format(
        sql.Literal(rank), sql.SQL(", ").join(values), rows
    )


def _value(source: Shown | None, target: Column) -> sql.Composable:
    """Return an item of a source as a value of the library's type; ``fitting.fits`` has asked whether it can be."""
    if source is None:
        value: sql.Composable = sql.SQL("NULL")
    elif target.is_text:
        value = typed_text(source.pg_type, source.value)
    else:
        value = source.value
    cast = sql.SQL("({})::{}").format(value, sql.SQL(target.pg_type))
    return sql.SQL('{} COLLATE "C"').format(cast) if target.is_text else cast


def _first(column: Column) -> sql.Composable:
    """Return the value that counts."""
    return sql.SQL("(array_agg(m.{0} ORDER BY m._rank, m._row) FILTER (WHERE m.{0} IS NOT NULL))[1]").format(
        column.identifier
    )


def _count(ranks: Sequence[int]) -> sql.Composable:
    return sql.SQL("count(*) FILTER (WHERE m._rank = ANY({}::int[]))").format(sql.Literal(list(ranks)))


def _array(parts: Sequence[sql.Composable], pg_type: str) -> sql.Composable:
    return sql.SQL("ARRAY[{}]::{}").format(sql.SQL(", ").join(parts), sql.SQL(pg_type))


def _differs(column: Column, contributions: Sequence[Contribution]) -> sql.Composable:
    """Return whether the sources of a row say different things; the key is what makes them one."""
    if column.is_key or sum(column.item in one.mapping for one in contributions) < 2:
        return sql.SQL("false")
    least, most = ("bool_and", "bool_or") if column.pg_type == "boolean" else ("min", "max")
    return sql.SQL("coalesce({0}(m.{2}) <> {1}(m.{2}), false)").format(sql.SQL(least), sql.SQL(most), column.identifier)


def _lineage(contributions: Sequence[Contribution]) -> sql.Composable:
    """Return the names of the sources that have the row, by precedence; two grants on one dataset are one source."""
    ranks: dict[str, list[int]] = {}
    for rank, one in enumerate(contributions, start=1):
        ranks.setdefault(one.label, []).append(rank)
    named = [
        sql.SQL("CASE WHEN {} > 0 THEN {} ELSE '' END").format(_count(found), sql.Literal(LINEAGE_SEPARATOR + label))
        for label, found in ranks.items()
    ]
    return sql.SQL("substr({}, 2)").format(sql.SQL(" || ").join(named))


def text_written(column: Column, value: sql.Composable) -> sql.Composable:
    """Return a value as the text that loading reads back as the same value.

    A moment of a whole second is written without fraction and offset, which loading takes in its quick pass.
    """
    if column.pg_type != "timestamptz":
        return typed_text(column.pg_type, value)
    return sql.SQL(
        "CASE WHEN date_trunc('second', {0}) = {0} THEN to_char({1}, 'YYYY-MM-DD HH24:MI:SS') ELSE {2} END"
    ).format(value, zone.local(value), typed_text(column.pg_type, value))


@dataclass(slots=True)
class Figures:
    """What was found while sources became one table.

    Attributes:
        rows: of the result.
        in_several: of those, how many come from more than one source.
        of_sources: rows that were read of each source.
        disagreements: for each column of the result, rows in which the sources say different things.
    """

    of_sources: list[int]
    disagreements: list[int]
    rows: int = 0
    in_several: int = 0

    def add(self, rows: int, counts: Sequence[int], differs: Sequence[str]) -> None:
        """Count rows of one kind.

        Args:
            counts: rows that each source has under the key.
            differs: for each column ``t`` where the sources say different things.
        """
        self.rows += rows
        self.in_several += rows * (sum(map(bool, counts)) > 1)
        self.of_sources = [so_far + rows * one for so_far, one in zip(self.of_sources, counts, strict=True)]
        if "t" in differs:
            self.disagreements = [
                so_far + rows * (one == "t") for so_far, one in zip(self.disagreements, differs, strict=True)
            ]


def merged_lines(
    merge: Merge, figures: Figures, lineage: names.Lineage, still_entitled: Callable[[], object]
) -> Iterator[bytes]:
    """Yield the result as lines of a CSV without header, in constant memory, and count.

    The statement sees one state of the store from its first row to its last, whatever is loaded or purged meanwhile.
    Values are bound on the server: the key of a hash mask stands in no text.

    Args:
        lineage: is there once the last line is; it tells the numbers of the contributions that have each key, from 1.
        still_entitled: called before every batch; what it raises ends the stream.
    """
    if merge.statement is None:
        return
    database = connections[names.ALIAS]
    with transaction.atomic(using=names.ALIAS), database.wrap_database_errors:
        database.ensure_connection()
        lineage_begin(lineage)
        with ServerCursor(database.connection, f"merge_{uuid4().hex}") as run:
            still_entitled()
            run.execute(merge.statement, merge.values)
            while batch := run.fetchmany(BATCH_ROWS):
                still_entitled()
                # Few kinds of rows there are, and many rows of each.
                kinds = Counter((counts, differs) for _line, counts, differs, _key in batch)
                sources: dict[str, str] = {}
                for (counts, differs), rows in kinds.items():
                    found = [int(one) for one in counts[1:-1].split(",")]
                    figures.add(rows, found, differs[1:-1].split(","))
                    sources[counts] = ",".join(str(rank) for rank, rows in enumerate(found, start=1) if rows)
                told = (f'{key},"{{{sources[counts]}}}"\n' for _line, counts, _differs, key in batch if key is not None)
                lineage_add(lineage, "".join(told))
                yield "".join(f"{line}\n" for line, _counts, _differs, _key in batch).encode()
        lineage_end(lineage)
