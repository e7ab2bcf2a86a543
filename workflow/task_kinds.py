"""The kinds of work an inbox shows: label, icon and the verb of the button. Apps register theirs when they load."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from core.components.marks import Mark

Marks = Callable[[Sequence[int]], Mapping[int, Sequence[Mark]]]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """How a kind of task looks in a list.

    Attributes:
        marks: called once for a list with the keys of its tasks' subjects; returns key → marks.
    """

    kind: str
    label: str | Promise
    icon: str = "checklist"
    verb: str | Promise = ""
    marks: Marks | None = None


_kinds: dict[str, TaskKind] = {}


def register(
    kind: str,
    label: str | Promise,
    *,
    icon: str = "checklist",
    verb: str | Promise = "",
    marks: Marks | None = None,
) -> TaskKind:
    """Make a kind known.

    Args:
        kind: dotted name ``app.verb``, e.g. ``catalog.review``.
        icon: name of a Tabler icon.
        verb: what the button says, e.g. "Review".
    """
    entry = TaskKind(kind, label, icon, verb, marks)
    _kinds[kind] = entry
    return entry


def find(kind: str) -> TaskKind:
    """Return a kind; one that nobody registered shows its name."""
    return _kinds.get(kind) or TaskKind(kind, kind)
