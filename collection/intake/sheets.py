"""Workbooks: XLSX as a stream, XLS and ODS through calamine."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from catalog.imports import calamine
from catalog.imports.exceptions import Unreadable
from catalog.imports.xlsx import Range, Workbook, column_letters
from collection.intake.cells import has_lost_digits, text_of
from collection.intake.header import Row
from collection.intake.layout import Doubt

MOST_LOST = 100


class Sheet:
    """One sheet of a workbook: its merged ranges, and its rows as texts."""

    def __init__(
        self, names: Sequence[str], name: str, merged: Sequence[Range], rows: Iterable[tuple[int, Sequence[Any]]]
    ) -> None:
        self.names = list(names)
        self.name = name
        self._merged = sorted(merged)
        self._rows = rows
        self.doubts: list[Doubt] = []
        self._lost = 0

    @property
    def headings(self) -> frozenset[int]:
        """Numbers of the rows that are one cell merged over three columns or more."""
        return frozenset(
            top + 1 for top, left, bottom, right in self._merged if top == bottom and left == 0 and right - left >= 2
        )

    @property
    def spanned(self) -> frozenset[int]:
        """Numbers of the rows that share a merged cell with the next one."""
        return frozenset(number for top, _left, bottom, _right in self._merged for number in range(top + 1, bottom + 1))

    def grid(self) -> Iterator[Row]:
        """Yield rows of texts; the lower cells of vertically merged ranges take the value of the first one."""
        active: list[tuple[Range, str | None]] = []
        pending = [area for area in self._merged if area[2] > area[0]]
        for number, values in self._rows:
            at = number - 1
            cells = [text_of(value) for value in values]
            self._note_lost(number, values)
            while pending and pending[0][0] <= at:
                area = pending.pop(0)
                active.append((area, cells[area[1]] if area[0] == at and area[1] < len(cells) else None))
            active = [(area, value) for area, value in active if area[2] >= at]
            for (top, left, _bottom, _right), value in active:
                if top < at and value:
                    cells.extend([None] * (left + 1 - len(cells)))
                    cells[left] = cells[left] or value
            yield number, cells

    def _note_lost(self, number: int, values: Sequence[Any]) -> None:
        for position, value in enumerate(values):
            if has_lost_digits(value) and self._lost < MOST_LOST:
                self._lost += 1
                self.doubts.append(Doubt("digits_lost", {"cell": f"{column_letters(position)}{number}"}))


def open_sheet(path: Path, kind: str, wanted: str) -> Sheet:
    """Open the sheet named, else the first one that holds rows.

    Raises:
        Unreadable: the workbook is damaged or protected, or has no such sheet.
    """
    if kind == "xlsx":
        book = Workbook(path)
        name = _chosen(book.sheet_names, wanted, lambda one: next(iter(book.rows(one)), None) is not None)
        return Sheet(book.sheet_names, name, book.merged_ranges(name), book.rows(name))
    return _calamine_sheet(path, wanted)


def _calamine_sheet(path: Path, wanted: str) -> Sheet:
    book = calamine.open_book(path)
    name = _chosen(book.sheet_names, wanted, lambda one: book.get_sheet_by_name(one).start is not None)
    sheet = book.get_sheet_by_name(name)
    return Sheet(book.sheet_names, name, calamine.merged_ranges(sheet), calamine.sheet_rows(sheet))


def _chosen(names: Sequence[str], wanted: str, holds_rows: Any) -> str:
    if len(names) == 1:
        return names[0]  # often named after the month: another name is no other table
    if wanted and wanted not in names:
        raise Unreadable("no_such_sheet", sheet=wanted, names=list(names))
    return wanted or next((name for name in names if holds_rows(name)), names[0])
