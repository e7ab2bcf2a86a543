"""How a run leaves its worker: at its end, or with a question to a person."""

from collections.abc import Callable

from django.db import transaction

from audit import services as audit
from collection import transitions
from collection.built_data import reason_of
from collection.choices import PROOFS, LoadMode, RunOrigin, RunState
from collection.exceptions import RunFailed
from collection.models import Dataset, Run
from collection.services import quality_run
from collection.services.fetch import source_remember
from collection.services.freshness import current_as_of, dataset_confirm
from collection.services.note import note
from collection.services.work import Work
from core import clock
from core.reasons import Reason
from workflow import outbox


def data_confirm(run: Run, dataset: Dataset) -> None:
    """Note up to when a run that ends now has shown its data to be current."""
    moment = current_as_of(run)
    if moment is not None:
        dataset_confirm(dataset, moment)


@transaction.atomic
def run_ask(work: Work, record: Callable[[], None]) -> None:
    """Have the run wait for a person's answer.

    The question and what it is about are kept together: what a worker found and was killed before it asked would else
    pass for what was answered.

    Args:
        record: keeps what the question is about.

    Raises:
        LeaseLost: it is another worker's by now, or was cancelled.
    """
    work.hold()
    record()
    run_end(work, "ask")


@transaction.atomic
def run_end(work: Work, action: str, *, why: Reason | None = None) -> None:
    """Bring the run to its end, or to its question.

    Raises:
        LeaseLost: it is another worker's by now, or was cancelled.
    """
    dataset, run = work.hold()
    run.state = transitions.RUN.apply(action, run.state).target
    run.failure, run.fetched = why.as_dict() if why else {}, work.run.fetched
    now = clock.now()
    if run.state != RunState.WAITING:
        run.finished_at = now
    run.save(update_fields=["state", "failure", "fetched", "finished_at"])
    note(run, f"ended_{run.state}")
    if run.state == RunState.UNCHANGED:
        quality_run.report_keep(run, dataset, work.judgement, work.published)
        data_confirm(run, dataset)
        if run.origin in PROOFS:
            source_remember(run, dataset.published_version_id)
    elif run.state == RunState.REFUSED:
        quality_run.report_keep(run, dataset, work.judgement, None)
    audit.record(work.actor, f"collection.run.{action}", run, after={"state": run.state, "rejected": run.rows_rejected})
    outbox.put(f"collection.run.{run.state}", dataset_id=run.dataset_id, run_id=run.pk)


def unbuilt_require(run: Run, dataset: Dataset) -> None:
    """Refuse a file for data that an app above came to build while it waited: the next build would replace its rows.

    Raises:
        RunFailed: the message says why.
    """
    if run.origin != RunOrigin.LIBRARY and (why := reason_of(dataset, LoadMode(run.mode))):
        raise RunFailed("built_meanwhile", why=why)


@transaction.atomic
def run_settle(work: Work) -> None:
    """End a run that found its rows published.

    Raises:
        LeaseLost: it is another worker's by now, or was cancelled. RunFailed: the data are built by now.
    """
    dataset, run = work.hold()
    unbuilt_require(run, dataset)
    run_end(work, "settle")
