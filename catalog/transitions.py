"""The review of an entry as two tables, one for a revision, one for a withdrawal; and the way of an uploaded file."""

from catalog.choices import RevisionStatus as R
from catalog.choices import UploadState as U
from catalog.choices import WithdrawalStatus as W
from core.basis import CATALOG_REQUIRED_CONTENT, CATALOG_REVIEW
from core.transitions import Transition, TransitionTable

REVISION = TransitionTable(
    [
        Transition("edit", (R.DRAFT, R.RETURNED), R.DRAFT),
        Transition("submit", (R.DRAFT, R.RETURNED), R.AWAITING_HEAD),
        Transition("sign_off", (R.AWAITING_HEAD,), R.AWAITING_AUTHORITY, CATALOG_REQUIRED_CONTENT),
        Transition("approve", (R.AWAITING_AUTHORITY,), R.PUBLISHED, CATALOG_REVIEW),
        Transition("return", (R.AWAITING_HEAD, R.AWAITING_AUTHORITY), R.RETURNED),
        Transition("comment", (R.AWAITING_HEAD, R.AWAITING_AUTHORITY), R.AWAITING_AUTHORITY),
        Transition("recall", (R.AWAITING_HEAD, R.AWAITING_AUTHORITY), R.DRAFT),
        Transition("discard", (R.DRAFT, R.RETURNED), R.DRAFT),
        Transition("supersede", (R.PUBLISHED,), R.SUPERSEDED),
    ],
    labels=R,
)

WITHDRAWAL = TransitionTable(
    [
        Transition("withdraw", (W.NONE,), W.AWAITING_HEAD),
        Transition("sign_off", (W.AWAITING_HEAD,), W.AWAITING_AUTHORITY),
        Transition("approve", (W.AWAITING_AUTHORITY,), W.WITHDRAWN, CATALOG_REVIEW),
        Transition("return", (W.AWAITING_HEAD, W.AWAITING_AUTHORITY), W.NONE),
        Transition("recall", (W.AWAITING_HEAD, W.AWAITING_AUTHORITY), W.NONE),
    ],
    labels=W,
)

UPLOAD = TransitionTable(
    [
        Transition("check", (U.CHECKED, U.FAILED), U.CHECKING),
        Transition("start", (U.CHECKED,), U.APPLYING),
        Transition("undo", (U.DONE,), U.UNDOING),
        Transition("discard", (U.CHECKED, U.FAILED), U.FAILED),
    ],
    labels=U,
)
"""What a person may ask of an uploaded file; the worker moves it on from the states in which it works."""
