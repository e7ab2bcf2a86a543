from django.utils.translation import gettext_lazy as _

from core.exceptions import DomainError, InvalidTransition, Unavailable


class ClockPolicyMissing(DomainError):
    """No clock policy is in force for a key; the authority has to enter one."""

    code = "clock_policy_missing"
    default_message = _("No time limit is in force for this step. The authority has to enter one first.")


class ClockAlreadyRunning(InvalidTransition):
    """One object has at most one open clock of a kind."""

    code = "clock_running"
    default_message = _("This time limit is already running.")


class FileLost(Unavailable):
    """The storage does not give a file: it is gone, or cannot be read."""

    code = "file_lost"
    default_message = _(
        "The file is no longer in the storage of this installation, or cannot be read there. Tell the operator, who can"
        " restore it from a backup."
    )


class MailInProgress(Exception):
    """Another worker seems to be sending this mail; ask again later whether it went out."""


class LeaseLost(Exception):
    """The lease ran out and somebody else may have taken over: stop, and write nothing more."""
