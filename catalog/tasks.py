"""Background work of the catalog: ids in, one service called."""

from datetime import datetime, timedelta

from celery import shared_task

from catalog import schedules
from catalog.selectors.import_upload import uploads_working
from catalog.services import notice
from catalog.services.check import review_checks_renew
from catalog.services.import_upload import EVENT as IMPORT_ASKED
from catalog.services.import_upload import upload_work
from catalog.services.index_repair import index_repair, listing_marks_merge
from core.actors import system_actor
from workflow.outbox import OutboxEvent, handler
from workflow.scheduled import once_per_slot
from workflow.services.job_slot import JobLease, job_slot_run

CHECKER = system_actor("catalog-check")


@handler("catalog.entry.submitted")
def announce_submission(event: OutboxEvent) -> None:
    """Tell the heads."""
    notice.submission_announce(entry_id=event.payload["entry_id"], by=event.payload.get("by"), key=event.key)


@handler("catalog.entry.signed_off")
def announce_sign_off(event: OutboxEvent) -> None:
    """Tell the reviewers and the submitter."""
    notice.sign_off_announce(entry_id=event.payload["entry_id"], by=event.payload.get("by"), key=event.key)


@handler("catalog.entry.published")
def announce_publication(event: OutboxEvent) -> None:
    """Tell submitter and head."""
    notice.publication_announce(entry_id=event.payload["entry_id"], by=event.payload.get("by"), key=event.key)


@handler("catalog.entry.returned")
def announce_return(event: OutboxEvent) -> None:
    """Tell submitter and head."""
    notice.return_announce(entry_id=event.payload["entry_id"], by=event.payload.get("by"), key=event.key)


@handler("catalog.entry.withdrawn")
def announce_withdrawal(event: OutboxEvent) -> None:
    """Tell those who asked for it."""
    notice.withdrawal_announce(entry_id=event.payload["entry_id"], by=event.payload.get("by"), key=event.key)


@handler("catalog.duty_change.recorded")
def announce_duty_change(event: OutboxEvent) -> None:
    """Tell the departments concerned and the authority."""
    notice.duty_change_announce(change_id=event.payload["change_id"], by=event.payload.get("by"), key=event.key)


@once_per_slot(schedules.CHECKING, deadline=timedelta(hours=3), keep_alive=True)
def check(lease: JobLease) -> None:
    """Compare the search index with the entries, and check again what waits for review."""
    index_repair(actor=CHECKER)
    listing_marks_merge()
    review_checks_renew()


@handler(IMPORT_ASKED, is_transactional=False)
def start_import_work(event: OutboxEvent) -> None:
    """Hand the work on an uploaded file to a task of its own, so that it holds nothing else up."""
    import_work.delay(event.payload["slot"])


@shared_task(name="catalog.tasks.import_work", ignore_result=True)
def import_work(slot: str) -> None:
    """Check, import or undo the file for which this was asked at a moment; the moment is the slot of the job.

    A worker that is lost is replaced by the sweep of the job slots, which sends the same slot again.
    """
    for upload_id in uploads_working(slot):
        job = f"catalog.import.{upload_id}"
        asked_at = datetime.fromisoformat(slot)
        with job_slot_run(
            job, asked_at, deadline=timedelta(hours=6), task_name="catalog.tasks.import_work", keep_alive=True
        ) as held:
            if held is not None:
                upload_work(upload_id=upload_id)
