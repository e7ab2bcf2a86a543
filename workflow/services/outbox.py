from django.db import transaction

from audit import services as audit
from audit.services import Subject
from core import clock
from core.actors import Actor
from workflow import outbox, policies
from workflow.choices import DeliveryState
from workflow.models import OutboxDelivery, Task

DELIVERY_LABEL = "workflow.outboxdelivery"


@transaction.atomic
def outbox_retry(*, actor: Actor, handler: str) -> int:
    """Send again every message that was given up for a handler; return how many.

    Raises:
        NotAllowed: the actor is no system administrator.
    """
    policies.require_manage_outbox(actor)
    count = _settle(actor, handler, state=DeliveryState.PENDING, attempts=0, available_at=clock.now(), finished_at=None)
    if count:
        audit.record(actor, "workflow.outbox.retry", Subject(DELIVERY_LABEL, "", handler), after={"count": count})
        transaction.on_commit(outbox.nudge)
    return count


@transaction.atomic
def outbox_dismiss(*, actor: Actor, handler: str) -> int:
    """Let every message that was given up for a handler rest; return how many.

    Raises:
        NotAllowed: the actor is no system administrator.
    """
    policies.require_manage_outbox(actor)
    count = _settle(actor, handler, state=DeliveryState.DISMISSED)
    if count:
        audit.record(actor, "workflow.outbox.dismiss", Subject(DELIVERY_LABEL, "", handler), after={"count": count})
    return count


def _settle(actor: Actor, handler: str, **values: object) -> int:
    """Change the dead deliveries of a handler and close the alarm about them."""
    dead = list(
        OutboxDelivery.objects.select_for_update()
        .filter(handler=handler, state=DeliveryState.DEAD)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if dead:
        OutboxDelivery.objects.filter(pk__in=dead).update(**values)
        Task.objects.filter(subject_label=DELIVERY_LABEL, subject_pk__in=dead, closed_at__isnull=True).update(
            closed_at=clock.now(), closed_by=str(actor)
        )
    return len(dead)
