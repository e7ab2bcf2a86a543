"""What comes after a grant: suspended with it, as no decision lifts that, and going on from what takes its place."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from audit import services as audit
from core import clock
from core.actors import Actor
from core.basis import SUSPENSION_OF_SHARING
from core.reasons import Reason
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, GrantStatus, RequestKind
from sharing.models import Grant, GrantSuspension, ShareRequest
from sharing.selectors.suspension import suspensions_open
from sharing.services.grant import shorten, step_record, stepped

_REPLACED = (EndReason.REPLACED, EndReason.SETTLED)


def suspensions_take_over(actor: Actor, grant: Grant, before: Iterable[Grant]) -> None:
    """Suspend a new grant for whatever suspends the grants before it; the caller holds the locks of all of them.

    Of a grant that ended for the new one the suspension goes over to it. Otherwise it stands, and one of the new grant
    follows from it. Whoever made the new grant need not have known of it: its own side lifts it there.
    """
    grants = {one.pk: one for one in before}
    found = [(grants[pk], held) for pk in sorted(grants) for held in suspensions_open(grants[pk])]
    taken: dict[int, GrantSuspension] = {}
    for former, held in found:
        is_over = former.end_reason in _REPLACED
        if held.cause_id in taken:  # a layer that the new grant has with what it follows from
            taken[held.pk] = taken[held.cause_id]
        else:
            taken[held.pk] = _take_over(actor, grant, former, held, is_over=is_over)
        if is_over:
            _go_over(actor, former, held, taken[held.pk])


def _take_over(actor: Actor, grant: Grant, former: Grant, held: GrantSuspension, *, is_over: bool) -> GrantSuspension:
    """Return the suspension of a new grant for one of a grant before; of one side's several there is one."""
    cause = held.cause if is_over else held
    if cause is not None and (cause.closed_at is not None or former.dataset_id != grant.dataset_id):
        cause = None  # what is lifted together is locked together: of other data each is lifted by itself
    known = GrantSuspension.objects.filter(grant=grant, closed_at__isnull=True, side=held.side)
    known = known.filter(department=held.department_id, cause=cause)
    if (made := known.first()) is not None:
        return made
    made = GrantSuspension.objects.create(
        grant=grant,
        side=held.side,
        department_id=held.department_id,
        reason=held.reason,
        cause=cause,
        opened_at=held.opened_at,
        opened_by_name=held.opened_by_name,
    )
    grant.status = GrantStatus.SUSPENDED
    grant.save(update_fields=["status"])
    note, detail, basis = Reason("share.suspended_before"), {"by_side": held.side}, SUSPENSION_OF_SHARING
    stepped(actor, grant, GrantAction.SUSPEND, "sharing.grant.suspend", note=note, after=detail, basis=basis)
    return made


def _go_over(actor: Actor, former: Grant, held: GrantSuspension, made: GrantSuspension) -> None:
    """Close a suspension of a grant that ended for another one, with what it was for: that stands there."""
    if held.misuse_id is not None:
        made.misuse = max(filter(None, (made.misuse, held.misuse)), key=lambda one: one.pk)
        made.save(update_fields=["misuse"])
    GrantSuspension.objects.filter(cause=held, closed_at__isnull=True).exclude(pk=made.pk).update(cause=made)
    held.misuse, held.closed_at, held.closed_by_name = None, clock.now(), actor.name
    held.save(update_fields=["misuse", "closed_at", "closed_by_name"])
    note, detail = Reason("share.stands_under"), {"by_side": held.side}
    step_record(actor, former, GrantAction.RESUME, note, detail)
    trail = {"status": former.status, "why": note.code, **detail}
    audit.record(actor, "sharing.grant.resume", former, after=trail, note=held.reason)


def settled_before(grant: Grant) -> list[Grant]:
    """Return the grants of the answer that a decision in a dispute overtakes by a new grant: open, or over in time.

    One that was ended took along what was to go on from it, or gave way to a change of use.
    """
    if grant.request is None:
        return []
    found = grant.request.grants.exclude(pk=grant.pk)
    return list(found.filter(status__in=[*OPEN_GRANT_STATUSES, GrantStatus.EXPIRED]).order_by("pk"))


def renewals_outlasted(grant: Grant, settled: Sequence[Grant]) -> list[Grant]:
    """Return the renewals of settled grants that lengthen nothing any more: the new grant runs at least as long."""
    found: list[Grant] = []
    ahead = list(settled)
    while ahead:
        later = list(_renewals_to_come(ahead.pop()).filter(valid_to__lte=grant.valid_to))
        found += later
        ahead += later
    return found


def _renewals_to_come(grant: Grant) -> QuerySet[Grant]:
    found = grant.later.filter(status__in=OPEN_GRANT_STATUSES, valid_from__gt=clock.now())
    return found.exclude(request__kind=RequestKind.CHANGE).select_related("dataset__entry", "department__group")


def followers_go_on(actor: Actor, grant: Grant, before: Iterable[Grant]) -> None:
    """Let what goes on from grants in whose place a new one came go on from that one; the caller holds all the locks.

    A renewal that was to begin while it runs begins after its end; one that has begun runs on. A change of use that was
    to take the place of the former on its day takes that of the new one.
    """
    related = ("request", "dataset__entry__department__region", "department__group")
    for former in before:
        ShareRequest.objects.filter(previous_grant=former).update(previous_grant=grant)
        followers = former.later.filter(status__in=OPEN_GRANT_STATUSES).exclude(pk=grant.pk)
        for later in followers.select_related(*related).order_by("pk"):
            _go_on_from(actor, later, grant)


def _go_on_from(actor: Actor, later: Grant, grant: Grant) -> None:
    first, later.previous = later.valid_from, grant
    is_beside = clock.now() < first < grant.valid_to
    is_change = later.request is not None and later.request.kind == RequestKind.CHANGE
    if is_beside and not is_change:
        later.valid_from = grant.valid_to
    later.save(update_fields=["previous", "valid_from"])
    note = Reason("share.goes_on_from", {"number": grant.pk})
    before, after = {"valid_from": first}, {"valid_from": later.valid_from}
    stepped(actor, later, GrantAction.FOLLOW, "sharing.grant.follow", note=note, before=before, after=after)
    if is_beside and is_change:
        shorten(actor, grant, first, Reason("share.replaced", {"number": later.pk}), EndReason.REPLACED)
