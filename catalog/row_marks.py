"""Marks that apps above the catalog put on the rows of its lists, e.g. how current an entry's data are.

They register when they load. The entries are already visible to the actor; what is said of them is theirs to decide.
"""

from collections.abc import Callable, Mapping, Sequence

from catalog.models import Entry
from core.actors import Actor
from core.components.marks import Mark

Marks = Callable[[Actor, Sequence[Entry]], Mapping[int, Sequence[Mark]]]
_registered: list[Marks] = []


def register(marks: Marks) -> None:
    """Add marks to the rows of lists.

    Args:
        marks: called once for a page with (actor, entries); returns key of the entry → its marks.
    """
    _registered.append(marks)


def marks_for(actor: Actor, entries: Sequence[Entry]) -> dict[int, list[Mark]]:
    """Return the marks of each entry that has some."""
    found: dict[int, list[Mark]] = {}
    for marks in _registered:
        for key, given in marks(actor, entries).items():
            found.setdefault(key, []).extend(given)
    return found
