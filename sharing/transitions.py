"""The way of a request and of a grant as tables. Articles: Regulation on Government Data Sharing (809)."""

from core.basis import (
    CORRECTION_OF_DATA,
    DELIVERY_OF_DATA,
    DISPUTES,
    REPLY_TO_REQUESTS,
    SHARE_REQUESTS,
    SUSPENSION_OF_SHARING,
)
from core.transitions import Transition, TransitionTable
from sharing.choices import GrantStatus as G
from sharing.choices import ObjectionState as O
from sharing.choices import RequestStatus as R

REQUEST = TransitionTable(
    [
        Transition("edit", (R.DRAFT,), R.DRAFT),
        Transition("edit", (R.RETURNED,), R.RETURNED),
        Transition("submit", (R.DRAFT, R.RETURNED), R.AWAITING_HEAD),
        Transition("recall", (R.AWAITING_HEAD, R.AWAITING_CHECK), R.DRAFT),
        # Where it goes after the own head depends on the attribute: see ``services.filing``.
        Transition("agree", (R.AWAITING_HEAD,), R.AWAITING_PROVIDER, SHARE_REQUESTS),
        Transition("return", (R.AWAITING_HEAD, R.AWAITING_CHECK), R.RETURNED),
        Transition("pass", (R.AWAITING_CHECK,), R.AWAITING_PROVIDER),
        Transition("approve", (R.AWAITING_PROVIDER, R.AWAITING_AUTHORITY), R.AGREED, REPLY_TO_REQUESTS),
        Transition("refuse", (R.AWAITING_PROVIDER, R.AWAITING_AUTHORITY), R.REFUSED, REPLY_TO_REQUESTS),
        Transition("ask_material", (R.AWAITING_PROVIDER,), R.AWAITING_MATERIAL, REPLY_TO_REQUESTS),
        Transition("supplement", (R.AWAITING_MATERIAL,), R.AWAITING_PROVIDER),
        Transition("lapse", (R.AWAITING_MATERIAL,), R.WITHDRAWN),
        Transition("ask_extension", (R.AWAITING_PROVIDER,), R.AWAITING_PROVIDER, REPLY_TO_REQUESTS),
        Transition("extend", (R.AWAITING_PROVIDER,), R.AWAITING_PROVIDER, REPLY_TO_REQUESTS),
        Transition("advise", (R.AWAITING_AUTHORITY,), R.AWAITING_AUTHORITY),
        Transition("deliver", (R.AGREED,), R.AGREED, DELIVERY_OF_DATA),
        Transition("deliver", (R.DISPUTED,), R.DISPUTED, DELIVERY_OF_DATA),
        Transition("confirm", (R.AGREED,), R.DELIVERED, DELIVERY_OF_DATA),
        Transition("expire", (R.AGREED,), R.WITHDRAWN),
        # A provider that lets its time pass without an answer is disputed too: the authority decides in its place.
        Transition("dispute", (R.AWAITING_PROVIDER,), R.AWAITING_AUTHORITY, DISPUTES),
        Transition("dispute", (R.REFUSED, R.AGREED, R.DELIVERED), R.DISPUTED, DISPUTES),
        # The provider is heard and both sides are brought together before anything is decided; what both heads confirm
        # settles it as a decision does.
        Transition("respond", (R.DISPUTED,), R.DISPUTED, DISPUTES),
        Transition("mediate", (R.DISPUTED,), R.DISPUTED, DISPUTES),
        Transition("concur", (R.DISPUTED,), R.DISPUTED, DISPUTES),
        Transition("decline", (R.DISPUTED,), R.DISPUTED, DISPUTES),
        Transition("settle", (R.DISPUTED,), R.AGREED, DISPUTES),
        # The answer stands again, whichever it was: see ``ShareRequest.disputed_from``. So it does when a dispute is
        # withdrawn.
        Transition("uphold", (R.DISPUTED,), R.REFUSED, DISPUTES),
        Transition(
            "withdraw",
            (
                R.DRAFT, R.AWAITING_HEAD, R.RETURNED, R.AWAITING_CHECK, R.AWAITING_PROVIDER, R.AWAITING_MATERIAL,
                R.AWAITING_AUTHORITY, R.DISPUTED, R.AGREED,
            ),
            R.WITHDRAWN,
        ),
        Transition("discard", (R.DRAFT,), R.WITHDRAWN),
    ],
    labels=R,
)  # fmt: skip

GRANT = TransitionTable(
    [
        # Each side suspends, and lifts, for itself: see ``services.grant.grant_resume``.
        Transition("suspend", (G.ACTIVE, G.SUSPENDED), G.SUSPENDED, SUSPENSION_OF_SHARING),
        Transition("resume", (G.SUSPENDED,), G.ACTIVE),
        Transition("narrow", (G.ACTIVE,), G.ACTIVE, SUSPENSION_OF_SHARING),
        Transition("narrow", (G.SUSPENDED,), G.SUSPENDED, SUSPENSION_OF_SHARING),
        Transition("loosen", (G.ACTIVE,), G.ACTIVE),
        Transition("loosen", (G.SUSPENDED,), G.SUSPENDED),
        Transition("consult", (G.ACTIVE,), G.ACTIVE, SUSPENSION_OF_SHARING),
        Transition("consult", (G.SUSPENDED,), G.SUSPENDED, SUSPENSION_OF_SHARING),
        Transition("end", (G.ACTIVE, G.SUSPENDED), G.ENDED),
        Transition("expire", (G.ACTIVE, G.SUSPENDED), G.EXPIRED),
        *(Transition("demand", (state,), state, SUSPENSION_OF_SHARING) for state in G),
        Transition("dispose", (G.ENDED,), G.ENDED, SUSPENSION_OF_SHARING),
        Transition("dispose", (G.EXPIRED,), G.EXPIRED, SUSPENSION_OF_SHARING),
    ],
    labels=G,
)
OBJECTION = TransitionTable(
    [
        Transition("confirm", (O.OPEN,), O.CORRECTING, CORRECTION_OF_DATA),
        Transition("reject", (O.OPEN,), O.REJECTED, CORRECTION_OF_DATA),
        Transition("correct", (O.CORRECTING,), O.CORRECTED, CORRECTION_OF_DATA),
        Transition("withdraw", (O.OPEN,), O.WITHDRAWN),
    ],
    labels=O,
)
"""A correction request (校核)."""
