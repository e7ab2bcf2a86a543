"""What the data API refuses with, beside what every API does."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.exceptions import InvalidTransition, Malformed, NotAllowed, SignInRequired


class InvalidToken(SignInRequired):
    """The token is unknown, expired, revoked, or its client no longer in use: the caller learns no more."""

    code = "invalid_token"
    default_message = _("The token is not valid. Get a new one at /o/token/.")
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class WrongAddress(NotAllowed):
    """The token is valid, the address is none of its client's."""

    code = "wrong_address"
    default_message = _("This client may not call from this address. Its department keeps the list.")


class TokenNotEnough(NotAllowed):
    """No token may do this: sign-off, approval and settlement need a person."""

    code = "person_required"
    default_message = _("This takes a person who is signed in. A token pulls data and files entries only.")


class InsufficientScope(NotAllowed):
    """The token was not given for this."""

    code = "insufficient_scope"
    default_message = _("The token was not given for this. Ask for one with the scope that this call needs.")

    def __init__(self, scopes: frozenset[str]) -> None:
        super().__init__()
        self.headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(sorted(scopes))}"'}


class NoGrant(NotAllowed):
    """No grant in force covers what the caller asks for; which of the reasons it is, is not told."""

    code = "no_grant"
    default_message = _("No grant in force lets you read this. See GET /api/v1/grants/, or request sharing.")


class NoContractors(NotAllowed):
    """Contractor staff read nothing under their department's grants."""

    code = "no_contractors"
    default_message = _(
        "Contractor staff read no data that others share with the department. Ask somebody of the department itself."
    )


class OwnDataOnPage(NoContractors):
    """Contractor staff see rows of the department they work for masked, on the page, where they are named."""

    default_message = _(
        "Contractor staff see rows of the department that they work for on the page of the data only, masked, and where"
        " they are named. Ask the sharing office head of your department."
    )


class GrantNotNamed(InvalidTransition):
    """Several grants cover the caller, and grants are never merged."""

    code = "grant_not_named"
    default_message = _("Several grants cover this. Name one: ?grant=<id>.")


class BadCursor(Malformed):
    """A cursor that is not ours, or belongs to another caller, grant, version or query."""

    code = "bad_cursor"
    default_message = _(
        "The cursor does not belong to this call. Begin again without one, and leave the query as it is."
    )


IN_WORDS: dict[str, Any] = {
    "sign_in_required": _("Called without a token"),
    "invalid_token": _("Token unknown, expired or revoked, or its client not in use"),
    "wrong_address": _("Called from an address that is not listed"),
    "insufficient_scope": _("Token not given for this"),
    "person_required": _("Needs a person"),
    "no_grant": _("No grant in force"),
    "no_contractors": _("Contractor staff"),
    "grant_not_named": _("Several grants, none named"),
    "bad_cursor": _("Cursor of another call"),
    "unknown_item": _("Item that the grant does not show"),
    "not_found": _("Data not to be seen, or none"),
    "quota_spent": _("Rows of the day spent"),
    "limit_exceeded": _("Too many calls in a minute"),
    "resync": _("Copy outdated: begin anew"),
    "unknown_version": _("No such version"),
    "unknown": _("Value that the parameter does not take"),
    "not_a_number": _("No whole number where one is needed"),
    "repeated": _("Parameter given more than once"),
    "required": _("Needed parameter left out"),
    "empty": _("Item without a name"),
    "bad_value": _("Value of another type than the item"),
    "masked_form": _("Value in another form than the item is shown"),
    "too_many": _("Too many conditions"),
    "too_many_values": _("Too many values in one condition"),
    "is_files": _("Rows of data that are files"),
    "quota_too_small": _("More rows than the day has left"),
    "too_slow": _("Filter took too long"),
    "method_not_allowed": _("Method that the address does not take"),
}
"""Why a call was refused, as people read it; what is not named here is shown as its code."""


def in_words(code: str) -> str:
    """Return why a call was refused, for people."""
    return str(IN_WORDS.get(code, code))
