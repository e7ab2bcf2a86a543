"""What must follow a change: written in its transaction, delivered after it.

``put`` writes a message and one delivery per handler. Nothing leaves before the commit. After it a worker is
nudged; when the nudge is lost, the sweep delivers. See docs/adr/0021.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction

from core import clock
from workflow.models import OutboxDelivery, OutboxMessage
from workflow.nudging import Nudger

DELIVER_TASK = "workflow.tasks.outbox_deliver"
MAX_ATTEMPTS = 10
LEASE_SECONDS = 300

_nudger = Nudger(DELIVER_TASK)


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """What a handler receives.

    Attributes:
        key: the same on every attempt at this delivery; use it to do a thing once.
        attempt: 1 on the first.
        pause_seconds: how long until the next attempt, should this one fail and not be the last.
    """

    event: str
    payload: dict[str, Any]
    key: str
    message_id: int
    attempt: int
    occurred_at: datetime
    request_id: str = ""
    pause_seconds: float = 0.0


HandlerFunction = Callable[[OutboxEvent], object]


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered handler, of one event or of several.

    Attributes:
        is_transactional: its work and the mark "delivered" commit together, so that its writes happen once.
            False for mail and HTTP, which must not hold a transaction open; such a handler may run twice.
    """

    events: frozenset[str]
    name: str
    function: HandlerFunction = field(repr=False)
    is_transactional: bool = True
    max_attempts: int = MAX_ATTEMPTS
    lease_seconds: int = LEASE_SECONDS


_handlers: dict[str, Handler] = {}


def handler(
    event: str,
    *,
    is_transactional: bool = True,
    max_attempts: int = MAX_ATTEMPTS,
    lease_seconds: int = LEASE_SECONDS,
) -> Callable[[HandlerFunction], HandlerFunction]:
    """Register a function of an app's ``tasks.py`` as a handler of an event; it may be one of further events too.

    Args:
        lease_seconds: how long one attempt may take before another worker tries again.
    """

    def decorate(function: HandlerFunction) -> HandlerFunction:
        name = f"{function.__module__}.{getattr(function, '__qualname__', repr(function))}"
        known = _handlers.get(name)
        others = known.events if known is not None and known.function is function else frozenset()
        _handlers[name] = Handler(others | {event}, name, function, is_transactional, max_attempts, lease_seconds)
        return function

    return decorate


def unregister(name: str) -> None:
    """Forget a handler. Only tests need it."""
    _handlers.pop(name, None)


def find_handler(name: str) -> Handler | None:
    return _handlers.get(name)


def handlers_of(event: str) -> list[Handler]:
    return [entry for entry in _handlers.values() if event in entry.events]


def put(event: str, *, order_key: str = "", **payload: Any) -> OutboxMessage:
    """Write a message in the transaction of the change it tells of.

    Args:
        event: dotted name, e.g. ``catalog.entry.submitted``.
        order_key: messages with the same key reach each handler one after the other, in the order of writing;
            the caller holds a lock on the subject the key names.
        payload: plain values that JSON can hold; ids rather than rows.

    Raises:
        RuntimeError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("outbox.put belongs in the transaction of the change it tells of")
    moment = clock.now()
    context = structlog.contextvars.get_contextvars()
    message = OutboxMessage.objects.create(
        event=event,
        payload=payload,
        order_key=order_key,
        request_id=str(context.get("request_id") or "")[:64],
        created_at=moment,
    )
    deliveries = [
        OutboxDelivery(message=message, handler=entry.name, order_key=order_key, available_at=moment)
        for entry in handlers_of(event)
    ]
    if deliveries:
        OutboxDelivery.objects.bulk_create(deliveries)
        _nudge_after_commit()
    return message


def _nudge_after_commit() -> None:
    """Ask for one nudge per transaction, however many messages it writes."""
    if not any(entry[1] is nudge for entry in connection.run_on_commit):
        transaction.on_commit(nudge)


def nudge() -> None:
    """Wake a worker. The commit is done, so nothing may fail or wait here: the sweep delivers what this misses."""
    _nudger.ring()
