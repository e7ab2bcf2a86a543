"""What must happen whatever dies: every run ends, questions do not wait for ever, old versions go."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from audit import services as audit
from collection import policies, transitions
from collection.choices import OPEN_RUN_STATES, RunState
from collection.models import Dataset, DatasetVersion, Run
from collection.services.fetch import fetched_purge
from collection.services.file import files_purge
from collection.services.note import note
from collection.signals import rows_gone
from collection.store import loading, tables
from core import clock
from core.actors import system_actor
from core.faults import held_apart
from workflow import outbox
from workflow.selectors.job_slot import is_slot_over

log = structlog.get_logger(__name__)

QUESTION_AGE = timedelta(days=7)
UNCLAIMED_AGE = timedelta(days=1)
"""How long a run may wait for a worker before it is given up."""

TOLD_AGAIN = timedelta(days=3)
"""For how long after a version went it is told again that rows are gone."""

SWEEPER = system_actor(policies.SWEEP_JOB)


def job_name(run_id: int) -> str:
    """Return the job whose slots a run's worker holds."""
    return f"collection.run.{run_id}"


def runs_sweep() -> int:
    """End the runs whose worker is lost for good and the questions that nobody answers; return how many."""
    ended = 0
    for run_id in Run.objects.filter(state__in=OPEN_RUN_STATES).values_list("pk", flat=True):
        with held_apart("run_not_swept", run=run_id):
            ended += _run_end_if_lost(run_id)
    return ended


@transaction.atomic
def _run_end_if_lost(run_id: int) -> int:
    """Judge the run as it stands now, under its lock: it may have been confirmed or taken up a moment ago."""
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    age = clock.now() - run.slot
    if run.state == RunState.WAITING:
        return _run_end(run, "cancel", "question_expired") if age > QUESTION_AGE else 0
    if run.state not in OPEN_RUN_STATES:
        return 0
    is_lost = is_slot_over(job_name(run.pk), run.slot) or (run.state == RunState.QUEUED and age > UNCLAIMED_AGE)
    return _run_end(run, "fail", "worker_lost") if is_lost else 0


def _run_end(run: Run, action: str, code: str) -> int:
    run.state = transitions.RUN.apply(action, run.state).target
    run.finished_at = clock.now()
    run.save(update_fields=["state", "finished_at"])
    note(run, code)
    audit.record(SWEEPER, f"collection.run.{action}", run, after={"state": run.state})
    outbox.put(f"collection.run.{run.state}", dataset_id=run.dataset_id, run_id=run.pk)
    return 1


def versions_purge() -> int:
    """Remove the rows of versions that were superseded longer ago than their dataset keeps them; return how many.

    A version stays readable to the end of its time, so that nobody who pins it is cut off in the middle.
    """
    removed = 0
    for dataset in Dataset.objects.filter(Exists(DatasetVersion.objects.filter(dataset=OuterRef("pk")))):
        with held_apart("collection_purge_failed", dataset=dataset.pk):
            until = clock.now() - timedelta(hours=dataset.keep_version_hours)
            gone = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True, superseded_at__lt=until)
            wanted = Run.objects.filter(state__in=OPEN_RUN_STATES, dataset=dataset, of_version__isnull=False)
            gone.exclude(pk__in=wanted.values("of_version")).update(purged_at=clock.now())
            removed += _rows_purge(dataset) if dataset.is_table else files_purge(dataset_id=dataset.pk)
    return removed


def _rows_purge(dataset: Dataset) -> int:
    """Remove the rows that no kept version shows, also those that an earlier night was cut off from removing.

    Who follows them is told for some nights on: one that was cut off may have removed them and told nobody.
    """
    removed = 0
    versions = DatasetVersion.objects.filter(dataset=dataset)
    kept = versions.filter(purged_at__isnull=True)
    for generation in DatasetVersion.objects.filter(dataset=dataset).values_list("generation", flat=True).distinct():
        oldest = kept.filter(generation=generation).order_by("number").values_list("number", flat=True).first()
        if oldest is None:
            loading.generation_drop(dataset.pk, generation)
        else:
            removed += loading.version_purge(dataset.pk, generation, oldest)
    if removed or versions.filter(purged_at__gte=clock.now() - TOLD_AGAIN).exists():
        rows_gone.send(DatasetVersion, dataset=dataset)
    return removed


def staging_purge() -> None:
    """Drop the staging tables of runs that are not under way: they hold cells in the clear."""
    staged = tables.runs_staged()
    working = Run.objects.filter(pk__in=staged, state__in=(RunState.QUEUED, RunState.RUNNING))
    for run_id in staged - set(working.values_list("pk", flat=True)):
        tables.staging_drop(run_id)


def leftovers_purge() -> None:
    """Drop what runs that ended left behind: staging tables, and files that they fetched and never noted."""
    staging_purge()
    ended = Run.objects.exclude(state__in=OPEN_RUN_STATES).filter(finished_at__gte=clock.now() - timedelta(days=2))
    fetched_purge(list(ended.values_list("pk", flat=True)))
