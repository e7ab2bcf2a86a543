"""Plain transition tables: which action leads from which states to which, and on what basis."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.basis import Citation
from core.exceptions import InvalidTransition


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: ``action`` is allowed in ``sources`` and leads to ``target``."""

    action: str
    sources: tuple[str, ...]
    target: str
    basis: Citation | None = None


class TransitionTable:
    """The states of one entity. ``apply`` is the only place that says whether an action fits a state.

    Args:
        rows: the transitions; an action may stand in several rows with different sources.
        labels: the choices class that gives states their names in messages.
    """

    def __init__(self, rows: Iterable[Transition], labels: Any) -> None:
        self.rows = tuple(rows)
        self._labels = labels

    def find(self, action: str, state: str) -> Transition | None:
        """Return the row for an action in a state, or None where it does not fit."""
        return next((row for row in self.rows if row.action == action and state in row.sources), None)

    def allows(self, action: str, state: str) -> bool:
        return self.find(action, state) is not None

    def actions_in(self, state: str) -> frozenset[str]:
        """Return the actions that fit a state, whoever may take them."""
        return frozenset(row.action for row in self.rows if state in row.sources)

    def apply(self, action: str, state: str) -> Transition:
        """Return the row that an action takes.

        Raises:
            InvalidTransition: the action does not fit the state; the message names both.
        """
        row = self.find(action, state)
        if row is None:
            raise InvalidTransition(
                _("This cannot be done while the state is “%(state)s”.") % {"state": self._labels(state).label},
                extra={"action": action, "state": state},
            )
        return row
