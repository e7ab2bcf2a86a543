"""Background work of the app: ids in, one service called."""

from datetime import timedelta

from celery import shared_task

from accounts.services import sign_in_leftovers_purge
from core.actors import system_actor
from workflow import outbox_delivery, schedules
from workflow.outbox import DELIVER_TASK, OutboxEvent, handler
from workflow.scheduled import once_per_slot
from workflow.services.attachment import attachments_sweep
from workflow.services.calendar import CHANGED_EVENT
from workflow.services.clock import MOVED_EVENT, clocks_recompute
from workflow.services.email import notification_email_send
from workflow.services.idempotent_request import idempotent_requests_purge
from workflow.services.job_slot import JobLease, job_slots_purge
from workflow.services.job_slot import job_slots_sweep as sweep
from workflow.services.notification import EMAIL_EVENT
from workflow.services.reminder import clock_moved_notify, clocks_mark_overdue
from workflow.services.reminder import reminders_send as send_reminders

CALENDAR = system_actor("calendar")
CLOCKS = system_actor("clocks")


@shared_task(name=DELIVER_TASK, ignore_result=True)
def outbox_deliver() -> int:
    """Deliver what the outbox holds: sent after each commit that wrote to it, and by beat for what that missed."""
    return outbox_delivery.deliver()


@shared_task(ignore_result=True)
def job_slots_sweep() -> None:
    """End or hand on the slots of lost workers."""
    sweep()


@once_per_slot(schedules.OVERDUE, keep_alive=True)
def clocks_check(lease: JobLease) -> None:
    """Compute clocks again that are older than the calendar, and mark those that are overdue."""
    clocks_recompute(actor=CALENDAR)
    clocks_mark_overdue(actor=CLOCKS)


@once_per_slot(schedules.REMINDERS, keep_alive=True)
def reminders_send(lease: JobLease) -> None:
    """Send the reminders of the day."""
    send_reminders()


@once_per_slot(schedules.CLEANING, deadline=timedelta(hours=3), keep_alive=True)
def clean(lease: JobLease) -> None:
    """Delete what is no longer needed: delivered messages, old slots, files without a row, ended sign-ins."""
    outbox_delivery.purge()
    job_slots_purge()
    attachments_sweep()
    idempotent_requests_purge()
    sign_in_leftovers_purge()


@handler(EMAIL_EVENT, is_transactional=False)
def email_notification(event: OutboxEvent) -> None:
    """Mail a notification."""
    notification_email_send(notification_id=event.payload["notification_id"])


@handler(CHANGED_EVENT, is_transactional=False)
def recompute_clocks(event: OutboxEvent) -> None:
    """Move the clocks that a new holiday notice touches."""
    clocks_recompute(actor=CALENDAR)


@handler(MOVED_EVENT)
def notify_moved_clock(event: OutboxEvent) -> None:
    """Tell those on duty that their due day is another one now."""
    clock_moved_notify(clock_id=event.payload["clock_id"], due_before=event.payload["due_before"], key=event.key)
