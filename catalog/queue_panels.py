"""Panels that apps above the catalog put on the page of reviews: what waits there for the same people.

They register when they load; the page draws them in order below its own queue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.actors import Actor

Context = Callable[[Actor], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its template and what that is given; a context of None leaves the panel out."""

    template: str
    context: Context
    order: int


_panels: list[Panel] = []


def register(template: str, context: Context, *, order: int = 100) -> None:
    """Put a panel on the page of reviews.

    Args:
        context: called with the actor; returns the template's ``panel``, or None for no panel.
    """
    _panels.append(Panel(template, context, order))
    _panels.sort(key=lambda one: one.order)


def panels_for(actor: Actor) -> list[dict[str, Any]]:
    """Return the panels that have something to show."""
    found = ((one.template, one.context(actor)) for one in _panels)
    return [{"template": template, "panel": context} for template, context in found if context is not None]
