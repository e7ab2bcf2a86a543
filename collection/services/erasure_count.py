"""Counting the rows that erasures would remove: all rows are read, so a worker does it, one at a time for a dataset."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from collection.duty_choices import ErasureState
from collection.models import Dataset, Erasure
from collection.selectors import erasure as selectors
from collection.services.erasure import COUNT_EVENT
from core import clock
from core.faults import held_apart
from workflow import outbox
from workflow.choices import JobState
from workflow.selectors.job_slot import slot_ended_last, slot_running
from workflow.services.job_slot import JobLease

PAUSE = timedelta(hours=1)
"""After a count that broke off the same is not tried again for so long: each reads the whole table."""


class CountBrokenOff(Exception):
    """Rows of some erasures could not be counted; why is in the log."""


def count_job_name(dataset_id: int) -> str:
    """Return the job whose slots are held while rows of a dataset are counted."""
    return f"collection.erasure_count.{dataset_id}"


def count_slot(dataset_id: int) -> datetime:
    """Return the slot of the next count, or of the one that is under way: the moment at which the one before ended.

    So however often a count is asked for, no second one begins beside it.
    """
    last = slot_ended_last(count_job_name(dataset_id))
    if last is not None and last.finished_at is not None:
        return last.finished_at
    return Dataset.objects.values_list("created_at", flat=True).get(pk=dataset_id)


def is_count_wanted(dataset_id: int) -> bool:
    """Say whether rows of a dataset are to be counted, no worker is at it, and the last one did not break off."""
    waiting = selectors.erasures_uncounted(dataset_id)
    if not waiting or slot_running(count_job_name(dataset_id), count_slot(dataset_id)) is not None:
        return False
    return not is_count_paused(waiting)


def is_count_paused(waiting: Sequence[Erasure]) -> bool:
    """Say whether the last count broke off a short time ago, and nothing is new since then: it would again.

    Args:
        waiting: erasures of one dataset whose rows are to be counted.
    """
    if not waiting:
        return False
    dataset = waiting[0].dataset
    last = slot_ended_last(count_job_name(dataset.pk))
    if last is None or last.state == JobState.SUCCEEDED or last.finished_at is None:
        return False
    news = [one.asked_at for one in waiting]
    if dataset.published_version is not None:
        news.append(dataset.published_version.published_at)
    return max(news) < last.claimed_at and clock.now() - last.finished_at < PAUSE


def erasures_count(*, lease: JobLease, dataset_id: int) -> int:
    """Count the rows of a dataset's erasures that wait for a decision and were not counted since the last version.

    Where the next version comes meanwhile, they are counted again by the next count, not by this one.

    Returns:
        For how many it was done.

    Raises:
        LeaseLost: another worker has taken over.
        CountBrokenOff: some could not be counted; the others were.
    """
    done = 0
    waiting = selectors.erasures_uncounted(dataset_id)
    left = {one.pk for one in waiting}
    for erasure in waiting:
        lease.heartbeat()
        with held_apart("collection_erasure_not_counted", erasure=erasure.pk):
            done += _count(lease, erasure)
            left.discard(erasure.pk)
    if left:
        raise CountBrokenOff(", ".join(map(str, sorted(left))))
    return done


def _count(lease: JobLease, erasure: Erasure) -> bool:
    """Count; nothing is locked while the table is read. Return whether the erasure still waits."""
    number = selectors.published_number(erasure.dataset)
    rows = selectors.rows_concerned(erasure.dataset, str(erasure.item), selectors.erasure_subject(erasure))
    with transaction.atomic():
        lease.fence()
        waiting = Erasure.objects.filter(pk=erasure.pk, state=ErasureState.AWAITING_HEAD)
        return bool(waiting.update(rows_seen=rows, counted_version=number))


@transaction.atomic
def erasure_counts_ask() -> int:
    """Ask for the counts that were lost; return for how many datasets."""
    datasets = sorted({one.dataset_id for one in selectors.erasures_uncounted()})
    wanted = [dataset_id for dataset_id in datasets if is_count_wanted(dataset_id)]
    for dataset_id in wanted:
        outbox.put(COUNT_EVENT, dataset_id=dataset_id)
    return len(wanted)
