"""What stands against a department's use of data: misuse that was found, a suspension, what the provider announced.

A stop or a limit would be walked round at once where the same department could take the same data anew on the spot.
It asks instead, and the provider decides. Misuse holds back whatever was agreed to, until the use is found in order
(docs/adr/0071).
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from catalog.choices import Mask
from catalog.contention import is_weaker_mask
from catalog.selectors import items_of
from core import clock
from sharing.choices import (
    OPEN_GRANT_STATUSES,
    EndReason,
    GrantAction,
    InspectionResult,
    RequestKind,
    Side,
)
from sharing.models import Grant, GrantNotice, GrantStep, GrantSuspension, Inspection, ShareRequest
from sharing.models.grant import BY_ITSELF
from sharing.scope import default_masks
from sharing.selectors.grant import change_after, renewal_of

_LIMITED = Q(rows_per_day__isnull=False) | Q(calls_per_minute__isnull=False)
_UNLIMITED = Q(rows_per_day__isnull=True, calls_per_minute__isnull=True)
_LIMITED_STILL = Q(grant__rows_per_day__isnull=False) | Q(grant__calls_per_minute__isnull=False)
_NOBODY_DECIDED = Q(decided_by=None, replied_at=F("received_at"))
_UNDER_WAY = Q(closed_at__isnull=True)
_STOPPED = Q(change__isnull=True, grant__end_reason=EndReason.STOPPED)
_CUT_SHORT = Q(carried_out_at__isnull=True, closed_at__gte=F("grant__ended_at"), is_filing_accepted__isnull=True) | Q(
    carried_out_at__isnull=True, closed_at__gte=F("grant__ended_at"), is_filing_accepted=True
)
"""Whoever ends his grant on the eve of its stop does not get round the stop."""
_NARROWED = Q(carried_out_at__isnull=False, change__isnull=False) & (~Q(change__masks={}) | _LIMITED_STILL)


def _stop_for_it(*, is_open: bool) -> Exists:
    """Return the condition under which the stop that a finding of misuse stands for is open, or was lifted.

    It is its side's; of authorities that of the region, whoever was appointed in its place.
    """
    rows = GrantSuspension.objects.filter(misuse__gte=OuterRef("pk"), misuse__grant=OuterRef("grant"))
    of_region = ~Q(misuse__side=Side.AUTHORITY) | Q(misuse__department__region=OuterRef("department__region"))
    return Exists(rows.filter(of_region, misuse__side=OuterRef("side"), closed_at__isnull=is_open))


def _misuse_standing() -> QuerySet[Inspection]:
    """Return the misuse that was found and stands: until the suspension for it is lifted, with none of another side's,
    or the use is found in order by somebody who may say so. He says it once: whoever moves or merges later changes
    nothing of it."""
    return Inspection.objects.filter(
        ~Exists(Inspection.objects.filter(clears=OuterRef("pk"))),
        ~_stop_for_it(is_open=False),
        result=InspectionResult.MISUSE,
    )


def misuse_clearable(grant: Grant) -> list[Inspection]:
    """Return the misuse found under a grant that another finding clears: its finder's stop for it stands no more."""
    found = _misuse_standing().filter(~_stop_for_it(is_open=True), grant=grant)
    return list(found.select_related("department__region"))


def _misused(*, by_others: bool = False) -> Q:
    """Return the condition under which misuse under a grant still stands against its holder.

    It does whenever it was found, while the grant ran or after its end, and whether it ended it, though not under what
    was to go on from that and ended with it.
    """
    standing = _misuse_standing().filter(grant=OuterRef("pk"))
    in_order = Exists(Inspection.objects.filter(grant=OuterRef("pk"), clears_end=True))
    with_another = GrantStep.objects.filter(grant=OuterRef("pk"), action=GrantAction.END, detail__has_key="follows")
    ended = Q(~in_order, ~Exists(with_another), end_reason=EndReason.MISUSE)
    if by_others:
        standing = standing.exclude(side=Side.PROVIDER)
        own = GrantStep.objects.filter(grant=OuterRef("pk"), action=GrantAction.END, detail__side=Side.PROVIDER)
        ended = Q(ended, ~Exists(own))
    return Exists(standing) | ended


def is_misused(department_id: int, entry_id: int, *, by_others: bool = False) -> bool:
    """Say whether misuse stands against what a department has, or had, of an entry's data.

    Args:
        by_others: what the provider found itself apart.
    """
    held = Grant.objects.filter(department=department_id, dataset__entry=entry_id)
    return held.filter(_misused(by_others=by_others)).exists()


def misused_under(department_id: int, entry_id: int) -> list[int]:
    """Return the grants on an entry's data under which misuse stands against a department: see ``is_misused``."""
    held = Grant.objects.filter(_misused(), department=department_id, dataset__entry=entry_id)
    return list(held.order_by("pk").values_list("pk", flat=True))


def _suspended(**conditions: Any) -> Exists:
    """Return the condition under which a suspension still stands against the holder of a grant.

    It outlives the grant: whoever ends what is suspended, or lets its time pass, does not shed the suspension. Its side
    finds the use in order afterwards, or another grant was decided on in its place.
    """
    return Exists(GrantSuspension.objects.filter(grant=OuterRef("pk"), closed_at__isnull=True, **conditions))


def suspensions_against(department_id: int, entry_id: int, **conditions: Any) -> list[GrantSuspension]:
    """Return the suspensions that stand against what a department has, or had, of an entry's data, grant by grant."""
    found = GrantSuspension.objects.filter(
        grant__department=department_id, grant__dataset__entry=entry_id, closed_at__isnull=True, **conditions
    )
    return list(found.order_by("grant", "opened_at", "pk"))


def is_barred(department_id: int, entry_id: int) -> bool:
    """Say whether a department takes nothing of an entry's data by itself: what it has of them is suspended, or was at
    its end, or misuse stands against it."""
    held = Grant.objects.filter(department=department_id, dataset__entry=entry_id)
    return held.filter(Q(_suspended()) | _misused()).exists()


def is_held_back(request: ShareRequest) -> bool:
    """Say whether somebody above the provider suspended what the department has, or had, of the entry's data.

    What he stopped does not go on under another grant before he lets it, whatever was agreed to.
    """
    return bool(suspensions_above(request))


def suspensions_above(request: ShareRequest) -> list[GrantSuspension]:
    """Return the suspensions that hold a request's delivery back: see ``is_held_back``."""
    sides = (Side.AUTHORITY, Side.SECURITY)
    return suspensions_against(request.department_id, request.entry_id, side__in=sides)


def to_replace(request: ShareRequest) -> Q:
    """Return which grants the one of a request comes in place of: a changed use, or an answer that was disputed."""
    own = Q(request=request)
    return own | Q(pk=request.previous_grant_id) if request.kind == RequestKind.CHANGE else own


def is_announced(request: ShareRequest) -> bool:
    """Say whether a stop or a limit of what a request's grant is to replace was announced and is under way."""
    replaced = Grant.objects.filter(to_replace(request), status__in=OPEN_GRANT_STATUSES)
    return GrantNotice.objects.filter(_UNDER_WAY, grant__in=replaced).exists()


def stopped_of(requests: Iterable[ShareRequest]) -> set[int]:
    """Return those of several requests where what their grant is to replace, or to go on from, was stopped since the
    decision, as had been announced: a stop ends what was agreed to go on as well."""
    # A renewal is stopped with the grant that it went on from: the announcement is that one's.
    before = Grant.objects.filter(
        pk=OuterRef("previous_grant"), end_reason=EndReason.STOPPED, ended_at__gte=OuterRef("replied_at")
    )
    former = Q(grant__request=OuterRef("pk")) | Q(grant=OuterRef("previous_grant"))
    notices = GrantNotice.objects.filter(former, change__isnull=True, carried_out_at__gte=OuterRef("replied_at"))
    found = ShareRequest.objects.filter(Exists(before) | Exists(notices), pk__in=[one.pk for one in requests])
    return set(found.values_list("pk", flat=True))


def is_stopped(request: ShareRequest) -> bool:
    """Say whether what a request's grant is to replace, or to go on from, was stopped: see ``stopped_of``."""
    return bool(stopped_of([request]))


def chain_of(request: ShareRequest) -> list[int]:
    """Return the grants that a request goes on from, with what those went on from: the numbers, the last first.

    One that a decision in a dispute put in the place of another has that one before it.
    """
    chain: list[int] = []
    former = request.previous_grant
    while former is not None:
        chain.append(former.pk)
        if former.request_id is not None:
            settled = Grant.objects.filter(request=former.request_id, pk__lt=former.pk).order_by("-pk")
            chain += settled.values_list("pk", flat=True)
        former = former.previous
    return chain


def is_overtaken(request: ShareRequest) -> bool:
    """Say whether a change of use took the place of what a request was to renew: that was for the use before."""
    former = request.previous_grant
    return request.kind == RequestKind.RENEWAL and former is not None and change_after(former) is not None


def renewed_already(request: ShareRequest) -> Grant | None:
    """Return the renewal that goes on already from what a request is to renew: two of them would run beside each other.

    None where the request has one itself, in whose place the next one comes.
    """
    former = request.previous_grant
    if request.kind != RequestKind.RENEWAL or former is None:
        return None
    if request.grants.filter(status__in=OPEN_GRANT_STATUSES).exists():
        return None
    return renewal_of(former, request.dataset_id)


def is_restrained(department_id: int, *, is_renewal: bool = False, **data: Any) -> bool:
    """Say whether an announcement, or a limit of use, stands against a department's taking data on the spot.

    What is under way stands against it, and what was carried out, or would have been, until the provider decides to
    give back what it took: see ``_gives_back``. So does a limit that was decided on after the grant that has it is
    over, unless the provider loosened what followed: whoever ends his own does not get rid of it. A limit that the
    provider set for all holds while the grant is open; the next one has it as it is then, and counts on.

    Args:
        is_renewal: what was narrowed goes over to a renewal and is no reason against it.
        data: which, as conditions on ``Grant``: ``dataset`` or ``dataset__entry``.
    """
    held = Grant.objects.filter(department=department_id, **data)
    standing = _UNDER_WAY | _STOPPED | _CUT_SHORT
    notices = GrantNotice.objects.filter(standing if is_renewal else standing | _NARROWED, grant__in=held)
    for notice in notices.select_related("grant__dataset__entry__published_revision"):
        since = Q(filed_at__gte=notice.announced_at)
        if notice.closed_at is None or not _is_given_back(notice.grant, since):
            return True
    if is_renewal:
        return False
    later = Grant.objects.filter(department=OuterRef("department"), dataset=OuterRef("dataset"), pk__gt=OuterRef("pk"))
    loosened = Exists(later.filter(_UNLIMITED, steps__action=GrantAction.LOOSEN))
    limited = held.filter(_LIMITED, Q(status__in=OPEN_GRANT_STATUSES) | (~BY_ITSELF & ~loosened))
    return any(
        one.status in OPEN_GRANT_STATUSES or not _is_given_back(one, Q(replied_at__gt=one.created_at))
        for one in limited.select_related("dataset__entry__published_revision")
    )


def _is_given_back(grant: Grant, since: Q) -> bool:
    """Say whether the provider decided later to give at least what a grant gave, and has made it available."""
    made = Grant.objects.filter(
        request=OuterRef("pk"), created_at__gte=OuterRef("replied_at"), dataset=grant.dataset_id
    )
    decisions = ShareRequest.objects.filter(
        since,
        ~_NOBODY_DECIDED,
        Exists(made),
        department=grant.department_id,
        decided_filter=[],
        decided_rows_per_day__isnull=True,
        decided_calls_per_minute__isnull=True,
    )
    return any(_gives_back(one, grant) for one in decisions)


def _gives_back(decision: ShareRequest, grant: Grant) -> bool:
    """Say whether a decision without conditions on rows and without a limit keeps nothing of a restriction.

    It gives all items of the restricted grant that the entry still has, none masked more than the entry says, by the
    same ways and for as long. Whoever agrees to less, or for a shorter time, did not mean to give it all on the spot.
    """
    revision = grant.dataset.entry.published_revision
    items = items_of(revision) if revision is not None else []
    declared = default_masks(items, decision.decided_items)
    is_as_long = decision.decided_until is not None and grant.last_moment <= clock.end_of_day(decision.decided_until)
    return (
        is_as_long
        and {str(one.item_id) for one in items} & set(grant.items) <= set(decision.decided_items)
        and set(grant.methods) <= set(decision.decided_methods)
        and not any(
            is_weaker_mask(mask, declared.get(item, Mask.NONE)) for item, mask in decision.decided_masks.items()
        )
    )
