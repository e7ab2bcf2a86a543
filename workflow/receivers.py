"""Answers to signals of others."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from accounts.choices import Role
from accounts.models import Department, Region
from accounts.signals import authority_appointed, department_headless, department_merged, department_moved
from core.actors import Actor
from workflow.services.heads import headless_notify
from workflow.services.succession import clocks_move, work_hand_over


@receiver(department_merged, dispatch_uid="workflow.department_merged")
def take_work_over(sender: Any, actor: Actor, merged: Department, survivor: Department, **kwargs: Any) -> None:
    """What waits for a merged department waits for its successor."""
    work_hand_over(actor=actor, former_id=merged.pk, to=survivor)


@receiver(department_moved, dispatch_uid="workflow.department_moved")
def move_clocks(sender: Any, actor: Actor, department_ids: Collection[int], region: Region, **kwargs: Any) -> None:
    """Time limits of a department are watched where it lies now."""
    clocks_move(department_ids=department_ids, region_id=region.pk)


@receiver(authority_appointed, dispatch_uid="workflow.authority_appointed")
def hand_reviews_over(
    sender: Any, actor: Actor, former: Department | None, department: Department, **kwargs: Any
) -> None:
    """What waits for the reviewers of the former authority waits for those of the new one."""
    if former is not None:
        work_hand_over(actor=actor, former_id=former.pk, to=department, role=Role.REVIEWER)


@receiver(department_headless, dispatch_uid="workflow.department_headless")
def tell_of_headless(sender: Any, actor: Actor, department: Department, **kwargs: Any) -> None:
    """Work that nobody is left to do is not left lying in silence."""
    headless_notify(actor=actor, department=department)
