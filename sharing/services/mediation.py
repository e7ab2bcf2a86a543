"""Between a dispute and its decision: the provider is heard, the authority brings both sides together."""

import copy
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.choices import Mask
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import dispute_policies, hindrances, policies, renewal, transitions
from sharing.choices import EndReason, GrantAction, InspectionResult, RequestAction
from sharing.models import GrantStep, Inspection, Mediation, ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.mediation import agreement_pending
from sharing.selectors.restraint import chain_of
from sharing.services import step
from sharing.services.answer import decided, decision_write
from sharing.services.delivery import agreement_carry_out
from sharing.services.filing import require_as_read
from workflow import services as workflow


@transaction.atomic
def request_respond(
    *, actor: Actor, request_id: int, statement: str, edit_version: int | None = None
) -> ShareRequest:  # fmt: skip
    """Say for the provider what it has to say to a dispute, before the authority decides.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: there is no dispute, or this was said.
        StaleEdit: it was changed since. RuleViolation: nothing is said.

    Basis:
        Regulation on Government Data Sharing, Art. 28.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_answer(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("respond", before)
    require_as_read(request, edit_version)
    if hindrance := hindrances.statement(request):
        raise hindrance
    if not statement.strip():
        raise RuleViolation([FieldError("statement", "required", _("Say what you have to say to the objection."))])
    request.dispute_statement = statement.strip()
    step.provider_spoke(actor, request)
    workflow.task_close(actor=actor, subject=request, kind=step.TASK_RESPOND)
    step.stepped(actor, request, RequestAction.RESPOND, before=before, opinion=statement, basis=row.basis)
    step.decision_leave(actor, request, step.TASK_SETTLE)
    return request


@transaction.atomic
def request_mediate(
    *,
    actor: Actor,
    request_id: int,
    text: str,
    is_agreed: bool,
    held_on: date | None = None,
    items: Sequence[str] | None = None,
    row_filter: Sequence[Mapping[str, Any]] | None = None,
    masks: Mapping[str, str] | None = None,
    methods: Sequence[str] | None = None,
    until: date | None = None,
    limits: Mapping[str, int | None] | None = None,
    edit_version: int | None = None,
) -> ShareRequest:
    """Put down how a mediation between both sides of a dispute went. An agreement is laid before both heads.

    Args:
        text: what was said, and what came of it.
        held_on: the day of it; there is none without.
        items, row_filter, masks, methods, until, limits: what both sides agreed to, as ``request_approve``.

    Raises:
        NotVisible, NotAllowed: no reviewer of the authority before which it lies. InvalidTransition: there is no
            dispute. StaleEdit: it was changed since. RuleViolation: nothing is said, the day is not within the time
            of the dispute, or more than was asked for was agreed to.

    Basis:
        Regulation on Government Data Sharing, Art. 28.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_decide(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("mediate", before)
    require_as_read(request, edit_version)
    if errors := _errors(request, held_on, text):
        raise RuleViolation(errors)
    assert held_on is not None  # noqa: S101  the rules have just required it
    detail: dict[str, Any] = {"held_on": held_on.isoformat(), "agreed": is_agreed}
    agreed: dict[str, Any] = {}
    if is_agreed:
        proposal = copy.copy(request)
        decision_write(proposal, items, row_filter, masks, methods, until, limits)
        agreed = _agreed(proposal)
        detail |= decided(proposal)
    Mediation.objects.create(
        request=request,
        held_on=held_on,
        text=text.strip(),
        is_agreed=is_agreed,
        agreed=agreed,
        at=clock.now(),
        by_name=actor.name,
    )
    workflow.task_close(actor=actor, subject=request, kind=step.TASK_CONCUR)
    step.stepped(actor, request, RequestAction.MEDIATE, before=before, opinion=text, detail=detail, basis=row.basis)
    if is_agreed:
        for department_id in (request.department_id, request.entry.department_id):
            step.task_for(request, step.TASK_CONCUR, department_id, Role.HEAD)
    return request


def _errors(request: ShareRequest, held_on: date | None, text: str) -> list[FieldError]:
    errors = []
    if not text.strip():
        errors.append(FieldError("text", "required", _("Say what was discussed, and what came of it.")))
    began = request.disputed_at
    if held_on is None:
        errors.append(FieldError("held_on", "required", _("Give the day on which you mediated.")))
    elif held_on > clock.today() or (began is not None and held_on < began.astimezone(clock.REGION_ZONE).date()):
        message = _("The day of the mediation lies between the beginning of the dispute and today.")
        errors.append(FieldError("held_on", "period", message))
    return errors


def _has_changed_since(request: ShareRequest, agreement: Mediation) -> bool:
    """Say whether what both sides agreed to could undo what was done since.

    That is a stronger mask, a withheld item or a narrowing of the service, misuse that was found, and whatever stops,
    or is to stop, the department's use of the entry's data.
    """
    revision = request.entry.published_revision
    if revision is not None and revision.published_at is not None and revision.published_at > agreement.at:
        return True
    since = GrantStep.objects.filter(at__gt=agreement.at)
    narrowed = Q(action=GrantAction.NARROW) | (Q(action=GrantAction.ADAPT) & ~Q(detail__has_key="valid_to"))
    if since.filter(narrowed, Q(grant__request=request) | Q(grant__in=chain_of(request))).exists():
        return True
    stopped = Q(action__in=(GrantAction.SUSPEND, GrantAction.CONSULT)) | Q(
        action=GrantAction.END, detail__reason__in=(EndReason.MISUSE, EndReason.STOPPED)
    )
    held = {"grant__department": request.department_id, "grant__dataset__entry": request.entry_id}
    misused = Inspection.objects.filter(result=InspectionResult.MISUSE, inspected_at__gt=agreement.at, **held)
    return since.filter(stopped, **held).exists() or misused.exists()


def _given(agreement: Mediation) -> dict[str, Any]:
    """Return what both sides agreed to, as a decision takes it."""
    return {**agreement.agreed, "until": date.fromisoformat(agreement.agreed["until"])}


def outdated(request: ShareRequest, agreement: Mediation) -> InvalidTransition | None:
    """Return why what both sides agreed to cannot be carried out any more, whoever confirms it; it can be declined.

    It still waits for both heads, who are told so: only the authority can mediate anew.
    """
    if _has_changed_since(request, agreement):
        reason = _("The entry, or the service, was changed since the mediation.")
    else:
        try:
            decision_write(copy.copy(request), **_given(agreement))
        except RuleViolation as refused:
            reason = " ".join(str(one.message) for one in refused.errors)
        else:
            return None
    told = _("%(reason)s Decline, or let the data authority mediate anew.") % {"reason": reason}
    return InvalidTransition(told, code="outdated")


def _agreed(proposal: ShareRequest) -> dict[str, Any]:
    assert proposal.decided_until is not None  # noqa: S101  submission asks for it
    return {
        "items": proposal.decided_items,
        "row_filter": proposal.decided_filter,
        "masks": {item: proposal.decided_masks.get(item, str(Mask.NONE)) for item in proposal.decided_items},
        "methods": proposal.decided_methods,
        "until": proposal.decided_until.isoformat(),
        "limits": renewal.decided_limits(proposal),
    }


@transaction.atomic
def request_concur(
    *, actor: Actor, request_id: int, is_agreed: bool, opinion: str = "", edit_version: int | None = None
) -> ShareRequest:
    """Confirm for one side what was agreed to in a mediation, or decline it; confirmed by both it settles the dispute.

    Until the other side has confirmed too, a side may still decline what it confirmed.

    Raises:
        NotVisible, NotAllowed: head of neither side. InvalidTransition: no agreement awaits confirmation, this side
            confirmed it, or it cannot be carried out any more. StaleEdit: it was changed since. RuleViolation: it is
            declined without a word.

    Basis:
        Regulation on Government Data Sharing, Art. 28.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    dispute_policies.require_concur(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("concur" if is_agreed else "decline", before)
    require_as_read(request, edit_version)
    agreement = agreement_pending(request)
    if agreement is None:
        raise InvalidTransition(_("No agreement awaits confirmation."), code="no_agreement")
    if actor.department_id != request.department_id:
        step.provider_spoke(actor, request)
    if not is_agreed:
        return _decline(actor, request, agreement, opinion)
    if dispute_policies.has_confirmed(actor, request, agreement):
        raise InvalidTransition(_("Your department confirmed this agreement."), code="confirmed")
    if hindrance := outdated(request, agreement):
        raise hindrance
    if actor.department_id == request.department_id:
        agreement.asker_confirmed_at = clock.now()
    else:
        agreement.provider_confirmed_at = clock.now()
    agreement.save(update_fields=["asker_confirmed_at", "provider_confirmed_at"])
    if not agreement.is_confirmed:
        workflow.task_close(
            actor=actor, subject=request, kind=step.TASK_CONCUR, department_id=actor.department_id
        )  # fmt: skip
        step.stepped(actor, request, RequestAction.CONCUR, before=before, opinion=opinion, basis=row.basis)
        _leave(actor, request)
        return request
    decision_write(request, **_given(agreement))
    request.status = transitions.REQUEST.apply("settle", before).target
    request.reply = agreement.text
    request.replied_at = clock.now()
    detail = {"granted": True, "settled": True, **decided(request)}
    step.waiting_end(actor, request)
    step.stepped(actor, request, RequestAction.CONCUR, before=before, opinion=opinion, detail=detail, basis=row.basis)
    agreement_carry_out(actor, request)
    return request


def _decline(actor: Actor, request: ShareRequest, agreement: Mediation, opinion: str) -> ShareRequest:
    if not opinion.strip():
        raise RuleViolation([FieldError("opinion", "required", _("Say why your department does not agree."))])
    agreement.declined_at = clock.now()
    agreement.save(update_fields=["declined_at"])
    workflow.task_close(actor=actor, subject=request, kind=step.TASK_CONCUR)
    step.stepped(actor, request, RequestAction.DECLINE, before=request.status, opinion=opinion)
    _leave(actor, request)
    return request


def _leave(actor: Actor, request: ShareRequest) -> None:
    """Leave the decision on a dispute to others, where it was the provider's word that was given."""
    if actor.department_id != request.department_id:
        step.decision_leave(actor, request, step.TASK_SETTLE)
