"""The ways of a build, and of the consent to a source, as tables."""

from core.basis import LIMITS_OF_USE
from core.transitions import Transition, TransitionTable
from libraries.choices import BuildState as B
from libraries.choices import PartConsent as C

BUILD = TransitionTable(
    [
        # One whose worker was lost is composed anew.
        Transition("start", (B.ASKED, B.COMPOSING), B.COMPOSING),
        Transition("send", (B.COMPOSING,), B.SENT),
        Transition("fail", (B.ASKED, B.COMPOSING), B.FAILED),
    ],
    labels=B,
)

PART = TransitionTable(
    [
        Transition("agree", (C.AWAITING, C.REFUSED), C.AGREED, LIMITS_OF_USE),
        # What was agreed to can be taken back.
        Transition("refuse", (C.AWAITING, C.AGREED), C.REFUSED, LIMITS_OF_USE),
        # The lead takes more than was agreed to, or something else than was refused.
        Transition("ask", (C.AWAITING, C.AGREED, C.REFUSED), C.AWAITING, LIMITS_OF_USE),
    ],
    labels=C,
)
