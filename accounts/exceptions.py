"""Rules of this app that are broken in more than one place."""

from typing import Any

from core.exceptions import FieldError, RuleViolation


def broken(field: str, code: str, message: Any) -> RuleViolation:
    """Return the violation of one rule at one field, whose sentence also stands for the whole."""
    return RuleViolation([FieldError(field, code, message)], message)


def require_all(errors: list[FieldError]) -> None:
    """Raise every broken rule at once.

    Raises:
        RuleViolation: the list is not empty.
    """
    if errors:
        raise RuleViolation(errors)
