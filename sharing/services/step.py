"""What every step of a request does besides its own change: keep the step, mind clocks and tasks, tell the others."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from accounts.models import Department, Region
from audit import services as audit
from core import clock
from core.actors import Actor
from core.basis import Citation
from core.reasons import Reason
from sharing.choices import RequestAction
from sharing.models import Grant, ReceiptSerial, RequestStep, ShareRequest
from sharing.policies import reviews_for
from sharing.selectors.request import askers, authority_now, more_time_askers, took_part
from workflow import outbox
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.exceptions import ClockPolicyMissing
from workflow.models import Clock
from workflow.selectors.of_subject import clock_open_of

TASK_AGREE = "sharing.request.agree"
TASK_CORRECT = "sharing.request.correct"
TASK_CHECK = "sharing.request.check"
TASK_ANSWER = "sharing.request.answer"
TASK_ADVISE = "sharing.request.advise"
TASK_SUPPLEMENT = "sharing.request.supplement"
TASK_EXTEND = "sharing.request.extend"
TASK_DECIDE = "sharing.request.decide"
TASK_RESPOND = "sharing.request.respond"
TASK_CONCUR = "sharing.request.concur"
TASK_SETTLE = "sharing.request.settle"
TASK_DELIVER = "sharing.request.deliver"
TASK_CONFIRM = "sharing.request.confirm"

TASK_ANSWER_STOP = "sharing.grant.answer_stop"
TASK_FILE_STOP = "sharing.grant.file_stop"
TASK_DISPOSE = "sharing.grant.dispose"
TASK_RENEW = "sharing.grant.renew"
TASK_RECORD_USE = "sharing.grant.record_use"

STEP_EVENT = "sharing.request.stepped"
"""Tells those concerned; the payload names the step."""

_CHANGES_NOTHING = (RequestAction.HOLD, RequestAction.FREE)
"""Steps of the clockwork that decide nothing: whoever writes a decision meanwhile need not begin anew."""

ANSWER_CLOCKS = (ClockKey.REPLY_UNCONDITIONAL, ClockKey.REPLY_CONDITIONAL, ClockKey.SHARING_DECISION)


def receipt_next(region: Region) -> str:
    """Return the next receipt number of a region, e.g. ``990100-2026-00017``; numbers are never used again."""
    year = clock.today().year
    ReceiptSerial.objects.get_or_create(region=region, year=year)
    serial = ReceiptSerial.objects.select_for_update().get(region=region, year=year)
    serial.last += 1
    serial.save(update_fields=["last"])
    return f"{region.code}-{year}-{serial.last:05d}"


def title_of(request: ShareRequest) -> str:
    """Return what a request is called in inboxes and news: the entry's name and the receipt."""
    return f"{request.entry} · {request}"


def url_of(request: ShareRequest) -> str:
    """Return the page of a request."""
    return reverse("sharing:request_detail", args=[request.pk])


@transaction.atomic
def stepped(
    actor: Actor,
    request: ShareRequest,
    action: RequestAction,
    *,
    before: str,
    opinion: str | Reason = "",
    detail: dict[str, Any] | None = None,
    basis: Citation | None = None,
    who: tuple[str, str] | None = None,
    is_told: bool = True,
) -> None:
    """Save a request that took a step, keep the step and the trail, tell those concerned.

    Args:
        opinion: what somebody wrote, or why it came by itself.
        who: the name and department that the timeline shows, where the step is another's than the actor's.
        is_told: False where people hear of it with the step before.
    """
    name, department_name = who or (actor.name, actor.department_name)
    said = opinion.strip() if isinstance(opinion, str) else ""
    kept, trail = dict(detail or {}), {"status": request.status, **(detail or {})}
    if isinstance(opinion, Reason):
        kept["why"], trail["why"] = opinion.as_dict(), opinion.code
    if action not in _CHANGES_NOTHING:
        request.edit_version += 1
    request.updated_at = clock.now()
    request.save()
    RequestStep.objects.create(
        request=request,
        action=action,
        opinion=said,
        detail=kept,
        actor_name=name,
        department_name=department_name,
        status=request.status,
        at=request.updated_at,
    )
    audit.record(
        actor,
        f"sharing.request.{action.value}",
        request,
        before={"status": before},
        after=trail,
        note=said,
        basis=basis,
    )
    if is_told:
        outbox.put(STEP_EVENT, request_id=request.pk, action=action.value, by=actor.id)


def extension_drop(request: ShareRequest) -> None:
    """Drop more time that was asked for and not decided on: it can be asked for again. What was decided stays."""
    if request.extension_asked_at is not None:
        request.extension_asked_at = request.extension_days = None
        request.extension_reason = ""


def clock_run(
    actor: Actor,
    key: ClockKey,
    request: ShareRequest,
    *,
    of: Department | None = None,
    region_id: int | None = None,
) -> Clock | None:
    """Start a clock on a request; a step for which no limit is in force runs without one.

    Args:
        of: whose time it is; the provider's where left out.
        region_id: whose limits these are; those of the provider's region where left out.
    """
    department = of or request.entry.department
    try:
        return workflow.clock_start(
            actor=actor,
            policy_key=key.value,
            subject=request,
            department_id=department.pk,
            region_id=region_id or request.entry.department.region_id,
        )
    except ClockPolicyMissing:
        return None


def task_for(
    request: ShareRequest,
    kind: str,
    department_id: int,
    role: Role,
    *,
    detail: str | Promise = "",
    running: Clock | None = None,
) -> None:
    """Put a request into an inbox, but of nobody who took such a part in it that he may not do this."""
    workflow.task_open(
        kind=kind,
        subject=request,
        title=title_of(request),
        detail=detail or format_lazy(_("Requested by {department}"), department=request.department.name),
        url=url_of(request),
        department_id=department_id,
        role=role,
        clock=running,
        exclude_user_ids=_left_out(request, kind, department_id),
    )


def provider_spoke(actor: Actor, request: ShareRequest) -> None:
    """Keep who spoke for the provider: he decides nothing on this request for the authority."""
    assert actor.id is not None  # noqa: S101  the policy has just required a head
    request.provider_speakers.add(actor.id)


def _left_out(request: ShareRequest, kind: str, department_id: int) -> set[int | None]:
    """Return who may not do a piece of work on a request for the part that he took in it, as the policies have it."""
    if kind in (TASK_DECIDE, TASK_SETTLE):
        return took_part(request)
    if kind == TASK_EXTEND:
        return more_time_askers(request)
    if kind == TASK_AGREE:
        return {request.submitted_by_id}
    is_providers_word = kind == TASK_CONCUR and department_id != request.department_id
    if is_providers_word or kind in (TASK_CHECK, TASK_ANSWER, TASK_ADVISE, TASK_RESPOND):
        return askers(request)
    return set()


def decision_leave(actor: Actor, request: ShareRequest, kind: str) -> None:
    """Leave the authority's decision to others than who has just spoken for the provider: to the reviewers beside him,
    or, where he is one and nobody is left who took no part, to the authority above."""
    former = request.authority
    if former is None:
        return
    task_for(request, kind, former.pk, Role.REVIEWER, running=clock_open_of(request, ClockKey.SHARING_DECISION))
    above = authority_now(request) if reviews_for(actor, former.pk) else None
    if above is not None and above.pk != former.pk:
        authority_change(actor, request, above, nobody_left(above))


def nobody_left(above: Department) -> Reason:
    """Return why a request goes to the authority above."""
    return Reason("share.took_part", {"authority": above.name})


def authority_change(actor: Actor, request: ShareRequest, to: Department, why: str | Reason) -> None:
    """Lay a request before another authority, with the work and the time that wait for one there."""
    assert request.authority is not None  # noqa: S101  it lies before one
    former, request.authority = request.authority, to
    workflow.work_hand_over(
        actor=actor,
        former_id=former.pk,
        to=to,
        role=Role.REVIEWER,
        subjects=(ShareRequest._meta.label_lower, [request.pk]),
    )
    stepped(actor, request, RequestAction.HAND_OVER, before=request.status, opinion=why)


def grant_task_for(grant: Grant, kind: str, department_id: int, role: Role, *, due_at: datetime | None = None) -> None:
    """Put a grant into an inbox."""
    workflow.task_open(
        kind=kind,
        subject=grant,
        title=f"{grant.dataset.entry} · {grant.dataset.name}",
        detail=format_lazy(_("Grant {number} of {department}"), number=grant.pk, department=grant.department.name),
        url=reverse("sharing:grant_detail", args=[grant.pk]),
        department_id=department_id,
        role=role,
        due_at=due_at,
    )


def waiting_end(actor: Actor, request: ShareRequest, *, is_done: bool = True) -> None:
    """Close the tasks on a request and end the clocks of the stage that is over.

    Args:
        is_done: the work was done; else it is no longer wanted and counts neither as on time nor as late.
    """
    workflow.task_close(actor=actor, subject=request)
    keys = (ClockKey.REQUEST_SIGNOFF, ClockKey.CONFORMITY_REVIEW, ClockKey.SUPPLEMENT, *ANSWER_CLOCKS)
    if is_done:
        workflow.clocks_stop(actor=actor, subject=request, policy_keys=[key.value for key in keys])
    else:
        for key in keys:
            workflow.clock_cancel(actor=actor, subject=request, policy_key=key.value)
