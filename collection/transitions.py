"""The way of a run, of a collection duty and of an erasure: what people ask of them, and what a worker does."""

from collection.choices import RunState as S
from collection.duty_choices import DutyStatus as D
from collection.duty_choices import ErasureState as E
from core.basis import NO_REPEAT_COLLECTION
from core.transitions import Transition, TransitionTable

RUN = TransitionTable(
    [
        Transition("start", (S.QUEUED, S.RUNNING), S.RUNNING),
        Transition("postpone", (S.RUNNING,), S.QUEUED),
        Transition("ask", (S.RUNNING,), S.WAITING),
        Transition("confirm", (S.WAITING,), S.QUEUED),
        Transition("publish", (S.RUNNING,), S.SUCCEEDED),
        Transition("settle", (S.RUNNING,), S.UNCHANGED),
        Transition("refuse", (S.RUNNING,), S.REFUSED),
        Transition("fail", (S.QUEUED, S.RUNNING), S.FAILED),
        Transition("cancel", (S.QUEUED, S.RUNNING, S.WAITING), S.CANCELLED),
    ],
    labels=S,
)

DUTY = TransitionTable(
    [
        Transition("edit", (D.DRAFT, D.RETURNED), D.DRAFT),
        Transition("check", (D.DRAFT, D.RETURNED), D.DRAFT),
        Transition("submit", (D.DRAFT, D.RETURNED), D.AWAITING_HEAD),
        Transition("recall", (D.AWAITING_HEAD, D.AWAITING_AUTHORITY), D.DRAFT),
        Transition("sign_off", (D.AWAITING_HEAD,), D.AWAITING_AUTHORITY),
        Transition("register", (D.AWAITING_AUTHORITY,), D.REGISTERED, NO_REPEAT_COLLECTION),
        Transition("return", (D.AWAITING_HEAD, D.AWAITING_AUTHORITY), D.RETURNED),
        Transition("discard", (D.DRAFT, D.RETURNED), D.DISCARDED),
        Transition("supersede", (D.REGISTERED,), D.SUPERSEDED),
        Transition("revise", (D.REGISTERED,), D.DRAFT),
        Transition("end", (D.REGISTERED,), D.REGISTERED),
    ],
    labels=D,
)
"""A revision of a duty. Ending closes the duty, not its last revision."""

ERASURE = TransitionTable(
    [
        Transition("approve", (E.AWAITING_HEAD,), E.APPROVED),
        Transition("refuse", (E.AWAITING_HEAD,), E.REFUSED),
        # What cannot be carried out is ended by the head, and may be asked for anew, with the value.
        Transition("withdraw", (E.AWAITING_HEAD, E.FAILED), E.WITHDRAWN),
        Transition("fail", (E.APPROVED, E.RUNNING), E.FAILED),
        Transition("retry", (E.FAILED,), E.APPROVED),
        Transition("start", (E.APPROVED, E.RUNNING), E.RUNNING),
        Transition("finish", (E.RUNNING,), E.DONE),
    ],
    labels=E,
)
"""Once its rows are being removed an erasure can only be finished, or fail and be tried again."""
