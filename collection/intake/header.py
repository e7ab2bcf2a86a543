"""Finding the header of a table: below preambles, over one row or two, or not at all."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from catalog.imports.text import one_line

SEARCH_ROWS = 40
MOST_COLUMNS = 1500
"""A table of PostgreSQL has at most 1600, and some are ours."""

Row = tuple[int, Sequence[str | None]]
"""A row's number as a person counts it, and its cells."""

_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBER = re.compile(r"[+-]?[\d,. ]+%?|\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?")


def _filled(cells: Sequence[str | None]) -> list[str]:
    return [cell for cell in cells if cell]


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _numeric_share(cells: Sequence[str | None]) -> float:
    filled = _filled(cells)
    return sum(map(_is_number, filled)) / len(filled) if filled else 0.0


def find_header(head: Sequence[Row], knows: Callable[[str], bool]) -> tuple[int, ...]:
    """Return the positions within ``head`` of the rows that make the header; none where there is no header.

    A header is as wide as the table, stands before its rows, and says words where they say numbers. Names that are
    known win over looks.
    """
    usual = _usual_width([cells for _number, cells in head])
    if not usual:
        return ()
    best = max(range(len(head)), key=lambda at: (_known(head[at][1], knows), -at), default=0)
    if _known(head[best][1], knows) >= min(2, usual):
        return (best, best + 1) if _continues(head, best, knows) else (best,)
    at = next((at for at, (_n, cells) in enumerate(head) if len(_filled(cells)) >= max(1, usual * 0.6)), None)
    if at is None:
        return ()
    cells = head[at][1]
    if (_numeric_share(cells) > 0.4 and not _says_years(cells)) or len(set(_filled(cells))) < len(_filled(cells)) * 0.5:
        return ()
    return (at, at + 1) if _continues(head, at, knows) else (at,)


def _says_years(cells: Sequence[str | None]) -> bool:
    """Say whether the numbers of a row are years in a row, as columns over time are named."""
    years = [int(cell) for cell in _filled(cells) if _YEAR.fullmatch(cell)]
    numbers = sum(map(_is_number, _filled(cells)))
    return len(years) == numbers > 1 and len({later - earlier for earlier, later in pairwise(years)}) == 1


def _usual_width(rows: Sequence[Sequence[str | None]]) -> int:
    """Return how many cells most rows fill; rows of a single cell are titles and remarks where others are wider."""
    widths = [len(_filled(cells)) for cells in rows if _filled(cells)]
    counts = Counter([width for width in widths if width > 1] or widths)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _known(cells: Sequence[str | None], knows: Callable[[str], bool]) -> int:
    return sum(knows(one_line(cell)) for cell in _filled(cells))


def _continues(head: Sequence[Row], at: int, knows: Callable[[str], bool]) -> bool:
    """Say whether the next row belongs to the header: it says no number where the rows below say many."""
    if at + 2 >= len(head) or head[at + 1][0] != head[at][0] + 1:
        return False
    upper, lower = head[at][1], head[at + 1][1]
    if _known(lower, knows) > _known(upper, knows):
        return True
    below = [_numeric_share(cells) for _number, cells in head[at + 2 : at + 12]]
    is_grouped = len(_filled(upper)) < len(_filled(lower)) or len(set(_filled(upper))) < len(_filled(upper))
    says_numbers = sum(below) / len(below) > 0.3
    return _numeric_share(lower) == 0.0 and says_numbers and (is_grouped or len(_filled(lower)) >= len(upper) * 0.8)


def labels_of(rows: Sequence[Sequence[str | None]], width: int, knows: Callable[[str], bool]) -> list[str]:
    """Return one name per column, each different: of several header rows joined, or the one that is known.

    A group's name stands over the columns to its right until the next one.
    """
    spread = [_spread(cells, width) if at < len(rows) - 1 else list(cells) for at, cells in enumerate(rows)]
    labels: list[str] = []
    seen: Counter[str] = Counter()
    for position in range(width):
        parts = [one_line(cells[position]) if position < len(cells) and cells[position] else "" for cells in spread]
        parts = list(dict.fromkeys(part for part in parts if part))
        label = next((part for part in reversed(parts) if knows(part)), "") or "·".join(parts)
        label = label or numbered(position)
        seen[label] += 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


def numbered(position: int) -> str:
    """Return the name of a column without a heading.

    It stands in what is remembered of the file and over its rejected rows, so it is of no language; pages word it.
    """
    return f"#{position + 1}"


def unnamed_label(position: int, taken: Sequence[str]) -> str:
    """Return the name of a column beyond the header."""
    label = numbered(position)
    return label if label not in taken else f"{label} ({position + 1})"


def _spread(cells: Sequence[str | None], width: int) -> list[str | None]:
    """Repeat the names of groups over their columns, where a row names groups at all."""
    if len(_filled(cells)) * 2 > width:
        return list(cells)
    spread: list[str | None] = []
    last: str | None = None
    for position in range(width):
        last = (cells[position] if position < len(cells) else None) or last
        spread.append(last)
    return spread
