"""Background work of libraries: ids in, one service called."""

from datetime import datetime, timedelta

from celery import shared_task

from core.faults import held_apart
from libraries import schedules
from libraries.keeping import build_slot_of, builds_published_at
from libraries.selectors import builds_asked_at
from libraries.services import build, consent, currency, disuse, erasing, leaving, lineage, part, telling
from libraries.services.compose import build_work as compose
from sharing.choices import GrantAction
from workflow.exceptions import LeaseLost
from workflow.outbox import OutboxEvent, handler
from workflow.scheduled import once_per_slot
from workflow.services.job_slot import JobLease, job_slot_run

BUILD_DEADLINE = timedelta(hours=12)


@handler(build.ASKED_EVENT, is_transactional=False)
def start_build(event: OutboxEvent) -> None:
    """Hand a build to a task of its own, so that it holds nothing else up."""
    build_work.delay(event.payload["slot"])


@shared_task(name="libraries.tasks.build_work", ignore_result=True)
def build_work(slot: str) -> None:
    """Carry out the builds for which this was asked at a moment; the moment is the slot of the job."""
    for build_id in builds_asked_at(slot):
        with job_slot_run(
            build.job_name(build_id),
            datetime.fromisoformat(slot),
            deadline=BUILD_DEADLINE,
            task_name="libraries.tasks.build_work",
            keep_alive=True,
        ) as held:
            if held is not None:
                try:
                    compose(lease=held, build_id=build_id)
                except LeaseLost:
                    continue


@handler("collection.version.published")
def follow_source(event: OutboxEvent) -> None:
    """Build what has the published data as a source."""
    build.builds_follow(dataset_id=event.payload["dataset_id"])


@handler("collection.run.unchanged")
def follow_unchanged_source(event: OutboxEvent) -> None:
    """Note of what is built from data that were found unchanged how current it is."""
    currency.libraries_confirm(dataset_id=event.payload["dataset_id"])


@handler("collection.version.published")
@handler("collection.run.unchanged")
@handler("collection.run.refused")
@handler("collection.run.failed")
@handler("collection.run.cancelled")
def go_on(event: OutboxEvent) -> None:
    """Build what has waited for the run that ended."""
    build.build_go_on(dataset_id=event.payload["dataset_id"])


@handler("collection.version.published", is_transactional=False)
@handler("collection.run.unchanged", is_transactional=False)
def settle_lineage(event: OutboxEvent) -> None:
    """Hand to a task of its own what compares the rows that a build told of with those that were published.

    An erasure publishes without a run, and has settled itself what is told.
    """
    run_id = event.payload.get("run_id")
    slot = build_slot_of(run_id) if run_id is not None else None
    if slot is not None:
        lineage_settle.delay(slot)


@handler(lineage.UNSETTLED_EVENT, is_transactional=False)
def settle_lineage_again(event: OutboxEvent) -> None:
    """Hand it to a task of its own once more."""
    lineage_settle.delay(event.payload["slot"])


@shared_task(name="libraries.tasks.lineage_settle", ignore_result=True)
def lineage_settle(slot: str) -> None:
    """Let what is told of rows' sources be told of those that were published, of the builds asked for at a moment.

    A worker that is lost is replaced by the sweep of the job slots, which sends the same slot again.
    """
    for build_id in builds_published_at(slot):
        with job_slot_run(
            lineage.settle_job_name(build_id),
            datetime.fromisoformat(slot),
            deadline=lineage.SETTLE_DEADLINE,
            task_name="libraries.tasks.lineage_settle",
            keep_alive=True,
        ) as held:
            if held is not None:
                lineage.lineage_settle(build_id=build_id)


@handler("collection.version.published")
@handler("collection.run.unchanged")
@handler("collection.run.refused")
@handler("collection.run.failed")
@handler("collection.run.cancelled")
def let_lineage_go(event: OutboxEvent) -> None:
    """Drop what a build has told of rows that came to nothing, or an earlier one of the same."""
    lineage.lineages_let_go(dataset_id=event.payload["dataset_id"])


@handler(build.LOST_EVENT)
def give_rows_back(event: OutboxEvent) -> None:
    """Give back what a build that will not be done any more has set aside of a day's rows."""
    build.build_rows_release(build_id=event.payload["build_id"])


@handler(build.FAILED_EVENT)
def tell_of_failure(event: OutboxEvent) -> None:
    """Tell those who keep the dataset."""
    telling.build_failure_tell(build_id=event.payload["build_id"], key=event.key)


@handler("collection.version.published")
@handler("collection.run.unchanged")
def note_what_left(event: OutboxEvent) -> None:
    """Close the tasks on sources whose rows have left."""
    leaving.parts_left(dataset_id=event.payload["dataset_id"])


@handler(leaving.LEAVING_EVENT)
def renew_without(event: OutboxEvent) -> None:
    """Build anew what rows have to leave."""
    build.build_renew(dataset_id=event.payload["dataset_id"])


@handler("sharing.grant.changed")
def follow_narrowed_grant(event: OutboxEvent) -> None:
    """Have replaced what a library gives from a grant that gave more."""
    if event.payload["action"] in (GrantAction.NARROW, GrantAction.ADAPT):
        leaving.narrowed_leave(grant_id=event.payload["grant_id"])


@handler("collection.erasure.done")
@handler("collection.erasure.failed")
def spread_erasure(event: OutboxEvent) -> None:
    """Ask for the erasure in the libraries that are built from the data."""
    erasing.erasure_spread(erasure_id=event.payload["erasure_id"])


@handler(consent.MOVED_EVENT)
def ask_for_other_library(event: OutboxEvent) -> None:
    """Ask providers for the library that the data belong to by now."""
    consent.consents_follow(actor=build.BUILDER, dataset_id=event.payload["dataset_id"])


@handler(consent.ANSWERED_EVENT)
def tell_of_answer(event: OutboxEvent) -> None:
    """Tell those who keep the dataset."""
    telling.part_answer_tell(part_id=event.payload["part_id"], key=event.key)


@once_per_slot(schedules.SWEEPING, keep_alive=True)
def builds_sweep(lease: JobLease) -> None:
    """See to builds whose worker is lost, to those whose way has become free, and to what dead ones left."""
    build.builds_sweep()
    lineage.lineages_sweep()


@once_per_slot(schedules.CATCHING_UP, keep_alive=True)
def builds_catch_up(lease: JobLease) -> None:
    """Take out what has to leave, build what was left behind, and see what libraries keep no more."""
    jobs = (
        disuse.disused_let_go,
        leaving.left_over_follow,
        consent.moved_left_over_follow,
        part.parts_take_out,
        build.builds_catch_up,
        erasing.erasures_settle,
        lineage.lineages_settle_left,
    )
    for each in jobs:
        with held_apart("library_night_failed", job=each.__name__):
            each()
