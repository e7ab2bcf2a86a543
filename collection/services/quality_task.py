"""Work for the provider while a dataset is under its quality limit: one task with one clock for one shortfall.

The clock is an internal rule: the regulation asks for quality throughout (Art. 18) but sets no time for it, and the ten
working days of Art. 26 belong to somebody's request for a correction.
"""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from collection import notices, policies
from collection.models import Dataset
from collection.selectors.quality_limit import quality_limit_of
from core.actors import Actor, system_actor
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.exceptions import ClockAlreadyRunning
from workflow.models import Clock
from workflow.selectors.people import role_holder_ids

TASK = "collection.quality"
JUDGE = system_actor(policies.QUALITY_JOB)


@transaction.atomic
def quality_shortfall_settle(*, dataset_id: int) -> None:
    """Open the work where the score is under the limit, end it where it no longer is; asked twice, do it once.

    It is for the department's own people: contractor staff are not told how good the data are (docs/adr/0081).
    """
    dataset = (
        Dataset.objects.select_for_update(of=("self",))
        .select_related("entry__department__region", "entry__current_revision")
        .filter(pk=dataset_id)
        .first()
    )
    if dataset is None:
        return
    limit = quality_limit_of(dataset)
    if dataset.is_retired or dataset.quality_score is None or dataset.quality_score >= limit:
        quality_shortfall_end(actor=JUDGE, dataset=dataset)
        return
    clock = _clock_start(dataset)
    text = format_lazy(_("Quality {score}, limit {limit}"), score=dataset.quality_score, limit=limit)
    if clock is None:
        return
    url = reverse("collection:quality_dataset", args=[dataset.pk])
    workflow.task_open(
        kind=TASK, subject=dataset, title=dataset.name, detail=text, url=url,
        department_id=dataset.entry.department_id, role=Role.CATALOGUER, clock=clock,
    )  # fmt: skip
    workflow.notify(
        user_ids=role_holder_ids(dataset.entry.department_id, [Role.CATALOGUER, Role.HEAD]),
        kind=notices.QUALITY,
        title=format_lazy(_("Quality under its limit: {name}"), name=dataset.name),
        body=text,
        url=url,
        dedupe_key=f"{notices.QUALITY}:{dataset.pk}:{clock.pk}",
    )


def _clock_start(dataset: Dataset) -> Clock | None:
    """Start the clock of a shortfall; None where it runs already."""
    try:
        return workflow.clock_start(
            actor=JUDGE,
            policy_key=ClockKey.QUALITY_CORRECTION,
            subject=dataset,
            department_id=dataset.entry.department_id,
            region_id=dataset.entry.department.region_id,
        )
    except ClockAlreadyRunning:
        return None


def quality_shortfall_end(*, actor: Actor, dataset: Dataset) -> None:
    """End the work on a shortfall, if there is any."""
    if dataset.is_retired:
        workflow.clock_cancel(actor=actor, subject=dataset, policy_key=ClockKey.QUALITY_CORRECTION)
    else:
        workflow.clock_stop(actor=actor, subject=dataset, policy_key=ClockKey.QUALITY_CORRECTION)
    workflow.task_close(actor=actor, subject=dataset, kind=TASK)
