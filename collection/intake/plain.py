"""Recognising a CSV that PostgreSQL can read by itself, byte by byte."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from collection.intake.table import FOOTNOTES

SAMPLE_BYTES = 1 << 20
LAST_LINES = 60


@dataclass(frozen=True, slots=True)
class PlainCopy:
    """A clean CSV: the bytes from ``offset_bytes`` on are its rows.

    Attributes:
        offset_bytes: length of the header with its line end, and of a byte order mark.
    """

    path: Path
    offset_bytes: int
    delimiter: str


def plain_copy_of(path: Path, delimiter: str, width: int) -> PlainCopy | None:
    """Return how a file can be copied, or None where anything speaks against it.

    A file with a quotation mark anywhere is not plain: COPY takes one within a cell for the beginning of a quoted
    part. Cells and lines are counted over the whole file, the beginning and the end looked at row by row. What slips
    through, rows whose surplus and lack make up for each other, stops COPY.
    """
    cells = lines = 0
    ending = b"\n"
    with path.open("rb") as source:
        while piece := source.read(SAMPLE_BYTES):
            if b'"' in piece or b"\x00" in piece or b"\\" in piece:
                return None
            lines += piece.count(b"\n")
            cells += piece.count(delimiter.encode())
            ending = piece[-1:]
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
    return PlainCopy(path, line_end + 1, delimiter) if _are_even(first + last, delimiter, width) else None


def _are_even(text: str, delimiter: str, width: int) -> bool:
    """Say whether every row has the same number of cells."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return all(len(row) == width for row in rows)
