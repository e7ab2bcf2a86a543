"""A worker that runs here."""

from collection import services
from collection.models import Dataset, Run
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from core.actors import Actor
from workflow.services.job_slot import job_slot_claim, job_slot_finish


def work(run: Run) -> Run:
    """Carry a run out as a worker would."""
    run.refresh_from_db()
    held = job_slot_claim(job_name(run.pk), run.slot)
    assert held is not None
    run_work(lease=held, run_id=run.pk)
    job_slot_finish(held)
    run.refresh_from_db()
    return run


def run_of(dataset: Dataset, actor: Actor, text: str) -> Run:
    """Load a CSV."""
    run = services.run_upload(actor=actor, dataset_id=dataset.pk, pieces=[text.encode()], file_name="rows.csv")
    return work(run)
