"""Errors of building library datasets. ``config.errors`` maps the classes they derive from."""

from typing import Any

from core.exceptions import DomainError, FieldError
from core.reasons import Reason
from libraries import reasons  # noqa: F401  it registers the sentences


class BuildFailed(DomainError):
    """A build cannot go on, for a reason that its people can mend; the message says how, and names the source.

    Args:
        reason: one of ``libraries.reasons.SENTENCES``.
    """

    code = "build_failed"

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(Reason(f"build.{reason}", values))


def misfit(field: str, code: str, **values: Any) -> FieldError:
    """Return what does not fit, worded when it is shown: the code is one of ``libraries.reasons.SENTENCES``."""
    return FieldError(field, code, Reason(f"build.{code}", values))
