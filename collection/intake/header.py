"""Finding the header of a table: below preambles, over one row or two, or not at all."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from catalog.imports.text import one_line

SEARCH_ROWS = 40
MOST_COLUMNS = 1500
"""A table of PostgreSQL has at most 1600, and some are ours."""

Row = tuple[int, Sequence[str | None]]
"""A row's number as a person counts it, and its cells."""

NAMES_AT_LEAST = 2
"""Names of items in a row that make it a header, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class FoundHeader:
    """Where the header of a table is.

    Attributes:
        rows: positions of its rows; none where there is no header.
        is_second_doubtful: the second row may as well be the first one of data.
        is_above_doubtful: what stands above may be data, and not a preamble.
    """

    rows: tuple[int, ...] = ()
    is_second_doubtful: bool = False
    is_above_doubtful: bool = False


_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBER = re.compile(r"[+-]?[\d,. ]+%?|\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?")


def _filled(cells: Sequence[str | None]) -> list[str]:
    return [cell for cell in cells if cell]


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _numeric_share(cells: Sequence[str | None]) -> float:
    filled = _filled(cells)
    return sum(map(_is_number, filled)) / len(filled) if filled else 0.0


def find_header(
    head: Sequence[Row], knows: Callable[[str], bool], *, spanned: Collection[int] = frozenset()
) -> FoundHeader:
    """Find the rows that make the header.

    A header is as wide as the table, stands before its rows, and says words where they say numbers. Names that are
    known win over looks. What only looks like a second row of it, or above it like a row of data, is said to be
    doubtful: whoever takes it for what it is not loses rows.

    Args:
        spanned: numbers of the rows that share a merged cell with the next one.
    """
    usual = _usual_width([cells for _number, cells in head])
    if not usual:
        return FoundHeader()
    best = max(range(len(head)), key=lambda at: (_known(head[at][1], knows), -at), default=0)
    if _known(head[best][1], knows) >= min(NAMES_AT_LEAST, usual):
        return _from(head, best, knows, spanned, usual)
    at = next((at for at, (_n, cells) in enumerate(head) if len(_filled(cells)) >= max(1, usual * 0.6)), None)
    if at is None:
        return FoundHeader()
    cells = head[at][1]
    if (_numeric_share(cells) > 0.4 and not _says_years(cells)) or len(set(_filled(cells))) < len(_filled(cells)) * 0.5:
        return FoundHeader()
    return _from(head, at, knows, spanned, usual)


def names_items(head: Sequence[Row], knows: Callable[[str], bool]) -> bool:
    """Say whether one of the rows is a header by the names in it."""
    return any(_known(cells, knows) >= NAMES_AT_LEAST for _number, cells in head)


def header_print(rows: Sequence[Sequence[str | None]]) -> str:
    """Return what tells header rows that read the same from others; "" where there are none."""
    if not rows:
        return ""
    texts = [[one_line(cell) if cell else "" for cell in cells] for cells in rows]
    return sha256(json.dumps(["\t".join(one).rstrip() for one in texts]).encode()).hexdigest()


def _from(
    head: Sequence[Row], at: int, knows: Callable[[str], bool], spanned: Collection[int], usual: int
) -> FoundHeader:
    if at and head[at - 1][0] in spanned:
        at -= 1
    # A preamble stands in one cell; where rows have two, that may be half of one.
    most = 1 if usual > 2 else 0
    is_above_doubtful = any(len(_filled(cells)) > most for _number, cells in head[:at])
    if _is_second(head, at, knows, spanned):
        return FoundHeader((at, at + 1), False, is_above_doubtful)
    is_doubtful = _may_be_second(head, at, knows)
    return FoundHeader((at, at + 1) if is_doubtful else (at,), is_doubtful, is_above_doubtful)


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


def _is_second(head: Sequence[Row], at: int, knows: Callable[[str], bool], spanned: Collection[int]) -> bool:
    """Say whether the next row is certainly the header's second: a merged cell spans both, or it names items.

    A group's name and the one below it may be an item's together.
    """
    if at + 1 >= len(head) or head[at + 1][0] != head[at][0] + 1:
        return False
    upper, lower = head[at][1], head[at + 1][1]
    if head[at][0] in spanned:
        return True
    if len({one_line(cell) for cell in _filled(lower) if knows(one_line(cell))}) >= NAMES_AT_LEAST:
        return True
    both = labels_of([upper, lower], max(len(upper), len(lower)), lambda label: False)
    joined = {label for label, cell in zip(both, lower, strict=False) if cell and label != one_line(cell)}
    return sum(map(knows, joined)) >= NAMES_AT_LEAST


def _may_be_second(head: Sequence[Row], at: int, knows: Callable[[str], bool]) -> bool:
    """Say whether the next row looks like one of the header: it says no number where the rows below say many.

    So does the first row of data whose codes are no numbers; below a row in which every column is an item it is that.
    """
    if at + 2 >= len(head) or head[at + 1][0] != head[at][0] + 1:
        return False
    upper, lower = head[at][1], head[at + 1][1]
    if _known(lower, knows) > _known(upper, knows):
        return True
    has_gap = any(cell and not (upper[place] if place < len(upper) else None) for place, cell in enumerate(lower))
    if not has_gap and _known(upper, knows) == len(_filled(upper)):
        return False
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
