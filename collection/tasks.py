"""Background work of collecting: ids in, one service called."""

from datetime import datetime, timedelta

from celery import shared_task

from collection import schedules
from collection.selectors.run import runs_asked_at
from collection.services import freshness, notice, sweep
from collection.services.dataset import FILTERS_EVENT
from collection.services.filters import filter_indexes_keep
from collection.services.ingest import run_work as carry_out
from collection.services.run import EVENT as RUN_ASKED
from collection.services.upload import uploads_purge
from collection.store.filter_indexes import IndexesBusy
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


@handler("collection.version.published", is_transactional=False)
@handler(FILTERS_EVENT, is_transactional=False)
def start_filter_indexes(event: OutboxEvent) -> None:
    """Hand the making of indexes to a task of its own: it takes as long as the table is large."""
    filter_indexes.delay(event.payload["dataset_id"])


@shared_task(
    name="collection.tasks.filter_indexes",
    ignore_result=True,
    autoretry_for=(IndexesBusy,),
    max_retries=100,
    default_retry_delay=60,
)
def filter_indexes(dataset_id: int) -> None:
    """Make and drop the indexes of a dataset's filter items; tried again while another worker is at it."""
    filter_indexes_keep(dataset_id=dataset_id)


@once_per_slot(schedules.SWEEPING, keep_alive=True)
def runs_sweep(lease: JobLease) -> None:
    """End runs whose worker is lost for good, and questions that nobody answers."""
    sweep.runs_sweep()


@once_per_slot(schedules.PURGING, deadline=timedelta(hours=3), keep_alive=True)
def versions_purge(lease: JobLease) -> None:
    """Remove the rows of versions whose time is over, and what runs left behind."""
    sweep.staging_purge()
    sweep.versions_purge()
    uploads_purge()


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
