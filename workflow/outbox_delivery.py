"""Delivering what ``outbox.put`` wrote: claim one, run its handler, mark it; then the next."""

import random
import time as wall
import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from core import clock
from core.exceptions import DomainError
from core.faults import place_of, said_by, tells_cells
from workflow import outbox
from workflow.choices import DeliveryState
from workflow.exceptions import LeaseLost
from workflow.models import OutboxDelivery, OutboxMessage
from workflow.services.task import task_open

log = structlog.get_logger(__name__)

ALARM_TASK = "workflow.outbox_dead"
FIRST_BACKOFF_SECONDS = 5
LONGEST_BACKOFF_SECONDS = 3600
KEEP_DELIVERED = timedelta(days=30)
PURGE_BATCH = 5000


def deliver(*, seconds: float = 50.0) -> int:
    """Deliver what is due until nothing is left or the time is up; return how many were tried.

    Any number of these may run at once: each claims rows that nobody else holds.
    """
    ends_at = wall.monotonic() + seconds
    tried = 0
    while wall.monotonic() < ends_at:
        delivery = _claim()
        if delivery is None:
            break
        if delivery.state == DeliveryState.PENDING:
            _run(delivery)
        tried += 1
    return tried


def purge() -> int:
    """Delete messages that were delivered to everybody long ago; return how many rows went."""
    before = clock.now() - KEEP_DELIVERED
    waiting = OutboxDelivery.objects.filter(
        message=OuterRef("pk"), state__in=[DeliveryState.PENDING, DeliveryState.DEAD]
    )
    deleted = 0
    while True:
        old = OutboxMessage.objects.filter(~Exists(waiting), created_at__lt=before).order_by("pk")[:PURGE_BATCH]
        ids = list(old.values_list("pk", flat=True))
        if not ids:
            return deleted
        deleted += OutboxMessage.objects.filter(pk__in=ids).delete()[0]


@transaction.atomic
def _claim() -> OutboxDelivery | None:
    """Take the oldest delivery that is due, and hold it for the handler's lease.

    One whose message is ordered waits until every earlier one of the same key has gone to the same handler.
    The attempt is counted here, so that a message that kills its worker gives out in the end.
    """
    moment = clock.now()
    earlier = OutboxDelivery.objects.filter(
        handler=OuterRef("handler"),
        order_key=OuterRef("order_key"),
        state=DeliveryState.PENDING,
        pk__lt=OuterRef("pk"),
    )
    delivery = (
        OutboxDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message")
        .filter(
            Q(order_key="") | ~Exists(earlier),
            state=DeliveryState.PENDING,
            available_at__lte=moment,
        )
        .order_by("pk")
        .first()
    )
    if delivery is None:
        return None
    handler = outbox.find_handler(delivery.handler)
    if delivery.attempts >= (handler.max_attempts if handler else outbox.MAX_ATTEMPTS):
        _bury(delivery, delivery.last_error or "The worker was lost on the last attempt.")
        return delivery
    delivery.attempts += 1
    delivery.lease = uuid.uuid4()
    delivery.available_at = moment + timedelta(seconds=handler.lease_seconds if handler else outbox.LEASE_SECONDS)
    delivery.save(update_fields=["attempts", "lease", "available_at"])
    return delivery


def _run(delivery: OutboxDelivery) -> None:
    """Run the handler of a claimed delivery and note how it went."""
    message = delivery.message
    pause_seconds = backoff_seconds(delivery.attempts)
    event = outbox.OutboxEvent(
        event=message.event,
        payload=message.payload,
        key=str(delivery.key),
        message_id=message.pk,
        attempt=delivery.attempts,
        occurred_at=message.created_at,
        request_id=message.request_id,
        pause_seconds=pause_seconds,
    )
    with structlog.contextvars.bound_contextvars(request_id=message.request_id, outbox_event=message.event):
        try:
            handler = outbox.find_handler(delivery.handler)
            if handler is None:
                raise LookupError(f"no handler is registered under the name {delivery.handler}")
            if handler.is_transactional:
                with transaction.atomic():
                    handler.function(event)
                    _finish(delivery)
            else:
                handler.function(event)
                _finish(delivery)
        except LeaseLost:
            log.warning("outbox_lease_lost", delivery=delivery.pk, handler=delivery.handler)
        except Exception as error:
            log.warning(
                "outbox_attempt_failed", delivery=delivery.pk, handler=delivery.handler, attempt=delivery.attempts,
                **_told(error),
            )  # fmt: skip
            _note_failure(delivery, said_by(error), pause_seconds)


def _told(error: Exception) -> dict[str, Any]:
    """Say of an error what the log may hold of it.

    What a rule or another machine refuses is said in a line; only what nobody expected needs its place.
    """
    if isinstance(error, DomainError):
        return {"error": error.code}
    return place_of(error) if tells_cells(error) else {"exc_info": True}


def _note_failure(delivery: OutboxDelivery, error: str, pause_seconds: float) -> None:
    try:
        _retry_later(delivery, error, pause_seconds)
    except DatabaseError:
        # The connection died with the handler: the lease runs out, and the delivery is tried again then.
        connection.close()
        log.warning("outbox_failure_not_noted", delivery=delivery.pk)


def _finish(delivery: OutboxDelivery) -> None:
    done = OutboxDelivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=DeliveryState.PENDING).update(
        state=DeliveryState.DELIVERED, lease=None, finished_at=clock.now(), last_error=""
    )
    if not done:
        raise LeaseLost(delivery.pk)


@transaction.atomic
def _retry_later(delivery: OutboxDelivery, error: str, pause_seconds: float) -> None:
    """Put a failed delivery back with growing distance, or give it up after the last attempt."""
    held = (
        OutboxDelivery.objects.select_for_update()
        .filter(pk=delivery.pk, lease=delivery.lease, state=DeliveryState.PENDING)
        .first()
    )
    if held is None:
        return
    handler = outbox.find_handler(held.handler)
    if held.attempts >= (handler.max_attempts if handler else outbox.MAX_ATTEMPTS):
        _bury(held, error)
        return
    held.lease = None
    held.last_error = error[:2000]
    held.available_at = clock.now() + timedelta(seconds=pause_seconds)
    held.save(update_fields=["lease", "last_error", "available_at"])


def backoff_seconds(attempts: int) -> float:
    """Return how long to wait after a number of attempts: doubled each time, up to an hour, a little scattered."""
    pause = min(FIRST_BACKOFF_SECONDS * 2 ** (attempts - 1), LONGEST_BACKOFF_SECONDS)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, hides nothing


def _bury(delivery: OutboxDelivery, error: str) -> None:
    """Give a locked delivery up and raise the alarm; once per handler, however many of its messages die."""
    first_of_handler = not OutboxDelivery.objects.filter(handler=delivery.handler, state=DeliveryState.DEAD).exists()
    delivery.state = DeliveryState.DEAD
    delivery.lease = None
    delivery.last_error = error[:2000]
    delivery.finished_at = clock.now()
    delivery.save(update_fields=["state", "lease", "last_error", "finished_at"])
    log.error("outbox_delivery_dead", delivery=delivery.pk, handler=delivery.handler, error=error)
    if first_of_handler:
        task_open(
            kind=ALARM_TASK,
            subject=delivery,
            title=_("Messages could not be delivered"),
            detail=format_lazy("{handler} · {error}", handler=delivery.handler, error=error[:200]),
            url=reverse("workflow:outbox_list"),
            department_id=None,
            role=Role.SYSADMIN,
        )
