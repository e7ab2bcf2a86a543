"""The way of a request to whoever answers it: submission, the own head, the form check."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from catalog.choices import Sharing
from core import clock
from core.actors import Actor
from core.basis import Citation
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from sharing import hindrances, policies, renewal, rules, transitions
from sharing.choices import RequestAction, RequestKind, RequestStatus
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.restraint import is_barred, is_restrained
from sharing.services import step
from sharing.services.delivery import agreement_carry_out, delivery_go_on
from sharing.services.right import entry_grants_lock
from workflow import services as workflow
from workflow.choices import ClockKey

COMMENT_FIELDS = (
    "legal_basis", "scenario", "items", "row_filter", "methods", "frequency", "valid_from", "valid_until", "systems",
    "contact_name", "contact_phone", "attachments",
)  # fmt: skip
"""What a comment of a return may be bound to."""


@transaction.atomic
def request_submit(*, actor: Actor, request_id: int) -> ShareRequest:
    """Hand a request to the own sharing office head; it gets its receipt number with the first submission.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department. InvalidTransition: it is no draft.
        RuleViolation: something is missing or does not hold; everything is named.

    Basis:
        Regulation on Government Data Sharing, Art. 20.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_file(actor, request)
    before = request.status
    request.status = transitions.REQUEST.apply("submit", before).target
    errors = rules.submission_errors(request)
    if errors:
        raise RuleViolation(errors)
    request.number = request.number or step.receipt_next(request.entry.department.region)
    request.submitted_at = clock.now()
    request.submitted_by_id = actor.id
    request.filed_at = request.filed_by = None
    request.revision_id = request.entry.published_revision_id
    request.attribute = selectors.attribute_asked(request)
    step.waiting_end(actor, request)
    step.stepped(actor, request, RequestAction.SUBMIT, before=before)
    running = step.clock_run(
        actor, ClockKey.REQUEST_SIGNOFF, request, of=request.department, region_id=request.department.region_id
    )
    step.task_for(
        request,
        step.TASK_AGREE,
        request.department_id,
        Role.HEAD,
        detail=format_lazy(gettext_lazy("Submitted by {name}"), name=actor.name),
        running=running,
    )
    return request


@transaction.atomic
def request_recall(*, actor: Actor, request_id: int) -> ShareRequest:
    """Take a submission back before the provider has it.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department.
        InvalidTransition: it lies with the provider; withdraw it instead.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_file(actor, request)
    before = request.status
    request.status = transitions.REQUEST.apply("recall", before).target
    request.filed_at = request.filed_by = request.authority = None
    step.waiting_end(actor, request, is_done=False)
    step.stepped(actor, request, RequestAction.RECALL, before=before)
    return request


@transaction.atomic
def request_agree(*, actor: Actor, request_id: int, opinion: str = "", edit_version: int | None = None) -> ShareRequest:
    """Agree for the requesting department that it asks; from now on the others see it.

    Raises:
        NotVisible, NotAllowed, OwnRequest: not its head, or he submitted it. StaleEdit: it was changed since.
        InvalidTransition: it does not wait for the head. RuleViolation: a rule holds no more since the submission.

    Basis:
        Regulation on Government Data Sharing, Art. 20.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_agree(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("agree", before)
    require_as_read(request, edit_version)
    errors = rules.submission_errors(request)
    if errors:
        raise RuleViolation(errors)
    request.filed_at = clock.now()
    request.filed_by_id = actor.id
    authority = selectors.authority_for(request)
    if authority is None:
        raise InvalidTransition(_("No data authority is set up for this region. Ask the system administrator."))
    request.attribute = selectors.attribute_asked(request)
    request.authority = authority
    step.waiting_end(actor, request)
    policy = selectors.policy_for(request.entry.department.region.path)
    if request.attribute in policy.checked:
        request.status = RequestStatus.AWAITING_CHECK
        step.stepped(actor, request, RequestAction.AGREE, before=before, opinion=opinion, basis=row.basis)
        running = step.clock_run(actor, ClockKey.CONFORMITY_REVIEW, request, of=request.authority)
        step.task_for(request, step.TASK_CHECK, authority.pk, Role.REVIEWER, running=running)
        return request
    return _receive(actor, request, RequestAction.AGREE, before, opinion, row.basis)


@transaction.atomic
def request_pass(*, actor: Actor, request_id: int, opinion: str = "", edit_version: int | None = None) -> ShareRequest:
    """Pass the form check: the provider receives it now, and its time begins.

    Raises:
        NotVisible, NotAllowed: no reviewer of the authority in charge. InvalidTransition: it does not wait for this.
        StaleEdit: it was changed since.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_check(actor, request)
    before = request.status
    transitions.REQUEST.apply("pass", before)
    require_as_read(request, edit_version)
    step.waiting_end(actor, request)
    return _receive(actor, request, RequestAction.PASS, before, opinion, None)


def _receive(
    actor: Actor, request: ShareRequest, action: RequestAction, before: str, opinion: str, basis: Citation | None
) -> ShareRequest:
    """Let a request reach whoever answers it: nobody for unconditional data, the provider, or the authority.

    Basis: Regulation on Government Data Sharing, Art. 21.
    """
    request.received_at = clock.now()
    request.decided_items = list(request.items)
    request.decided_filter = [*request.row_filter, *renewal.standing_filter(request)]
    request.decided_methods, request.decided_until = list(request.methods), request.valid_until
    request.decided_masks = renewal.standing_masks(request, selectors.items_offered(request), request.items)
    limits = renewal.standing_limits(request)
    request.decided_rows_per_day, request.decided_calls_per_minute = limits["rows_per_day"], limits["calls_per_minute"]
    attribute = request.attribute
    entry_grants_lock(request.entry_id, request.department_id)
    if attribute == Sharing.UNCONDITIONAL and is_barred(request.department_id, request.entry_id):
        attribute = Sharing.WITHHELD  # nothing goes by itself to who is suspended or misused these data
    elif attribute == Sharing.UNCONDITIONAL and _is_restrained(request):
        attribute = Sharing.CONDITIONAL  # nor round what the provider announced
    match attribute:
        case Sharing.UNCONDITIONAL:
            request.status = RequestStatus.AGREED
            request.replied_at = request.received_at
            step.stepped(actor, request, action, before=before, opinion=opinion, basis=basis)
            running = step.clock_run(actor, ClockKey.REPLY_UNCONDITIONAL, request)
            if running is not None:
                workflow.clock_stop(actor=actor, clock=running)
            agreement_carry_out(actor, request)
        case Sharing.CONDITIONAL:
            request.status = RequestStatus.AWAITING_PROVIDER
            step.stepped(actor, request, action, before=before, opinion=opinion, basis=basis)
            running = step.clock_run(actor, ClockKey.REPLY_CONDITIONAL, request)
            step.task_for(request, step.TASK_ANSWER, request.entry.department_id, Role.HEAD, running=running)
        case _:
            request.status = RequestStatus.AWAITING_AUTHORITY
            step.stepped(actor, request, action, before=before, opinion=opinion, basis=basis)
            running = step.clock_run(actor, ClockKey.SHARING_DECISION, request, of=request.authority)
            assert request.authority is not None  # noqa: S101  set when the head agreed
            step.task_for(request, step.TASK_DECIDE, request.authority.pk, Role.REVIEWER, running=running)
            step.task_for(request, step.TASK_ADVISE, request.entry.department_id, Role.HEAD)
    return request


def _is_restrained(request: ShareRequest) -> bool:
    data = {"dataset__entry": request.entry_id} if request.dataset_id is None else {"dataset": request.dataset_id}
    return is_restrained(request.department_id, is_renewal=request.kind == RequestKind.RENEWAL, **data)


@transaction.atomic
def request_return(
    *,
    actor: Actor,
    request_id: int,
    opinion: str = "",
    comments: Sequence[Mapping[str, str]] = (),
    edit_version: int | None = None,
) -> ShareRequest:
    """Send a request back to be corrected: the own head, or the authority at the form check.

    It is the requester's own again: the authority that returned it sees it once it is filed anew.

    Args:
        comments: rows of ``field`` (one of ``COMMENT_FIELDS``) and ``text``.

    Raises:
        NotVisible, NotAllowed, OwnRequest: whoever decides at this stage is somebody else.
        InvalidTransition: it waits at neither stage. StaleEdit: it was changed since.
        RuleViolation: nothing is said, or a comment names no field.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    before = request.status
    policies.require_return(actor, request)
    request.status = transitions.REQUEST.apply("return", before).target
    request.filed_at = request.filed_by = request.authority = None
    require_as_read(request, edit_version)
    noted = _comments(comments)
    if not opinion.strip() and not noted:
        message = _("Say what has to change: an opinion, or a comment on a field.")
        raise RuleViolation([FieldError("opinion", "required", message)])
    step.waiting_end(actor, request)
    detail: dict[str, Any] = {"comments": noted} if noted else {}
    step.stepped(actor, request, RequestAction.RETURN, before=before, opinion=opinion, detail=detail)
    step.task_for(
        request,
        step.TASK_CORRECT,
        request.department_id,
        Role.CATALOGUER,
        detail=format_lazy(gettext_lazy("Returned by {name}: {opinion}"), name=actor.name, opinion=opinion[:200]),
    )
    return request


@transaction.atomic
def request_withdraw(
    *, actor: Actor, request_id: int, reason: str = "", edit_version: int | None = None
) -> ShareRequest:
    """Withdraw a request; a grant that came of it already is ended apart. Of a dispute the answer stands again.

    Raises:
        NotVisible, NotAllowed: not of the requesting department. InvalidTransition: it was answered for good, data
            were granted, or it is a draft that was never submitted. StaleEdit: it was changed since it was read, as
            by this very step: what takes a dispute back withdraws the agreement when it is sent again.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_withdraw(actor, request)
    before = request.status
    target = transitions.REQUEST.apply("withdraw", before).target
    require_as_read(request, edit_version)
    if hindrance := hindrances.withdrawal(request):
        raise hindrance
    if before == RequestStatus.DISPUTED:
        request.status, request.disputed_from = request.disputed_from, ""
        step.waiting_end(actor, request, is_done=False)
        step.stepped(actor, request, RequestAction.WITHDRAW, before=before, opinion=reason)
        delivery_go_on(actor, request)
        return request
    request.status = target
    step.waiting_end(actor, request, is_done=False)
    workflow.clock_cancel(actor=actor, subject=request, policy_key=ClockKey.DELIVERY)
    step.stepped(actor, request, RequestAction.WITHDRAW, before=before, opinion=reason)
    return request


def require_as_read(request: ShareRequest, edit_version: int | None) -> None:
    """Refuse to decide on what the decider has not read.

    Raises:
        StaleEdit: it was changed since.
    """
    if edit_version is not None and edit_version != request.edit_version:
        message = _("This request changed after you opened it. Look at it as it is now, then decide.")
        raise StaleEdit(message, extra={"edit_version": request.edit_version})


def _comments(comments: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    noted, errors = [], []
    for at, one in enumerate(comments):
        text, field = str(one.get("text") or "").strip(), str(one.get("field") or "")
        if not text:
            continue
        if field not in COMMENT_FIELDS:
            message = _("“%(field)s” is not a field of the request.") % {"field": field[:50]}
            errors.append(FieldError(f"comments[{at}].field", "unknown", message))
        noted.append({"field": field, "text": text[:2_000]})
    if errors:
        raise RuleViolation(errors)
    return noted
