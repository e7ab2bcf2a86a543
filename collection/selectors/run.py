"""Runs, as far as an actor may see how data came."""

from datetime import datetime

from django.db.models import QuerySet

from collection import policies
from collection.choices import OPEN_RUN_STATES, RunState
from collection.models import Dataset, Run, RunNote
from collection.selectors.dataset import dataset_get_for, own_datasets
from core.actors import Actor
from core.exceptions import NotVisible


def run_list_for(actor: Actor) -> QuerySet[Run]:
    """Return the runs of the datasets that the actor answers for, latest first."""
    return (
        Run.objects.filter(dataset__in=own_datasets(actor).values("pk"))
        .select_related("dataset__entry__department", "asked_by", "version")
        .order_by("-pk")
    )


def run_get_for(actor: Actor, run_id: int, *, for_update: bool = False) -> Run:
    """Return one run with its dataset.

    Args:
        for_update: lock the rows of dataset and run, in this order, until the end of the transaction.

    Raises:
        NotVisible: there is none, or the actor does not see its dataset.
        NotAllowed: he sees the dataset, but not how it came.
    """
    found = Run.objects.filter(pk=run_id)
    dataset_id = found.values_list("dataset_id", flat=True).first()
    if dataset_id is None:
        raise NotVisible
    dataset = dataset_get_for(actor, dataset_id, for_update=for_update)
    if not actor.is_system:
        policies.require_see_runs(actor, dataset.entry)
    if for_update:
        found = found.select_for_update(of=("self",))
    run = found.select_related("asked_by", "version", "of_version", "corrects", "source").get()
    run.dataset = dataset
    return run


def runs_of(dataset: Dataset) -> QuerySet[Run]:
    """Return the runs of a dataset, latest first."""
    return Run.objects.filter(dataset=dataset).select_related("asked_by", "version").order_by("-pk")


def run_open_of(dataset: Dataset) -> Run | None:
    """Return the run that is under way, if there is one."""
    return Run.objects.filter(dataset=dataset, state__in=OPEN_RUN_STATES).first()


def notes_of(run: Run) -> QuerySet[RunNote]:
    """Return the log of a run in its order."""
    return RunNote.objects.filter(run=run).order_by("pk")


def runs_asked_at(slot: str) -> list[int]:
    """Return the runs for which work was asked at a moment and is not done."""
    states = (RunState.QUEUED, RunState.RUNNING)
    return list(
        Run.objects.filter(slot=datetime.fromisoformat(slot), state__in=states)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
