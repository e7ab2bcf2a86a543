"""Taking a subject's rows out of what came: line by line where a file has lines, else not at all.

A record is the subject's when the cell of the item holds the value, or, for values long enough to mean one person,
when any part of the record mentions it. Where a record ends is what the loading took for its end; where that is not
certain nothing is taken out, for a quotation mark out of place would take others' records along.
"""

import codecs
import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path, PurePath
from typing import IO

from catalog.imports.delimited import delimited_rows
from collection.intake import Layout, open_intake
from collection.subject_numbers import Subject
from core.archives import members_of, unpacks_absurdly
from core.json_text import read_json

_PIECE = 1 << 20
_OVERLAP = 1024
"""What is read twice, so that no value is cut in two."""
_BY_LINES = ("csv", "ndjson")
_TEXTS = json.JSONDecoder(parse_int=str, parse_float=str)


class Outcome(StrEnum):
    """What holds of a file."""

    CLEAN = "clean"
    HOLDS_IT = "holds_it"
    UNREADABLE = "unreadable"


def is_subjects(cells: Sequence[str | None], at: int | None, subject: Subject) -> bool:
    """Say whether a record is the subject's.

    Args:
        at: position of the column that fills the item; where none is known, any cell may hold the value.
    """
    if at is None:
        holds = any(map(subject.is_value, cells))
    else:
        holds = at < len(cells) and subject.is_value(cells[at])
    return holds or any(map(subject.is_mentioned, cells))


def looked_at(path: Path, file_name: str, layout: Layout | None, label: str, subject: Subject) -> Outcome:
    """Say whether a file holds a record of the subject.

    Args:
        label: name of the file's column that fills the item, "" where none is known.
    """
    try:
        with open_intake(path, file_name, layout) as intake:
            read = intake.layout
            at = intake.columns.index(label) if label in intake.columns else None
            if any(map(subject.is_mentioned, intake.columns)):
                return Outcome.HOLDS_IT
            for _number, cells in intake.rows():
                if is_subjects(cells, at, subject):
                    return Outcome.HOLDS_IT
    except Exception:  # whatever a parser makes of a foreign file, it must not stop an erasure
        return Outcome.UNREADABLE
    # What the reading left out (a preamble, a footnote) may hold it too.
    is_left = in_text(path, read.encoding, subject) if read.encoding else in_bytes(path, subject)
    return Outcome.HOLDS_IT if is_left else Outcome.CLEAN


def ending_of(name: str) -> str:
    """Return what says which kind of file it is, and no more: people name files after the person."""
    ending = PurePath(name).suffix.lower()
    return ending if ending[1:].isalnum() and ending.isascii() else ""


def in_text(path: Path, encoding: str, subject: Subject) -> bool:
    """Say whether a text mentions the subject, in its records or between them."""
    rest = ""
    with path.open(encoding=encoding, errors="replace", newline="") as source:
        while words := source.read(_PIECE):
            if subject.is_mentioned(rest + words):
                return True
            rest = words[-_OVERLAP:]
    return False


def in_bytes(path: Path, subject: Subject) -> bool:
    """Say whether the bytes of a file, or of the parts of an archive, hold the value.

    What would unpack to more than can be looked through counts as holding it.
    """
    with path.open("rb") as source:
        if zipfile.is_zipfile(source):
            with suppress(zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
                members = members_of(source)
                return unpacks_absurdly(members) or _in_members(source, members, subject)
        source.seek(0)
        return _in_stream(source, subject)


def _in_members(source: IO[bytes], members: Sequence[zipfile.ZipInfo], subject: Subject) -> bool:
    with zipfile.ZipFile(source) as archive:
        for one in members:
            with archive.open(one) as member:
                if _in_stream(member, subject):
                    return True
    return False


def _in_stream(source: IO[bytes], subject: Subject) -> bool:
    overlap, rest = 256, b""
    while piece := source.read(_PIECE):
        window = rest + piece
        if subject.is_in_bytes(window):
            return True
        rest = window[-overlap:]
    return False


class Uncertain(Exception):
    """Where a record of the subject begins and ends cannot be told for certain."""


class Redaction:
    """The lines of a file without those of a subject. ``removed`` counts records when all were read.

    Args:
        columns: names of the file's columns, as they were read.
        label: of the column that fills the item, "" where none is known.
    """

    def __init__(self, path: Path, layout: Layout, columns: Sequence[str], label: str, subject: Subject) -> None:
        self._path = path
        self._layout = layout
        self._width = len(columns)
        self._position = columns.index(label) if label in columns else None
        self._label = label
        self._subject = subject
        self.removed = 0

    @staticmethod
    def is_possible(layout: Layout | None) -> bool:
        """Say whether a file of this layout can be written without some records and stay what it was otherwise."""
        return layout is not None and layout.format in _BY_LINES and bool(layout.encoding)

    def pieces(self) -> Iterator[bytes]:
        """Yield what is left, in the encoding in which it came.

        Raises:
            UnicodeError: the file is not in that encoding throughout.
            catalog.imports.exceptions.Unreadable: its quotation marks do not close.
            Uncertain: a record of the subject may be several.
        """
        yield self._mark()
        with self._path.open(encoding=self._layout.encoding, newline="") as source:
            for record, is_subjects_own in self._told(source):
                if is_subjects_own:
                    self.removed += 1
                else:
                    yield record.encode(self._codec)

    @property
    def _codec(self) -> str:
        """The encoding without the mark that Python would write before every record."""
        return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(self._layout.encoding, self._layout.encoding)

    def _mark(self) -> bytes:
        """Return the mark at the beginning that the reading leaves out."""
        if self._layout.encoding == "utf-16":
            return codecs.BOM_UTF16_LE
        if self._layout.encoding == "utf-8-sig":
            with self._path.open("rb") as source:
                return codecs.BOM_UTF8 if source.read(3) == codecs.BOM_UTF8 else b""
        return b""

    def _told(self, source: io.TextIOBase) -> Iterator[tuple[str, bool]]:
        """Yield records with their line ends, and whether they are the subject's."""
        if self._layout.format == "ndjson":
            for line in source:
                yield str(line), self._is_member(str(line))
            return
        lines: list[str] = []

        def noted() -> Iterator[str]:
            for line in source:
                lines.append(str(line))
                yield str(line)

        for _number, cells in delimited_rows(noted(), self._delimiter):
            record = "".join(lines)
            is_subjects_own = self._subject.is_mentioned(record) or is_subjects(cells, self._position, self._subject)
            if is_subjects_own and len(lines) > 1 and not self._is_one(record):
                raise Uncertain
            yield record, is_subjects_own
            lines.clear()

    @property
    def _delimiter(self) -> str:
        return self._layout.delimiter or ","

    def _is_one(self, record: str) -> bool:
        """Say whether several lines are one record also by the strict rules, and as wide as the table."""
        try:
            rows = list(csv.reader(io.StringIO(record, newline=""), delimiter=self._delimiter, strict=True))
        except csv.Error:
            return False
        return len(rows) == 1 and len(rows[0]) == self._width

    def _is_member(self, line: str) -> bool:
        if self._subject.is_mentioned(line):
            return True
        try:
            member = read_json(line, _TEXTS)
        except ValueError:
            return False
        value = member.get(self._label) if isinstance(member, dict) else None
        return isinstance(value, str) and self._subject.is_value(value)
