"""Reading XLSX row by row in little memory (docs/adr/0042).

A workbook of 100,000 rows and 31 columns takes 340 MB as a whole; as a stream it takes what its shared texts take.
Only values are read: texts, numbers, booleans, dates, results of formulas. Merged ranges are read in a pass before.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from catalog.imports.exceptions import Unreadable

MAX_SHARED_CHARACTERS = 60_000_000
_CHUNK = 1 << 16

_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Number formats built into the file format that show a date or a time."""

_DATE_CODE = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_NOT_CODE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def column_number(letters: str) -> int:
    """Return the position of a column from its letters, "A" being 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(position: int) -> str:
    """Return the letters of a column from its position, 0 being "A"."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _cell_position(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    return (int(match[2]) - 1, column_number(match[1])) if match else (-1, -1)


class Workbook:
    """An XLSX file: its sheets in order, and their rows as streams.

    How much it unpacks to was looked at before (``reading.file_kind``).

    Raises:
        Unreadable: it is no XLSX file, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise Unreadable("damaged") from error
        relations = self._relations()
        self._sheets: dict[str, str] = {}
        self._epoch = datetime(1899, 12, 30)  # noqa: DTZ001  spreadsheets know no time zone
        self._parse("xl/workbook.xml", self._workbook_element(relations), None, None)
        if not self._sheets:
            raise Unreadable("no_sheets")
        self._strings: list[str] | None = None
        self._date_styles = self._read_date_styles()

    @property
    def sheet_names(self) -> list[str]:
        return list(self._sheets)

    def close(self) -> None:
        self._zip.close()

    def _parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None] | None,
        end: Callable[[str], None] | None,
        text: Callable[[str], None] | None,
    ) -> None:
        for _progress in self._parse_stepwise(part, start, end, text):
            pass

    def _parse_stepwise(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None] | None,
        end: Callable[[str], None] | None,
        text: Callable[[str], None] | None,
    ) -> Iterator[None]:
        """Parse a part piece by piece, yielding after each, so that the caller can take what has come."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            with self._zip.open(part) as stream:
                while piece := stream.read(_CHUNK):
                    parser.Parse(piece, False)
                    yield
                parser.Parse(b"", True)
                yield
        except (expat.ExpatError, zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError) as error:
            raise Unreadable("damaged") from error

    def _relations(self) -> dict[str, str]:
        found: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if _local(name) == "Relationship":
                target = attributes.get("Target", "")
                found[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"

        self._parse("xl/_rels/workbook.xml.rels", start, None, None)
        return found

    def _workbook_element(self, relations: dict[str, str]) -> Callable[[str, dict[str, str]], None]:
        def start(name: str, attributes: dict[str, str]) -> None:
            local = _local(name)
            if local == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self._epoch = datetime(1904, 1, 1)  # noqa: DTZ001
            if local == "sheet":
                relation = next((value for key, value in attributes.items() if _local(key) == "id"), "")
                part = relations.get(relation, "")
                if "worksheets/" in part:
                    self._sheets[attributes.get("name", part)] = part

        return start

    def _read_date_styles(self) -> frozenset[int]:
        """Return the numbers of the cell styles that show a date."""
        if "xl/styles.xml" not in self._zip.namelist():
            return frozenset()
        codes: dict[int, str] = {}
        styles: list[int] = []
        inside = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            local = _local(name)
            if local == "numFmt":
                codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
            elif local == "cellXfs":
                inside = True
            elif local == "xf" and inside:
                styles.append(int(attributes.get("numFmtId", "0")))

        def end(name: str) -> None:
            nonlocal inside
            if _local(name) == "cellXfs":
                inside = False

        self._parse("xl/styles.xml", start, end, None)

        def is_date(number: int) -> bool:
            code = codes.get(number)
            if code is None:
                return number in _DATE_FORMATS
            return bool(_DATE_CODE.search(_NOT_CODE.sub("", code).replace("General", "")))

        return frozenset(at for at, number in enumerate(styles) if is_date(number))

    def _shared_strings(self) -> list[str]:
        if self._strings is not None:
            return self._strings
        strings: list[str] = []
        if "xl/sharedStrings.xml" in self._zip.namelist():
            parts: list[str] = []
            total = 0
            is_text = is_phonetic = False

            def start(name: str, _attributes: dict[str, str]) -> None:
                nonlocal is_text, is_phonetic
                local = _local(name)
                if local == "si":
                    parts.clear()
                elif local == "t":
                    is_text = True
                elif local == "rPh":
                    is_phonetic = True

            def end(name: str) -> None:
                nonlocal is_text, is_phonetic, total
                local = _local(name)
                if local == "t":
                    is_text = False
                elif local == "rPh":
                    is_phonetic = False
                elif local == "si":
                    strings.append("".join(parts))
                    total += len(strings[-1])
                    if total > MAX_SHARED_CHARACTERS:
                        raise Unreadable("too_much_text")

            def text(data: str) -> None:
                if is_text and not is_phonetic:
                    parts.append(data)

            self._parse("xl/sharedStrings.xml", start, end, text)
        self._strings = strings
        return strings

    def merged_ranges(self, sheet: str) -> list[Range]:
        """Return the merged ranges of a sheet; they stand behind its rows, hence a pass of its own."""
        part = self._sheets[sheet]
        with self._zip.open(part) as stream:
            tail = b""
            found = False
            while piece := stream.read(1 << 20):
                if b"<mergeCells" in tail[-16:] + piece or b":mergeCells" in tail[-16:] + piece:
                    found = True
                    break
                tail = piece
        if not found:
            return []
        ranges: list[Range] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if _local(name) == "mergeCell":
                first, _colon, last = attributes.get("ref", "").partition(":")
                top, bottom = _cell_position(first), _cell_position(last or first)
                if min(*top, *bottom) >= 0:
                    ranges.append((*top, *bottom))

        self._parse(part, start, None, None)
        return ranges

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Any]]]:
        """Yield (row number from 1, values) for every row that holds something."""
        strings = self._shared_strings()
        finished: list[tuple[int, list[Any]]] = []
        row: list[Any] = []
        parts: list[str] = []
        number = position = 0
        kind = style = ""
        takes_text = is_phonetic = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, number, position, kind, style, takes_text, is_phonetic
            local = _local(name)
            if local == "c":
                reference = attributes.get("r")
                if reference:
                    letters = reference.rstrip("0123456789")
                    position = column_number(letters)
                kind = attributes.get("t", "n")
                style = attributes.get("s", "")
                parts.clear()
            elif local == "v" or local == "t":
                takes_text = True
            elif local == "row":
                number = int(attributes.get("r", number + 1))
                position = 0
                row = []
            elif local == "rPh":
                is_phonetic = True

        def end(name: str) -> None:
            nonlocal position, takes_text, is_phonetic
            local = _local(name)
            if local == "v" or local == "t":
                takes_text = False
            elif local == "c":
                if parts and position < 16_384:
                    value = self._value("".join(parts), kind, style, strings)
                    if value is not None:
                        row.extend([None] * (position + 1 - len(row)))
                        row[position] = value
                position += 1
            elif local == "row":
                if row:
                    finished.append((number, row))
            elif local == "rPh":
                is_phonetic = False

        def text(data: str) -> None:
            if takes_text and not is_phonetic:
                parts.append(data)

        for _step in self._parse_stepwise(self._sheets[sheet], start, end, text):
            yield from finished
            finished.clear()

    def _value(self, text: str, kind: str, style: str, strings: list[str]) -> Any:
        if kind == "s":
            try:
                return strings[int(text)] or None
            except (ValueError, IndexError):
                return None
        if kind in ("str", "inlineStr"):
            return text or None
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "e":
            return text
        if kind == "d":
            return text
        try:
            number = float(text)
        except ValueError:
            return text or None
        if style and style.isdecimal() and int(style) in self._date_styles:
            return self._moment(number)
        return int(text) if text.lstrip("-").isdecimal() else number

    def _moment(self, number: float) -> date | datetime | float:
        """Return the day, or day and time, that a serial number stands for; what is no date stays a number."""
        if not 0 < number < 2_958_466:
            return number
        moment = self._epoch + timedelta(seconds=round(number * 86_400))
        return moment.date() if number == int(number) else moment


def _refuse_doctype(*_arguments: Any) -> None:
    raise Unreadable("doctype")
