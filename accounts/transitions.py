"""States of an attachment."""

from accounts.choices import AttachmentStatus as Status
from core.transitions import Transition, TransitionTable

ATTACHMENT = TransitionTable(
    [
        Transition("agree", (Status.PROPOSED,), Status.AGREED),
        Transition("refuse", (Status.PROPOSED,), Status.REFUSED),
        Transition("withdraw", (Status.PROPOSED,), Status.WITHDRAWN),
        Transition("end", (Status.AGREED,), Status.ENDED),
    ],
    Status,
)
"""``agree`` is completed by the second side; the first leaves the proposal open."""
