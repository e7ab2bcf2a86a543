"""Writing to the trail. Every service that changes state calls ``record`` inside its own transaction."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any, NamedTuple

import structlog
from django.db import connection, models, transaction

from audit import policies, selectors
from audit.models import AuditEvent, Outcome
from audit.selectors import TrailFilters
from core import clock
from core.actors import Actor
from core.basis import Citation


class Subject(NamedTuple):
    """An object named by hand, where no model instance stands for it."""

    label: str
    pk: str
    name: str


def subject_of(obj: models.Model | Subject | None) -> Subject:
    """Return the label, key and display text under which an object enters the trail."""
    if obj is None:
        return Subject("", "", "")
    if isinstance(obj, Subject):
        return obj
    return Subject(obj._meta.label_lower, str(obj.pk), str(obj)[:500])


def record(
    actor: Actor,
    action: str,
    obj: models.Model | Subject | None,
    *,
    before: Any = None,
    after: Any = None,
    basis: Citation | str | None = None,
    note: str = "",
    outcome: Outcome = Outcome.DONE,
) -> AuditEvent:
    """Append one row to the trail, in the transaction of the change that it tells of.

    Args:
        action: dotted name ``app.entity.verb``.
        before, after: what changed, as plain values that JSON can hold; only the changed fields.
        basis: the article the act rests on.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record belongs in the transaction of the change it records")
    subject = subject_of(obj)
    context = structlog.contextvars.get_contextvars()
    return AuditEvent.objects.create(
        at=clock.now(),
        outcome=outcome,
        action=action,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=actor.name,
        department_code=actor.department_code,
        department_name=actor.department_name,
        region_code=actor.region_code,
        roles=sorted(actor.roles),
        object_label=subject.label,
        object_pk=subject.pk,
        object_name=subject.name,
        before=before,
        after=after,
        basis=str(basis or ""),
        note=note,
        request_id=str(context.get("request_id") or "")[:64],
        address=str(context.get("ip") or "")[:45],
    )


@transaction.atomic
def record_denial(actor: Actor, *, method: str, path: str, reason: str) -> AuditEvent:
    """Keep a refused attempt. The error handler calls this after the refused transaction was rolled back."""
    attempted = Subject("http.request", "", f"{method} {path}"[:500])
    return record(actor, "access.denied", attempted, note=reason, outcome=Outcome.DENIED)


@transaction.atomic
def trail_export(*, actor: Actor, filters: TrailFilters) -> Iterator[list[AuditEvent]]:
    """Return what the filters find, in batches, newest first; that it left the system is itself recorded.

    Raises:
        SignInRequired, NotAllowed: see ``policies.require_read_trail``.
    """
    policies.require_read_trail(actor)
    newest = selectors.newest_event_id()
    asked = {name: value for name, value in asdict(filters).items() if value}
    record(actor, "audit.trail.export", Subject("audit.trail", "", ""), after={**asked, "newest": newest})
    return selectors.event_batches(filters, newest)


def partitions_ensure(months_ahead: int = 3) -> list[str]:
    """Create the partitions of this month and the next ones; return the names of those that were missing.

    A month whose rows already went to the default partition stays there: PostgreSQL refuses to split them off.
    """
    created = []
    today = clock.today()
    for offset in range(months_ahead + 1):
        year, month = divmod(today.year * 12 + today.month - 1 + offset, 12)
        first_day = date(year, month + 1, 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM audit_event_default "
                "WHERE at >= %s::date AND at < %s::date + interval '1 month')",
                [first_day, first_day],
            )
            if cursor.fetchone()[0]:
                continue
            cursor.execute("SELECT audit_partition_create(%s)", [first_day])
            if cursor.fetchone()[0]:
                created.append(f"audit_event_{first_day:%Y%m}")
    return created
