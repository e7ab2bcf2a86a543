"""The way of a build as a table."""

from core.transitions import Transition, TransitionTable
from libraries.choices import BuildState as B

BUILD = TransitionTable(
    [
        # One whose worker was lost is composed anew.
        Transition("start", (B.ASKED, B.COMPOSING), B.COMPOSING),
        Transition("send", (B.COMPOSING,), B.SENT),
        Transition("fail", (B.ASKED, B.COMPOSING), B.FAILED),
    ],
    labels=B,
)
