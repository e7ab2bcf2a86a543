"""The kinds of work an inbox shows: label, icon and the verb of the button. Apps register theirs when they load."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from core.actors import Actor
from core.components.marks import Mark

Marks = Callable[[Actor, Sequence[int]], Mapping[int, Sequence[Mark]]]
Named = Callable[[Actor], Collection[int]]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """How a kind of task looks in a list.

    Attributes:
        marks: called once for a list with who looks at it and the keys of its tasks' subjects; returns key → marks.
        named: called with somebody of a contractor; returns the keys of the subjects on which he works. Without it
            such tasks are for the department's own people.
    """

    kind: str
    label: str | Promise
    icon: str = "checklist"
    verb: str | Promise = ""
    marks: Marks | None = None
    named: Named | None = None


_kinds: dict[str, TaskKind] = {}


def register(
    kind: str,
    label: str | Promise,
    *,
    icon: str = "checklist",
    verb: str | Promise = "",
    marks: Marks | None = None,
    named: Named | None = None,
) -> TaskKind:
    """Make a kind known.

    Args:
        kind: dotted name ``app.verb``, e.g. ``catalog.review``.
        icon: name of a Tabler icon.
        verb: what the button says, e.g. "Review".
    """
    entry = TaskKind(kind, label, icon, verb, marks, named)
    _kinds[kind] = entry
    return entry


def open_to_contractors() -> list[tuple[str, Named]]:
    """Return the kinds of which people of contractors do some, with what says which."""
    return [(one.kind, one.named) for one in _kinds.values() if one.named is not None]


def find(kind: str) -> TaskKind:
    """Return a kind; one that nobody registered shows its name."""
    return _kinds.get(kind) or TaskKind(kind, kind)
