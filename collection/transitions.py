"""The way of a run: what is asked of it by people, and what its worker does."""

from collection.choices import RunState as S
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
