"""Panels that apps above sharing put beside a grant. They register when they load; the page draws them in order.

The grant is already visible to the actor; what a panel shows of its own matters is its own decision.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.actors import Actor
from sharing.models import Grant

Context = Callable[[Actor, Grant], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its template and what that is given; a context of None leaves the panel out."""

    template: str
    context: Context
    order: int


_panels: list[Panel] = []


def register(template: str, context: Context, *, order: int = 100) -> None:
    """Put a panel beside every grant.

    Args:
        context: called with (actor, grant); returns the template's ``panel``, or None for no panel.
    """
    _panels.append(Panel(template, context, order))
    _panels.sort(key=lambda one: one.order)


def panels_for(actor: Actor, grant: Grant) -> list[dict[str, Any]]:
    """Return the panels that have something to show."""
    found = ((one.template, one.context(actor, grant)) for one in _panels)
    return [{"template": template, "panel": context} for template, context in found if context is not None]
