"""The kinds of work an inbox shows: label, icon and the verb of the button. Apps register theirs when they load."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class TaskKind:
    """How a kind of task looks in a list."""

    kind: str
    label: str | Promise
    icon: str = "checklist"
    verb: str | Promise = ""


_kinds: dict[str, TaskKind] = {}


def register(kind: str, label: str | Promise, *, icon: str = "checklist", verb: str | Promise = "") -> TaskKind:
    """Make a kind known.

    Args:
        kind: dotted name ``app.verb``, e.g. ``catalog.review``.
        icon: name of a Tabler icon.
        verb: what the button says, e.g. "Review".
    """
    entry = TaskKind(kind, label, icon, verb)
    _kinds[kind] = entry
    return entry


def find(kind: str) -> TaskKind:
    """Return a kind; one that nobody registered shows its name."""
    return _kinds.get(kind) or TaskKind(kind, kind)
