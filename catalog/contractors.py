"""On which entries staff of contractors work. Naming them is the business of the app above that keeps the data.

It registers when it loads. Until somebody says so, a contractor's staff work on nothing (docs/adr/0081).
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import Entry
from core.actors import Actor

Named = Callable[[Actor], QuerySet[Any, int]]
_registered: list[Named] = []


def register(named: Named) -> None:
    """Say for which entries people are named.

    Args:
        named: called with somebody of a contractor; returns the keys of the entries on which he works today.
    """
    _registered.append(named)


def is_named(actor: Actor, entry: Entry) -> bool:
    """Say whether somebody of a contractor works on an entry today."""
    return any(entry.pk in named(actor) for named in _registered)


def is_own(actor: Actor, entry: Entry) -> bool:
    """Say whether an entry is of the actor's department, and no other's work if he is of a contractor."""
    is_of_department = actor.department_id is not None and actor.department_id == entry.department_id
    return is_of_department and (not actor.is_contractor or is_named(actor, entry))


def own_entries(actor: Actor, prefix: str = "") -> Q:
    """Return the condition of ``is_own``.

    Args:
        prefix: way to the entry from what is asked; rows of lists have the keys of their entries.
    """
    own = Q(**{f"{prefix}department_id": actor.department_id})
    return own & Q(**{f"{prefix}pk__in": entries_named(actor)}) if actor.is_contractor else own


def entries_named(actor: Actor) -> set[int]:
    """Return the keys of the entries on which somebody of a contractor works today."""
    return {key for named in _registered for key in named(actor)}
