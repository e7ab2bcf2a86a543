"""Errors of sharing. ``config.errors`` maps the classes they derive from."""

from django.utils.translation import gettext_lazy as _

from core.exceptions import NotAllowed


class ContractorStaff(NotAllowed):
    """Staff of a contractor do not act for the department in sharing (docs/adr/0081)."""

    code = "no_contractors"
    default_message = _(
        "Contractor staff do not act for the department in sharing. Ask somebody of the department itself."
    )


class OwnRequest(NotAllowed):
    """Nobody agrees to what he submitted himself."""

    code = "own_submission"
    default_message = _("You cannot decide on a request that you submitted yourself. Someone else must do it.")


class OwnDecision(NotAllowed):
    """Nobody settles a dispute over what he decided himself."""

    code = "own_decision"
    default_message = _("You decided on this yourself. Another reviewer settles the dispute.")
