"""Background work of collecting: ids in, one service called."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from celery import shared_task

from collection import schedules
from collection.selectors.erasure import erasures_asked_at
from collection.selectors.run import runs_asked_at
from collection.services import (
    duty_notice,
    erasure_work,
    freshness,
    newest,
    notice,
    quality_task,
    retention,
    source_slot,
    sweep,
)
from collection.services.dataset import FILTERS_EVENT, RETIRED_EVENT, TIME_ITEM_EVENT
from collection.services.erasure import COUNT_EVENT as ERASURE_COUNT
from collection.services.erasure import EVENT as ERASURE_ASKED
from collection.services.erasure_count import (
    count_job_name,
    count_slot,
    erasure_counts_ask,
    erasures_count,
    is_count_wanted,
)
from collection.services.filters import filter_indexes_keep
from collection.services.ingest import run_work as carry_out
from collection.services.orphans import orphans_purge
from collection.services.quality_run import EVENT as QUALITY_JUDGED
from collection.services.run import EVENT as RUN_ASKED
from collection.services.source import secrets_renew
from collection.services.upload import GIVEN_UP_EVENT as UPLOADS_GIVEN_UP
from collection.services.upload import uploads_purge
from collection.store.filter_indexes import IndexesBusy
from core.faults import held_apart
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


@handler("collection.version.published", is_transactional=False)
@handler(TIME_ITEM_EVENT, is_transactional=False)
def start_newest(event: OutboxEvent) -> None:
    """Hand the look for the newest value to a task of its own: it reads a whole column."""
    newest_find.delay(event.payload["dataset_id"])


@shared_task(name="collection.tasks.newest_find", ignore_result=True)
def newest_find(dataset_id: int) -> None:
    """Measure the newest value of a dataset's time item; the hourly check makes up for one that is lost."""
    newest.newest_measure(dataset_id=dataset_id)


@shared_task(ignore_result=True)
def sources_check() -> None:
    """Ask for a run of each source that is due, and let runs that were put off begin again.

    It may come as often as it likes, from two beats at once: a due time is a unique row, a run's moment a job slot.
    """
    source_slot.sources_check()
    for slot in source_slot.runs_to_repeat():
        run_work.delay(slot)


def _each(*steps: Callable[[], object]) -> None:
    """Take one step after the other; one that fails keeps the others from nothing."""
    for step in steps:
        with held_apart("step_failed", step=step.__name__):
            step()


@once_per_slot(schedules.SWEEPING, keep_alive=True)
def runs_sweep(lease: JobLease) -> None:
    """End runs whose worker is lost for good, and questions that nobody answers; see to what lost workers left."""
    _each(sweep.runs_sweep, sweep.staging_purge, erasure_work.erasures_sweep, erasure_counts_ask)


@once_per_slot(schedules.PURGING, deadline=timedelta(hours=3), keep_alive=True)
def versions_purge(lease: JobLease) -> None:
    """Remove rows and files whose time is over and what dead workers left behind; renew seals of older keys."""
    _each(
        sweep.leftovers_purge,
        sweep.versions_purge,
        retention.originals_expire,
        secrets_renew,
        uploads_purge,
        orphans_purge,
    )


@once_per_slot(schedules.FRESHNESS, keep_alive=True)
def freshness_check(lease: JobLease) -> None:
    """Judge every dataset and send the reminders that are due; measure what was not measured yet."""
    freshness.freshness_check()
    newest.newest_catch_up()


@handler(retention.EVENT)
@handler(retention.UNUSED_EVENT)
def drop_files(event: OutboxEvent) -> None:
    """Delete what nothing names any more."""
    retention.files_drop(event.payload["names"])


@handler(UPLOADS_GIVEN_UP)
def announce_uploads(event: OutboxEvent) -> None:
    """Tell whose unfinished files were thrown away."""
    notice.uploads_announce(key=event.key, **event.payload)


@handler("collection.run.waiting")
def announce_question(event: OutboxEvent) -> None:
    """Ask whoever sent the file, or keeps the source."""
    notice.question_announce(run_id=event.payload["run_id"], key=event.key)


@handler("collection.run.failed")
@handler("collection.run.refused")
def announce_failure(event: OutboxEvent) -> None:
    """Tell whoever sent the file or keeps the source, and the department's head."""
    notice.failure_announce(run_id=event.payload["run_id"], key=event.key)


@handler("collection.run.cancelled")
def announce_cancel(event: OutboxEvent) -> None:
    """Tell whoever sent the file or keeps the source, where nobody of them has cancelled it."""
    notice.cancel_announce(run_id=event.payload["run_id"], key=event.key)


@handler("collection.run.returned")
def announce_returned(event: OutboxEvent) -> None:
    """Tell that rows that were erased are published again."""
    notice.returned_announce(key=event.key, **event.payload)


@handler(RETIRED_EVENT)
def announce_unhooking(event: OutboxEvent) -> None:
    """Tell the heads of the provider."""
    notice.unhooking_announce(key=event.key, **event.payload)


@handler(QUALITY_JUDGED)
def settle_shortfall(event: OutboxEvent) -> None:
    """Open or end the work on data under their quality limit."""
    quality_task.quality_shortfall_settle(dataset_id=event.payload["dataset_id"])


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


@handler(ERASURE_COUNT, is_transactional=False)
@handler("collection.version.published", is_transactional=False)
def start_erasure_count(event: OutboxEvent) -> None:
    """Hand the counting of rows to a task of its own, where erasures of the data wait for it and no worker is at it."""
    if is_count_wanted(event.payload["dataset_id"]):
        erasure_count.delay(event.payload["dataset_id"])


@shared_task(name="collection.tasks.erasure_count", ignore_result=True)
def erasure_count(dataset_id: int) -> None:
    """Count the rows that erasures would remove; the sweep makes up for one that is lost."""
    if not is_count_wanted(dataset_id):
        return
    with job_slot_run(
        count_job_name(dataset_id),
        count_slot(dataset_id),
        deadline=RUN_DEADLINE,
        keep_alive=True,
    ) as held:
        if held is not None:
            with suppress(LeaseLost):
                erasures_count(lease=held, dataset_id=dataset_id)


@handler(erasure_work.FAILED_EVENT)
def announce_failed_erasure(event: OutboxEvent) -> None:
    """Tell who asked and who approved."""
    duty_notice.erasure_failure_announce(erasure_id=event.payload["erasure_id"], key=event.key)


@handler("collection.erasure.done")
def announce_erasure(event: OutboxEvent) -> None:
    """Tell who asked and who approved."""
    duty_notice.erasure_done_announce(erasure_id=event.payload["erasure_id"], key=event.key)
