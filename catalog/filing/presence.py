"""Who has an entry open in the editor. Kept in the cache only: losing it loses a remark, nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from core import clock
from core.actors import Actor

SEEN_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Editor:
    """Somebody else who has the entry open."""

    name: str
    seen_at: datetime


def arrive(actor: Actor, entry_id: int) -> list[Editor]:
    """Note that the actor works on an entry; return who else does, latest first."""
    key = f"catalog:editing:{entry_id}"
    now = clock.now()
    seen = {
        who: (name, at)
        for who, (name, at) in (cache.get(key) or {}).items()
        if datetime.fromisoformat(at) > now - SEEN_FOR
    }
    seen[actor.id] = (actor.name, now.isoformat())
    cache.set(key, seen, SEEN_FOR.total_seconds())
    others = [Editor(name, datetime.fromisoformat(at)) for who, (name, at) in seen.items() if who != actor.id]
    return sorted(others, key=lambda one: one.seen_at, reverse=True)
