"""Withdrawing a published entry: asked for by the cataloguer, signed off by the head, decided by the authority.

The published revision stays visible and in force until the authority has approved.
"""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from catalog import policies, signals, transitions
from catalog.choices import DecisionAction, WithdrawalStatus
from catalog.models import Entry
from catalog.selectors import entry as selectors
from catalog.services.step import (
    CLOCK_REVIEW_FIRST,
    CLOCK_SIGN_OFF,
    TASK_REVIEW,
    TASK_SIGN_OFF,
    authority_to_file_with,
    decision_record,
    entry_refresh,
    review_clock_start,
    waiting_stop,
)
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from workflow import outbox
from workflow import services as workflow


def is_pending(entry: Entry) -> bool:
    """Say whether a request for withdrawal waits for a decision."""
    return entry.withdrawal in (WithdrawalStatus.AWAITING_HEAD, WithdrawalStatus.AWAITING_AUTHORITY)


@transaction.atomic
def entry_withdraw(*, actor: Actor, ref: str | int, reason: str) -> Entry:
    """Ask for the withdrawal of a published entry.

    Raises:
        NotVisible, NotAllowed: see ``policies.require_file_entry``.
        InvalidTransition: it is not published, a revision is open, or a withdrawal already waits.
        RuleViolation: no reason is given.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_file_entry(actor, entry)
    step = transitions.WITHDRAWAL.apply("withdraw", entry.withdrawal)
    if entry.published_revision is None:
        raise InvalidTransition(_("Only a published entry can be withdrawn. Discard the draft instead."))
    if entry.working_revision is not None:
        raise InvalidTransition(_("A revision is open. Discard or finish it before you ask for withdrawal."))
    if not reason.strip():
        raise RuleViolation([FieldError("reason", "required", _("Give the reason for the withdrawal."))])
    entry.withdrawal = step.target
    entry.withdrawal_reason = reason.strip()
    entry.withdrawal_by_id = actor.id
    entry.withdrawal_head = None
    entry_refresh(entry)
    decision_record(actor, entry, entry.published_revision, DecisionAction.WITHDRAW, reason)
    audit.record(actor, "catalog.entry.withdraw", entry, after={"withdrawal": step.target}, note=reason)
    limit = review_clock_start(actor, CLOCK_SIGN_OFF, entry)
    workflow.task_open(
        kind=TASK_SIGN_OFF,
        subject=entry,
        title=str(entry),
        detail=format_lazy(gettext_lazy("Withdrawal asked for by {name}"), name=actor.name),
        url=reverse("catalog:review_detail", args=[entry.ref]),
        department_id=entry.department_id,
        role=Role.HEAD,
        clock=limit,
        exclude_user_ids=[entry.withdrawal_by_id],
    )
    outbox.put("catalog.entry.submitted", entry_id=entry.pk, by=actor.id)
    return entry


def withdrawal_approve(actor: Actor, entry: Entry, opinion: str) -> Entry:
    """Sign off or grant a withdrawal; the entry is locked and visible to the actor (see ``review.entry_approve``)."""
    published = entry.published_revision
    assert published is not None  # noqa: S101  a database constraint holds it
    if entry.withdrawal == WithdrawalStatus.AWAITING_HEAD:
        policies.require_sign_off_withdrawal(actor, entry)
        step = transitions.WITHDRAWAL.apply("sign_off", entry.withdrawal)
        authority = authority_to_file_with(entry)
        entry.withdrawal = step.target
        entry.withdrawal_head_id = actor.id
        entry.withdrawal_authority = authority
        entry_refresh(entry)
        decision_record(actor, entry, published, DecisionAction.WITHDRAW_SIGN_OFF, opinion)
        audit.record(
            actor,
            "catalog.entry.withdraw_sign_off",
            entry,
            after={"withdrawal": step.target, "authority": authority.code},
        )
        waiting_stop(actor, entry)
        limit = review_clock_start(
            actor, CLOCK_REVIEW_FIRST, entry, department_id=authority.pk, region_id=authority.region_id
        )
        workflow.task_open(
            kind=TASK_REVIEW,
            subject=entry,
            title=str(entry),
            detail=format_lazy(gettext_lazy("Withdrawal signed off by {name}"), name=actor.name),
            url=reverse("catalog:review_detail", args=[entry.ref]),
            department_id=authority.pk,
            role=Role.REVIEWER,
            clock=limit,
            exclude_user_ids=[entry.withdrawal_by_id, entry.withdrawal_head_id],
        )
        outbox.put("catalog.entry.signed_off", entry_id=entry.pk, by=actor.id)
        return entry
    policies.require_review_withdrawal(actor, entry)
    step = transitions.WITHDRAWAL.apply("approve", entry.withdrawal)
    entry.withdrawal = step.target
    entry_refresh(entry, is_content_new=True)
    decision_record(actor, entry, published, DecisionAction.WITHDRAW_APPROVE, opinion, step.basis)
    audit.record(actor, "catalog.entry.withdrawn", entry, after={"withdrawal": step.target}, basis=step.basis)
    waiting_stop(actor, entry)
    signals.entry_withdrawn.send(Entry, entry=entry, actor=actor)
    outbox.put("catalog.entry.withdrawn", entry_id=entry.pk, by=actor.id)
    return entry


def withdrawal_return(actor: Actor, entry: Entry, opinion: str) -> Entry:
    """Refuse a withdrawal: the entry stays published. The reason is the opinion and must be given."""
    published = entry.published_revision
    assert published is not None  # noqa: S101  a database constraint holds it
    if entry.withdrawal == WithdrawalStatus.AWAITING_HEAD:
        policies.require_sign_off_withdrawal(actor, entry)
    else:
        policies.require_review_withdrawal(actor, entry)
    if not opinion.strip():
        raise RuleViolation([FieldError("opinion", "required", _("Say why the entry should stay."))])
    step = transitions.WITHDRAWAL.apply("return", entry.withdrawal)
    _reset(entry, step.target)
    decision_record(actor, entry, published, DecisionAction.WITHDRAW_RETURN, opinion)
    audit.record(actor, "catalog.entry.withdraw_return", entry, after={"withdrawal": step.target}, note=opinion)
    waiting_stop(actor, entry)
    outbox.put("catalog.entry.returned", entry_id=entry.pk, by=actor.id)
    return entry


def withdrawal_recall(actor: Actor, entry: Entry) -> Entry:
    """Take the request for withdrawal back; the entry stays published."""
    step = transitions.WITHDRAWAL.apply("recall", entry.withdrawal)
    _reset(entry, step.target)
    decision_record(actor, entry, entry.published_revision, DecisionAction.RECALL)
    audit.record(actor, "catalog.entry.recall", entry, after={"withdrawal": step.target})
    waiting_stop(actor, entry)
    return entry


def _reset(entry: Entry, target: str) -> None:
    entry.withdrawal = target
    entry.withdrawal_reason = ""
    entry.withdrawal_by = entry.withdrawal_head = entry.withdrawal_authority = None
    entry_refresh(entry)
