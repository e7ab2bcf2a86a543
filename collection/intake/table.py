"""Rows of a grid, whatever it came from: delimited text or a sheet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from catalog.imports.exceptions import Unreadable
from catalog.imports.xlsx import column_letters
from collection.intake.cells import fit
from collection.intake.header import (
    MOST_COLUMNS,
    SEARCH_ROWS,
    FoundHeader,
    Row,
    find_header,
    header_print,
    labels_of,
    names_items,
    unnamed_label,
)
from collection.intake.layout import Doubt, Layout

BLANK_ROWS = 1000
"""Empty rows after which a sheet has ended, whatever range it claims."""

MOST_SKIPPED = 1000
MOST_OVERLONG = 100_000
MOST_FOOTNOTES = 200
MOST_NAMED = 10
UNNAMED_ROWS = 3
"""Rows that are shown of those that have cells in columns without a heading."""
PREVIEW_ROWS = 20
MOST_LEFT_OUT = 20
"""Lines that are shown of those that are no rows."""

FOOTNOTES = (
    "注：", "注:", "註：", "註:", "备注", "備註", "说明", "說明", "数据来源", "資料來源", "资料来源", "来源：", "来源:",
    "填表说明", "单位：", "制表", "source:", "note:", "notes:",
)  # fmt: skip
"""Beginnings of a remark; one without a colon needs it soon, lest the last row be a book's or a place's name."""


def is_footnote(text: str) -> bool:
    """Say whether a text that stands alone in a row is a remark on the table."""
    lower = text.lower()
    begun = next((one for one in FOOTNOTES if lower.startswith(one)), None)
    if begun is None:
        return False
    rest = lower[len(begun) :]
    return begun[-1] in ":：" or not rest or rest[0] in "（( 　" or not {":", "："}.isdisjoint(rest[:6])


class Table:
    """A grid with its header found, and its rows as they come.

    Args:
        grid: rows of cells as text, with their numbers; blank rows may be left out.
        headings: numbers of rows that are one merged cell, and so no data.
        spanned: numbers of rows that share a merged cell with the next one.
    """

    def __init__(
        self,
        grid: Iterator[Row],
        layout: Layout,
        knows: Callable[[str], bool],
        *,
        headings: frozenset[int] = frozenset(),
        spanned: frozenset[int] = frozenset(),
    ) -> None:
        self._grid = grid
        self._footnotes = layout.footnotes
        self._is_sheet = layout.format != "csv"
        self._headings = headings
        self._spanned = spanned
        self.doubts: list[Doubt] = []
        self.skipped: list[tuple[int, str]] = []
        self.left_out: list[tuple[int, str, Sequence[str | None]]] = []
        self.overlong: list[int] = []
        self.unnamed: list[int] = []
        self.unnamed_rows: list[list[str | None]] = []
        self._head = list(islice(grid, SEARCH_ROWS))
        if not self._head:
            raise Unreadable("no_rows")
        found = self._header(layout, knows)
        header = found.rows
        self.names_items = names_items(self._head, knows)
        self.header_rows = tuple(self._head[at][0] for at in header)
        self._first = header[-1] + 1 if header else 0
        rows = [self._head[at][1] for at in header]
        self.header_print = header_print(rows)
        width = max(_width(rows), _usual_width([cells for _number, cells in self._head[self._first :]]))
        if width > MOST_COLUMNS:
            raise Unreadable("too_many_columns", count=MOST_COLUMNS)
        self._width = width
        self._beyond = [one - 1 for one in layout.unnamed if width < one <= MOST_COLUMNS] if self._is_sheet else []
        named = labels_of(rows, width, knows)
        self.columns = [*named, *(unnamed_label(at, named) for at in self._beyond)]
        self._say(found)
        above = [(number, cells) for number, cells in self._head[: header[0] if header else 0] if any(cells)]
        self.above = [(number, "above", cells) for number, cells in above]
        self.header = [(self._head[at][0], "header", self._head[at][1]) for at in header]
        shown = self._told_apart(iter(self._head[self._first :]))
        self.preview = [self._fit(cells) for _number, cells, why in shown if not why][:PREVIEW_ROWS]

    def _header(self, layout: Layout, knows: Callable[[str], bool]) -> FoundHeader:
        if not layout.has_header:
            return FoundHeader()
        if not layout.header_rows:
            return find_header(self._head, knows, spanned=self._spanned)
        positions = tuple(at for at, (number, _cells) in enumerate(self._head) if number in layout.header_rows)
        if len(positions) != len(layout.header_rows):
            raise Unreadable("header_rows", limit=SEARCH_ROWS)
        return FoundHeader(positions)

    def _say(self, found: FoundHeader) -> None:
        if not found.rows:
            self.doubts.append(Doubt("no_header"))
        elif found.rows[0] > 0:
            self.doubts.append(
                Doubt("above_header" if found.is_above_doubtful else "header", {"row": self.header_rows[0]})
            )
        if found.is_second_doubtful:
            self.doubts.append(Doubt("second_header", {"row": self.header_rows[1]}))
        elif len(found.rows) > 1:
            self.doubts.append(Doubt("header_rows", {"count": len(found.rows)}))

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Yield (row number, cells), as many cells as there are columns; once.

        Cells of a sheet beyond its header are in columns without a heading: which, is said at the end. In text, where
        they rather come of a delimiter within a cell, their rows are told apart as ``overlong`` only, as here.
        """
        found: set[int] = set()
        samples: list[Sequence[str | None]] = []
        last = self.header_rows[-1] if self.header_rows else 0
        for number, cells, why in self._told_apart(chain(self._head[self._first :], self._grid)):
            # A sheet may claim to go on for a million rows; text ends where it ends.
            if self._is_sheet and number - last > BLANK_ROWS:
                self.doubts.append(Doubt("blank_rows", {"count": BLANK_ROWS, "row": number}))
                break
            if why == "blank":
                continue
            last = number
            if why:
                self._skip(number, why, cells)
                continue
            if len(cells) > self._width and (beyond := self._left_over(cells)):
                self.overlong.append(number)
                found.update(beyond)
                if len(samples) < UNNAMED_ROWS:
                    samples.append(cells)
                if len(self.overlong) > MOST_OVERLONG:
                    raise Unreadable("overlong", count=MOST_OVERLONG, row=number)
            yield number, self._fit(cells)
        if self._is_sheet and found:
            self.unnamed = sorted(at + 1 for at in found)
            letters = [column_letters(at - 1) for at in self.unnamed]
            shown = [*letters[:MOST_NAMED], *(["…"] if len(letters) > MOST_NAMED else [])]
            values = {"columns": shown, "rows": len(self.overlong), "first": self.overlong[0]}
            self.doubts.append(Doubt("unnamed", values))
            self.unnamed_rows = [
                [*self._fit(cells), *(cells[at - 1] if at <= len(cells) else None for at in self.unnamed)]
                for cells in samples
            ]

    def _left_over(self, cells: Sequence[str | None]) -> list[int]:
        """Return the positions of filled cells that belong to no column."""
        return [at for at in range(self._width, len(cells)) if cells[at] and at not in self._beyond]

    def _fit(self, cells: Sequence[str | None]) -> list[str | None]:
        return [*fit(cells, self._width), *(cells[at] if at < len(cells) else None for at in self._beyond)]

    def _told_apart(self, rows: Iterator[Row]) -> Iterator[tuple[int, Sequence[str | None], str]]:
        """Yield rows with why they are left out, "" for data.

        A remark is a footnote only if no data follow it: until then it is held back.
        """
        held: list[Row] = []
        for number, cells in rows:
            filled = [cell for cell in cells if cell]
            if not filled:
                yield number, cells, "blank"
            elif self._may_be_footnote(cells, filled, is_below=bool(held)) and len(held) < MOST_FOOTNOTES:
                held.append((number, cells))
            else:
                yield from ((*row, "") for row in held)
                held.clear()
                yield number, cells, "heading" if number in self._headings else ""
        yield from ((*row, "footnote") for row in held)

    def _may_be_footnote(self, cells: Sequence[str | None], filled: Sequence[str], *, is_below: bool) -> bool:
        """Say whether a row holds a remark only; below one that says so, whatever stands alone belongs to it."""
        if not self._footnotes or len(filled) != 1 or len(self.columns) <= 2 or not cells[0]:
            return False
        return is_below or is_footnote(filled[0])

    def _skip(self, number: int, why: str, cells: Sequence[str | None]) -> None:
        if len(self.skipped) < MOST_SKIPPED:
            self.skipped.append((number, why))
        if len(self.left_out) < MOST_LEFT_OUT:
            self.left_out.append((number, why, cells))


def _usual_width(rows: Sequence[Sequence[str | None]]) -> int:
    """Return how far one row in twenty reaches: columns that the header does not name are columns all the same."""
    widths = sorted((_width([cells]) for cells in rows), reverse=True)
    return widths[len(widths) // 20] if widths else 0


def _width(rows: Iterable[Sequence[str | None]]) -> int:
    """Return the position after the last filled cell of any row."""
    return max((at + 1 for cells in rows for at, cell in enumerate(cells) if cell), default=0)
