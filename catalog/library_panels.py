"""Panels that apps above the catalog put beside a library. They register when they load; the page draws them in order.

Everybody who is signed in sees a library; what a panel shows of its own matters is its own decision.
"""

from collections.abc import Callable, Mapping
from typing import Any

from catalog.models import Library
from core.actors import Actor

Context = Callable[[Actor, Library], Mapping[str, Any] | None]

_panels: list[tuple[str, Context]] = []


def register(template: str, context: Context) -> None:
    """Put a panel beside every library.

    Args:
        context: called with (actor, library); returns the template's ``panel``, or None for no panel.
    """
    _panels.append((template, context))


def panels_for(actor: Actor, library: Library) -> list[dict[str, Any]]:
    """Return the panels that have something to show."""
    found = ((template, context(actor, library)) for template, context in _panels)
    return [{"template": template, "panel": panel} for template, panel in found if panel is not None]
