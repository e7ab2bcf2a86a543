"""Background work of sharing: ids in, one service called."""

from collection.services.erasure_work import ERASER, FAILED_EVENT
from core.actors import system_actor
from sharing import schedules
from sharing.policies import CLOCK_JOB
from sharing.services import (
    closing,
    delivery,
    holding,
    material,
    objection,
    rectifying,
    refused_call,
    right,
    succession,
    telling,
    usage,
    webhook,
)
from sharing.services.following import MERGED_EVENT
from sharing.services.grant import CHANGED_EVENT
from sharing.services.step import STEP_EVENT
from workflow.outbox import OutboxEvent, handler
from workflow.scheduled import once_per_slot
from workflow.services.job_slot import JobLease

_CLOCK = system_actor(CLOCK_JOB)


@once_per_slot(schedules.KEEPING, keep_alive=True)
def grants_keep(lease: JobLease) -> None:
    """End grants whose time is over, tell of ends that are near and of use that has begun."""
    telling.grants_keep(actor=_CLOCK)
    delivery.grants_begin(actor=_CLOCK)


@once_per_slot(schedules.CHECKING, keep_alive=True)
def rights_check(lease: JobLease) -> None:
    """Compare rights and grants; stop what goes on from a stopped one; ask for records of use and rectified matters;
    close requests never supplemented and agreements that came to nothing; let go of what is kept for a time only."""
    right.rights_check(actor=_CLOCK)
    succession.grants_fall_in_line(actor=_CLOCK)
    usage.usage_remind()
    rectifying.inspections_remind()
    material.requests_lapse(actor=_CLOCK)
    delivery.agreements_expire(actor=_CLOCK)
    closing.requests_close(actor=_CLOCK)
    webhook.webhook_attempts_purge()
    refused_call.refused_calls_drop(actor=_CLOCK)


@handler(STEP_EVENT)
def tell_of_step(event: OutboxEvent) -> None:
    """Tell both departments."""
    telling.request_step_tell(key=event.key, **event.payload)


@handler(CHANGED_EVENT)
def tell_of_grant(event: OutboxEvent) -> None:
    """Tell both departments."""
    telling.grant_step_tell(key=event.key, **event.payload)


@handler(CHANGED_EVENT)
def let_deliveries_follow(event: OutboxEvent) -> None:
    """Stop or start the time of what waits to be delivered to the same department."""
    holding.deliveries_follow(actor=_CLOCK, grant_id=event.payload["grant_id"])


@handler(MERGED_EVENT)
def let_deliveries_follow_merger(event: OutboxEvent) -> None:
    """Do so for what a department took over, or waited for before it did."""
    holding.deliveries_follow_merger(actor=_CLOCK, department_id=event.payload["department_id"])


@handler(CHANGED_EVENT)
def let_requests_follow(event: OutboxEvent) -> None:
    """Close requests of which nothing comes any more."""
    closing.requests_follow_grant(actor=_CLOCK, grant_id=event.payload["grant_id"])


@handler(right.DIFFERENCE_EVENT)
def tell_of_difference(event: OutboxEvent) -> None:
    """Raise the alarm."""
    telling.rights_differ_tell(check_id=event.payload["check_id"], key=event.key)


@handler("collection.version.published")
@handler("collection.files.published")
def offer_corrections(event: OutboxEvent) -> None:
    """Ask the provider whether the version corrects what was objected to."""
    telling.corrections_offer(dataset_id=event.payload["dataset_id"], number=event.payload["version"])


@handler("collection.version.published")
@handler("collection.files.published")
def announce_version(event: OutboxEvent) -> None:
    """Write the messages to systems that get data by batch exchange."""
    webhook.webhooks_announce(dataset_id=event.payload["dataset_id"], version=event.payload["version"])


@handler(webhook.SEND_EVENT, is_transactional=False, max_attempts=webhook.MOST_ATTEMPTS, lease_seconds=60)
def send_webhook(event: OutboxEvent) -> None:
    """Send one message once."""
    webhook.webhook_send(
        message_id=event.payload["message_id"], attempt=event.attempt, pause_seconds=event.pause_seconds
    )


@handler(objection.EVENT)
def tell_of_objection(event: OutboxEvent) -> None:
    """Tell both sides."""
    telling.objection_tell(key=event.key, **event.payload)


@handler("collection.erasure.done")
@handler(FAILED_EVENT)
def forget_rows(event: OutboxEvent) -> None:
    """Delete the keys of rows that are no more from open correction requests."""
    objection.objections_forget_rows(actor=ERASER, erasure_id=event.payload["erasure_id"])
