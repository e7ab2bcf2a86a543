"""What sharing shows on the page of reviews: requests that wait for the reader."""

from typing import Any

from core.actors import Actor
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
