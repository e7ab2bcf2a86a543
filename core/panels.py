"""Places on a page for panels of the apps above. They register when they load; the page draws them in order.

What stands at a place – an entry, a dataset, a decision – is already visible to the actor; what a panel shows of its
own matters is its own decision.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVarTuple, Unpack

from django.utils.functional import Promise

from core.actors import Actor

Subject = TypeVarTuple("Subject")


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that has something to show.

    Attributes:
        panel: what the template is given under this name.
        key: the template's root element has the id ``s-<key>``, for a list of contents.
        label: name in that list.
    """

    template: str
    panel: Mapping[str, Any]
    key: str
    label: str | Promise


class Panels(Generic[*Subject]):
    """The panels at one place: each is asked with the actor and what the page is about."""

    def __init__(self) -> None:
        self._registered: list[_Registered[*Subject]] = []

    def register(
        self,
        template: str,
        context: Callable[[Actor, Unpack[Subject]], Mapping[str, Any] | None],
        *,
        order: int = 100,
        key: str = "",
        label: str | Promise = "",
    ) -> None:
        """Put a panel at this place.

        Args:
            context: returns the template's ``panel``, or None for no panel.
            order: those with a lower one stand above.
        """
        self._registered.append(_Registered(template, context, order, key, label))
        self._registered.sort(key=lambda one: one.order)

    def of(self, actor: Actor, *subject: *Subject) -> list[Panel]:
        """Return the panels that have something to show."""
        found = ((one, one.context(actor, *subject)) for one in self._registered)
        return [Panel(one.template, panel, one.key, one.label) for one, panel in found if panel is not None]


@dataclass(frozen=True, slots=True)
class _Registered(Generic[*Subject]):
    template: str
    context: Callable[[Actor, Unpack[Subject]], Mapping[str, Any] | None]
    order: int
    key: str
    label: str | Promise
