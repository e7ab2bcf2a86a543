from django.utils.translation import gettext_lazy as _

from core.exceptions import DomainError, InvalidTransition


class ClockPolicyMissing(DomainError):
    """No clock policy is in force for a key; the authority has to enter one."""

    code = "clock_policy_missing"
    default_message = _("No time limit is in force for this step. The authority has to enter one first.")


class ClockAlreadyRunning(InvalidTransition):
    """One object has at most one open clock of a kind."""

    code = "clock_running"
    default_message = _("This time limit is already running.")


class MailInProgress(Exception):
    """Another worker seems to be sending this mail; ask again later whether it went out."""


class LeaseLost(Exception):
    """The lease ran out and somebody else may have taken over: stop, and write nothing more."""
