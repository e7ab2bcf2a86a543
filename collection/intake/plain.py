"""Recognising a CSV that PostgreSQL can read by itself, byte by byte."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from collection.intake.cells import BLANKS
from collection.intake.table import FOOTNOTES

SAMPLE_BYTES = 1 << 20
LAST_LINES = 60


@dataclass(frozen=True, slots=True)
class PlainCopy:
    """A clean CSV: the bytes from ``offset_bytes`` on are its rows.

    Attributes:
        offset_bytes: length of the header with its line end, and of a byte order mark.
        width: number of columns.
    """

    path: Path
    offset_bytes: int
    delimiter: str
    width: int


@dataclass(frozen=True, slots=True)
class Form:
    """What every cell of a column looks like.

    Attributes:
        is_filled: none is empty.
        pattern: what all fit that are not empty, in the language of RE2.
        words: the only ones there are.
        blanks: characters that none begins or ends with.
        length: most characters.
        unwanted: text that none holds.
    """

    is_filled: bool = False
    pattern: str = ""
    words: tuple[str, ...] = ()
    blanks: str = ""
    length: int | None = None
    unwanted: str = ""

    def fits(self, cells: pa.Array) -> bool:
        """Say whether all of some cells, text or NULL, have this form."""
        if self.is_filled and cells.null_count:
            return False
        signs = []
        if self.pattern:
            signs.append(pc.match_substring_regex(cells, self.pattern))
        if self.words:
            signs.append(pc.is_in(cells.drop_null(), pa.array(self.words)))
        if self.blanks:
            signs.append(pc.equal(pc.utf8_trim(cells, self.blanks), cells))
        if self.length is not None:
            signs.append(pc.less_equal(pc.utf8_length(cells), self.length))
        if self.unwanted:
            signs.append(pc.invert(pc.match_substring(cells, self.unwanted)))
        return all(pc.all(sign, min_count=0).as_py() for sign in signs)


def plain_copy_of(path: Path, delimiter: str, width: int) -> PlainCopy | None:
    """Return how a file can be copied, or None where anything speaks against it.

    A file with a quotation mark anywhere is not plain: COPY takes one within a cell for the beginning of a quoted
    part. Nor is one with an empty row, which is no row of data (``Table``), and which COPY would read as one. Cells
    and lines are counted over the whole file, the beginning and the end looked at row by row. What slips through, rows
    whose surplus and lack make up for each other, stops COPY.
    """
    cells = lines = 0
    ending = b"\n"
    empty_row = _empty_row(delimiter)
    before = b""
    with path.open("rb") as source:
        while piece := source.read(SAMPLE_BYTES):
            window = before + piece
            if b'"' in piece or b"\x00" in piece or b"\\" in piece or empty_row.search(window):
                return None
            before = window[window.rfind(b"\n") :]
            lines += piece.count(b"\n")
            cells += piece.count(delimiter.encode())
            ending = piece[-1:]
        if before != b"\n" and empty_row.search(before + b"\n"):
            return None
        size = source.tell()
        source.seek(0)
        head = source.read(SAMPLE_BYTES)
        source.seek(max(0, size - SAMPLE_BYTES))
        tail = source.read(SAMPLE_BYTES)
    line_end = head.find(b"\n")
    if line_end < 0 or cells != (width - 1) * (lines + (ending != b"\n")):
        return None
    try:
        first = head[line_end + 1 : head.rfind(b"\n") + 1].decode("utf-8")
        last = tail[tail.find(b"\n") + 1 :].decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\r" in first.replace("\r\n", "\n") or not first:
        return None
    if any(line.strip().lower().startswith(FOOTNOTES) for line in last.splitlines()[-LAST_LINES:]):
        return None
    return PlainCopy(path, line_end + 1, delimiter, width) if _are_even(first + last, delimiter, width) else None


def _empty_row(delimiter: str) -> re.Pattern[bytes]:
    signs = b"|".join(re.escape(sign.encode()) for sign in (delimiter, *BLANKS) if sign != "\n")
    return re.compile(rb"\n(?:%s)*\n" % signs)


def _are_even(text: str, delimiter: str, width: int) -> bool:
    """Say whether every row has the same number of cells."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return all(len(row) == width for row in rows)


def rows_of_form(file: PlainCopy, forms: Mapping[int, Form]) -> int | None:
    """Return the number of rows of a file, or None where a cell has not the form of its column.

    Args:
        forms: of columns by their position; of the others only the number counts.
    """
    names = [str(position) for position in range(file.width)]
    asked = [names[position] for position in forms]
    rows = 0
    try:
        with file.path.open("rb") as source:
            source.seek(file.offset_bytes)
            batches = arrow_csv.open_csv(
                source,
                arrow_csv.ReadOptions(column_names=names, block_size=SAMPLE_BYTES, use_threads=False),
                arrow_csv.ParseOptions(delimiter=file.delimiter, quote_char=False, ignore_empty_lines=False),
                arrow_csv.ConvertOptions(
                    include_columns=asked,
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=True,
                    null_values=[""],
                ),
            )
            for batch in batches:
                rows += batch.num_rows
                if not all(form.fits(batch.column(str(position))) for position, form in forms.items()):
                    return None
    except pa.ArrowInvalid:
        return None
    return rows
