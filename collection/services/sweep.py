"""What must happen whatever dies: every run ends, questions do not wait for ever, old versions go."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from collection import policies, transitions
from collection.choices import OPEN_RUN_STATES, RunState
from collection.models import Dataset, DatasetVersion, Run
from collection.services.file import files_purge
from collection.services.note import note
from collection.store import loading, tables
from core import clock
from core.actors import system_actor
from workflow import outbox
from workflow.selectors.job_slot import is_slot_over

QUESTION_AGE = timedelta(days=7)
UNCLAIMED_AGE = timedelta(days=1)
"""How long a run may wait for a worker before it is given up."""

SWEEPER = system_actor(policies.SWEEP_JOB)


def job_name(run_id: int) -> str:
    """Return the job whose slots a run's worker holds."""
    return f"collection.run.{run_id}"


def runs_sweep() -> int:
    """End the runs whose worker is lost for good and the questions that nobody answers; return how many."""
    ended = 0
    now = clock.now()
    for run_id, state, slot in Run.objects.filter(state__in=OPEN_RUN_STATES).values_list("pk", "state", "slot"):
        if state == RunState.WAITING:
            if slot < now - QUESTION_AGE:
                ended += _run_end(run_id, "cancel", "question_expired")
        elif is_slot_over(job_name(run_id), slot) or (state == RunState.QUEUED and slot < now - UNCLAIMED_AGE):
            ended += _run_end(run_id, "fail", "worker_lost")
    return ended


@transaction.atomic
def _run_end(run_id: int, action: str, code: str) -> int:
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.state not in OPEN_RUN_STATES:
        return 0
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
    for dataset in Dataset.objects.filter(published_version__isnull=False).select_related("published_version"):
        until = clock.now() - timedelta(hours=dataset.keep_version_hours)
        gone = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True, superseded_at__lt=until)
        if not gone.update(purged_at=clock.now()):
            continue
        if not dataset.is_table:
            removed += files_purge(dataset=dataset)
            continue
        kept = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True)
        for generation in (
            DatasetVersion.objects.filter(dataset=dataset).values_list("generation", flat=True).distinct()
        ):
            oldest = kept.filter(generation=generation).order_by("number").values_list("number", flat=True).first()
            if oldest is None:
                loading.generation_drop(dataset.pk, generation)
            else:
                removed += loading.version_purge(dataset.pk, generation, oldest)
    return removed


def staging_purge() -> None:
    """Drop what runs that ended left in the staging tables."""
    ended = Run.objects.filter(
        ~Q(state__in=OPEN_RUN_STATES), finished_at__gte=clock.now() - timedelta(days=2)
    ).values_list("pk", flat=True)
    for run_id in ended:
        tables.staging_drop(run_id)
