"""What leaves a library: rows of a grant that is over, and of a person whose rows a source has erased."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from collection.models import Dataset, Erasure
from core.actors import Actor
from libraries import notices
from libraries.models import Composition, Part
from libraries.selectors import build_published, datasets_built_from, parts_under, successors_of
from libraries.services.build import BUILDER
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.models import Grant
from workflow import services as workflow

TASK_LEAVE = "libraries.part.leave"
TASK_ERASE = "libraries.dataset.erase"


@transaction.atomic
def grant_leave(*, actor: Actor, grant: Grant) -> int:
    """Tell lead and provider that a library still gives rows of a grant that gives none; return of how many sources.

    Where the grant is over, the lead's head has a task until the source is removed and the dataset is built again.
    """
    told = 0
    for part in parts_under(grant):
        dataset = part.composition.dataset
        if successors_of(dataset, [grant.pk]):
            continue
        if grant.status not in OPEN_GRANT_STATUSES:
            workflow.task_open(
                kind=TASK_LEAVE,
                subject=part,
                title=_title(part),
                detail=format_lazy(_("Grant {number} has ended"), number=grant.pk),
                url=reverse("libraries:dataset_detail", args=[dataset.pk]),
                department_id=dataset.entry.department_id,
                role=Role.HEAD,
            )
        _tell(part, grant, dataset.entry.department_id, [Role.CATALOGUER, Role.HEAD])
        _tell(part, grant, grant.dataset.entry.department_id, [Role.HEAD])
        told += 1
    return told


def _tell(part: Part, grant: Grant, department_id: int, roles: list[Role]) -> None:
    stopped_at = grant.ended_at or grant.suspended_at
    words: Any = _("A library still gives what came under a grant that is not in force: {name}")
    workflow.notify_roles(
        department_id=department_id,
        roles=roles,
        kind=notices.LEAVING,
        title=format_lazy(words, name=_title(part)),
        url=reverse("sharing:grant_detail", args=[grant.pk]),
        dedupe_key=f"{notices.LEAVING}:{part.pk}:{grant.pk}:{department_id}:{stopped_at}",
    )


def _title(part: Part) -> str:
    return f"{part.dataset.name} → {part.composition.dataset.name}"


@transaction.atomic
def parts_left(*, dataset_id: int) -> None:
    """Close what was asked of a library dataset whose published rows are without those of sources that are over."""
    composition = Composition.objects.filter(dataset=dataset_id).first()
    build = build_published(composition) if composition is not None else None
    if composition is None or build is None:
        return
    read = {(one["part"], one["grant"]) for one in build.parts}
    for part in Part.objects.filter(composition=composition, grant__isnull=False).select_related("grant"):
        is_over = part.removed_at is not None or (part.grant is not None and part.grant.status in OPEN_GRANT_STATUSES)
        others = {grant for pk, grant in read if pk == part.pk}
        if is_over and others <= ({part.grant_id} if part.removed_at is None else set()):
            workflow.task_close(actor=BUILDER, subject=part, kind=TASK_LEAVE)


@transaction.atomic
def erasure_spread(*, erasure_id: int) -> int:
    """Ask the leads of libraries that are built from erased data to erase there too; return how many there are.

    The next build is without the rows; versions and originals that are kept are not. One that was erased is done.
    """
    erasure = Erasure.objects.select_related("dataset").get(pk=erasure_id)
    workflow.task_close(actor=BUILDER, subject=erasure.dataset, kind=TASK_ERASE)
    found = Dataset.objects.filter(pk__in=datasets_built_from(erasure.dataset_id)).select_related("entry")
    for dataset in found.order_by("pk"):
        workflow.task_open(
            kind=TASK_ERASE,
            subject=dataset,
            title=dataset.name,
            detail=format_lazy(_("Rows of the source {name} were erased"), name=erasure.dataset.name),
            url=reverse("collection:dataset_detail", args=[dataset.pk]),
            department_id=dataset.entry.department_id,
            role=Role.CATALOGUER,
        )
    return len(found)
