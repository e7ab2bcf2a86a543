"""The log of pulls: a row before the first byte, its end afterwards. What is not in it did not leave."""

import hmac
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import structlog
from django.db import connection, transaction

from collection.readers import Condition
from collection.vault import derived_key
from core import clock
from core.actors import Actor, ActorKind
from core.exceptions import NotAllowed
from sharing.client_choices import PullKind, PullOutcome
from sharing.limits import QuotaSpent
from sharing.models import Grant, Pull
from sharing.services.delivery import delivery_confirm_by_pull

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PullFacts:
    """What is pulled.

    Attributes:
        items: identities of the items that leave.
        conditions: what the caller asked, beside the grant's own filter.
        address: where the caller is.
        hidden: sensitive or masked items; values that are asked for by them are not kept.
    """

    grant: Grant
    version: int
    kind: PullKind
    items: Sequence[str]
    address: str
    conditions: Sequence[Condition] = ()
    since: int | None = None
    detail: str = ""
    hidden: frozenset[str] = frozenset()


def _row(actor: Actor, facts: PullFacts, **figures: Any) -> Pull:
    if actor.department_id is None:
        raise ValueError("rights go to departments: who has none pulls nothing")
    is_client = actor.kind is ActorKind.CLIENT
    context = structlog.contextvars.get_contextvars()
    return Pull(
        at=clock.now(),
        client_id=actor.id if is_client else None,
        user_id=None if is_client else actor.id,
        department_id=actor.department_id,
        grant_id=facts.grant.pk,
        edition=facts.grant.edition,
        version=facts.version,
        since_version=facts.since,
        kind=facts.kind,
        detail=facts.detail[:200],
        items=list(facts.items),
        filter=[{"item": one.item, "operator": one.operator, "values": _kept(facts, one)} for one in facts.conditions],
        address=facts.address or None,
        request_id=str(context.get("request_id") or "")[:64],
        **figures,
    )


def _kept(facts: PullFacts, condition: Condition) -> list[str]:
    """Return the values of a filter as the log keeps them: those of masked or sensitive items as a keyed hash.

    So equal questions can be told, and whoever was asked for cannot be read from a log that no erasure reaches.
    """
    if condition.item not in facts.hidden:
        return list(condition.values)
    key = derived_key("sharing.pull.filter")
    return [hmac.new(key, one.encode("utf-8", "replace"), "sha256").hexdigest() for one in condition.values]


@cache
def _insertion() -> tuple[str, tuple[Any, ...]]:
    """Return the statement that inserts a pull, and its fields: to write it anew takes longer than to run it."""
    fields = tuple(one for one in Pull._meta.concrete_fields if not one.primary_key)
    columns = ", ".join(f'"{one.column}"' for one in fields)
    marks = ", ".join(
        one.get_placeholder(None, None, connection) if hasattr(one, "get_placeholder") else "%s" for one in fields
    )
    return f'INSERT INTO "{Pull._meta.db_table}" ({columns}) VALUES ({marks}) RETURNING id', fields  # noqa: S608


def _insert(row: Pull) -> None:
    statement, fields = _insertion()
    values = [one.get_db_prep_save(getattr(row, one.attname), connection) for one in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        (row.pk,) = cursor.fetchone()


def pull_record(*, actor: Actor, facts: PullFacts, rows: int, size_bytes: int, milliseconds: int) -> Pull:
    """Log a page that was read and is about to leave: its figures are known before its first byte."""
    row = _row(actor, facts, outcome=PullOutcome.DONE, rows=rows, bytes=size_bytes, milliseconds=milliseconds)
    _insert(row)
    _first_pull(facts.grant)
    return row


def pull_begin(*, actor: Actor, facts: PullFacts) -> Pull:
    """Log a stream before its first byte; ``pull_end`` tells how it ended."""
    row = _row(actor, facts)
    _insert(row)
    return row


def pull_end(*, pull: Pull, grant: Grant, outcome: PullOutcome, rows: int, size_bytes: int, milliseconds: int) -> None:
    """Note how a stream ended."""
    Pull.objects.filter(pk=pull.pk).update(
        outcome=outcome, rows=rows, bytes=size_bytes, milliseconds=min(milliseconds, 2**31 - 1)
    )
    if rows or outcome == PullOutcome.DONE:
        _first_pull(grant)


def _first_pull(grant: Grant) -> None:
    """Take the first pull under a grant for the confirmation that its data arrived (809, Art. 22)."""
    if grant.first_pulled_at is not None:
        return
    with transaction.atomic():
        delivery_confirm_by_pull(grant_id=grant.pk)
        Grant.objects.filter(pk=grant.pk, first_pulled_at__isnull=True).update(first_pulled_at=clock.now())


@dataclass(slots=True)
class Tally:
    """What has left so far."""

    rows: int = 0
    size_bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def milliseconds(self) -> int:
        return int((time.monotonic() - self.started) * 1000)


def logged_stream(*, actor: Actor, facts: PullFacts, pieces: Callable[[Tally], Iterator[bytes]]) -> Iterator[bytes]:
    """Log a stream, hand its pieces on, and log its end, whichever it is.

    What ends it early is raised: the answer is then aborted, so that the caller sees that it is not whole.

    Args:
        pieces: makes the stream; it adds rows to the tally as they are read.
    """
    tally = Tally()
    pull = pull_begin(actor=actor, facts=facts)
    outcome = PullOutcome.FAILED
    try:
        for piece in pieces(tally):
            tally.size_bytes += len(piece)
            yield piece
        outcome = PullOutcome.DONE
    except GeneratorExit:
        outcome = PullOutcome.LEFT
        raise
    except (NotAllowed, QuotaSpent):
        outcome = PullOutcome.CUT
        logger.warning("pull_cut", pull=pull.pk, grant=facts.grant.pk)
        raise
    finally:
        pull_end(
            pull=pull,
            grant=facts.grant,
            outcome=outcome,
            rows=tally.rows,
            size_bytes=tally.size_bytes,
            milliseconds=tally.milliseconds,
        )
