"""Disputes over an answer, or over there being none: taken to the authority above both sides, and settled by it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import hindrances, policies, transitions
from sharing.choices import RequestAction, RequestStatus
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.mediation import mediations_of
from sharing.services import step
from sharing.services.answer import decided, decision_write
from sharing.services.delivery import agreement_carry_out, delivery_go_on
from sharing.services.filing import require_as_read
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.selectors.of_subject import clock_open_of


@transaction.atomic
def request_dispute(
    *, actor: Actor, request_id: int, reason: str, edit_version: int | None = None
) -> ShareRequest:  # fmt: skip
    """Take an answer, or that none came in time, to the authority: of one region its own, across regions the common
    superior.

    An agreement in part goes on meanwhile, and the provider is heard. In place of one that is silent the authority
    decides, and hears it first; what it decides can be disputed like any answer.

    Raises:
        NotVisible, NotAllowed: not the head of the requesting department.
        InvalidTransition: there is no answer and still time for one, it gave by itself all that was asked for, it was
            settled before, or no authority is above both that could settle it.
        StaleEdit: it was changed since it was read: an answer that came meanwhile is not disputed unread.
        RuleViolation: no reason is given.

    Basis:
        Regulation on Government Data Sharing, Art. 28.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_dispute(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("dispute", before)
    require_as_read(request, edit_version)
    if hindrance := hindrances.dispute(request, clock_open_of(request, ClockKey.REPLY_CONDITIONAL)):
        raise hindrance
    if not reason.strip():
        raise RuleViolation([FieldError("reason", "required", _("Say what you object to, and why."))])
    authority = selectors.authority_over(request)
    if authority is None:
        raise InvalidTransition(_("No data authority above both departments has somebody who can settle this."))
    is_silent = before == RequestStatus.AWAITING_PROVIDER
    request.dispute_reason = reason.strip()
    request.authority = authority
    request.disputed_at, request.dispute_statement = clock.now(), ""
    request.status = row.target
    detail: dict[str, Any] = {}
    if is_silent:
        detail["silent"] = True
        step.extension_drop(request)
        step.waiting_end(actor, request)
    else:
        request.disputed_from = before
        workflow.task_close(actor=actor, subject=request, kind=step.TASK_CONFIRM)
    step.stepped(actor, request, RequestAction.DISPUTE, before=before, opinion=reason, detail=detail, basis=row.basis)
    running = step.clock_run(actor, ClockKey.SHARING_DECISION, request, of=authority)
    kind = step.TASK_DECIDE if is_silent else step.TASK_SETTLE
    step.task_for(request, kind, authority.pk, Role.REVIEWER, running=running)
    kind = step.TASK_ADVISE if is_silent else step.TASK_RESPOND
    step.task_for(request, kind, request.entry.department_id, Role.HEAD)
    return request


@transaction.atomic
def request_settle(
    *,
    actor: Actor,
    request_id: int,
    is_granted: bool,
    opinion: str,
    items: Sequence[str] | None = None,
    row_filter: Sequence[Mapping[str, Any]] | None = None,
    masks: Mapping[str, str] | None = None,
    methods: Sequence[str] | None = None,
    until: date | None = None,
    without_provider: bool = False,
    limits: Mapping[str, int | None] | None = None,
    edit_version: int | None = None,
) -> ShareRequest:
    """Settle a dispute that both sides did not settle: let the answer stand, or decide what is given instead.

    The decision tells whether the provider was heard and whether there was a mediation before.

    Args:
        is_granted: False lets the answer stand.
        without_provider: something is given although the provider has said nothing to the dispute.
        items, row_filter, masks, methods, until, limits: as ``request_approve``.

    Raises:
        NotVisible, NotAllowed: no reviewer of the authority before which it lies. InvalidTransition: there is no
            dispute. StaleEdit: it was changed since. RuleViolation: no reasons, more than was asked for, or it is given
            against a provider that was neither heard nor, as is said, not waited for.

    Basis:
        Regulation on Government Data Sharing, Art. 28.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_decide(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("settle" if is_granted else "uphold", before)
    require_as_read(request, edit_version)
    errors = []
    if not opinion.strip():
        errors.append(FieldError("opinion", "required", _("Give the reasons of the decision.")))
    if is_granted and not request.dispute_statement and not without_provider:
        message = _("The provider has not given its opinion. Wait for it, or say that you decide without it.")
        errors.append(FieldError("without_provider", "required", message))
    if errors:
        raise RuleViolation(errors)
    detail: dict[str, Any] = {"granted": is_granted, "mediated": mediations_of(request).exists()}
    if not request.dispute_statement:
        detail["unheard"] = True
    if is_granted:
        decision_write(request, items, row_filter, masks, methods, until, limits)
        request.status = row.target
        request.reply = opinion.strip()
        request.replied_at = clock.now()
        detail |= decided(request)
    else:
        request.status = RequestStatus(request.disputed_from)
    step.waiting_end(actor, request)
    step.stepped(actor, request, RequestAction.SETTLE, before=before, opinion=opinion, detail=detail, basis=row.basis)
    if is_granted:
        agreement_carry_out(actor, request)
    else:
        delivery_go_on(actor, request)
    return request
