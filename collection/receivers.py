"""Answers to signals of others."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from accounts.models import Department, Region
from accounts.signals import authority_appointed, department_ending, department_merged, department_moved
from collection.services.duty_succession import duties_refile, duties_take_over, end_obstacles, leads_take_over
from core.actors import Actor
from core.exceptions import FieldError


@receiver(department_merged, dispatch_uid="collection.department_merged")
def take_duties_over(sender: Any, actor: Actor, merged: Department, survivor: Department, **kwargs: Any) -> None:
    """Duties of a merged department are its successor's."""
    duties_take_over(actor=actor, merged=merged, survivor=survivor)


@receiver(department_moved, dispatch_uid="collection.department_moved")
def refile_of_moved(sender: Any, actor: Actor, department_ids: Collection[int], region: Region, **kwargs: Any) -> None:
    """What a moved department has filed goes to the authority of its new region."""
    duties_refile(actor=actor, departments=Department.objects.filter(pk__in=department_ids).order_by("pk"))


@receiver(authority_appointed, dispatch_uid="collection.authority_appointed")
def refile_of_region(
    sender: Any, actor: Actor, former: Department | None, department: Department, **kwargs: Any
) -> None:
    """What lies with a former authority goes to the new one, and the leads it named."""
    if former is not None:
        filed = Department.objects.filter(collection_duties__revisions__authority=former).distinct().order_by("pk")
        duties_refile(actor=actor, departments=filed)
        leads_take_over(actor=actor, former=former, authority=department)


@receiver(department_ending, dispatch_uid="collection.department_ending")
def refuse_with_duties(sender: Any, department: Department, **kwargs: Any) -> list[FieldError]:
    """A department that collects something does not end without a successor."""
    return end_obstacles(department)
