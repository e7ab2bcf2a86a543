"""Errors of sharing. ``config.errors`` maps the classes they derive from."""

from django.utils.translation import gettext_lazy as _

from core.exceptions import NotAllowed


class OwnRequest(NotAllowed):
    """Nobody agrees to what he submitted himself."""

    code = "own_submission"
    default_message = _("You cannot decide on a request that you submitted yourself. Someone else must do it.")
