"""Collection duties of departments that are merged, moved or dissolved, and filings whose authority changes."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department
from audit import services as audit
from catalog.selectors import authority_in_charge
from collection.duty_choices import DutyState, DutyStatus
from collection.models import CollectionDuty, DutyRevision, LeadSource
from core import clock
from core.actors import Actor
from core.exceptions import FieldError
from workflow import services as workflow


@transaction.atomic
def duties_take_over(*, actor: Actor, merged: Department, survivor: Department) -> int:
    """Give the duties of a merged department, with people's answers, and what it leads to its successor.

    ``accounts`` has checked that the actor may merge.

    Returns:
        How many duties there were.
    """
    duties = list(CollectionDuty.objects.select_for_update().filter(department=merged).order_by("pk"))
    for duty in duties:
        duty.department = survivor
        duty.edit_version += 1
        duty.save(update_fields=["department", "edit_version"])
        audit.record(
            actor,
            "collection.duty.hand_over",
            duty,
            before={"department": merged.code},
            after={"department": survivor.code},
        )
    for lead in LeadSource.objects.select_for_update().filter(department=merged, ended_at__isnull=True).order_by("pk"):
        lead.department = survivor
        lead.save(update_fields=["department"])
        audit.record(
            actor, "collection.lead.appoint", lead, before={"lead": merged.code}, after={"lead": survivor.code}
        )
    duties_refile(actor=actor, departments=[survivor])
    return len(duties)


@transaction.atomic
def duties_refile(*, actor: Actor, departments: Iterable[Department]) -> int:
    """Lay what departments have filed, and nobody has decided, before the authority that is in charge of them now.

    Returns:
        How many filings changed their authority.
    """
    changed = 0
    for department in departments:
        authority = authority_in_charge(department)
        if authority is None:
            continue
        waiting = DutyRevision.objects.select_for_update(of=("self",)).select_related("duty", "authority")
        waiting = waiting.filter(duty__department=department, status=DutyStatus.AWAITING_AUTHORITY)
        for revision in waiting.exclude(authority=authority).order_by("pk"):
            former = revision.authority
            revision.authority = authority
            revision.save(update_fields=["authority"])
            if former is not None:
                workflow.work_hand_over(
                    actor=actor,
                    former_id=former.pk,
                    to=authority,
                    role=Role.REVIEWER,
                    subjects=(CollectionDuty._meta.label_lower, [revision.duty_id]),
                )
            audit.record(
                actor,
                "collection.duty.refile",
                revision.duty,
                before={"authority": former.code if former else None},
                after={"authority": authority.code},
            )
            changed += 1
    return changed


def end_obstacles(department: Department) -> list[FieldError]:
    """Return what stands against the end of a department: registered duties, for which nobody could answer."""
    if not CollectionDuty.objects.filter(department=department, state=DutyState.REGISTERED).exists():
        return []
    message = _("It has registered collection duties. End them, or merge it into the department that takes over.")
    return [FieldError("department", "duties", message)]


@transaction.atomic
def leads_take_over(*, actor: Actor, former: Department, authority: Department) -> int:
    """Let the leads that a former authority named be the new one's; where both named one the new one's counts.

    Returns:
        How many there were.
    """
    named = set(LeadSource.objects.filter(authority=authority, ended_at__isnull=True).values_list("folded", flat=True))
    leads = list(LeadSource.objects.select_for_update().filter(authority=former, ended_at__isnull=True).order_by("pk"))
    for lead in leads:
        if lead.folded in named:
            lead.ended_at = clock.now()
        else:
            lead.authority = authority
        lead.save(update_fields=["ended_at", "authority"])
        audit.record(
            actor,
            "collection.lead.hand_over",
            lead,
            before={"authority": former.code},
            after={"authority": authority.code},
        )
    return len(leads)
