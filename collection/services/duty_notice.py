"""Telling people what became of a collection duty or an erasure. Called when the outbox delivers."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from collection import notices
from collection.duty_choices import DutyAction, DutyStatus, ErasureFailure, ErasureState
from collection.models import CollectionDuty, DutyDecision, Erasure
from workflow import services as workflow
from workflow.selectors.people import role_holder_ids


def _duty(duty_id: int) -> CollectionDuty | None:
    shown = ("department", "working", "registered", "current")
    return CollectionDuty.objects.filter(pk=duty_id).select_related(*shown).first()


def _send(
    duty: CollectionDuty, kind: str, to: Iterable[int | None], by: int | None, key: str, title: Any, body: str | Promise
) -> None:
    people = {one for one in to if one is not None} - {by}
    if people:
        workflow.notify(
            user_ids=people,
            kind=kind,
            title=format_lazy(title, name=(duty.working or duty.current).name),  # type: ignore[union-attr]
            body=body,
            url=reverse("collection:duty_detail", args=[duty.pk]),
            dedupe_key=f"{kind}:{key}",
        )


@transaction.atomic
def duty_submitted_announce(*, duty_id: int, by: int | None, key: str) -> None:
    """Tell the department's heads that something waits for their sign-off."""
    duty = _duty(duty_id)
    if duty is None or duty.working is None or duty.working.status != DutyStatus.AWAITING_HEAD:
        return
    heads = role_holder_ids(duty.department_id, [Role.HEAD])
    _send(duty, notices.DUTY_SUBMITTED, heads, by, key, _("Collection duty to be signed off: {name}"), "")


@transaction.atomic
def duty_signed_off_announce(*, duty_id: int, by: int | None, key: str) -> None:
    """Tell the authority's reviewers that something waits for them."""
    duty = _duty(duty_id)
    if duty is None or duty.working is None or duty.working.status != DutyStatus.AWAITING_AUTHORITY:
        return
    reviewers = set(role_holder_ids(duty.working.authority_id, [Role.REVIEWER])) - {duty.working.submitted_by_id}
    _send(
        duty,
        notices.DUTY_SUBMITTED,
        reviewers,
        by,
        key,
        _("Collection duty to be decided: {name}"),
        duty.department.name,
    )


@transaction.atomic
def duty_registered_announce(*, duty_id: int, by: int | None, key: str) -> None:
    """Tell submitter and head that it is registered."""
    duty = _duty(duty_id)
    if duty is None or duty.registered is None or duty.working is not None:
        return
    people = [duty.registered.submitted_by_id, duty.registered.signed_by_id]
    _send(duty, notices.DUTY_DECIDED, people, by, key, _("Collection duty registered: {name}"), "")


@transaction.atomic
def duty_returned_announce(*, duty_id: int, by: int | None, key: str) -> None:
    """Tell the submitter, and the head who signed it off, that it came back, and why."""
    duty = _duty(duty_id)
    if duty is None or duty.working is None or duty.working.status != DutyStatus.RETURNED:
        return
    step = DutyDecision.objects.filter(revision=duty.working, action=DutyAction.RETURN).order_by("-at", "-pk").first()
    people = [duty.working.submitted_by_id, duty.working.signed_by_id]
    body = format_lazy(_("{who}: {opinion}"), who=step.actor_name, opinion=step.opinion[:300]) if step else ""
    _send(duty, notices.DUTY_DECIDED, people, by, key, _("Collection duty returned: {name}"), body)


@transaction.atomic
def erasure_done_announce(*, erasure_id: int, key: str) -> None:
    """Tell who asked for an erasure, and who approved it, that it is done and what it could not reach."""
    erasure = Erasure.objects.filter(pk=erasure_id, state=ErasureState.DONE).select_related("dataset").first()
    if erasure is None:
        return
    people = {one for one in (erasure.asked_by_id, erasure.decided_by_id) if one is not None}
    workflow.notify(
        user_ids=people,
        kind=notices.ERASURE_DONE,
        title=format_lazy(_("Erasure done: {name}"), name=erasure.dataset.name),
        body=_("The report says what was removed and what could not be."),
        url=reverse("collection:erasure_detail", args=[erasure.pk]),
        dedupe_key=f"{notices.ERASURE_DONE}:{key}",
    )


@transaction.atomic
def erasure_failure_announce(*, erasure_id: int, key: str) -> None:
    """Tell who asked for an erasure, and who approved it, that it could not be carried out and why."""
    erasure = Erasure.objects.filter(pk=erasure_id, state=ErasureState.FAILED).select_related("dataset").first()
    if erasure is None:
        return
    people = {one for one in (erasure.asked_by_id, erasure.decided_by_id) if one is not None}
    workflow.notify(
        user_ids=people,
        kind=notices.ERASURE_FAILED,
        title=format_lazy(_("Erasure could not be carried out: {name}"), name=erasure.dataset.name),
        body=ErasureFailure(erasure.failure).label,
        url=reverse("collection:erasure_detail", args=[erasure.pk]),
        dedupe_key=f"{notices.ERASURE_FAILED}:{key}",
    )
