from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from core.actors import Actor
from workflow import policies
from workflow.choices import DeliveryState, JobState
from workflow.models import JobSlot, OutboxDelivery

RECENT_SLOTS = 30


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """What was given up for one handler."""

    handler: str
    event: str
    count: int
    first_at: datetime
    last_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class BackgroundState:
    """How background work stands."""

    pending: int
    oldest_pending_at: datetime | None
    retrying: int
    dead: list[DeadGroup]
    slots: list[JobSlot]


def background_state_for(actor: Actor) -> BackgroundState:
    """Return how the outbox and the scheduled jobs stand; five queries.

    Raises:
        NotAllowed: the actor is no system administrator.
    """
    policies.require_manage_outbox(actor)
    waiting = OutboxDelivery.objects.filter(state=DeliveryState.PENDING)
    totals = waiting.aggregate(count=Count("pk"), oldest=Min("message__created_at"))
    dead = (
        OutboxDelivery.objects.filter(state=DeliveryState.DEAD)
        .values("handler", "message__event")
        .annotate(
            count=Count("pk"),
            first_at=Min("message__created_at"),
            last_at=Max("finished_at"),
            latest=Max("pk"),
        )
        .order_by("handler", "message__event")
    )
    groups = list(dead)
    errors = dict(
        OutboxDelivery.objects.filter(pk__in=[row["latest"] for row in groups]).values_list("pk", "last_error")
    )
    slots = JobSlot.objects.exclude(state=JobState.SUCCEEDED).order_by("-claimed_at")[:RECENT_SLOTS]
    return BackgroundState(
        pending=totals["count"],
        oldest_pending_at=totals["oldest"],
        retrying=waiting.filter(attempts__gt=0).count(),
        dead=[
            DeadGroup(
                row["handler"],
                row["message__event"],
                row["count"],
                row["first_at"],
                row["last_at"],
                errors.get(row["latest"], ""),
            )
            for row in groups
        ],
        slots=list(slots),
    )


def dead_count() -> int:
    """Return how many messages were given up and wait for the system administrator."""
    return OutboxDelivery.objects.filter(state=DeliveryState.DEAD).count()
