"""A provider that wants to stop a running service without misuse (809, Art. 27): announced, answered, filed, stopped.

It consults the requester and files it with the authority; before the day, and without the authority's note, nothing
is stopped.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from audit import services as audit
from catalog.selectors import authority_in_charge
from core import clock
from core.actors import Actor
from core.basis import SUSPENSION_OF_SHARING
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import policies, transitions
from sharing.choices import EndReason, GrantAction
from sharing.models import Grant, GrantNotice
from sharing.services.grant import CHANGED_EVENT, end, grant_locked, step_record
from sharing.services.step import TASK_ANSWER_STOP, TASK_FILE_STOP, grant_task_for
from workflow import outbox
from workflow import services as workflow


@transaction.atomic
def stop_announce(*, actor: Actor, grant_id: int, reason: str, stops_on: date) -> GrantNotice:
    """Announce that a service is to stop: the requester is asked, the authority gets it for its files.

    Args:
        stops_on: the day from which nothing is given any more.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: it has ended, or this was announced.
        RuleViolation: no reason, or the day does not lie ahead.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    row = transitions.GRANT.apply("consult", grant.status)
    if GrantNotice.objects.filter(grant=grant, closed_at__isnull=True).exists():
        raise InvalidTransition(_("This was announced already."))
    errors = []
    if not reason.strip():
        errors.append(FieldError("reason", "required", _("Say why the service is to stop.")))
    if stops_on <= clock.today():
        errors.append(FieldError("stops_on", "past", _("The day must lie ahead.")))
    if errors:
        raise RuleViolation(errors)
    notice = GrantNotice.objects.create(
        grant=grant,
        reason=reason.strip(),
        stops_on=stops_on,
        announced_at=clock.now(),
        announced_by_name=actor.name,
    )
    detail = {"stops_on": stops_on.isoformat()}
    step_record(actor, grant, GrantAction.CONSULT, reason, detail)
    audit.record(actor, "sharing.grant.consult", grant, after=detail, note=reason.strip(), basis=row.basis)
    grant_task_for(grant, TASK_ANSWER_STOP, grant.department_id, Role.HEAD)
    authority = authority_in_charge(grant.dataset.entry.department)
    if authority is not None:
        grant_task_for(grant, TASK_FILE_STOP, authority.pk, Role.REVIEWER)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.CONSULT.value, by=actor.id)
    return notice


@transaction.atomic
def stop_answer(*, actor: Actor, grant_id: int, is_agreed: bool, answer: str) -> GrantNotice:
    """Answer for the requester whether it can do without the service.

    Raises:
        NotVisible, NotAllowed: not the head of the department that holds the grant.
        InvalidTransition: nothing was announced, or it was answered. RuleViolation: an objection without a word.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_use(actor, grant, Role.HEAD)
    notice = _open(grant)
    if notice.answered_at is not None:
        raise InvalidTransition(_("This was answered already."))
    if not is_agreed and not answer.strip():
        raise RuleViolation([FieldError("answer", "required", _("Say why the service is still needed."))])
    notice.is_agreed, notice.answer, notice.answered_at = is_agreed, answer.strip(), clock.now()
    notice.save(update_fields=["is_agreed", "answer", "answered_at"])
    detail = {"agreed": is_agreed}
    step_record(actor, grant, GrantAction.OBJECT, answer, detail)
    audit.record(actor, "sharing.grant.answer", grant, after=detail, note=answer.strip())
    workflow.task_close(actor=actor, subject=grant, kind=TASK_ANSWER_STOP)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.OBJECT.value, by=actor.id)
    return notice


@transaction.atomic
def stop_file(*, actor: Actor, grant_id: int, is_accepted: bool, note: str = "") -> GrantNotice:
    """Take an announced stop to the authority's files, or object to it: without good cause nothing may be stopped.

    Raises:
        NotVisible, NotAllowed: no reviewer of the authority above the provider.
        InvalidTransition: nothing was announced. RuleViolation: an objection without reasons.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_supervise(actor, grant)
    notice = _open(grant)
    if not is_accepted and not note.strip():
        raise RuleViolation([FieldError("note", "required", _("Give the reasons."))])
    notice.is_filing_accepted, notice.filing_note, notice.filed_at = is_accepted, note.strip(), clock.now()
    notice.closed_at = None if is_accepted else notice.filed_at
    notice.save(update_fields=["is_filing_accepted", "filing_note", "filed_at", "closed_at"])
    detail = {"accepted": is_accepted}
    step_record(actor, grant, GrantAction.CONSULT, note, detail)
    basis = SUSPENSION_OF_SHARING
    audit.record(actor, "sharing.grant.file_stop", grant, after=detail, note=note.strip(), basis=basis)
    workflow.task_close(actor=actor, subject=grant, kind=TASK_FILE_STOP)
    if not is_accepted:
        workflow.task_close(actor=actor, subject=grant, kind=TASK_ANSWER_STOP)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.CONSULT.value, by=actor.id)
    return notice


@transaction.atomic
def stop_carry_out(*, actor: Actor, grant_id: int, disposal_demand: str = "") -> Grant:
    """Stop a service whose day has come, once requester and authority were heard.

    Raises:
        NotVisible, NotAllowed: not the provider's head.
        InvalidTransition: nothing was announced, its day has not come, the requester has neither answered nor let the
            day pass, or the authority has not taken it to its files.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    notice = _open(grant)
    if clock.today() < notice.stops_on:
        raise InvalidTransition(_("The day that was announced has not come."), code="too_early")
    if notice.filed_at is None:
        raise InvalidTransition(_("The data authority has not taken this to its files yet."), code="not_filed")
    notice.closed_at = clock.now()
    notice.save(update_fields=["closed_at"])
    workflow.task_close(actor=actor, subject=grant)
    return end(actor, grant, EndReason.STOPPED, notice.reason, disposal_demand)


@transaction.atomic
def stop_take_back(*, actor: Actor, grant_id: int) -> GrantNotice:
    """Take an announced stop back.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: nothing was announced.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    notice = _open(grant)
    notice.closed_at = clock.now()
    notice.save(update_fields=["closed_at"])
    step_record(actor, grant, GrantAction.CONSULT, "", {"taken_back": True})
    audit.record(actor, "sharing.grant.take_back_stop", grant, after={"taken_back": True})
    workflow.task_close(actor=actor, subject=grant)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.CONSULT.value, by=actor.id)
    return notice


def _open(grant: Grant) -> GrantNotice:
    notice = GrantNotice.objects.select_for_update().filter(grant=grant, closed_at__isnull=True).first()
    if notice is None:
        raise InvalidTransition(_("No stop was announced."))
    return notice
