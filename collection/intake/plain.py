"""Recognising a CSV that PostgreSQL can read by itself, byte by byte."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

SAMPLE_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"


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

    Only the beginning and the end are looked at: what lies between is caught by COPY, which refuses a row of
    another width, and by the checks of the cells.
    """
    with path.open("rb") as source:
        head = source.read(SAMPLE_BYTES)
        size = source.seek(0, io.SEEK_END)
        source.seek(max(0, size - SAMPLE_BYTES))
        tail = source.read(SAMPLE_BYTES)
    start = len(_BOM) if head.startswith(_BOM) else 0
    line_end = head.find(b"\n", start)
    header = head[start : line_end + 1]
    if line_end < 0 or b"\x00" in head + tail or b"\\." in head + tail or header.count(b'"') % 2:
        return None
    try:
        first = head[line_end + 1 : head.rfind(b"\n") + 1].decode("utf-8")
        last = tail[tail.find(b"\n") + 1 :].decode("utf-8") if size > SAMPLE_BYTES else ""
    except UnicodeDecodeError:
        return None
    if "\r" in first.replace("\r\n", "\n") or not _is_even(first, delimiter, width, whole=size <= SAMPLE_BYTES):
        return None
    if last and '"' not in last and not _is_even(last, delimiter, width, whole=True):
        return None
    return PlainCopy(path, line_end + 1, delimiter)


def _is_even(text: str, delimiter: str, width: int, *, whole: bool) -> bool:
    """Say whether every record has the same number of fields; the last one of a sample may be cut."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return not whole and False
    checked = rows if whole else rows[:-1]
    return bool(checked) and all(len(row) == width for row in checked)
