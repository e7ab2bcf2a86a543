"""Errors of the catalog that say more than those of ``core``."""

from django.utils.translation import gettext_lazy as _

from core.exceptions import NotAllowed


class OwnSubmission(NotAllowed):
    """Nobody approves what he submitted himself."""

    code = "own_submission"
    default_message = _("You cannot decide on what you submitted yourself. Someone else with the role must do it.")
