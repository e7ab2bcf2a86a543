"""Answers to signals of others."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver
from django.utils.translation import ngettext

from accounts.models import Department, Region
from accounts.signals import authority_appointed, department_ending, department_merged, department_moved
from catalog.models import Entry, Revision
from catalog.signals import entries_taken_over, entry_published, entry_withdrawn
from collection.models import Dataset
from collection.signals import dataset_unhooking
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition
from sharing.selectors.grant import open_grants_on
from sharing.services.delivery import agreements_waiting
from sharing.services.following import (
    end_obstacles,
    grants_follow_entry,
    requests_follow_entries,
    requests_refile,
    sharing_follow_withdrawal,
    sharing_take_over,
)


@receiver(entry_published, dispatch_uid="sharing.entry_published")
def follow_entry(sender: Any, entry: Entry, revision: Revision, actor: Actor, **kwargs: Any) -> None:
    """Grants follow what the entry says now."""
    grants_follow_entry(actor=actor, entry=entry, revision=revision)


@receiver(entry_withdrawn, dispatch_uid="sharing.entry_withdrawn")
def follow_withdrawal(sender: Any, entry: Entry, actor: Actor, **kwargs: Any) -> None:
    """Nothing is given of an entry that was withdrawn."""
    sharing_follow_withdrawal(actor=actor, entry=entry)


@receiver(department_merged, dispatch_uid="sharing.department_merged")
def take_sharing_over(sender: Any, actor: Actor, merged: Department, survivor: Department, **kwargs: Any) -> None:
    """Requests and grants of a merged department are its successor's."""
    sharing_take_over(actor=actor, merged=merged, survivor=survivor)
    requests_refile(actor=actor, departments=[survivor])


@receiver(entries_taken_over, dispatch_uid="sharing.entries_taken_over")
def tell_of_new_provider(
    sender: Any, actor: Actor, entry_ids: Collection[int], merged: Department, survivor: Department, **kwargs: Any
) -> None:
    """Whoever waits for an answer hears who answers now."""
    requests_follow_entries(actor=actor, entry_ids=entry_ids, merged=merged, survivor=survivor)


@receiver(department_moved, dispatch_uid="sharing.department_moved")
def refile_of_moved(sender: Any, actor: Actor, department_ids: Collection[int], region: Region, **kwargs: Any) -> None:
    """Requests for data of a moved department go to the authority of its new region."""
    requests_refile(actor=actor, departments=Department.objects.filter(pk__in=department_ids).order_by("pk"))


@receiver(authority_appointed, dispatch_uid="sharing.authority_appointed")
def refile_of_region(
    sender: Any, actor: Actor, former: Department | None, department: Department, **kwargs: Any
) -> None:
    """What lies with a former authority goes to the new one."""
    if former is not None:
        provided = Department.objects.filter(entries__share_requests__authority=former).distinct().order_by("pk")
        requests_refile(actor=actor, departments=provided)


@receiver(department_ending, dispatch_uid="sharing.department_ending")
def refuse_with_sharing(sender: Any, department: Department, **kwargs: Any) -> list[FieldError]:
    """A department that asks or holds does not end without a successor."""
    return end_obstacles(department)


@receiver(dataset_unhooking, dispatch_uid="sharing.dataset_unhooking")
def keep_what_is_read(sender: Any, dataset: Dataset, **kwargs: Any) -> None:
    """Data that somebody reads, or is to read by an agreement, are not unhooked.

    Basis: Regulation on Government Data Sharing, Art. 27: no service is stopped before its users were heard.
    """
    count = open_grants_on(dataset).count()
    if count:
        message = ngettext(
            "%(count)d grant on these data is open: end it, or announce its stop, first.",
            "%(count)d grants on these data are open: end them, or announce their stop, first.",
            count,
        )
        raise InvalidTransition(message % {"count": count}, code="still_given")
    count = agreements_waiting(dataset)
    if count:
        message = ngettext(
            "%(count)d agreed request waits for these data: deliver them, or others of the entry, first.",
            "%(count)d agreed requests wait for these data: deliver them, or others of the entry, first.",
            count,
        )
        raise InvalidTransition(message % {"count": count}, code="still_agreed")
