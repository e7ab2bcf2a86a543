"""Opening a file: what it is, how it is read, its columns and its rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from catalog.imports.reading import file_kind
from collection.intake.delimited import CountedFile, find_delimiter, find_encoding
from collection.intake.layout import Doubt, Layout
from collection.intake.plain import PlainCopy, plain_copy_of
from collection.intake.records import Records
from collection.intake.sheets import Sheet, open_sheet
from collection.intake.table import Table

_KINDS = {"csv": "csv", "xlsx": "xlsx", "xls": "xls", "json": "json"}
_PLAIN_ENCODINGS = ("utf-8", "utf-8-sig")


class Intake:
    """A file opened for reading.

    Attributes:
        layout: how it is read, complete.
        doubts: what a person should look at; more may come while rows are read.
        columns: names of the columns, each different.
        preview: the first rows.
        skipped: rows that were left out (number, why), after reading.
        overlong: rows with more cells than there are columns, after reading.
    """

    def __init__(self, path: Path, layout: Layout, content: Table | Records, doubts: list[Doubt],
                 file: CountedFile | None = None, sheet: Sheet | None = None) -> None:  # fmt: skip
        self.path = path
        self.layout = layout
        self._content = content
        self._doubts = doubts
        self._file = file
        self._sheet = sheet
        self.columns = content.columns
        self.preview = content.preview
        self.size_bytes = path.stat().st_size

    def __enter__(self) -> "Intake":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    @property
    def doubts(self) -> list[Doubt]:
        return [*self._doubts, *(self._sheet.doubts if self._sheet else []), *self._content.doubts]

    @property
    def skipped(self) -> list[tuple[int, str]]:
        return self._content.skipped if isinstance(self._content, Table) else []

    @property
    def left_out(self) -> list[tuple[int, str, Sequence[str | None]]]:
        """The first of them (number, why, cells)."""
        return self._content.left_out if isinstance(self._content, Table) else []

    @property
    def overlong(self) -> list[int]:
        return self._content.overlong if isinstance(self._content, Table) else []

    @property
    def header_print(self) -> str:
        """What tells the header rows from others; "" where there are none."""
        return self._content.header_print if isinstance(self._content, Table) else ""

    @property
    def names_items(self) -> bool:
        """Whether one of the first rows is a header by the names in it."""
        return isinstance(self._content, Table) and self._content.names_items

    @property
    def lines_apart(self) -> list[tuple[int, str, list[str | None]]]:
        """The first lines that are no rows (number, what they are taken for, cells), as far as the file was read."""
        if not isinstance(self._content, Table):
            return []
        table = self._content
        return [(number, why, list(cells)) for number, why, cells in (*table.above, *table.header, *table.left_out)]

    @property
    def unnamed(self) -> list[int]:
        """Positions from 1 of columns without a heading that hold values and are not read, after reading."""
        return self._content.unnamed if isinstance(self._content, Table) else []

    @property
    def unnamed_rows(self) -> list[list[str | None]]:
        """The first rows of the sheet that hold such values: their cells, and those values."""
        return self._content.unnamed_rows if isinstance(self._content, Table) else []

    @property
    def bytes_read(self) -> int:
        """How far reading has come; 0 where the format does not tell."""
        return self._file.bytes_read if self._file is not None else 0

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Yield (row number as a person counts it, cells as texts), as many cells as columns; once."""
        return self._content.rows()

    def plain_copy(self) -> PlainCopy | None:
        """Return how PostgreSQL can read the file by itself, where it is clean enough for that."""
        if self.layout.format != "csv" or self.layout.encoding not in _PLAIN_ENCODINGS:
            return None
        if self.layout.header_rows != (1,):
            return None
        return plain_copy_of(self.path, self.layout.delimiter, len(self.columns))


def open_intake(
    path: Path,
    file_name: str = "",
    layout: Layout | None = None,
    columns_known: Callable[[str], bool] = lambda label: False,
    columns_late: Callable[[Iterable[str]], Iterable[str]] = lambda found: (),
) -> Intake:
    """Open a file.

    Args:
        file_name: as it was sent; what a file is, its content tells.
        layout: what is laid down about reading it; the rest is found out.
        columns_known: says whether a text is the name of an item, which tells headers from other rows.
        columns_late: told the names of the first records, says which records may leave out; those are looked for
            beyond the first ones too.

    Raises:
        catalog.imports.exceptions.Unreadable: it cannot be read; the message says what to do.
    """
    kind = _KINDS[file_kind(path)]
    wanted = layout if layout is not None and _fits(layout, kind) else Layout(kind)
    if kind == "json":
        return _open_json(path, wanted, columns_late)
    if kind == "csv":
        return _open_csv(path, wanted, columns_known)
    sheet = open_sheet(path, kind, wanted.sheet)
    table = Table(sheet.grid(), wanted, columns_known, headings=sheet.headings, spanned=sheet.spanned)
    found = replace(
        wanted, format=kind, sheet=sheet.name, header_rows=table.header_rows, has_header=bool(table.header_rows)
    )
    return Intake(path, found, table, [], sheet=sheet)


def _fits(layout: Layout, kind: str) -> bool:
    """Say whether a layout was made for such a file; the next file may be of another kind."""
    return layout.format == kind or (kind == "json" and layout.format in ("ndjson", "geojson"))


def _open_json(path: Path, wanted: Layout, columns_late: Callable[[Iterable[str]], Iterable[str]]) -> Intake:
    encoding_name, doubts = (wanted.encoding, []) if wanted.encoding else find_encoding(path, lambda label: False)
    records = Records(path, encoding_name, wanted.path, columns_late, is_lines=wanted.format == "ndjson")
    format = "geojson" if records.is_geojson else records.format
    return Intake(path, replace(wanted, format=format, encoding=encoding_name), records, doubts)


def _open_csv(path: Path, wanted: Layout, knows: Callable[[str], bool]) -> Intake:
    encoding_name, doubts = (wanted.encoding, []) if wanted.encoding else find_encoding(path, knows)
    delimiter = wanted.delimiter or find_delimiter(path, encoding_name)
    file = CountedFile(path, encoding_name)
    try:
        table = Table(file.grid(delimiter), wanted, knows)
    except BaseException:
        file.close()
        raise
    found = replace(
        wanted,
        encoding=encoding_name,
        delimiter=delimiter,
        header_rows=table.header_rows,
        has_header=bool(table.header_rows),
    )
    return Intake(path, found, table, doubts, file=file)
