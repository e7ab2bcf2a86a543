"""Background work of collecting: ids in, one service called."""

from datetime import datetime, timedelta

from celery import shared_task

from collection import schedules
from collection.selectors.erasure import erasures_asked_at
from collection.selectors.run import runs_asked_at
from collection.services import duty_notice, erasure_work, freshness, notice, sweep
from collection.services.erasure import EVENT as ERASURE_ASKED
from collection.services.ingest import run_work as carry_out
from collection.services.run import EVENT as RUN_ASKED
from workflow.exceptions import LeaseLost
from workflow.outbox import OutboxEvent, handler
from workflow.scheduled import once_per_slot
from workflow.services.job_slot import JobLease, job_slot_run

RUN_DEADLINE = timedelta(hours=12)


@handler(RUN_ASKED, is_transactional=False)
def start_run(event: OutboxEvent) -> None:
    """Hand a run to a task of its own, so that it holds nothing else up."""
    run_work.delay(event.payload["slot"])


@shared_task(name="collection.tasks.run_work", ignore_result=True)
def run_work(slot: str) -> None:
    """Carry out the runs for which this was asked at a moment; the moment is the slot of the job.

    A worker that is lost is replaced by the sweep of the job slots, which sends the same slot again.
    """
    for run_id in runs_asked_at(slot):
        with job_slot_run(
            sweep.job_name(run_id),
            datetime.fromisoformat(slot),
            deadline=RUN_DEADLINE,
            task_name="collection.tasks.run_work",
            keep_alive=True,
        ) as held:
            if held is not None:
                try:
                    carry_out(lease=held, run_id=run_id)
                except LeaseLost:
                    continue


@once_per_slot(schedules.SWEEPING, keep_alive=True)
def runs_sweep(lease: JobLease) -> None:
    """End runs whose worker is lost for good, and questions that nobody answers; ask anew for lost erasures."""
    sweep.runs_sweep()
    erasure_work.erasures_sweep()


@once_per_slot(schedules.PURGING, deadline=timedelta(hours=3), keep_alive=True)
def versions_purge(lease: JobLease) -> None:
    """Remove the rows of versions whose time is over, and what runs left behind."""
    sweep.staging_purge()
    sweep.versions_purge()


@once_per_slot(schedules.FRESHNESS, keep_alive=True)
def freshness_check(lease: JobLease) -> None:
    """Judge every dataset and send the reminders that are due."""
    freshness.freshness_check()


@handler("collection.run.waiting")
def announce_question(event: OutboxEvent) -> None:
    """Ask whoever sent the file."""
    notice.question_announce(run_id=event.payload["run_id"], key=event.key)


@handler("collection.run.failed")
@handler("collection.run.refused")
def announce_failure(event: OutboxEvent) -> None:
    """Tell whoever sent the file, and the department's head."""
    notice.failure_announce(run_id=event.payload["run_id"], key=event.key)


@handler("collection.duty.submitted")
def announce_duty_submitted(event: OutboxEvent) -> None:
    """Tell the heads."""
    duty_notice.duty_submitted_announce(key=event.key, **event.payload)


@handler("collection.duty.signed_off")
def announce_duty_signed_off(event: OutboxEvent) -> None:
    """Tell the reviewers."""
    duty_notice.duty_signed_off_announce(key=event.key, **event.payload)


@handler("collection.duty.registered")
def announce_duty_registered(event: OutboxEvent) -> None:
    """Tell submitter and head."""
    duty_notice.duty_registered_announce(key=event.key, **event.payload)


@handler("collection.duty.returned")
def announce_duty_returned(event: OutboxEvent) -> None:
    """Tell submitter and head."""
    duty_notice.duty_returned_announce(key=event.key, **event.payload)


@handler(ERASURE_ASKED, is_transactional=False)
def start_erasure(event: OutboxEvent) -> None:
    """Hand an erasure to a task of its own, so that it holds nothing else up."""
    erasure_carry_out.delay(event.payload["slot"])


@shared_task(name="collection.tasks.erasure_carry_out", ignore_result=True)
def erasure_carry_out(slot: str) -> None:
    """Carry out the erasures for which this was asked at a moment; the moment is the slot of the job."""
    for erasure_id in erasures_asked_at(slot):
        with job_slot_run(
            erasure_work.erasure_job_name(erasure_id),
            datetime.fromisoformat(slot),
            deadline=RUN_DEADLINE,
            task_name="collection.tasks.erasure_carry_out",
            keep_alive=True,
        ) as held:
            if held is not None:
                try:
                    erasure_work.erasure_work(lease=held, erasure_id=erasure_id)
                except LeaseLost:
                    continue


@handler("collection.erasure.done")
def announce_erasure(event: OutboxEvent) -> None:
    """Tell who asked and who approved."""
    duty_notice.erasure_done_announce(erasure_id=event.payload["erasure_id"], key=event.key)
