"""What sharing shows on the page of reviews, requests that wait for the reader, and on that of a decision."""

from typing import Any

from catalog.effects import Proposal
from core.actors import Actor
from sharing.selectors.grant import departments_losing
from sharing.selectors.request import requests_waiting
from sharing.views.request import request_rows

SHOWN = 8


def panel(actor: Actor) -> dict[str, Any] | None:
    """Return the requests that wait for a decision of the actor; None where none do."""
    waiting = requests_waiting(actor)
    count = waiting.order_by().count()
    if not count:
        return None
    return {"count": count, "rows": request_rows(waiting.order_by("submitted_at", "pk")[:SHOWN]), "more": count > SHOWN}


def ending(actor: Actor, proposal: Proposal) -> dict[str, Any] | None:
    """Return whose grants the decision would end, as far as the actor sees them; None where it ends none."""
    if proposal.is_withdrawal:  # that ends all, and says so
        return None
    count = departments_losing(actor, proposal.entry, proposal.revision)
    return {"losing": count} if count else None
