"""Answers to signals of others."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from accounts.models import Department, Region
from accounts.signals import authority_appointed, department_ending, department_merged, department_moved
from catalog.services.succession import end_obstacles, entries_take_over, filings_refile
from core.actors import Actor
from core.exceptions import FieldError


@receiver(department_merged, dispatch_uid="catalog.department_merged")
def take_entries_over(sender: Any, actor: Actor, merged: Department, survivor: Department, **kwargs: Any) -> None:
    """Entries of a merged department are its successor's."""
    entries_take_over(actor=actor, merged=merged, survivor=survivor)


@receiver(department_moved, dispatch_uid="catalog.department_moved")
def refile_of_moved(sender: Any, actor: Actor, department_ids: Collection[int], region: Region, **kwargs: Any) -> None:
    """What a moved department has filed goes to the authority of its new region."""
    filings_refile(actor=actor, departments=Department.objects.filter(pk__in=department_ids).order_by("pk"))


@receiver(authority_appointed, dispatch_uid="catalog.authority_appointed")
def refile_of_region(
    sender: Any, actor: Actor, former: Department | None, department: Department, **kwargs: Any
) -> None:
    """What lies with a former authority goes to the new one; a region's first one leaves what others have begun."""
    if former is not None:
        filed = Department.objects.filter(
            Q(entries__revisions__authority=former) | Q(entries__withdrawal_authority=former)
        )
        filings_refile(actor=actor, departments=filed.distinct().order_by("pk"))


@receiver(department_ending, dispatch_uid="catalog.department_ending")
def refuse_with_entries(sender: Any, department: Department, **kwargs: Any) -> list[FieldError]:
    """A department that has entries does not end without a successor."""
    return end_obstacles(department)
