"""A run in the hands of a worker: what it needs to go on, and what stops it once the run is another's."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from accounts.selectors import actor_for_user
from collection import policies
from collection.choices import RunOrigin, RunPhase, RunState
from collection.models import Dataset, DatasetVersion, Run
from collection.quality.judging import Judgement
from collection.selectors.quality import ReadyRules
from collection.store.columns import Column, changes_key, columns_from
from collection.store.names import Stage
from core.actors import Actor, system_actor
from workflow.exceptions import LeaseLost
from workflow.live import LiveProgress
from workflow.services.job_slot import JobLease


@dataclass(slots=True)
class Work:
    """A run in the hands of a worker.

    Attributes:
        published: the version that readers see while the run works.
        generation: that the run loads into.
        rules: the rules that were added to the dataset, as they stood when the run began.
        judgement: what was found about the quality of the rows, once they are compared.
        returned: how many of the rows are of people whose rows were erased on demand.
    """

    run: Run
    dataset: Dataset
    lease: JobLease
    actor: Actor
    progress: LiveProgress
    columns: list[Column]
    published: DatasetVersion | None
    generation: int
    rules: ReadyRules
    judgement: Judgement | None = None
    returned: int = 0

    @property
    def number(self) -> int:
        return self.published.number + 1 if self.published else 1

    @property
    def stage(self) -> Stage:
        """Where this worker stages the rows."""
        return Stage(self.run.pk, self.lease.token)

    def hold(self) -> tuple[Dataset, Run]:
        """Lock slot, dataset and run for the rest of the caller's transaction, in the order that everybody keeps.

        Raises:
            LeaseLost: somebody else holds the run, or it was cancelled.
        """
        self.lease.fence()
        dataset = Dataset.objects.select_for_update(of=("self",)).select_related("entry").get(pk=self.dataset.pk)
        run = Run.objects.select_for_update(of=("self",)).get(pk=self.run.pk)
        if run.state != RunState.RUNNING:
            raise LeaseLost(str(run))
        return dataset, run

    @transaction.atomic
    def save(self, *fields: str) -> None:
        """Save what was found out about the run.

        Raises:
            LeaseLost: somebody else holds the run, or it was cancelled; what an erasure took out must not come back.
        """
        self.lease.fence()
        running = Run.objects.select_for_update(of=("self",)).filter(pk=self.run.pk, state=RunState.RUNNING)
        if not running.values_list("pk", flat=True):
            raise LeaseLost(str(self.run))
        self.run.save(update_fields=fields)

    def enter(self, phase: RunPhase) -> None:
        """Note that a phase begins, unless the run was cancelled or taken over.

        Raises:
            LeaseLost: somebody else holds the run, or it was cancelled.
        """
        self.lease.heartbeat()
        if not Run.objects.filter(pk=self.run.pk, state=RunState.RUNNING).update(phase=phase):
            raise LeaseLost(str(self.run))
        self.run.phase = phase
        self.progress(phase, 0, None)


def live_key(run_id: int) -> str:
    """Return the name under which the progress of a run is noted."""
    return f"collection.run.{run_id}"


def actor_of(run: Run) -> Actor:
    """Return who acts in a run: whoever asked for it, else the job that did."""
    if isinstance(run.asked_by, User):
        return actor_for_user(run.asked_by)
    jobs = {RunOrigin.SCHEDULE: policies.SCHEDULE_JOB, RunOrigin.LIBRARY: policies.LIBRARY_JOB}
    return system_actor(jobs.get(RunOrigin(run.origin), policies.COMMAND_JOB))


def generation_of(published: DatasetVersion | None, columns: Sequence[Column]) -> int:
    """Return the table that fits: a changed key needs a new one."""
    if published is None:
        return 1
    return published.generation + changes_key(columns_from(published.columns), columns)
