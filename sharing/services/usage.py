"""Records of use, kept by who got the data, and inspections by provider and authority (809, Art. 29)."""

from datetime import date, timedelta
from functools import cache

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department
from audit import services as audit
from audit.selectors import events_of
from core import clock
from core.actors import Actor
from core.basis import SUSPENSION_OF_SHARING, USAGE_RECORDS
from core.exceptions import FieldError, RuleViolation
from core.faults import held_apart
from sharing import after_policies, policies
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, GrantStatus, InspectionResult, Side
from sharing.models import Grant, Inspection, UsageRecord
from sharing.selectors import grant as selectors
from sharing.selectors.pull import first_had_at
from sharing.selectors.request import policy_for
from sharing.selectors.restraint import misuse_clearable
from sharing.selectors.suspension import suspended_by_own, suspensions_open
from sharing.services.grant import grant_locked, lift, suspend, suspend_later
from sharing.services.rectifying import inspection_follow
from sharing.services.step import TASK_RECORD_USE, grant_task_for
from workflow import services as workflow

TEXTS = ("scenario", "process", "effect", "storage")
MOST_CHARACTERS = 5_000


@transaction.atomic
def usage_record_add(
    *,
    actor: Actor,
    grant_id: int,
    first_day: date,
    last_day: date,
    scenario: str,
    process: str,
    effect: str,
    storage: str,
    disposal: str = "",
) -> UsageRecord:
    """Record how data were used in a period; a record is never changed, a correction is a further one.

    Raises:
        NotVisible, NotAllowed: not of the department that holds the grant.
        RuleViolation: a text is missing or too long, or the period does not lie within the grant's time.

    Basis:
        Regulation on Government Data Sharing, Art. 29: scenario, process, effect, storage, destruction; three years.
    """
    grant = selectors.grant_get_for(actor, grant_id)
    policies.require_use(actor, grant, Role.CATALOGUER, Role.HEAD)
    given = {"scenario": scenario, "process": process, "effect": effect, "storage": storage}
    errors = [
        FieldError(name, "required", _("Write this, in at most %(count)d characters.") % {"count": MOST_CHARACTERS})
        for name, text in given.items()
        if not 1 <= len(text.strip()) <= MOST_CHARACTERS
    ]
    begun = grant.valid_from.astimezone(clock.REGION_ZONE).date()
    over = min(grant.ended_at or grant.valid_to, grant.valid_to) - timedelta(microseconds=1)
    latest = min(over.astimezone(clock.REGION_ZONE).date(), clock.today())
    if last_day < first_day:
        errors.append(FieldError("last_day", "period", _("The last day must not lie before the first.")))
    elif not begun <= first_day <= last_day <= latest:
        message = _("Give a period that lies within the grant's time and not ahead.")
        errors.append(FieldError("last_day", "period", message))
    if len(disposal) > MOST_CHARACTERS:
        message = _("Write at most %(count)d characters.") % {"count": MOST_CHARACTERS}
        errors.append(FieldError("disposal", "too_long", message))
    if errors:
        raise RuleViolation(errors)
    record = UsageRecord.objects.create(
        grant=grant,
        department_id=grant.department_id,
        first_day=first_day,
        last_day=last_day,
        disposal=disposal.strip(),
        recorded_at=clock.now(),
        recorded_by_name=actor.name,
        **{name: text.strip() for name, text in given.items()},
    )
    after = {"first_day": first_day, "last_day": last_day}
    audit.record(actor, "sharing.usage.record", grant, after=after, basis=USAGE_RECORDS)
    workflow.task_close(actor=actor, subject=grant, kind=TASK_RECORD_USE)
    return record


@transaction.atomic
def inspection_record(
    *, actor: Actor, grant_id: int, result: str, finding: str, rectify_by: date | None = None
) -> Inspection:
    """Keep what an inspection of use found; misuse suspends the grant in the same transaction, whoever else did.

    What happened under a grant is found out after its end too: it then suspends what goes on from it, and stands in the
    way of taking the same data again. What is in order then has a suspension by the same side stand no more against the
    holder. In order is said, at any time, by whoever found the misuse, or could lift a suspension for it: see
    ``policies.can_undo``.

    What is to be rectified goes to the holder's head: see ``services.rectifying``.

    Raises:
        NotVisible, NotAllowed: neither the provider's head nor an authority above provider or holder.
        RuleViolation: the result is none of its domain, nothing is found, or no day is given to rectify by.

    Basis:
        Regulation on Government Data Sharing, Art. 27, 29 and 38.
    """
    grant = grant_locked(actor, grant_id)
    after_policies.require_inspect(actor, grant)
    errors = []
    if result not in InspectionResult.values:
        errors.append(FieldError("result", "unknown", _("Choose one of the values.")))
    if not finding.strip():
        errors.append(FieldError("finding", "required", _("Say what was found.")))
    if result == InspectionResult.TO_RECTIFY and (rectify_by is None or rectify_by <= clock.today()):
        errors.append(FieldError("rectify_by", "required", _("Give a day ahead by which it is rectified.")))
    if errors:
        raise RuleViolation(errors)
    assert actor.department_id is not None  # noqa: S101  the policy has just required it
    inspection = Inspection.objects.create(
        grant=grant,
        department_id=actor.department_id,
        side=policies.side_suspending(actor, grant),
        result=result,
        finding=finding.strip(),
        rectify_by=rectify_by if result == InspectionResult.TO_RECTIFY else None,
        inspected_at=clock.now(),
        inspected_by_name=actor.name,
        clears_end=result == InspectionResult.IN_ORDER and _may_clear_end(actor, grant),
    )
    inspection_follow(actor, grant, inspection)
    if result == InspectionResult.MISUSE:
        _stop(actor, grant, inspection)
    elif result == InspectionResult.IN_ORDER:
        if grant.status not in OPEN_GRANT_STATUSES:
            for held in suspensions_open(grant):
                if policies.can_clear(actor, held):
                    lift(actor, grant, [held], finding)
        found = misuse_clearable(grant)
        inspection.clears.set([one for one in found if policies.can_undo(actor, grant, one.side, one.department)])
    return inspection


def _may_clear_end(actor: Actor, grant: Grant) -> bool:
    """Say whether somebody may find in order the misuse for which a grant was ended: the side that ended it, or who
    could lift a suspension by it."""
    ended = grant.steps.filter(action=GrantAction.END).last() if grant.end_reason == EndReason.MISUSE else None
    if ended is None:
        return False
    code = ended.detail.get("department") or _ender_in_trail(grant)
    by = Department.objects.filter(code=code).select_related("region").first()
    return policies.can_undo(actor, grant, ended.detail.get("side", Side.AUTHORITY), by)


def _ender_in_trail(grant: Grant) -> str:
    """Return the code of the department that ended a grant, where its step does not tell it yet."""
    told = events_of("sharing.grant", grant.pk).filter(action="sharing.grant.end").first()
    return told.department_code if told is not None else ""


def _stop(actor: Actor, grant: Grant, inspection: Inspection) -> None:
    """Have misuse stop a grant, or what goes on from it, by the word of whoever found it: no other side's lifting lets
    it run again."""
    own = suspended_by_own(actor, grant)
    if own is None:
        suspend(actor, grant, inspection.finding, SUSPENSION_OF_SHARING, misuse=inspection)
    else:
        own.misuse = inspection
        own.save(update_fields=["misuse"])
        # What goes on from it may have been let go by itself before anybody knew of this.
        suspend_later(actor, own, grant, SUSPENSION_OF_SHARING)


def usage_remind() -> int:
    """Ask the holders of grants in force under which they have had data for a record of use, once it is time.

    Returns:
        How many were asked.
    """
    latest = UsageRecord.objects.filter(grant=OuterRef("pk")).order_by("-recorded_at").values("recorded_at")[:1]
    used = (
        Grant.objects.filter(status=GrantStatus.ACTIVE)
        .annotate(had_at=first_had_at())
        .filter(had_at__isnull=False)
        .annotate(since=Coalesce(Subquery(latest), "had_at"))
        .select_related("dataset__entry__department__region", "department")
    )
    days = cache(lambda region_path: policy_for(region_path).usage_record_days)
    moment, asked = clock.now(), 0
    for grant in used.order_by("pk"):
        if grant.since + timedelta(days=days(grant.dataset.entry.department.region.path)) <= moment:
            with held_apart("sharing_use_not_asked_for", grant=grant.pk), transaction.atomic():
                grant_task_for(grant, TASK_RECORD_USE, grant.department_id, Role.CATALOGUER)
                asked += 1
    return asked
