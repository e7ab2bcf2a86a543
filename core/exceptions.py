"""The errors a service may raise. ``config.errors`` maps each class to HTTP once, for pages and API alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule: where it is, a stable code, and a sentence saying what to do.

    ``field`` names the place as the API does, e.g. ``sharing_scope`` or ``items[2].length``. The sentence is a text, or
    one that is worded when it is shown.
    """

    field: str
    code: str
    message: Any


class DomainError(Exception):
    """Base of all errors that are the caller's business, never a bug of ours."""

    code = "error"
    default_message: Any = _("The request cannot be carried out.")

    def __init__(self, message: Any = None, *, code: str | None = None, extra: dict[str, Any] | None = None) -> None:
        self.message = message or self.default_message
        if code:
            self.code = code
        self.extra = extra or {}
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class Malformed(DomainError):
    """The request cannot be understood."""

    code = "malformed"
    default_message = _("The request could not be read. Check its form and send it again.")


class SignInRequired(DomainError):
    """Nobody is signed in, or the token is missing or no longer valid."""

    code = "sign_in_required"
    default_message = _("Sign in first.")


class NotVisible(DomainError):
    """The thing does not exist, or this actor may not know that it does: the two look the same."""

    code = "not_found"
    default_message = _("This record does not exist, or you cannot see it.")


class NotAllowed(DomainError):
    """The actor sees the thing but may not do this to it."""

    code = "not_allowed"
    default_message = _("Your role does not allow this.")


class InvalidTransition(DomainError):
    """The action does not fit the state the thing is in."""

    code = "wrong_state"
    default_message: Any = _("This cannot be done in the current state.")


class StaleEdit(DomainError):
    """Somebody else saved since the caller read; nothing was overwritten."""

    code = "stale_edit"
    default_message = _("Someone changed this after you opened it. Your text is kept; compare, then save again.")


class Gone(DomainError):
    """What the caller refers to was here once and is no more; asking again changes nothing."""

    code = "gone"
    default_message = _("This is no longer kept. Begin anew.")


class Unavailable(DomainError):
    """What the caller asks for ought to be here, and the installation cannot give it: its operator mends that."""

    code = "unavailable"
    default_message = _("This cannot be given at the moment. Tell the operator.")


class RuleViolation(DomainError):
    """One or more rules across fields are broken; every one is named."""

    code = "rule_violation"
    default_message = _("Some fields need to be corrected.")

    def __init__(self, errors: Sequence[FieldError], message: Any = None, *, code: str | None = None) -> None:
        self.errors = list(errors)
        super().__init__(message, code=code)


class LimitExceeded(DomainError):
    """Too much in too short a time.

    Args:
        retry_after: seconds until another attempt makes sense.
    """

    code = "limit_exceeded"
    default_message = _("Too many attempts. Wait a moment and try again.")

    def __init__(
        self,
        message: Any = None,
        *,
        retry_after: int = 60,
        code: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.retry_after = retry_after
        super().__init__(message, code=code, extra=extra)
