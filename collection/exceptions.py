"""Errors of collecting. ``config.errors`` maps the classes they derive from."""

from django.utils.translation import gettext_lazy as _

from core.exceptions import DomainError, InvalidTransition


class RunOpen(InvalidTransition):
    """The dataset has a run already."""

    code = "run_open"
    default_message = _("Another run of this dataset is under way. Wait until it has ended, or cancel it.")


class RunFailed(DomainError):
    """A run cannot go on, for a reason that its people can mend; the message says how."""

    code = "run_failed"
