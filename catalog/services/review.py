"""The way of a revision through sign-off and review (transition table in ``catalog.transitions``).

``entry_approve`` and ``entry_return`` serve both stages and both kinds of filing: what waits decides which.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from catalog import policies, signals, transitions
from catalog.choices import DecisionAction, RevisionStatus, Severity
from catalog.models import Entry, ReviewComment, Revision
from catalog.selectors import entry as selectors
from catalog.services import content, withdrawal
from catalog.services.check import findings_for, review_check_write
from catalog.services.code import resource_code_assign
from catalog.services.duty_change import duty_change_filed, duty_change_taken_back
from catalog.services.step import (
    CLOCK_REVIEW_FIRST,
    CLOCK_REVIEW_UPDATE,
    CLOCK_SIGN_OFF,
    TASK_CORRECT,
    TASK_REVIEW,
    TASK_SIGN_OFF,
    authority_to_file_with,
    decision_record,
    entry_refresh,
    review_clock_start,
    waiting_stop,
)
from core import clock
from core.actors import Actor
from core.basis import CATALOG_REQUIRED_CONTENT, CATALOG_REVIEW
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from workflow import outbox
from workflow import services as workflow


def working_revision(entry: Entry) -> Revision:
    """Return the open revision of an entry.

    Raises:
        InvalidTransition: none is open.
    """
    if entry.working_revision is None:
        raise InvalidTransition(
            _("This cannot be done while the state is “%(state)s”.") % {"state": entry.get_status_display()},
            extra={"state": entry.status},
        )
    return entry.working_revision


@transaction.atomic
def entry_submit(*, actor: Actor, ref: str | int) -> Entry:
    """Send the working revision to the department's head; the first submission assigns the resource code.

    Raises:
        NotVisible, NotAllowed: see ``policies.require_file_entry``.
        InvalidTransition: it is not a draft or returned.
        RuleViolation: every broken rule, with its field; or a library would give more than its sources.

    Basis:
        Regulation on Government Data Sharing, Art. 13 and 15.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_file_entry(actor, entry)
    revision = working_revision(entry)
    step = transitions.REVISION.apply("submit", revision.status)
    found = findings_for(revision)
    if found.errors:
        raise RuleViolation(found.errors)
    signals.entry_submitting.send(Entry, entry=entry, revision=revision, actor=actor)
    assert revision.category is not None  # noqa: S101  the rules above have just required it
    is_coded = entry.code is not None
    resource_code_assign(entry, revision.category)
    revision.submitted_at = clock.now()
    revision.submitted_by_id = actor.id if actor.is_person else None
    revision.signed_at = revision.signed_by = revision.authority = None
    ReviewComment.objects.filter(revision=revision, resolved_at=None).update(resolved_at=clock.now())
    _enter(entry, revision, step.target, is_content_new=not is_coded)
    decision_record(actor, entry, revision, DecisionAction.SUBMIT)
    audit.record(
        actor,
        "catalog.entry.submit",
        entry,
        before={"status": step.sources[0]},
        after={"status": step.target, "code": entry.code, "revision": revision.number},
        basis=CATALOG_REQUIRED_CONTENT,
    )
    workflow.task_close(actor=actor, subject=entry, kind=TASK_CORRECT)
    if not actor.is_system:
        review_check_write(revision, found)
        limit = review_clock_start(actor, CLOCK_SIGN_OFF, entry)
        workflow.task_open(
            kind=TASK_SIGN_OFF,
            subject=entry,
            title=revision.name,
            detail=format_lazy(gettext_lazy("Submitted by {name}"), name=actor.name),
            url=reverse("catalog:review_detail", args=[entry.ref]),
            department_id=entry.department_id,
            role=Role.HEAD,
            clock=limit,
            exclude_user_ids=[revision.submitted_by_id],
        )
        outbox.put("catalog.entry.submitted", entry_id=entry.pk, by=actor.id if actor.is_person else None)
    return entry


@transaction.atomic
def entry_recall(*, actor: Actor, ref: str | int) -> Entry:
    """Take a submission, or a request for withdrawal, back before it is decided.

    Raises:
        InvalidTransition: nothing is waiting for a decision.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_file_entry(actor, entry)
    if withdrawal.is_pending(entry):
        return withdrawal.withdrawal_recall(actor, entry)
    revision = working_revision(entry)
    before = revision.status
    step = transitions.REVISION.apply("recall", before)
    duty_change_taken_back(actor, entry, revision)
    revision.signed_at = revision.signed_by = revision.authority = None
    _enter(entry, revision, step.target)
    decision_record(actor, entry, revision, DecisionAction.RECALL)
    audit.record(actor, "catalog.entry.recall", entry, before={"status": before}, after={"status": step.target})
    waiting_stop(actor, entry)
    return entry


@transaction.atomic
def entry_approve(*, actor: Actor, ref: str | int, opinion: str = "", edit_version: int | None = None) -> Entry:
    """Sign off or approve what waits: the head's stage first, then the authority's, which publishes.

    Args:
        edit_version: the version the actor read; None where he holds no older copy.

    Raises:
        StaleEdit: it was recalled and handed in anew since; nobody approves what he has not seen.
        NotAllowed, OwnSubmission: see ``policies``.
        InvalidTransition: nothing waits for a decision.
        RuleViolation: a required comment is still open.

    Basis:
        Regulation on Government Data Sharing, Art. 13 (sign-off), Art. 16 and 17 (review and publication).
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_decide_entry(actor, entry)
    _require_as_read(entry, edit_version)
    if withdrawal.is_pending(entry):
        return withdrawal.withdrawal_approve(actor, entry, opinion)
    revision = working_revision(entry)
    if revision.status == RevisionStatus.AWAITING_HEAD:
        return _sign_off(actor, entry, revision, opinion)
    if revision.status == RevisionStatus.AWAITING_AUTHORITY:
        return _publish(actor, entry, revision, opinion)
    transitions.REVISION.apply("approve", revision.status)
    raise AssertionError("a working revision waits for nobody else")


def _sign_off(actor: Actor, entry: Entry, revision: Revision, opinion: str) -> Entry:
    policies.require_sign_off_revision(actor, entry, revision)
    step = transitions.REVISION.apply("sign_off", revision.status)
    _require_no_open_comment(revision)
    authority = authority_to_file_with(entry)
    revision.signed_at = clock.now()
    revision.signed_by_id = actor.id if actor.is_person else None
    revision.authority = authority
    if actor.is_person:
        review_check_write(revision)
    _enter(entry, revision, step.target)
    decision_record(actor, entry, revision, DecisionAction.SIGN_OFF, opinion, step.basis)
    audit.record(
        actor,
        "catalog.entry.sign_off",
        entry,
        before={"status": RevisionStatus.AWAITING_HEAD},
        after={"status": step.target, "authority": authority.code},
        basis=step.basis,
    )
    waiting_stop(actor, entry)
    duty_change_filed(actor, entry, revision)
    if actor.is_person:
        key = CLOCK_REVIEW_FIRST if entry.published_revision is None else CLOCK_REVIEW_UPDATE
        limit = review_clock_start(actor, key, entry, department_id=authority.pk, region_id=authority.region_id)
        workflow.task_open(
            kind=TASK_REVIEW,
            subject=entry,
            title=revision.name,
            detail=format_lazy(
                gettext_lazy("{department}, signed off by {name}"), department=entry.department.name, name=actor.name
            ),
            url=reverse("catalog:review_detail", args=[entry.ref]),
            department_id=authority.pk,
            role=Role.REVIEWER,
            clock=limit,
            exclude_user_ids=[revision.submitted_by_id, revision.signed_by_id],
        )
        outbox.put("catalog.entry.signed_off", entry_id=entry.pk, by=actor.id)
    return entry


def _publish(actor: Actor, entry: Entry, revision: Revision, opinion: str) -> Entry:
    policies.require_review_revision(actor, revision)
    step = transitions.REVISION.apply("approve", revision.status)
    _require_no_open_comment(revision)
    previous = entry.published_revision
    if previous is not None:
        previous.status = transitions.REVISION.apply("supersede", previous.status).target
        previous.save(update_fields=["status"])
    now = clock.now()
    revision.status = step.target
    revision.published_at = now
    revision.published_by_name = actor.name
    revision.save(update_fields=["status", "published_at", "published_by_name"])
    entry.published_revision = entry.current_revision = revision
    entry.working_revision = None
    entry.first_published_at = entry.first_published_at or now
    entry_refresh(entry, is_content_new=True)
    decision_record(actor, entry, revision, DecisionAction.APPROVE, opinion, step.basis, sharing=revision.sharing)
    audit.record(
        actor,
        "catalog.entry.publish",
        entry,
        before={"revision": previous.number if previous else None},
        after={"revision": revision.number, "sharing": revision.sharing, "opening": revision.opening},
        basis=CATALOG_REVIEW,
    )
    waiting_stop(actor, entry)
    signals.entry_published.send(Entry, entry=entry, revision=revision, previous=previous, actor=actor)
    if actor.is_person:
        outbox.put("catalog.entry.published", entry_id=entry.pk, by=actor.id)
    return entry


@transaction.atomic
def entry_return(
    *,
    actor: Actor,
    ref: str | int,
    opinion: str = "",
    comments: Sequence[Mapping[str, Any]] = (),
    edit_version: int | None = None,
) -> Entry:
    """Send a submission back to its cataloguer with an opinion and comments on fields and items.

    Args:
        edit_version: as for ``entry_approve``.
        comments: ``{"field": "sharing_scope" or "items[2].length" or "items.<id>.length", "text", "severity"}``.

    Raises:
        RuleViolation: there is neither an opinion nor a comment, or a comment names no field.
        InvalidTransition: nothing waits for a decision.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_decide_entry(actor, entry)
    _require_as_read(entry, edit_version)
    if withdrawal.is_pending(entry):
        return withdrawal.withdrawal_return(actor, entry, opinion)
    revision = working_revision(entry)
    before = revision.status
    step = transitions.REVISION.apply("return", before)
    _require_stage(actor, entry, revision)
    for index, comment in enumerate(comments):
        _comment_add(actor, revision, comment, f"comments[{index}]")
    noted = ReviewComment.objects.filter(revision=revision, resolved_at=None).exists()
    if not opinion.strip() and not noted:
        message = _("Say what has to change: an opinion, or a comment on a field.")
        raise RuleViolation([FieldError("opinion", "required", message)])
    _enter(entry, revision, step.target)
    decision_record(actor, entry, revision, DecisionAction.RETURN, opinion)
    audit.record(
        actor,
        "catalog.entry.return",
        entry,
        before={"status": before},
        after={"status": step.target, "comments": len(comments)},
        note=opinion,
    )
    waiting_stop(actor, entry)
    workflow.task_open(
        kind=TASK_CORRECT,
        subject=entry,
        title=revision.name,
        detail=format_lazy(gettext_lazy("Returned by {name}: {opinion}"), name=actor.name, opinion=opinion[:200]),
        url=reverse("catalog:entry_edit", args=[entry.ref]),
        department_id=entry.department_id,
        role=Role.CATALOGUER,
    )
    outbox.put("catalog.entry.returned", entry_id=entry.pk, by=actor.id)
    return entry


@transaction.atomic
def comment_add(
    *, actor: Actor, ref: str | int, field: str, text: str, severity: str = Severity.REQUIRED
) -> ReviewComment:
    """Note a comment on a field or item while reviewing; the decision comes later.

    Raises:
        NotAllowed: the actor does not decide on this stage.
        RuleViolation: the text is empty or the field unknown.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_decide_entry(actor, entry)
    revision = working_revision(entry)
    transitions.REVISION.apply("comment", revision.status)
    _require_stage(actor, entry, revision)
    comment = _comment_add(actor, revision, {"field": field, "text": text, "severity": severity}, "")
    audit.record(actor, "catalog.comment.add", entry, after={"field": field, "severity": comment.severity})
    return comment


@transaction.atomic
def comment_take_back(*, actor: Actor, ref: str | int, comment_id: int) -> None:
    """Take back an open comment of one's own.

    Raises:
        InvalidTransition: the entry no longer waits for a decision; what was said with a return stays said.
        RuleViolation: it is somebody else's, or no longer open.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_decide_entry(actor, entry)
    revision = working_revision(entry)
    transitions.REVISION.apply("comment", revision.status)
    _require_stage(actor, entry, revision)
    mine = ReviewComment.objects.filter(pk=comment_id, revision=revision, author_id=actor.id, resolved_at=None).first()
    if mine is None:
        message = _("Only your own open comments can be taken back.")
        raise RuleViolation([FieldError("comment", "not_yours", message)])
    audit.record(actor, "catalog.comment.take_back", entry, before={"field": mine.field, "text": mine.text})
    mine.delete()


def _require_as_read(entry: Entry, edit_version: int | None) -> None:
    if edit_version is not None and edit_version != entry.edit_version:
        message = _("This was recalled, or decided, after you opened it. Look at it as it is now, then decide.")
        raise StaleEdit(message, extra={"edit_version": entry.edit_version})


def _require_no_open_comment(revision: Revision) -> None:
    if ReviewComment.objects.filter(revision=revision, resolved_at=None, severity=Severity.REQUIRED).exists():
        message = _("A comment marked “must change” is open. Return the entry, or take the comment back.")
        raise RuleViolation([FieldError("comments", "open_comment", message)])


def _require_stage(actor: Actor, entry: Entry, revision: Revision) -> None:
    if revision.status == RevisionStatus.AWAITING_HEAD:
        policies.require_sign_off_revision(actor, entry, revision)
    else:
        policies.require_review_revision(actor, revision)


def _comment_add(actor: Actor, revision: Revision, comment: Mapping[str, Any], where: str) -> ReviewComment:
    text = str(comment.get("text") or "").strip()
    prefix = f"{where}." if where else ""
    if not text:
        raise RuleViolation([FieldError(f"{prefix}text", "required", _("Write what should change."))])
    severity = str(comment.get("severity") or Severity.REQUIRED)
    if severity not in Severity.values:
        raise RuleViolation([FieldError(f"{prefix}severity", "unknown", _("Choose “must change” or “suggestion”."))])
    field, item_id = _comment_target(revision, str(comment.get("field") or ""), f"{prefix}field")
    return ReviewComment.objects.create(
        revision=revision,
        field=field,
        item_id=item_id,
        text=text,
        severity=severity,
        author_id=actor.id if actor.is_person else None,
        author_name=actor.name,
        department_name=actor.department_name,
        at=clock.now(),
    )


COMMENT_FIELDS = content.FIELDS | {"items", "assessments", "assessments.secrecy", "assessments.personal_information"}
"""What a comment may be bound to, besides items and their fields."""


def _comment_target(revision: Revision, field: str, where: str) -> tuple[str, Any]:
    """Resolve ``items[2].length`` or ``items.<id>.length`` to (field of the item, item identity)."""
    if field in COMMENT_FIELDS:
        return field, None
    if field.startswith("items"):
        rest = field.removeprefix("items").lstrip("[.")
        key, _separator, inner = rest.replace("]", "").partition(".")
        for index, row in enumerate(selectors.items_of(revision)):
            if key in (str(index), str(row.item_id), row.field_name, row.name) and key:
                if inner and inner not in content.ITEM_FIELDS:
                    break
                return inner, row.item_id
    message = _("“%(field)s” is not a field of the entry.") % {"field": field}
    raise RuleViolation([FieldError(where, "unknown", message)])


def _enter(entry: Entry, revision: Revision, status: str, *, is_content_new: bool = False) -> None:
    revision.status = status
    revision.save(update_fields=["status", "submitted_at", "submitted_by", "signed_at", "signed_by", "authority"])
    entry_refresh(entry, is_content_new=is_content_new)
