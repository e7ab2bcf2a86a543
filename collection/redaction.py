"""Taking a subject's rows out of what came: line by line where a file has lines, else not at all.

A record is the subject's when the cell of the item holds the value, or, for values long enough to mean one person,
when any part of the record mentions it.
"""

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO

from catalog.imports.exceptions import Unreadable
from collection.intake import Layout, open_intake
from collection.subject_numbers import Subject
from core.archives import members_of, unpacks_absurdly
from core.json_text import read_json

MOST_RECORD_CHARACTERS = 1 << 20
"""A quotation mark that is never closed does not make the rest of a file one record."""
_PIECE = 1 << 20
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
            at = intake.columns.index(label) if label in intake.columns else None
            if any(map(subject.is_mentioned, intake.columns)):
                return Outcome.HOLDS_IT
            for _number, cells in intake.rows():
                if is_subjects(cells, at, subject):
                    return Outcome.HOLDS_IT
    except (Unreadable, ValueError, OSError, KeyError, IndexError):
        return Outcome.UNREADABLE
    # What the reading left out (a preamble, a footnote) may hold it too.
    return Outcome.HOLDS_IT if in_bytes(path, subject) else Outcome.CLEAN


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


class Redaction:
    """The lines of a file without those of a subject. ``removed`` counts records when all were read.

    Args:
        position: of the column that fills the item in a CSV, None where none is known.
    """

    def __init__(self, path: Path, layout: Layout, position: int | None, label: str, subject: Subject) -> None:
        self._path = path
        self._layout = layout
        self._position = position
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
        """
        with self._path.open(encoding=self._layout.encoding, newline="") as source:
            for record in self._records(source):
                if self._is_subjects(record):
                    self.removed += 1
                else:
                    yield record.encode(self._codec)

    @property
    def _codec(self) -> str:
        """The encoding without the mark that Python would write before every record."""
        return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(self._layout.encoding, self._layout.encoding)

    def _records(self, source: io.TextIOBase) -> Iterator[str]:
        """Yield records with their line ends; a quoted cell may hold line ends."""
        if self._layout.encoding == "utf-16":
            yield "\ufeff"
        held: list[str] = []
        size = quotes = 0
        for line in source:
            text = str(line)
            quotes += text.count('"') if self._layout.format == "csv" else 0
            held.append(text)
            size += len(text)
            if quotes % 2 == 0:
                yield "".join(held)
            elif size > MOST_RECORD_CHARACTERS:
                yield from held
            else:
                continue
            held, size, quotes = [], 0, 0
        yield from held

    def _is_subjects(self, record: str) -> bool:
        if self._subject.is_mentioned(record):
            return True
        if self._layout.format == "ndjson":
            try:
                member = read_json(record, _TEXTS)
            except ValueError:
                return False
            value = member.get(self._label) if isinstance(member, dict) else None
            return isinstance(value, str) and self._subject.is_value(value)
        try:
            cells = next(csv.reader([record], delimiter=self._layout.delimiter or ","), [])
        except csv.Error:
            return False
        return is_subjects(cells, self._position, self._subject)
