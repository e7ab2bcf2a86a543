"""Members that apps above the catalog add to an entry in the API, e.g. ``datasets``."""

from collections.abc import Callable, Mapping
from typing import Any

from catalog.models import Entry
from core.actors import Actor

Members = Callable[[Actor, Entry], Mapping[str, Any]]
_registered: list[Members] = []


def register(values: Members) -> None:
    """Add members to the detail of an entry that the actor sees.

    Args:
        values: called with (actor, entry); returns name → what JSON can hold.
    """
    _registered.append(values)


def members_of(actor: Actor, entry: Entry) -> dict[str, Any]:
    """Return the registered members of an entry."""
    return {name: value for values in _registered for name, value in values(actor, entry).items()}
