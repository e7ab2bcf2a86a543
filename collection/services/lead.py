"""Naming the lead source department (数源部门) of an item, and reporting how far paper records are digitised."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from collection import duty_policies as policies
from collection.duty_choices import DutyState, Manner
from collection.models import DigitisationReport, LeadSource
from collection.selectors import duty as duties
from collection.selectors.lead import collected_items
from core import clock
from core.actors import Actor
from core.basis import NO_REPEAT_COLLECTION
from core.exceptions import FieldError, InvalidTransition, RuleViolation


@transaction.atomic
def lead_appoint(*, actor: Actor, folded: str, department_id: int, note: str = "") -> LeadSource:
    """Name the department that leads the collection of an item in the authority's region; an earlier one ends.

    Args:
        folded: the name that stands for the item (``CollectedItem.folded``).

    Raises:
        NotAllowed: the actor is no reviewer of an authority.
        RuleViolation: not several departments of the region collect the item, or the named one does not.

    Basis:
        Regulation on Government Data Sharing, Art. 19: where several are involved the authority names one.
    """
    policies.require_appoint_lead(actor)
    assert actor.department_id is not None  # noqa: S101  a reviewer is in an authority
    item = next((one for one in collected_items(actor, region_only=True) if one.folded == folded), None)
    if item is None:
        message = _("A lead is named for an item that several departments of the region collect.")
        raise RuleViolation([FieldError("item", "unknown", message)])
    if department_id not in [key for key, _name in item.departments]:
        message = _("Choose one of the departments that collect this item.")
        raise RuleViolation([FieldError("department", "unknown", message)])
    now = clock.now()
    present = LeadSource.objects.select_for_update().filter(
        authority_id=actor.department_id, folded=folded, ended_at__isnull=True
    ).first()  # fmt: skip
    if present is not None:
        if present.department_id == department_id:
            return present
        present.ended_at = now
        present.save(update_fields=["ended_at"])
    lead = LeadSource.objects.create(
        folded=folded,
        name=item.name,
        department_id=department_id,
        authority_id=actor.department_id,
        note=note.strip(),
        appointed_at=now,
        appointed_by_name=actor.name,
    )
    audit.record(
        actor,
        "collection.lead.appoint",
        lead,
        before={"lead": present.department.code} if present else None,
        after={"lead": lead.department.code},
        note=lead.note,
        basis=NO_REPEAT_COLLECTION,
    )
    return lead


@transaction.atomic
def digitisation_report(*, actor: Actor, duty_id: int, on: date, done: int, note: str = "") -> DigitisationReport:
    """Report how many paper records of a registered duty are digitised by a day.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: nothing is registered that comes on paper.
        RuleViolation: more than there are, or a day to come.
    """
    duty = duties.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    revision = duty.registered
    if duty.state != DutyState.REGISTERED or revision is None or revision.manner != Manner.PAPER:
        raise InvalidTransition(_("Nothing is registered here that has to be digitised."))
    errors = []
    total = revision.paper_records or 0
    if not 0 <= done <= total:
        message = _("Give a number between 0 and %(count)d.") % {"count": total}
        errors.append(FieldError("done", "out_of_range", message))
    if on > clock.today():
        errors.append(FieldError("on", "future", _("The day lies in the future.")))
    if errors:
        raise RuleViolation(errors)
    report = DigitisationReport.objects.create(
        duty=duty, on=on, done=done, note=note.strip(), by_name=actor.name, at=clock.now()
    )
    audit.record(actor, "collection.duty.digitise", duty, after={"on": on.isoformat(), "done": done})
    return report
