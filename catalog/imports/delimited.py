"""Rows of delimited text, as both the catalog's imports and the data of its entries read them."""

import csv
from collections.abc import Iterable, Iterator

from catalog.imports.exceptions import Unreadable

MOST_LINES_OF_A_ROW = 5000

csv.field_size_limit(10_000_000)


def delimited_rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows by number, as a person counts them, and their cells.

    Raises:
        Unreadable: a quotation mark is opened and not closed, so that one cell would swallow the rows below it.
    """
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line.replace("\x00", "")

    rows = csv.reader(noted(), delimiter=delimiter)
    number = 0
    while True:
        taken.clear()
        number += 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise _unclosed(number) from error
        if cells is None:
            return
        is_open = len(taken) > 1 and sum(line.count('"') for line in taken) % 2
        if is_open or len(taken) > MOST_LINES_OF_A_ROW:
            raise _unclosed(number)
        yield number, cells


def _unclosed(number: int) -> Unreadable:
    return Unreadable("unclosed", row=number)
