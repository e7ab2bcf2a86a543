"""What of an entry's data is being verified: apps above say so when they load, the pages of the data mark it.

Data that are doubted stay in use until they are corrected (Regulation on Government Data Sharing, Art. 26); whoever
looks at them must see the doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowDoubt:
    """A row that is doubted.

    Attributes:
        version: number of the version that was looked at.
        row: its number in the store, in that version.
        item: identity of the item that is doubted; "" for the whole row.
    """

    version: int
    row: int
    item: str


ItemDoubts = Callable[[int], set[str]]
RowDoubts = Callable[[int], list[RowDoubt]]

_sources: list[tuple[ItemDoubts, RowDoubts]] = []


def register(items: ItemDoubts, rows: RowDoubts) -> None:
    """Add a source.

    Args:
        items: called with the key of an entry; returns identities of its items.
        rows: called with the key of a dataset.
    """
    _sources.append((items, rows))


def items_doubted(entry_id: int) -> set[str]:
    """Return the identities of the entry's items that are being verified or wait for their correction."""
    return {item for items, _rows in _sources for item in items(entry_id)}


def rows_doubted(dataset_id: int) -> list[RowDoubt]:
    """Return the single rows of a dataset that are being verified or wait for their correction."""
    return [one for _items, rows in _sources for one in rows(dataset_id)]
