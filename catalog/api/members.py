"""Members that apps above the catalog add to an entry in the API, e.g. ``datasets``."""

from collections.abc import Callable
from typing import Any

from catalog.models import Entry
from core.actors import Actor

Member = Callable[[Actor, Entry], Any]
_members: dict[str, Member] = {}


def register(name: str, value: Member) -> None:
    """Add a member to the detail of an entry that the actor sees.

    Args:
        value: called with (actor, entry); returns what JSON can hold.
    """
    _members[name] = value


def members_of(actor: Actor, entry: Entry) -> dict[str, Any]:
    """Return the registered members of an entry."""
    return {name: value(actor, entry) for name, value in _members.items()}
