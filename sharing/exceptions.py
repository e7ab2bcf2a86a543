"""Errors of sharing. ``config.errors`` maps the classes they derive from."""

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.exceptions import FieldError, NotAllowed, RuleViolation


class ContractorStaff(NotAllowed):
    """Staff of a contractor do not act for the department in sharing (docs/adr/0081)."""

    code = "no_contractors"
    default_message = _(
        "Contractor staff do not act for the department in sharing. Ask somebody of the department itself."
    )


class RowNotFound(RuleViolation):
    """A grant shows no row by a key that somebody gave, or several. Refused looks are kept (docs/adr/0075)."""


class OwnRequest(NotAllowed):
    """Nobody agrees to what he submitted himself."""

    code = "own_submission"
    default_message = _("You cannot decide on a request that you submitted yourself. Someone else must do it.")


class OwnDecision(NotAllowed):
    """Nobody settles a dispute over what he decided himself."""

    code = "own_decision"
    default_message = _("You decided on this yourself. Another reviewer settles the dispute.")


class OwnOpinion(NotAllowed):
    """Nobody decides for the authority on what he spoke to for the provider."""

    code = "own_opinion"
    default_message = _("You spoke for the provider in this matter yourself. Another reviewer decides.")


class OwnExtension(NotAllowed):
    """Nobody consents to more time that he asked for himself."""

    code = "own_extension"
    default_message = _("You asked for more time yourself. Another reviewer consents to it or refuses it.")


class NoRowLeft(RuleViolation):
    """What is decided on would give no row. The refusal tells of the rows, so that it is kept in the trail."""

    def __init__(self, actor: Actor, request_id: int, conditions: int) -> None:
        self.actor, self.request_id, self.conditions = actor, request_id, conditions
        message = _("No row meets these conditions: nothing would be given. Choose others, or refuse.")
        super().__init__([FieldError("row_filter", "no_rows", message)])
