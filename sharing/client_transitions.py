"""The way of a machine client as a table; all of it is an internal rule."""

from core.transitions import Transition, TransitionTable
from sharing.client_choices import ClientStatus as C

CLIENT = TransitionTable(
    [
        Transition("approve", (C.AWAITING,), C.ACTIVE),
        Transition("refuse", (C.AWAITING,), C.REFUSED),
        Transition("edit", (C.AWAITING, C.ACTIVE, C.SUSPENDED), C.ACTIVE),
        Transition("decide_change", (C.ACTIVE, C.SUSPENDED), C.ACTIVE),
        Transition("bind", (C.ACTIVE, C.SUSPENDED), C.ACTIVE),
        Transition("unbind", (C.ACTIVE, C.SUSPENDED), C.ACTIVE),
        Transition("rotate", (C.ACTIVE, C.SUSPENDED), C.ACTIVE),
        Transition("suspend", (C.ACTIVE, C.SUSPENDED), C.SUSPENDED),
        Transition("resume", (C.SUSPENDED,), C.ACTIVE),
        Transition("revoke", (C.AWAITING, C.ACTIVE, C.SUSPENDED), C.REVOKED),
    ],
    labels=C,
)
"""Editing, deciding on a change, binding, unbinding and rotating leave the state as it is. What its head suspended, the
security administrator takes over by suspending it too."""
