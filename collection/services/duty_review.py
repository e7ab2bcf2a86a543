"""The way of a collection duty: the check for repeated collection, submission, sign-off, the authority's decision."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from accounts.models import Department
from audit import services as audit
from audit.selectors import deeds_count
from catalog.selectors.entry import authority_in_charge
from collection import duty_policies as policies
from collection import transitions
from collection.duty_choices import DutyAction, DutyStatus, FindingKind, Ground, Manner
from collection.models import CollectionDuty, DutyCheck, DutyFinding, DutyRevision
from collection.selectors import duty as selectors
from collection.selectors.repeat import repeated
from collection.services.duty import decision_record, duty_refresh, open_revision
from core import clock
from core.actors import Actor
from core.basis import NO_REPEAT_COLLECTION
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from workflow import outbox
from workflow import services as workflow

TASK_SIGN_OFF = "collection.duty.sign_off"
TASK_REVIEW = "collection.duty.review"
TASK_CORRECT = "collection.duty.correct"
ACTION_CHECK = "collection.duty.check"

CHECK_AGE = timedelta(days=7)
"""How long a check counts: what others share changes."""

MOST_COMPARISONS = 10
"""Checks with a comparison of values that a department makes within ``COMPARISONS_AGE``: each tells a little."""
COMPARISONS_AGE = timedelta(days=1)

COMMENT_FIELDS = (
    "name", "purpose", "subject", "ground", "legal_basis", "manner", "form", "frequency", "entry", "items",
    "digitise_by", "justification",
)  # fmt: skip
"""What a comment of a return may be bound to."""


def duty_check(*, actor: Actor, duty_id: int) -> DutyCheck:
    """Look whether other departments share or collect the same, and keep what was found.

    The comparison may take seconds, so it runs before anything is locked; what changed meanwhile is noticed by the
    fingerprint. A department that has compared values ``MOST_COMPARISONS`` times within a day checks without them.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: it is being decided, or none is open.
        RuleViolation: there are no items to check, or others of the department used up its comparisons meanwhile.

    Basis:
        Regulation on Government Data Sharing, Art. 19: nothing is collected again that sharing can give.
    """
    duty = selectors.duty_get_for(actor, duty_id)
    policies.require_file_duty(actor, duty)
    revision = open_revision(duty)
    transitions.DUTY.apply("check", revision.status)
    items = selectors.items_of_revision(revision)
    if not items:
        raise RuleViolation([FieldError("items", "required", _("List the items first: they are what is checked."))])
    fingerprint = selectors.fingerprint_of(revision, items)
    found = repeated(actor, revision, items, with_values=_may_compare(duty.department))
    with transaction.atomic():
        # One after the other: comparisons side by side would each find that one more may be made.
        department = Department.objects.select_for_update(of=("self",), no_key=True).get(pk=duty.department_id)
        if found.is_compared and not _may_compare(department):
            message = _(
                "Your department has compared values too often within a day. Check once more: values are left out then."
            )
            raise RuleViolation([FieldError("check", "too_often", message)])
        locked = open_revision(selectors.duty_get_for(actor, duty_id, for_update=True))
        transitions.DUTY.apply("check", locked.status)
        check = DutyCheck.objects.create(
            revision=locked,
            fingerprint=fingerprint,
            at=clock.now(),
            by_name=actor.name,
            items=len(items),
            shared_count=found.shared_count,
            collected_count=found.collected_count,
            datasets_compared=found.datasets_compared,
            datasets_left=found.datasets_left,
            is_compared=found.is_compared,
        )
        DutyFinding.objects.bulk_create(
            [
                *(
                    DutyFinding(check_made=check, kind=FindingKind.SHARED, entry_id=key, matches=one.matches)
                    for key, one in found.shared
                ),
                *(
                    DutyFinding(check_made=check, kind=FindingKind.COLLECTED, duty_id=key, matches=one.matches)
                    for key, one in found.collected
                ),
            ]
        )
        audit.record(
            actor,
            ACTION_CHECK,
            duty,
            after={
                "items": len(items),
                "shared": check.shared_count,
                "collected": check.collected_count,
                "compared": check.is_compared,
                "datasets": check.datasets_compared,
                "datasets_left": check.datasets_left,
            },
            basis=NO_REPEAT_COLLECTION,
        )
    return check


def _may_compare(department: Department) -> bool:
    """Say whether a department may compare values again; the trail counts, since discarded drafts take checks along."""
    since = clock.now() - COMPARISONS_AGE
    return deeds_count(ACTION_CHECK, department.code, since, compared=True) < MOST_COMPARISONS


def current_check(revision: DutyRevision) -> DutyCheck | None:
    """Return the check that counts: of these very items, and not too old. None where there is none."""
    check = selectors.last_check(revision)
    if check is None or check.at < clock.now() - CHECK_AGE:
        return None
    is_same = check.fingerprint == selectors.fingerprint_of(revision, selectors.items_of_revision(revision))
    return check if is_same else None


def rule_errors(revision: DutyRevision) -> list[FieldError]:
    """Return every rule that a revision breaks before it can be submitted, the check for repetition apart."""
    errors = []
    wanted = {
        "name": _("Name what is collected."),
        "purpose": _("Say what it is collected for."),
        "subject": _("Say from whom it is collected."),
        "ground": _("Say whether a law provides for it or people consent."),
        "manner": _("Say whether it comes in digital form."),
        "form": _("Say through what it comes in."),
        "frequency": _("Say how often it is collected."),
    }
    for field, message in wanted.items():
        if not getattr(revision, field).strip():
            errors.append(FieldError(field, "required", message))
    if not selectors.items_of_revision(revision):
        errors.append(FieldError("items", "required", _("List the items that are collected.")))
    if revision.ground == Ground.LAW and not revision.legal_basis:
        message = _("Cite the article that provides for the collection. Where none does, it needs consent.")
        errors.append(FieldError("legal_basis", "required", message))
    if revision.ground == Ground.CONSENT and not revision.duty.consent_texts.filter(retired_at=None).exists():
        message = _("Write the text that people consent to first (“Consent” on the page of this duty).")
        errors.append(FieldError("ground", "consent_text", message))
    if revision.manner == Manner.PAPER:
        if revision.digitise_by is None:
            message = _("Give the day by which the paper records are digitised.")
            errors.append(FieldError("digitise_by", "required", message))
        if not revision.paper_records:
            message = _("Give the number of paper records, or an estimate.")
            errors.append(FieldError("paper_records", "required", message))
    return errors


@transaction.atomic
def duty_submit(*, actor: Actor, duty_id: int, justification: str = "") -> CollectionDuty:
    """Send the open revision to the department's head, with the check for repeated collection.

    Args:
        justification: why it is collected although somebody shares or collects it; needed where the check found that.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: it is no draft. RuleViolation: something is missing, the check among it.

    Basis:
        Regulation on Government Data Sharing, Art. 19.
    """
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    revision = open_revision(duty)
    step = transitions.DUTY.apply("submit", revision.status)
    errors = rule_errors(revision)
    check = current_check(revision)
    if check is None:
        message = _("Check for repeated collection first: these items were not checked, or more than 7 days ago.")
        errors.append(FieldError("check", "required", message))
    elif check.found_count and not justification.strip():
        message = _("Others share or collect these items. Say why sharing does not serve; the data authority decides.")
        errors.append(FieldError("justification", "required", message))
    if errors:
        raise RuleViolation(errors)
    before = revision.status
    revision.status = step.target
    revision.justification = justification.strip()
    revision.check_used = check
    revision.submitted_at = clock.now()
    revision.submitted_by_id = actor.id
    revision.signed_at = revision.signed_by = revision.authority = None
    revision.save()
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.SUBMIT, justification)
    audit.record(
        actor,
        "collection.duty.submit",
        duty,
        before={"status": before},
        after={"status": step.target, "found": check.found_count if check else None},
        note=justification.strip(),
        basis=NO_REPEAT_COLLECTION,
    )
    workflow.task_close(actor=actor, subject=duty, kind=TASK_CORRECT)
    workflow.task_open(
        kind=TASK_SIGN_OFF,
        subject=duty,
        title=revision.name,
        detail=format_lazy(gettext_lazy("Submitted by {name}"), name=actor.name),
        url=_url(duty),
        department_id=duty.department_id,
        role=Role.HEAD,
        exclude_user_ids=[revision.submitted_by_id],
    )
    outbox.put("collection.duty.submitted", duty_id=duty.pk, by=actor.id)
    return duty


def _url(duty: CollectionDuty) -> str:
    return reverse("collection:duty_detail", args=[duty.pk])


@transaction.atomic
def duty_recall(*, actor: Actor, duty_id: int) -> CollectionDuty:
    """Take a submission back before it is decided.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: nothing waits for a decision.
    """
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    revision = open_revision(duty)
    before = revision.status
    step = transitions.DUTY.apply("recall", before)
    revision.status = step.target
    revision.signed_at = revision.signed_by = revision.authority = None
    revision.save()
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.RECALL)
    audit.record(actor, "collection.duty.recall", duty, before={"status": before}, after={"status": step.target})
    workflow.task_close(actor=actor, subject=duty)
    return duty


@transaction.atomic
def duty_approve(
    *, actor: Actor, duty_id: int, opinion: str = "", edit_version: int | None = None
) -> CollectionDuty:  # fmt: skip
    """Sign off or register what waits: the head's stage first, then the authority's.

    Args:
        edit_version: the version the actor read; None where he holds no older copy.

    Raises:
        NotVisible, NotAllowed, OwnSubmission: see ``duty_policies``.
        StaleEdit: it was recalled and handed in anew since. InvalidTransition: nothing waits for a decision.

    Basis:
        Regulation on Government Data Sharing, Art. 19.
    """
    duty, revision = _deciding(actor, duty_id, edit_version)
    if revision.status == DutyStatus.AWAITING_HEAD:
        return _sign_off(actor, duty, revision, opinion)
    if revision.status == DutyStatus.AWAITING_AUTHORITY:
        return _register(actor, duty, revision, opinion)
    transitions.DUTY.apply("sign_off", revision.status)
    raise AssertionError("an open revision waits for nobody else")


def _deciding(actor: Actor, duty_id: int, edit_version: int | None) -> tuple[CollectionDuty, DutyRevision]:
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_decide_duty(actor, duty)
    if edit_version is not None and edit_version != duty.edit_version:
        message = _("This was recalled, or decided, after you opened it. Look at it as it is now, then decide.")
        raise StaleEdit(message, extra={"edit_version": duty.edit_version})
    return duty, open_revision(duty)


def _sign_off(actor: Actor, duty: CollectionDuty, revision: DutyRevision, opinion: str) -> CollectionDuty:
    policies.require_sign_off_duty(actor, duty, revision)
    step = transitions.DUTY.apply("sign_off", revision.status)
    authority = authority_in_charge(duty.department)
    if authority is None:
        raise InvalidTransition(_("No data authority is set up for this region. Ask the system administrator."))
    revision.status = step.target
    revision.signed_at = clock.now()
    revision.signed_by_id = actor.id
    revision.authority = authority
    revision.save()
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.SIGN_OFF, opinion)
    audit.record(
        actor,
        "collection.duty.sign_off",
        duty,
        before={"status": DutyStatus.AWAITING_HEAD},
        after={"status": step.target, "authority": authority.code},
        note=opinion.strip(),
    )
    workflow.task_close(actor=actor, subject=duty)
    workflow.task_open(
        kind=TASK_REVIEW,
        subject=duty,
        title=revision.name,
        detail=format_lazy(
            gettext_lazy("{department}, signed off by {name}"), department=duty.department.name, name=actor.name
        ),
        url=_url(duty),
        department_id=authority.pk,
        role=Role.REVIEWER,
        exclude_user_ids=[revision.submitted_by_id, revision.signed_by_id],
    )
    outbox.put("collection.duty.signed_off", duty_id=duty.pk, by=actor.id)
    return duty


def _register(actor: Actor, duty: CollectionDuty, revision: DutyRevision, opinion: str) -> CollectionDuty:
    policies.require_review_duty(actor, revision)
    step = transitions.DUTY.apply("register", revision.status)
    previous = duty.registered
    if previous is not None:
        previous.status = transitions.DUTY.apply("supersede", previous.status).target
        previous.save(update_fields=["status"])
    revision.status = step.target
    revision.registered_at = clock.now()
    revision.save()
    duty.registered, duty.working = revision, None
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.REGISTER, opinion)
    found = revision.check_used.found_count if revision.check_used else None
    audit.record(
        actor,
        "collection.duty.register",
        duty,
        before={"revision": previous.number if previous else None},
        after={"revision": revision.number, "found": found},
        note=opinion.strip(),
        basis=step.basis,
    )
    workflow.task_close(actor=actor, subject=duty)
    outbox.put("collection.duty.registered", duty_id=duty.pk, by=actor.id)
    return duty


@transaction.atomic
def duty_return(
    *,
    actor: Actor,
    duty_id: int,
    opinion: str = "",
    comments: Sequence[Mapping[str, str]] = (),
    edit_version: int | None = None,
) -> CollectionDuty:
    """Send a submission back with an opinion and comments on fields.

    Args:
        comments: rows of ``field`` (one of ``COMMENT_FIELDS``) and ``text``.

    Raises:
        NotVisible, NotAllowed, OwnSubmission, StaleEdit, InvalidTransition: as ``duty_approve``.
        RuleViolation: there is neither an opinion nor a comment, or a comment names no field.
    """
    duty, revision = _deciding(actor, duty_id, edit_version)
    before = revision.status
    step = transitions.DUTY.apply("return", before)
    if before == DutyStatus.AWAITING_HEAD:
        policies.require_sign_off_duty(actor, duty, revision)
    else:
        policies.require_review_duty(actor, revision)
    noted = _comments(comments)
    if not opinion.strip() and not noted:
        message = _("Say what has to change: an opinion, or a comment on a field.")
        raise RuleViolation([FieldError("opinion", "required", message)])
    revision.status = step.target
    revision.save(update_fields=["status"])
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.RETURN, opinion, noted)
    audit.record(
        actor,
        "collection.duty.return",
        duty,
        before={"status": before},
        after={"status": step.target, "comments": len(noted)},
        note=opinion.strip(),
    )
    workflow.task_close(actor=actor, subject=duty)
    workflow.task_open(
        kind=TASK_CORRECT,
        subject=duty,
        title=revision.name,
        detail=format_lazy(gettext_lazy("Returned by {name}: {opinion}"), name=actor.name, opinion=opinion[:200]),
        url=_url(duty),
        department_id=duty.department_id,
        role=Role.CATALOGUER,
    )
    outbox.put("collection.duty.returned", duty_id=duty.pk, by=actor.id)
    return duty


def _comments(comments: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    noted, errors = [], []
    for at, one in enumerate(comments):
        text = str(one.get("text") or "").strip()
        field = str(one.get("field") or "")
        if not text:
            continue
        if field not in COMMENT_FIELDS:
            message = _("“%(field)s” is not a field of the duty.") % {"field": field}
            errors.append(FieldError(f"comments[{at}].field", "unknown", message))
        noted.append({"field": field, "text": text[:2_000]})
    if errors:
        raise RuleViolation(errors)
    return noted
