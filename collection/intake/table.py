"""Rows of a grid, whatever it came from: delimited text or a sheet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from django.utils.translation import gettext as _

from catalog.imports.exceptions import Unreadable
from collection.intake.cells import fit
from collection.intake.header import MOST_COLUMNS, SEARCH_ROWS, Row, find_header, labels_of
from collection.intake.layout import Doubt, Layout

BLANK_ROWS = 1000
"""Empty rows after which a sheet has ended, whatever range it claims."""

MOST_SKIPPED = 1000
MOST_OVERLONG = 100_000
MOST_FOOTNOTES = 200
PREVIEW_ROWS = 20

FOOTNOTES = (
    "注：", "注:", "註：", "註:", "备注", "備註", "说明", "說明", "数据来源", "資料來源", "资料来源", "来源：", "来源:",
    "填表说明", "单位：", "制表", "source:", "note:", "notes:",
)  # fmt: skip


class Table:
    """A grid with its header found, and its rows as they come.

    Args:
        grid: rows of cells as text, with their numbers; blank rows may be left out.
        headings: numbers of rows that are one merged cell, and so no data.
    """

    def __init__(
        self,
        grid: Iterator[Row],
        layout: Layout,
        knows: Callable[[str], bool],
        *,
        headings: frozenset[int] = frozenset(),
    ) -> None:
        self._grid = grid
        self._footnotes = layout.footnotes
        # A sheet may claim to go on for a million rows; text ends where it ends.
        self._ends_at_blanks = layout.format != "csv"
        self._headings = headings
        self.doubts: list[Doubt] = []
        self.skipped: list[tuple[int, str]] = []
        self.overlong: list[int] = []
        self._head = list(islice(grid, SEARCH_ROWS))
        if not self._head:
            raise Unreadable(_("The file holds no rows."))
        header = self._header(layout, knows)
        self.header_rows = tuple(self._head[at][0] for at in header)
        self._first = header[-1] + 1 if header else 0
        rows = [self._head[at][1] for at in header]
        width = max(_width(rows), _usual_width([cells for _number, cells in self._head[self._first :]]))
        if width > MOST_COLUMNS:
            raise Unreadable(_("The table has more than %(count)d columns.") % {"count": MOST_COLUMNS})
        self.columns = labels_of(rows, width, knows)
        self._say(header)
        shown = self._told_apart(iter(self._head[self._first :]))
        self.preview = [fit(cells, width) for _number, cells, why in shown if not why][:PREVIEW_ROWS]

    def _header(self, layout: Layout, knows: Callable[[str], bool]) -> tuple[int, ...]:
        if not layout.has_header:
            return ()
        if not layout.header_rows:
            return find_header(self._head, knows)
        positions = tuple(at for at, (number, _cells) in enumerate(self._head) if number in layout.header_rows)
        if len(positions) != len(layout.header_rows):
            message = _("A row named as the header is empty, or lies beyond the first %(limit)d rows.")
            raise Unreadable(message % {"limit": SEARCH_ROWS})
        return positions

    def _say(self, header: Sequence[int]) -> None:
        if not header:
            self.doubts.append(Doubt("no_header", _("No header was found: the columns are numbered.")))
        elif header[0] > 0:
            message = _("The header was found in row %(row)d; the rows above it are left out.")
            self.doubts.append(Doubt("header", message % {"row": self.header_rows[0]}))
        if len(header) > 1:
            self.doubts.append(Doubt("header_rows", _("The header takes %(count)d rows.") % {"count": len(header)}))

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Yield (row number, cells), as many cells as there are columns; once."""
        width = len(self.columns)
        last = self.header_rows[-1] if self.header_rows else 0
        for number, cells, why in self._told_apart(chain(self._head[self._first :], self._grid)):
            if self._ends_at_blanks and number - last > BLANK_ROWS:
                message = _("Reading stopped after %(count)d empty rows, at row %(row)d.")
                self.doubts.append(Doubt("blank_rows", message % {"count": BLANK_ROWS, "row": number}))
                return
            if why == "blank":
                continue
            last = number
            if why:
                self._skip(number, why)
                continue
            if len(cells) > width and any(cells[width:]):
                self.overlong.append(number)
                if len(self.overlong) > MOST_OVERLONG:
                    message = _(
                        "More than %(count)d rows have more cells than there are columns, row %(row)d among them."
                    )
                    raise Unreadable(message % {"count": MOST_OVERLONG, "row": number})
            yield number, fit(cells, width)

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
        return is_below or filled[0].lower().startswith(FOOTNOTES)

    def _skip(self, number: int, why: str) -> None:
        if len(self.skipped) < MOST_SKIPPED:
            self.skipped.append((number, why))


def _usual_width(rows: Sequence[Sequence[str | None]]) -> int:
    """Return how far one row in twenty reaches: columns that the header does not name are columns all the same."""
    widths = sorted((_width([cells]) for cells in rows), reverse=True)
    return widths[len(widths) // 20] if widths else 0


def _width(rows: Iterable[Sequence[str | None]]) -> int:
    """Return the position after the last filled cell of any row."""
    return max((at + 1 for cells in rows for at, cell in enumerate(cells) if cell), default=0)
