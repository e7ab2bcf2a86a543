"""From a file to rows of labelled cells, whatever the file is.

The kind is told by content, not by name: JSON and JSON lines, CSV with any usual delimiter and encoding, XLSX,
XLS (and XLSB, ODS). The header is found under titles and remarks, also where it takes two rows.
"""

import codecs
import csv
import hashlib
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from catalog.imports import calamine, columns, encoding
from catalog.imports.delimited import delimited_rows
from catalog.imports.exceptions import Unreadable
from catalog.imports.records import JsonRecords
from catalog.imports.text import as_text, one_line
from catalog.imports.xlsx import Range, Workbook, column_letters
from core.archives import members_of, unpacks_absurdly
from core.reasons import Reason

MAX_ROWS = 200_000
BLANK_ROWS = 200
"""After so many empty rows a sheet counts as ended, whatever range it claims to use."""

HEADER_SEARCH_ROWS = 40
MAX_COLUMNS = 500
MAX_BYTES = {"xls": 64 * 1024**2, "json": 512 * 1024**2, "csv": 2 * 1024**3, "xlsx": 512 * 1024**2}

_BINARY = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF89a", "gif"),
    (b"GIF87a", "gif"),
    (b"\x7fELF", "program"),
    (b"\x1f\x8b", "packed"),
    (b"7z\xbc\xaf\x27\x1c", "packed"),
    (b"Rar!\x1a\x07", "packed"),
    (b"SQLite format 3\0", "database"),
)
"""First bytes that no text has, and what begins with them (``exceptions.SENTENCES``)."""


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What a mapping may lay down about reading; left out, it is found out.

    Attributes:
        records: key of the list within a JSON object, e.g. "result.records".
        labels: column labels that the mapping names; they count when the header is looked for.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0
    header_rows: int = 0
    max_rows: int = MAX_ROWS
    blank_rows: int = BLANK_ROWS
    records: str = ""
    labels: frozenset[str] = frozenset()


class SourceRow(NamedTuple):
    """A row as it stands in the file: its number as a person counts, and its cells by label."""

    number: int
    values: Mapping[str, Any]


class GridRow(NamedTuple):
    number: int
    cells: Sequence[Any]


@dataclass(slots=True)
class Source:
    """A file opened for reading: what it is, how it was read, its labels and its rows.

    Attributes:
        header_row: number of the first header row, 0 for JSON.
        remarks: what a reader should know: the encoding is doubtful, other sheets, rows after a long gap.
        skipped: rows that are no records: group headings, footnotes, examples (number, text).
    """

    path: Path
    kind: str
    labels: list[str]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0
    header_rows: int = 1
    total: int | None = None
    remarks: list[str] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    _rows: Iterable[SourceRow] = ()
    _positions: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows, once."""
        yield from self._rows

    def address(self, label: str, number: int) -> str:
        """Return the address of a cell as a spreadsheet shows it, e.g. "C14"; "" for JSON."""
        position = self._positions.get(label)
        return "" if position is None or not number else f"{column_letters(position)}{number}"


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def file_kind(path: Path) -> str:
    """Tell what a file is by its first bytes: "xlsx", "xls" (anything calamine reads), "json" or "csv".

    Raises:
        Unreadable: it is missing, empty, or of a kind that is not read.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise Unreadable("cannot_open", name=path.name, why=error.strerror) from error
    if not head.strip():
        raise Unreadable("empty")
    if head.startswith(b"PK"):
        try:
            with path.open("rb") as stream:
                members = members_of(stream)
        except zipfile.BadZipFile as error:
            raise Unreadable("damaged") from error
        if unpacks_absurdly(members):
            raise Unreadable("unpacks_absurdly")
        names = {one.filename for one in members}
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "xl/workbook.bin" in names or "content.xml" in names:
            return "xls"
        raise Unreadable("archive")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:300].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<rdf", b"%pdf")):
        raise Unreadable("no_table")
    if kind := _binary_kind(head):
        raise Unreadable("binary", kind=Reason(f"file.kind_{kind}"))
    plain = head.decode("utf-16", "ignore") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head.decode("latin-1")
    first = plain.lstrip("ï»¿\ufeff \t\r\n")[:1]
    return "json" if first in ("{", "[") else "csv"


def _binary_kind(head: bytes) -> str:
    """Return what a file is whose bytes are no text, empty where they may be."""
    for magic, kind in _BINARY:
        if head.startswith(magic):
            return kind
    if b"\0" not in head or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    if head.startswith(b"MZ"):
        return "program"
    may_be_text = b"\0" not in head[::2] or b"\0" not in head[1::2] or encoding.utf16_without_bom(head)
    return "" if may_be_text else "other"


def open_source(path: Path, options: ReadingOptions | None = None) -> Source:
    """Open a file and find its header.

    Raises:
        Unreadable: the file cannot be read, is too big, or no header was found in it.
    """
    options = options or ReadingOptions()
    kind = file_kind(path)
    if path.stat().st_size > MAX_BYTES[kind]:
        limit = MAX_BYTES[kind] // 1024**2
        raise Unreadable("too_large", limit=limit)
    if kind == "json":
        return _open_json(path, options)
    if kind == "csv":
        return _open_csv(path, options)
    if kind == "xlsx":
        return _open_xlsx(path, options)
    return _open_calamine(path, options)


# --- JSON -------------------------------------------------------------------------------------------------------


def _open_json(path: Path, options: ReadingOptions) -> Source:
    guess = _text_encoding(path, options)
    records = JsonRecords(path, guess.encoding, options.records)
    source = Source(path=path, kind=records.kind, labels=records.labels, encoding=guess.encoding, total=records.total)
    _remark_on_encoding(source, guess, options)
    if not records.labels:
        raise Unreadable("no_records")
    source._rows = _capped((SourceRow(number, values) for number, values in records.rows()), options)
    return source


# --- CSV --------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, options: ReadingOptions) -> Source:
    guess = _text_encoding(path, options)
    with path.open("rb") as stream:
        sample = encoding.open_text(stream, guess.encoding).read(200_000)
    delimiter = {"tab": "\t", "\\t": "\t"}.get(options.delimiter, options.delimiter) or _delimiter(sample)
    source = Source(path=path, kind="csv", labels=[], encoding=guess.encoding, delimiter=delimiter)
    _remark_on_encoding(source, guess, options)

    def rows() -> Iterator[tuple[int, list[str]]]:
        with path.open("rb") as stream:
            yield from delimited_rows(encoding.open_text(stream, guess.encoding), delimiter)

    _take_grid(source, _grid_of(rows()), [], options)
    return source


def _delimiter(sample: str) -> str:
    """Choose the delimiter whose header row shows most labels that we know."""
    lines = sample.splitlines()[:HEADER_SEARCH_ROWS]

    def best(delimiter: str) -> tuple[int, int]:
        rows = list(itertools.islice(csv.reader(lines, delimiter=delimiter), HEADER_SEARCH_ROWS))
        return max(((columns.score(row), len(row)) for row in rows), default=(0, 0))

    return max((",", "\t", ";", "|"), key=best)


def _text_encoding(path: Path, options: ReadingOptions) -> encoding.Guess:
    if options.encoding:
        chosen = encoding.KNOWN.get(options.encoding.lower().replace("_", "-"))
        if chosen is None:
            known = ", ".join(sorted(encoding.KNOWN))
            raise Unreadable("unknown_encoding", name=options.encoding, known=known)
        return encoding.Guess(chosen, 1.0)
    with path.open("rb") as stream:
        return encoding.detect(stream.read(encoding.SAMPLE_BYTES), columns.knows)


def _remark_on_encoding(source: Source, guess: encoding.Guess, options: ReadingOptions) -> None:
    if not options.encoding and guess.is_doubtful:
        message = _(
            "The encoding is doubtful: %(encoding)s fits to %(share)d %%. If names look wrong, set “encoding” in the "
            "mapping (next best: %(other)s)."
        )
        source.remarks.append(
            message
            % {"encoding": guess.encoding, "share": round(guess.plausibility * 100), "other": guess.runner_up or "–"}
        )


# --- Workbooks --------------------------------------------------------------------------------------------------


def _open_xlsx(path: Path, options: ReadingOptions) -> Source:
    book = Workbook(path)
    sheet = _choose_sheet(book.sheet_names, options, lambda name: _grid_of(book.rows(name)))
    source = Source(path=path, kind="xlsx", labels=[], sheet=sheet)
    _remark_on_sheets(source, book.sheet_names)
    _take_grid(source, _grid_of(book.rows(sheet)), book.merged_ranges(sheet), options)
    return source


def _grid_of(rows: Iterable[tuple[int, Sequence[Any]]]) -> Iterator[GridRow]:
    for number, cells in rows:
        yield GridRow(number, cells)


def _open_calamine(path: Path, options: ReadingOptions) -> Source:
    book = calamine.open_book(path)

    def grid(name: str) -> Iterator[GridRow]:
        return _grid_of(calamine.sheet_rows(book.get_sheet_by_name(name)))

    sheet = _choose_sheet(book.sheet_names, options, grid)
    chosen = book.get_sheet_by_name(sheet)
    source = Source(path=path, kind="xls", labels=[], sheet=sheet, total=chosen.total_height)
    _remark_on_sheets(source, book.sheet_names)
    _take_grid(source, grid(sheet), calamine.merged_ranges(chosen), options)
    return source


def _choose_sheet(names: Sequence[str], options: ReadingOptions, grid: Any) -> str:
    """Take the sheet named by the mapping, else the one whose first rows look most like a catalog's header."""
    if options.sheet:
        if options.sheet not in names:
            raise Unreadable("no_such_sheet", sheet=options.sheet, names=list(names))
        return options.sheet
    if len(names) == 1:
        return names[0]

    def best(name: str) -> int:
        head = itertools.islice(grid(name), HEADER_SEARCH_ROWS)
        return max((columns.score(map(one_line, row.cells)) for row in head), default=0)

    return max(names, key=best)


def _remark_on_sheets(source: Source, names: Sequence[str]) -> None:
    others = [name for name in names if name != source.sheet]
    if others:
        message = _("Only the sheet “%(sheet)s” is read, not: %(others)s. Set “sheet” in the mapping to read another.")
        source.remarks.append(message % {"sheet": source.sheet, "others": "、".join(others)})


# --- Grids: header, merged cells, blank rows --------------------------------------------------------------------


def _take_grid(source: Source, grid: Iterator[GridRow], merged: Sequence[Range], options: ReadingOptions) -> None:
    filled = _filled(grid, merged)
    head = list(itertools.islice(filled, HEADER_SEARCH_ROWS))
    at, depth = _find_header(head, options)
    rows = [head[at + offset] for offset in range(depth)]
    labels = _labels(rows)
    source.header_row, source.header_rows = rows[0].number, depth
    source._positions = {label: position for position, label in labels.items()}
    source.labels = list(source._positions)
    name_position = next((at for at, label in labels.items() if columns.recognise(label) == "name"), None)
    body = itertools.chain(head[at + depth :], filled)
    source._rows = _capped(_records(source, body, labels, name_position, options), options)


def _find_header(head: Sequence[GridRow], options: ReadingOptions) -> tuple[int, int]:
    if options.header_row:
        for at, row in enumerate(head):
            if row.number == options.header_row:
                depth = options.header_rows or _depth(head, at)
                return at, min(depth, len(head) - at)
        raise Unreadable("header_row", row=options.header_row, limit=HEADER_SEARCH_ROWS)
    best, best_score = None, 0
    for at in range(len(head)):
        depth = _depth(head, at)
        labels = _labels([head[at + offset] for offset in range(depth)]).values()
        score = columns.score(labels) + 2 * len(options.labels.intersection(labels))
        if score > best_score:
            best, best_score = (at, depth), score
    if best is None or best_score < 4:
        raise Unreadable("no_header")
    return best


def _depth(head: Sequence[GridRow], at: int) -> int:
    """Say whether the header takes one row or two: both together show more labels that we know than either alone."""
    if at + 1 >= len(head) or head[at + 1].number != head[at].number + 1:
        return 1
    upper, lower = head[at], head[at + 1]
    alone = max(columns.score(_labels([row]).values()) for row in (upper, lower))
    return 2 if columns.score(_labels([upper, lower]).values()) > alone else 1


def _labels(rows: Sequence[GridRow]) -> dict[int, str]:
    """Return position → label; of two header rows the lower one counts where it says something."""
    width = min(max((len(row.cells) for row in rows), default=0), MAX_COLUMNS)
    labels: dict[int, str] = {}
    seen: dict[str, int] = {}
    for position in range(width):
        texts = [one_line(row.cells[position]) if position < len(row.cells) else "" for row in rows]
        label = next((text for text in reversed(texts) if text), "")
        if len(texts) == 2 and texts[0] and texts[1] and not columns.knows(texts[1]) and columns.knows(texts[0]):
            label = texts[0]
        if not label:
            continue
        seen[label] = seen.get(label, 0) + 1
        labels[position] = label if seen[label] == 1 else f"{label} #{seen[label]}"
    return labels


def _filled(grid: Iterator[GridRow], merged: Sequence[Range]) -> Iterator[GridRow]:
    """Give the lower cells of vertically merged ranges the value of the first one."""
    if not merged:
        yield from grid
        return
    pending = sorted(merged)
    active: list[tuple[Range, Any]] = []
    for row in grid:
        at = row.number - 1
        while pending and pending[0][0] <= at:
            area = pending.pop(0)
            if area[0] == at and area[2] > at:
                active.append((area, row.cells[area[1]] if area[1] < len(row.cells) else None))
        active = [(area, value) for area, value in active if area[2] >= at]
        cells = list(row.cells)
        for (top, left, _bottom, _right), value in active:
            if top < at and value is not None:
                cells.extend([None] * (left + 1 - len(cells)))
                if cells[left] is None:
                    cells[left] = value
        yield GridRow(row.number, cells)


_FOOTNOTE = (
    "注：",
    "注:",
    "备注：",
    "備註：",
    "说明：",
    "說明：",
    "填表说明",
    "填报说明",
    "数据来源：",
    "資料來源：",
    "合计",
)
_EXAMPLE = ("示例", "样例", "範例", "例：", "填写示例")


def _records(
    source: Source,
    rows: Iterable[GridRow],
    labels: Mapping[int, str],
    name_position: int | None,
    options: ReadingOptions,
) -> Iterator[SourceRow]:
    last = source.header_row + source.header_rows - 1
    for row in rows:
        if row.number - last > options.blank_rows:
            message = _("Reading stopped after %(count)d empty rows; row %(row)d and those below it were not read.")
            source.remarks.append(message % {"count": options.blank_rows, "row": row.number})
            return
        filled = [
            position for position, cell in enumerate(row.cells) if cell not in (None, "") and as_text(cell).strip()
        ]
        if not filled:
            continue
        last = row.number
        first = one_line(row.cells[filled[0]])
        if (len(filled) == 1 and len(labels) > 3 and _is_remark(first, filled[0], name_position)) or first.startswith(
            _EXAMPLE
        ):
            source.skipped.append((row.number, first[:100]))
            continue
        cells = row.cells
        yield SourceRow(row.number, {label: cells[at] for at, label in labels.items() if at < len(cells)})


def _is_remark(text: str, position: int, name_position: int | None) -> bool:
    """Say whether the only cell of a row is a footnote or the heading of a group, and no name."""
    return text.startswith(_FOOTNOTE) or position != name_position


def _capped(rows: Iterator[SourceRow], options: ReadingOptions) -> Iterator[SourceRow]:
    for count, row in enumerate(rows, start=1):
        if count > options.max_rows:
            raise Unreadable("too_many_rows", limit=options.max_rows)
        yield row
