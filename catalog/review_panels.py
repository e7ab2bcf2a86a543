"""Panels that apps above the catalog put below the difference on the page of a decision. They register when they load.

Whoever sees that page takes part in the decision; what a panel shows of its own matters is its own decision.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.effects import Proposal
from core.actors import Actor

Context = Callable[[Actor, Proposal], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its name in the list of contents, its anchor, its template and what that is given."""

    key: str
    label: Any
    template: str
    context: Context


_panels: list[Panel] = []


def register(key: str, label: Any, template: str, context: Context) -> None:
    """Put a panel on the page of every decision.

    Args:
        key: the template's root element has the id ``s-<key>``.
        context: called with (actor, proposal); returns the template's ``panel``, or None for no panel.
    """
    _panels.append(Panel(key, label, template, context))


def panels_for(actor: Actor, proposal: Proposal) -> list[dict[str, Any]]:
    """Return the panels that have something to show."""
    found = ((one, one.context(actor, proposal)) for one in _panels)
    return [
        {"key": one.key, "label": one.label, "template": one.template, "panel": context}
        for one, context in found
        if context is not None
    ]
