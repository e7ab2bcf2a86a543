"""Workbooks that calamine reads: XLS, XLSB and ODS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from catalog.imports.exceptions import Unreadable
from catalog.imports.xlsx import Range


def open_book(path: Path) -> CalamineWorkbook:
    """Open a workbook.

    Raises:
        Unreadable: it is damaged or protected.
    """
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise Unreadable("locked") from error
    except CalamineError as error:
        raise Unreadable("damaged") from error


def sheet_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    """Yield rows by number, as a person counts them, and their cells from column A on; None where one is empty."""
    if sheet.start is None:
        return
    top, left = sheet.start
    for offset, cells in enumerate(sheet.to_python(skip_empty_area=True)):
        yield top + offset + 1, [None] * left + [None if cell == "" else cell for cell in cells]


def merged_ranges(sheet: CalamineSheet) -> list[Range]:
    """Return the merged cells as (top, left, bottom, right), counted from 0."""
    return [(*start, *end) for start, end in sheet.merged_cell_ranges or ()]
