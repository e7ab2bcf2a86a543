"""Reading the trail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from audit import policies
from audit.models import AuditEvent
from core.actors import Actor
from core.clock import REGION_ZONE
from core.exceptions import NotVisible

PAGE_SIZE = 50
COUNTED_UP_TO = 10_000
"""A list says how many rows it has up to this number; beyond, counting would cost more than it tells."""
SAME_REQUEST_SHOWN = 200
EXPORT_BATCH = 2_000

_PERSON_KEY = re.compile(r"(user|client):(\d{1,18})")
_OBJECT_KEY = re.compile(r"([a-z_]+\.[a-z_]+):(\S{1,100})")
_CODE = re.compile(r"[0-9a-z][0-9a-z_-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """What part of the trail is asked for.

    Attributes:
        since, until: days in the region's time zone, both included.
        actor: part of a name, or ``user:12`` for exactly one person.
        department: short code, or part of a name.
        object: part of a name, or ``catalog.entry:12`` for exactly one object.
    """

    since: date | None = None
    until: date | None = None
    action: str = ""
    actor: str = ""
    department: str = ""
    object: str = ""
    outcome: str = ""
    request: str = ""

    def as_condition(self) -> Q:
        condition = Q()
        if self.since:
            condition &= Q(at__gte=datetime.combine(self.since, time.min, REGION_ZONE))
        if self.until:
            condition &= Q(at__lt=datetime.combine(self.until + timedelta(days=1), time.min, REGION_ZONE))
        if self.action:
            condition &= Q(action=self.action)
        if self.actor:
            one = _PERSON_KEY.fullmatch(self.actor)
            condition &= Q(actor_kind=one[1], actor_id=int(one[2])) if one else Q(actor_name__icontains=self.actor)
        if self.department:
            is_code = _CODE.fullmatch(self.department)
            condition &= (
                Q(department_code=self.department) if is_code else Q(department_name__icontains=self.department)
            )
        if self.object:
            thing = _OBJECT_KEY.fullmatch(self.object)
            condition &= (
                Q(object_label=thing[1], object_pk=thing[2]) if thing else Q(object_name__icontains=self.object)
            )
        if self.outcome:
            condition &= Q(outcome=self.outcome)
        if self.request:
            condition &= Q(request_id=self.request)
        return condition


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of the trail, newest first, and where the list goes on.

    Attributes:
        newer, older: the row after which the neighbouring pages begin; None at the ends.
    """

    rows: list[AuditEvent]
    newer: int | None
    older: int | None


def events_of(label: str, pk: object) -> QuerySet[AuditEvent]:
    """Return what was done to one object, newest first. The caller has checked that the reader may see the object."""
    return AuditEvent.objects.filter(object_label=label, object_pk=str(pk), outcome="done")


def deeds_count(action: str, department_code: str, since: datetime, **after: Any) -> int:
    """Count how often people of a department did something: for a rule that limits it, which nobody can undo.

    Args:
        after: values that the rows hold as the result.
    """
    done = AuditEvent.objects.filter(action=action, department_code=department_code, outcome="done", at__gte=since)
    return done.filter(**{f"after__{name}": value for name, value in after.items()}).count()


def event_list_for(
    actor: Actor, filters: TrailFilters, *, older_than: int | None = None, newer_than: int | None = None
) -> Stretch:
    """Return one page of the trail, found by key: the last page costs what the first one does.

    Raises:
        SignInRequired, NotAllowed: see ``policies.require_read_trail``.
    """
    policies.require_read_trail(actor)
    events = AuditEvent.objects.filter(filters.as_condition())
    if newer_than is not None:
        found = list(events.filter(id__gt=newer_than).order_by("id")[: PAGE_SIZE + 1])
        rows = found[:PAGE_SIZE][::-1]
        return Stretch(rows, rows[0].pk if len(found) > PAGE_SIZE else None, rows[-1].pk if rows else None)
    if older_than is not None:
        events = events.filter(id__lt=older_than)
    found = list(events.order_by("-id")[: PAGE_SIZE + 1])
    rows = found[:PAGE_SIZE]
    return Stretch(
        rows,
        rows[0].pk if rows and older_than is not None else None,
        rows[-1].pk if len(found) > PAGE_SIZE else None,
    )


def event_count_for(actor: Actor, filters: TrailFilters) -> int:
    """Return how many rows there are, but never more than one above ``COUNTED_UP_TO``."""
    policies.require_read_trail(actor)
    return AuditEvent.objects.filter(filters.as_condition()).order_by()[: COUNTED_UP_TO + 1].count()


def event_get_for(actor: Actor, event_id: int) -> AuditEvent:
    """Return one row of the trail.

    Raises:
        SignInRequired, NotAllowed: see ``policies.require_read_trail``.
        NotVisible: there is none with this key.
    """
    policies.require_read_trail(actor)
    event = AuditEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise NotVisible
    return event


def events_of_request(actor: Actor, event: AuditEvent) -> list[AuditEvent]:
    """Return what happened in the same request, in order, the row itself among it; at most the first 200."""
    policies.require_read_trail(actor)
    if not event.request_id:
        return [event]
    return list(AuditEvent.objects.filter(request_id=event.request_id).order_by("id")[:SAME_REQUEST_SHOWN])


def newest_event_id() -> int:
    """Return the key of the newest row, 0 in an empty trail."""
    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def event_batches(filters: TrailFilters, newest: int) -> Iterator[list[AuditEvent]]:
    """Yield the trail in batches, newest first, from one row downwards. ``services.trail_export`` checked the right."""
    below = newest + 1
    while True:
        batch = list(AuditEvent.objects.filter(filters.as_condition(), id__lt=below).order_by("-id")[:EXPORT_BATCH])
        if batch:
            yield batch
        if len(batch) < EXPORT_BATCH:
            return
        below = batch[-1].pk
