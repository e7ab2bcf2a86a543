"""Panels that apps above put beside a dataset. They register when they load; the page draws them in order.

The dataset is already visible to the actor; what a panel shows of its own matters is its own decision.
"""

from collections.abc import Callable, Mapping
from typing import Any

from collection.models import Dataset
from core.actors import Actor

Context = Callable[[Actor, Dataset], Mapping[str, Any] | None]

_panels: list[tuple[str, Context]] = []


def register(template: str, context: Context) -> None:
    """Put a panel beside every dataset.

    Args:
        context: called with (actor, dataset); returns the template's ``panel``, or None for no panel.
    """
    _panels.append((template, context))


def panels_for(actor: Actor, dataset: Dataset) -> list[dict[str, Any]]:
    """Return the panels that have something to show."""
    found = ((template, context(actor, dataset)) for template, context in _panels)
    return [{"template": template, "panel": panel} for template, panel in found if panel is not None]
