"""Which items of an entry are being verified: apps above say so when they load, the pages of its data mark them.

Data that are doubted stay in use until they are corrected (Regulation on Government Data Sharing, Art. 26); whoever
looks at them must see the doubt.
"""

from collections.abc import Callable

Doubts = Callable[[int], set[str]]

_sources: list[Doubts] = []


def register(doubts: Doubts) -> None:
    """Add a source.

    Args:
        doubts: called with the key of an entry; returns identities of its items.
    """
    _sources.append(doubts)


def items_doubted(entry_id: int) -> set[str]:
    """Return the identities of the entry's items that are being verified or wait for their correction."""
    return {item for doubts in _sources for item in doubts(entry_id)}
