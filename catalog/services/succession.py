"""Entries of departments that are merged, moved or dissolved, and filings whose authority changes."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from accounts.choices import Role
from accounts.models import Department
from audit import services as audit
from catalog import search_index
from catalog.choices import EntryStatus, RevisionStatus, WithdrawalStatus
from catalog.models import Entry, ImportBatch, ImportUpload, Library, LibraryGroupObjectPermission, Revision
from catalog.selectors import authority_in_charge
from catalog.signals import entries_taken_over
from core.actors import Actor
from core.exceptions import FieldError
from workflow import services as workflow


@transaction.atomic
def entries_take_over(*, actor: Actor, merged: Department, survivor: Department) -> int:
    """Give the entries of a merged department, its imports and the libraries it leads to its successor.

    Codes, revisions and what is in force stay as they are. ``accounts`` has checked that the actor may merge.

    Returns:
        How many entries there were.
    """
    entries = list(Entry.objects.select_for_update().filter(department=merged).order_by("pk"))
    for entry in entries:
        entry.department = survivor
        entry.edit_version += 1
        entry.save(update_fields=["department", "edit_version"])
        search_index.entry_index(entry)
        audit.record(
            actor,
            "catalog.entry.hand_over",
            entry,
            before={"department": merged.code},
            after={"department": survivor.code},
        )
    ImportUpload.objects.filter(department=merged).update(department=survivor)
    ImportBatch.objects.filter(department=merged).update(department=survivor)
    for library in Library.objects.select_for_update().filter(lead_department=merged).order_by("pk"):
        _lead(actor, library, merged, survivor)
    filings_refile(actor=actor, departments=[survivor])
    entries_taken_over.send(
        Entry, actor=actor, entry_ids=[entry.pk for entry in entries], merged=merged, survivor=survivor
    )
    return len(entries)


def _lead(actor: Actor, library: Library, former: Department, department: Department) -> None:
    for held in LibraryGroupObjectPermission.objects.filter(content_object=library).select_related("group"):
        remove_perm("catalog.edit_library", held.group, library)
    assign_perm("catalog.edit_library", department.group, library)
    library.lead_department = department
    library.save(update_fields=["lead_department"])
    audit.record(
        actor, "catalog.library.set_lead", library, before={"lead": former.code}, after={"lead": department.code}
    )


@transaction.atomic
def filings_refile(*, actor: Actor, departments: Iterable[Department]) -> int:
    """Lay what departments have filed, and nobody has decided, before the authority that is in charge of them now.

    Returns:
        How many filings changed their authority.
    """
    changed = 0
    for department in departments:
        authority = authority_in_charge(department)
        if authority is None:
            continue
        changed += _withdrawals_refile(actor, department, authority) + _revisions_refile(actor, department, authority)
    return changed


def _withdrawals_refile(actor: Actor, department: Department, authority: Department) -> int:
    waiting = Entry.objects.select_for_update(of=("self",)).select_related("withdrawal_authority")
    waiting = waiting.filter(department=department, withdrawal=WithdrawalStatus.AWAITING_AUTHORITY)
    entries = list(waiting.exclude(withdrawal_authority=authority).order_by("pk"))
    for entry in entries:
        former = entry.withdrawal_authority
        entry.withdrawal_authority = authority
        entry.save(update_fields=["withdrawal_authority"])
        _hand_over(actor, entry, former, authority, entry.published_revision)
    return len(entries)


def _revisions_refile(actor: Actor, department: Department, authority: Department) -> int:
    waiting = Revision.objects.select_for_update(of=("self",)).select_related("entry", "authority")
    waiting = waiting.filter(entry__department=department, status=RevisionStatus.AWAITING_AUTHORITY)
    revisions = list(waiting.exclude(authority=authority).order_by("pk"))
    for revision in revisions:
        former = revision.authority
        revision.authority = authority
        revision.save(update_fields=["authority"])
        _hand_over(actor, revision.entry, former, authority, revision)
    return len(revisions)


def _hand_over(
    actor: Actor, entry: Entry, former: Department | None, authority: Department, revision: Revision | None
) -> None:
    """Give the task and the clock of a filing to its new authority, and say so in the trail."""
    if former is not None:
        workflow.work_hand_over(
            actor=actor,
            former_id=former.pk,
            to=authority,
            role=Role.REVIEWER,
            subjects=(Entry._meta.label_lower, [entry.pk]),
        )
    audit.record(
        actor,
        "catalog.entry.refile",
        entry,
        before={"authority": former.code if former else None},
        after={"authority": authority.code, "revision": revision.number if revision else None},
    )


def end_obstacles(department: Department) -> list[FieldError]:
    """Return what stands against the end of a department: entries that nobody could keep or withdraw, a library."""
    errors = []
    if Entry.objects.filter(department=department).exclude(status=EntryStatus.WITHDRAWN).exists():
        message = _("It has entries. Withdraw or discard them, or merge it into the department that takes them over.")
        errors.append(FieldError("department", "entries", message))
    if Library.objects.filter(lead_department=department).exists():
        errors.append(FieldError("department", "library", _("It leads a library. Name another lead first.")))
    return errors
