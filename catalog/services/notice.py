"""Telling people what happened to an entry. Never the one who acted: he knows.

Called when the outbox delivers, so possibly some time after the event: news of a stage that has passed meanwhile
is not sent any more.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from catalog import notices
from catalog.choices import DecisionAction, WithdrawalStatus
from catalog.models import Decision, DutyChange, DutyChangeEntry, Entry
from catalog.selectors.duty_change import authorities_in_charge
from catalog.selectors.review import Stage, stage_of
from workflow import services as workflow
from workflow.selectors.people import role_holder_ids


def _entry(entry_id: int) -> Entry | None:
    return (
        Entry.objects.filter(pk=entry_id)
        .select_related("department__region", "working_revision", "published_revision", "current_revision")
        .first()
    )


def _last(entry: Entry, *actions: DecisionAction) -> Decision | None:
    return entry.decisions.filter(action__in=actions).order_by("-at", "-pk").first()


def _send(
    kind: str, to: Iterable[int | None], by: int | None, key: str, *, title: Any, body: str | Promise, url: str
) -> None:
    people = {one for one in to if one is not None} - {by}
    if people:
        workflow.notify(user_ids=people, kind=kind, title=title, body=body, url=url, dedupe_key=f"{kind}:{key}")


def _review_url(entry: Entry) -> str:
    return reverse("catalog:review_detail", args=[entry.ref])


def _entry_url(entry: Entry) -> str:
    return reverse("catalog:entry_detail", args=[entry.ref])


def _name(entry: Entry) -> str:
    """Return the name under which the entry is being decided."""
    return entry.working_revision.name if entry.working_revision else str(entry)


@transaction.atomic
def submission_announce(*, entry_id: int, by: int | None, key: str) -> None:
    """Tell the department's heads that something waits for their sign-off."""
    entry = _entry(entry_id)
    if entry is None or stage_of(entry) != Stage.HEAD:
        return
    is_withdrawal = entry.withdrawal != WithdrawalStatus.NONE
    step = _last(entry, DecisionAction.WITHDRAW if is_withdrawal else DecisionAction.SUBMIT)
    who = step.actor_name if step else ""
    if is_withdrawal:
        title = format_lazy(_("Withdrawal to be signed off: {name}"), name=_name(entry))
        body = format_lazy(_("Asked for by {who}: {reason}"), who=who, reason=entry.withdrawal_reason[:300])
    else:
        title = format_lazy(_("To be signed off: {name}"), name=_name(entry))
        body = format_lazy(_("Submitted by {who}."), who=who)
    heads = role_holder_ids(entry.department_id, [Role.HEAD])
    _send(notices.SUBMITTED, heads, by, key, title=title, body=body, url=_review_url(entry))


@transaction.atomic
def sign_off_announce(*, entry_id: int, by: int | None, key: str) -> None:
    """Tell the authority's reviewers that something waits for them, and the submitter that it is on its way."""
    entry = _entry(entry_id)
    if entry is None or stage_of(entry) != Stage.AUTHORITY:
        return
    is_withdrawal = entry.withdrawal != WithdrawalStatus.NONE
    filed = entry.working_revision
    submitter = entry.withdrawal_by_id if is_withdrawal else filed.submitted_by_id if filed else None
    authority_id = entry.withdrawal_authority_id if is_withdrawal else filed.authority_id if filed else None
    step = _last(entry, DecisionAction.WITHDRAW_SIGN_OFF if is_withdrawal else DecisionAction.SIGN_OFF)
    who = step.actor_name if step else ""
    reviewers = set(role_holder_ids(authority_id, [Role.REVIEWER])) if authority_id else set()
    pattern = _("Withdrawal to be decided: {name}") if is_withdrawal else _("To be reviewed: {name}")
    body = format_lazy(_("{department}, signed off by {who}."), department=entry.department.name, who=who)
    _send(
        notices.SIGNED_OFF,
        reviewers - {submitter},
        by,
        key,
        title=format_lazy(pattern, name=_name(entry)),
        body=body,
        url=_review_url(entry),
    )
    _send(
        notices.SIGNED_OFF,
        [submitter],
        by,
        key,
        title=format_lazy(_("Signed off: {name}"), name=_name(entry)),
        body=format_lazy(_("{who} signed it off; it is with the data authority now."), who=who),
        url=_entry_url(entry),
    )


@transaction.atomic
def publication_announce(*, entry_id: int, by: int | None, key: str) -> None:
    """Tell submitter and head that their revision is published."""
    entry = _entry(entry_id)
    revision = entry.published_revision if entry else None
    if entry is None or revision is None:
        return
    _send(
        notices.PUBLISHED,
        [revision.submitted_by_id, revision.signed_by_id],
        by,
        key,
        title=format_lazy(_("Published: {name}"), name=revision.name),
        body=format_lazy(_("Revision {number}, resource code {code}."), number=revision.number, code=entry.code),
        url=_entry_url(entry),
    )


@transaction.atomic
def return_announce(*, entry_id: int, by: int | None, key: str) -> None:
    """Tell the submitter, and the head who signed it off, that something came back, and why."""
    entry = _entry(entry_id)
    step = _last(entry, DecisionAction.RETURN, DecisionAction.WITHDRAW_RETURN) if entry else None
    if entry is None or step is None:
        return
    is_withdrawal = step.action == DecisionAction.WITHDRAW_RETURN
    if is_withdrawal:
        asked, signed = _last(entry, DecisionAction.WITHDRAW), _last(entry, DecisionAction.WITHDRAW_SIGN_OFF)
        is_signed = bool(asked and signed and signed.at >= asked.at)
        people = [asked.actor_id if asked else None, signed.actor_id if signed and is_signed else None]
        title = format_lazy(_("Not withdrawn: {name}"), name=str(entry))
        url = _entry_url(entry)
    else:
        revision = step.revision
        people = [revision.submitted_by_id, revision.signed_by_id] if revision else []
        title = format_lazy(_("Returned: {name}"), name=revision.name if revision else str(entry))
        url = reverse("catalog:entry_edit", args=[entry.ref])
    if not any(people):
        people = [*role_holder_ids(entry.department_id, [Role.CATALOGUER])]
    pattern = _("{who}, {department}: {opinion}") if step.opinion else _("{who}, {department}: see the comments.")
    body = format_lazy(pattern, who=step.actor_name, department=step.department_name, opinion=step.opinion[:500])
    _send(notices.RETURNED, people, by, key, title=title, body=body, url=url)


@transaction.atomic
def withdrawal_announce(*, entry_id: int, by: int | None, key: str) -> None:
    """Tell those who asked for a withdrawal that the entry has left the catalog."""
    entry = _entry(entry_id)
    if entry is None:
        return
    _send(
        notices.WITHDRAWN,
        [entry.withdrawal_by_id, entry.withdrawal_head_id],
        by,
        key,
        title=format_lazy(_("Withdrawn: {name}"), name=str(entry)),
        body=format_lazy(_("The entry {code} has left the catalog; its code is never used again."), code=entry.code),
        url=_entry_url(entry),
    )


@transaction.atomic
def duty_change_announce(*, change_id: int, by: int | None, key: str) -> None:
    """Tell cataloguers and heads of each department concerned, and the authority that watches, once each."""
    change = DutyChange.objects.filter(pk=change_id).first()
    if change is None:
        return
    counts: dict[int, int] = {}
    departments = {}
    for row in DutyChangeEntry.objects.filter(change=change).select_related("entry__department__region"):
        department = row.entry.department
        departments[department.pk] = department
        counts[department.pk] = counts.get(department.pk, 0) + 1
    url = reverse("catalog:duty_change_detail", args=[change.pk])
    told: set[int] = set()
    for pk, count in counts.items():
        people = set(role_holder_ids(pk, [Role.CATALOGUER, Role.HEAD]))
        told |= people
        _send(
            notices.DUTY_CHANGE,
            people,
            by,
            key,
            title=format_lazy(_("To be updated and filed: {change}"), change=str(change)),
            body=format_lazy(_("Entries concerned: {count}. {gist}"), count=count, gist=change.gist[:300]),
            url=url,
        )
    for authority_id in set(authorities_in_charge(departments.values()).values()):
        _send(
            notices.DUTY_CHANGE,
            set(role_holder_ids(authority_id, [Role.REVIEWER])) - told,
            by,
            key,
            title=format_lazy(_("Change recorded: {change}"), change=str(change)),
            body=format_lazy(_("Entries to be updated: {count}. {gist}"), count=sum(counts.values()), gist=change.gist),
            url=url,
        )
