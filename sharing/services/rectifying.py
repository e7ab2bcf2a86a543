"""What follows an inspection of use: the holder is told, rectifies by the day and reports; the inspector is reminded.

The finding is kept by ``services.usage``; nothing here changes it (809, Art. 29 and 38).
"""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from core import clock
from core.actors import Actor
from core.basis import USAGE_RECORDS
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation
from core.faults import held_apart
from sharing import notices, policies
from sharing.choices import GrantAction, InspectionResult, Side
from sharing.models import Grant, Inspection, Rectification
from sharing.selectors.usage import inspections_overdue, late_key
from sharing.services.grant import CHANGED_EVENT, grant_locked, step_record
from workflow import outbox
from workflow import services as workflow
from workflow.models import Notification
from workflow.selectors.people import authority_id_of, role_holder_ids

TASK_RECTIFY = "sharing.grant.rectify"
MOST_CHARACTERS = 5_000


def inspection_follow(actor: Actor, grant: Grant, inspection: Inspection) -> None:
    """Put an inspection that was just kept on the grant's timeline, tell both sides, ask for what is to be done."""
    detail = {"result": inspection.result, "rectify_by": inspection.rectify_by}
    step_record(actor, grant, GrantAction.INSPECT, inspection.finding, {"result": inspection.result})
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.INSPECT.value, by=actor.id)
    if inspection.rectify_by is not None:
        workflow.task_open(
            kind=TASK_RECTIFY,
            subject=inspection,
            title=_name(grant),
            detail=format_lazy(gettext_lazy("Found by {department}"), department=actor.department_name),
            url=_url(grant),
            department_id=grant.department_id,
            role=Role.HEAD,
            due_at=clock.end_of_day(inspection.rectify_by),
        )
    basis = USAGE_RECORDS
    audit.record(actor, "sharing.usage.inspect", grant, after=detail, note=inspection.finding, basis=basis)


@transaction.atomic
def inspection_rectify(*, actor: Actor, grant_id: int, inspection_id: int, report: str) -> Rectification:
    """Report that what an inspection found was put right; the inspector is told, and inspects again where he doubts it.

    Raises:
        NotVisible: no such grant or inspection. NotAllowed: not the head of the department that holds the grant.
        InvalidTransition: nothing was to be rectified, or it was reported. RuleViolation: nothing is said.

    Basis:
        Regulation on Government Data Sharing, Art. 29.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_use(actor, grant, Role.HEAD)
    related = ("department__region", "grant__dataset__entry")
    inspection = Inspection.objects.filter(pk=inspection_id, grant=grant).select_related(*related).first()
    if inspection is None:
        raise NotVisible
    is_reported = Rectification.objects.filter(inspection=inspection).exists()
    if inspection.result != InspectionResult.TO_RECTIFY or is_reported:
        raise InvalidTransition(_("Nothing is to be rectified any more."))
    if not 1 <= len(report.strip()) <= MOST_CHARACTERS:
        message = _("Write this, in at most %(count)d characters.") % {"count": MOST_CHARACTERS}
        raise RuleViolation([FieldError("report", "required", message)])
    kept = Rectification.objects.create(
        inspection=inspection, report=report.strip(), reported_at=clock.now(), reported_by_name=actor.name
    )
    step_record(actor, grant, GrantAction.RECTIFY, kept.report)
    audit.record(
        actor, "sharing.usage.rectify", grant, after={"rectify_by": inspection.rectify_by}, note=kept.report,
        basis=USAGE_RECORDS,
    )  # fmt: skip
    workflow.task_close(actor=actor, subject=inspection, kind=TASK_RECTIFY)
    words = gettext_lazy("Reported as rectified after your inspection: {name}")
    _tell(inspection, words, f"{notices.GRANT}:inspection:{inspection.pk}:rectified", inspector_ids(inspection))
    return kept


def inspections_remind() -> int:
    """Tell inspectors and holders once of what was to be rectified by now and is not reported.

    Whoever could be told of nothing, since nobody was there, is told once somebody is.

    Returns:
        Of how many somebody was told.
    """
    told = 0
    for inspection in inspections_overdue():
        with held_apart("sharing_inspection_not_told", inspection=inspection.pk), transaction.atomic():
            words = gettext_lazy("Not reported as rectified in time: {name}")
            holders = role_holder_ids(inspection.grant.department_id, [Role.HEAD])
            heard = _tell(inspection, words, late_key(inspection.pk), inspector_ids(inspection))
            heard += _tell(inspection, words, late_key(inspection.pk, to_holder=True), holders)
            told += bool(heard)
    return told


def inspector_ids(inspection: Inspection) -> list[int]:
    """Return who speaks today for the side that inspected: the provider's head, else the authority's reviewers;
    nobody where no authority is named, above the region neither."""
    if inspection.side == Side.PROVIDER:
        return role_holder_ids(inspection.grant.dataset.entry.department_id, [Role.HEAD])
    authority_id = authority_id_of(inspection.department.region.path)
    return role_holder_ids(authority_id, [Role.REVIEWER]) if authority_id else []


def _tell(inspection: Inspection, words: Any, key: str, people: list[int]) -> list[Notification]:
    return workflow.notify(
        user_ids=people,
        kind=notices.GRANT,
        title=format_lazy(words, name=_name(inspection.grant)),
        url=_url(inspection.grant),
        dedupe_key=key,
    )


def _name(grant: Grant) -> str:
    return f"{grant.dataset.entry} · {grant.dataset.name}"


def _url(grant: Grant) -> str:
    return reverse("sharing:grant_use", args=[grant.pk])
