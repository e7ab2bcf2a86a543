"""Grants and requests follow what they rest on: the entry, the departments, the authorities."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Department
from audit import services as audit
from catalog.models import Entry, Revision, RevisionItem
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import FieldError
from core.reasons import Reason
from sharing.choices import (
    EDITABLE_STATUSES,
    OPEN_GRANT_STATUSES,
    OPEN_STATUSES,
    PENDING_OBJECTION_STATES,
    EndReason,
    GrantAction,
    RequestAction,
    RequestStatus,
)
from sharing.client_choices import ClientStatus
from sharing.models import Client, Grant, Objection, ShareRequest, WebhookEndpoint
from sharing.selectors.forthcoming import Change, Outcome, outcome_of
from sharing.selectors.request import authority_now
from sharing.services import step
from sharing.services.grant import end, shorten, step_record, stepped
from sharing.services.objection import objections_drop
from sharing.services.right import grants_lock, right_refresh
from workflow import outbox
from workflow import services as workflow
from workflow.choices import ClockKey

MERGED_EVENT = "sharing.department.merged"
"""Lets the time of what waits to be delivered follow what its department took over."""
MERGING = system_actor("sharing-merger")
"""Ends what a department needs no more because the data are its own by now."""


@transaction.atomic
def grants_follow_entry(*, actor: Actor, entry: Entry, revision: Revision) -> int:
    """Bring the grants on an entry's data in line with the revision that came into force.

    What becomes of each is told before as well: see ``selectors.forthcoming``.

    Returns:
        How many grants changed.
    """
    change = Change(revision)
    changed = 0
    for grant in _each_open(entry):
        changed += _follow(actor, grant, outcome_of(grant, change))
    return changed


def _follow(actor: Actor, grant: Grant, outcome: Outcome) -> bool:
    if outcome.ends is not None:
        end(actor, grant, EndReason.ENTRY, outcome.ends)
        return True
    if outcome.gives is not None:
        why = _why_adapted(grant, outcome.gives.items)
        _adapt(actor, grant, items=outcome.gives.items, masks=outcome.gives.masks, note=why)
    if outcome.until is not None:
        shorten(actor, grant, outcome.until, Reason("share.on_request"), EndReason.ENTRY)
    return bool(outcome)


def _why_adapted(grant: Grant, items: Collection[str]) -> Reason:
    """Name the items that a grant does not give any more, as they were called last."""
    gone = RevisionItem.objects.filter(
        revision__entry=grant.dataset.entry_id, item_id__in=set(grant.items) - set(items)
    )
    names = dict(gone.order_by("revision__number", "position").values_list("item_id", "name"))
    return Reason("share.changed_items", {"items": list(names.values())}) if names else Reason("share.changed")


def _adapt(actor: Actor, grant: Grant, *, items: list[str], masks: dict[str, str], note: Reason) -> None:
    """Bring a locked grant in line with its entry: fewer items, stronger masks."""
    before = {"items": len(grant.items), "masks": sorted(grant.masks.values())}
    grant.items, grant.masks = items, masks
    grant.edition += 1
    grant.save(update_fields=["items", "masks", "edition"])
    after = {"items": len(items), "masks": sorted(masks.values())}
    stepped(actor, grant, GrantAction.ADAPT, "sharing.grant.adapt", note=note, before=before, after=after)


@transaction.atomic
def sharing_follow_withdrawal(*, actor: Actor, entry: Entry) -> None:
    """End grants and requests on an entry that was withdrawn."""
    note = Reason("share.withdrawn")
    open_requests = ShareRequest.objects.select_for_update(of=("self",)).filter(
        entry=entry, status__in=OPEN_STATUSES, number__isnull=False
    )
    for request in open_requests.select_related("entry__department", "department").order_by("pk"):
        before = request.status
        request.status = RequestStatus.WITHDRAWN
        step.waiting_end(actor, request, is_done=False)
        workflow.clock_cancel(actor=actor, subject=request, policy_key=ClockKey.DELIVERY)
        step.stepped(actor, request, RequestAction.WITHDRAW, before=before, opinion=note)
    for grant in _each_open(entry):
        end(actor, grant, EndReason.ENTRY, note)
    objections_drop(actor=actor, entry_id=entry.pk)


def _each_open(entry: Entry) -> Iterator[Grant]:
    """Give the open grants on an entry one by one, but those that ended with one before: a renewal ends once."""
    for grant in _open_grants_of(entry):
        if grant.previous_id is None or Grant.objects.filter(pk=grant.pk, status__in=OPEN_GRANT_STATUSES).exists():
            yield grant


def _open_grants_of(entry: Entry) -> list[Grant]:
    pairs = (
        Grant.objects.filter(dataset__entry=entry, status__in=OPEN_GRANT_STATUSES)
        .order_by("dataset_id", "department_id")
        .values_list("dataset_id", "department_id")
        .distinct()
    )
    for dataset, department in list(pairs):
        grants_lock(dataset, department)
    return list(
        Grant.objects.filter(dataset__entry=entry, status__in=OPEN_GRANT_STATUSES)
        .select_related("dataset__entry", "department__group", "request")
        .order_by("pk")
    )


@transaction.atomic
def sharing_take_over(*, actor: Actor, merged: Department, survivor: Department) -> None:
    """Give what a merged department asks, holds and objects to to its successor, with its machines and addresses.

    Entries brought what it provided.

    A grant on data that are the successor's own now ends: it needs none.
    """
    before, after = {"department": merged.code}, {"department": survivor.code}
    change = f"{merged.name} → {survivor.name}"
    for request in ShareRequest.objects.select_for_update(of=("self",)).filter(department=merged).order_by("pk"):
        request.department = survivor
        if request.number is None:
            request.save(update_fields=["department"])
            continue
        step.stepped(actor, request, RequestAction.HAND_OVER, before=request.status, opinion=change)
    grants = Grant.objects.select_for_update(of=("self",), no_key=True).filter(department=merged)
    for grant in grants.select_related("dataset__entry", "department").order_by("pk"):
        if grant.status in OPEN_GRANT_STATUSES and grant.dataset.entry.department_id == survivor.pk:
            end(MERGING, grant, "", Reason("share.own"))
        grant.department = survivor
        grant.save(update_fields=["department"])
        step_record(actor, grant, GrantAction.HAND_OVER, merged.name)
        audit.record(actor, "sharing.grant.hand_over", grant, before=before, after=after)
        grants_lock(grant.dataset_id, survivor.pk)
        right_refresh(actor=actor, dataset=grant.dataset, department=merged)
        right_refresh(actor=actor, dataset=grant.dataset, department=survivor)
    _own_now_end(survivor)
    # Once this is through, as with the news of a grant: a request is locked before the grants of its entry.
    outbox.put(MERGED_EVENT, department_id=survivor.pk)
    clients = Client.objects.select_for_update(of=("self",), no_key=True).filter(department=merged)
    for client in clients.order_by("pk"):
        client.department = survivor
        if Client.objects.filter(department=survivor, name=client.name).exists():
            client.name = f"{client.name} ({merged.code})"
        client.edit_version += 1
        client.save(update_fields=["department", "name", "edit_version"])
        audit.record(actor, "sharing.client.hand_over", client, before=before, after=after)
    known = set(
        WebhookEndpoint.objects.filter(department=survivor, removed_at__isnull=True).values_list("url", flat=True)
    )
    for endpoint in WebhookEndpoint.objects.select_for_update(no_key=True).filter(department=merged).order_by("pk"):
        endpoint.department = survivor
        if endpoint.url in known and endpoint.removed_at is None:
            endpoint.removed_at = clock.now()
        endpoint.save(update_fields=["department", "removed_at"])
        audit.record(actor, "sharing.webhook.hand_over", endpoint, before=before, after=after)
    for objection in Objection.objects.select_for_update(no_key=True).filter(department=merged).order_by("pk"):
        objection.department = survivor
        objection.save(update_fields=["department"])
        audit.record(actor, "sharing.objection.hand_over", objection, before=before, after=after)


@transaction.atomic
def requests_follow_entries(
    *, actor: Actor, entry_ids: Collection[int], merged: Department, survivor: Department
) -> int:
    """Keep on the way of each open request that its provider was merged, and tell whoever waits.

    Not of those that the two had with one another, which end with it.

    Returns:
        How many requests there were.
    """
    waiting = ShareRequest.objects.select_for_update(of=("self",)).filter(
        entry__in=entry_ids, status__in=OPEN_STATUSES, filed_at__isnull=False
    )
    found = list(waiting.exclude(department__in=(merged, survivor)).order_by("pk"))
    for request in found:
        change = f"{merged.name} → {survivor.name}"
        step.stepped(actor, request, RequestAction.HAND_OVER, before=request.status, opinion=change)
    return len(found)


def _own_now_end(department: Department) -> None:
    """End what a department asks or holds of data that are its own by now: it follows from the merger by itself."""
    note = Reason("share.own")
    asked = ShareRequest.objects.select_for_update(of=("self",)).filter(
        department=department, entry__department=department, status__in=OPEN_STATUSES, number__isnull=False
    )
    for request in asked.select_related("entry__department", "department").order_by("pk"):
        before, request.status = request.status, RequestStatus.WITHDRAWN
        step.waiting_end(MERGING, request, is_done=False)
        workflow.clock_cancel(actor=MERGING, subject=request, policy_key=ClockKey.DELIVERY)
        step.stepped(MERGING, request, RequestAction.WITHDRAW, before=before, opinion=note)
    held = Grant.objects.filter(
        department=department, dataset__entry__department=department, status__in=OPEN_GRANT_STATUSES
    )
    for grant in held.select_related("dataset__entry", "department__group").order_by("pk"):
        grants_lock(grant.dataset_id, department.pk)
        end(MERGING, grant, "", note)


@transaction.atomic
def requests_refile(*, actor: Actor, departments: Iterable[Department]) -> int:
    """Lay requests for data of departments before the authority that is in charge of them now.

    A dispute goes to the authority above both sides.

    Returns:
        How many requests changed their authority.
    """
    changed = 0
    undecided = (
        RequestStatus.AWAITING_CHECK,
        RequestStatus.AWAITING_PROVIDER,
        RequestStatus.AWAITING_MATERIAL,
        RequestStatus.AWAITING_AUTHORITY,
        RequestStatus.DISPUTED,
    )
    for department in departments:
        waiting = ShareRequest.objects.select_for_update(of=("self",)).filter(
            entry__department=department, status__in=undecided
        )
        for request in waiting.select_related("authority", "entry__department__region", "department__region").order_by(
            "pk"
        ):
            former, above = request.authority, authority_now(request)
            if above is None or former is None or former.pk == above.pk:
                continue
            step.authority_change(actor, request, above, above.name)
            changed += 1
    return changed


def end_obstacles(department: Department) -> list[FieldError]:
    """Return what stands against the end of a department without a successor: open requests, grants in force or open
    objections on either side, clients and addresses in use."""
    either = Q(department=department) | Q(entry__department=department)
    holds_or_gives = Q(department=department) | Q(dataset__entry__department=department)
    in_use = (ClientStatus.AWAITING, ClientStatus.ACTIVE, ClientStatus.SUSPENDED)
    requests = ShareRequest.objects.filter(either, status__in=OPEN_STATUSES).exclude(status__in=EDITABLE_STATUSES)
    rules: tuple[tuple[QuerySet[Any], Any], ...] = (
        (requests, _("The department has open requests. Merge it into its successor, or end them first.")),
        (
            Grant.objects.filter(holds_or_gives, status__in=OPEN_GRANT_STATUSES),
            _("The department has grants in force. Merge it into its successor, or end them first."),
        ),
        (
            Objection.objects.filter(either, state__in=PENDING_OBJECTION_STATES),
            _("The department has open correction requests. Merge it into its successor, or close them first."),
        ),
        (
            Client.objects.filter(department=department, status__in=in_use),
            _("The department has machine clients in use. Merge it into its successor, or end them first."),
        ),
        (
            WebhookEndpoint.objects.filter(department=department, removed_at__isnull=True),
            _("The department has addresses that are told of new data. Remove them first."),
        ),
    )
    return [FieldError("department", "sharing", message) for found, message in rules if found.exists()]
