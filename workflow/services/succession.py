"""Work that goes to another department: the one it lay with was merged, moved, or is no longer in charge."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Department
from core import clock as time
from core.actors import Actor
from workflow.choices import OPEN_CLOCK_STATES
from workflow.models import Clock, Task


@transaction.atomic
def work_hand_over(
    *,
    actor: Actor,
    former_id: int,
    to: Department,
    role: str = "",
    subjects: tuple[str, Collection[int]] | None = None,
) -> None:
    """Let open tasks and running time limits of a department lie with another; due days stay as they are.

    Args:
        role: only what waits for this role.
        subjects: only work on these objects: their label as in ``Model._meta.label_lower``, and their keys.
    """
    tasks = Task.objects.filter(department_id=former_id, closed_at__isnull=True)
    clocks = Clock.objects.filter(department_id=former_id, state__in=OPEN_CLOCK_STATES)
    if role:
        tasks, clocks = tasks.filter(role=role), clocks.filter(role=role)
    if subjects is not None:
        label, keys = subjects
        tasks = tasks.filter(subject_label=label, subject_pk__in=list(keys))
        clocks = clocks.filter(subject_label=label, subject_pk__in=list(keys))
    same = Task.objects.filter(
        kind=OuterRef("kind"),
        subject_label=OuterRef("subject_label"),
        subject_pk=OuterRef("subject_pk"),
        role=OuterRef("role"),
        department=to,
        closed_at__isnull=True,
    )
    tasks.filter(Exists(same)).update(closed_at=time.now(), closed_by=str(actor))
    tasks.update(department=to)
    clocks.update(department=to, region=to.region_id)


@transaction.atomic
def clocks_move(*, department_ids: Collection[int], region_id: int) -> int:
    """Let the running time limits of departments count for the region these went to; return how many."""
    clocks = Clock.objects.filter(department_id__in=list(department_ids), state__in=OPEN_CLOCK_STATES)
    return clocks.update(region_id=region_id)
