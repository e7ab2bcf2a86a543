"""Errors of collecting. ``config.errors`` maps the classes they derive from."""

from typing import Any

from collection import reasons  # noqa: F401  it registers the sentences
from core.exceptions import DomainError, InvalidTransition
from core.reasons import Reason


class RunOpen(InvalidTransition):
    """The dataset has a run already."""

    code = "run_open"
    default_message: Any = Reason("run.run_open")


class RunFailed(DomainError):
    """A run cannot go on, for a reason that its people can mend; the message says how.

    Args:
        reason: one of ``collection.reasons.SENTENCES``.
    """

    code = "run_failed"

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(Reason(f"run.{reason}", values))
