"""What comes after a grant: suspended with it, as no decision lifts that, and going on from what takes its place."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import F, QuerySet

from audit import services as audit
from core import clock
from core.actors import Actor
from core.basis import SUSPENSION_OF_SHARING
from core.faults import held_apart
from core.reasons import Reason
from sharing import transitions
from sharing.choices import (
    OPEN_GRANT_STATUSES,
    WAITING_STATUSES,
    EndReason,
    GrantAction,
    GrantStatus,
    RequestKind,
    RequestStatus,
)
from sharing.models import Grant, GrantStep, GrantSuspension, ShareRequest
from sharing.selectors.grant import ends_unfollowed, grants_after
from sharing.selectors.suspension import suspensions_open, suspensions_unfollowed
from sharing.services.grant import end, grant_locked, shorten, step_record, stepped

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
            taken[held.pk] = _take_over(actor, grant, held, is_over=is_over)
        if is_over:
            _go_over(actor, former, held, taken[held.pk])


def _take_over(actor: Actor, grant: Grant, held: GrantSuspension, *, is_over: bool) -> GrantSuspension:
    """Return the suspension of a new grant for one of a grant before; of one side's several there is one."""
    cause = _standing(held.cause if is_over else held, grant)
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
    _fold(actor, held, made)
    note, detail = Reason("share.stands_under"), {"by_side": held.side}
    step_record(actor, former, GrantAction.RESUME, note, detail)
    trail = {"status": former.status, "why": note.code, **detail}
    audit.record(actor, "sharing.grant.resume", former, after=trail, note=held.reason)


def _fold(actor: Actor, held: GrantSuspension, made: GrantSuspension) -> None:
    """Close a suspension for which another of its side stands: with what it was for, and what follows from it."""
    if held.misuse_id is not None:
        made.misuse = max(filter(None, (made.misuse, held.misuse)), key=lambda one: one.pk)
        made.save(update_fields=["misuse"])
    followers = GrantSuspension.objects.filter(cause=held, closed_at__isnull=True).exclude(pk=made.pk)
    for one in followers.select_related("grant").order_by("pk"):
        _tie(actor, one, _standing(made, one.grant) or _standing(held.cause, one.grant))
    held.misuse, held.closed_at, held.closed_by_name = None, clock.now(), actor.name
    held.save(update_fields=["misuse", "closed_at", "closed_by_name"])


def _standing(cause: GrantSuspension | None, grant: Grant) -> GrantSuspension | None:
    """Return what a suspension of a grant may follow from, None where that is lifted or of other data.

    What is lifted together is locked together: of other data each is lifted by itself.
    """
    is_standing = cause is not None and cause.closed_at is None and cause.grant.dataset_id == grant.dataset_id
    return cause if is_standing else None


def _tie(actor: Actor, held: GrantSuspension, cause: GrantSuspension | None) -> GrantSuspension:
    """Let a suspension follow from another one, and return it; of one side's several on a grant there is one."""
    twins = GrantSuspension.objects.filter(grant=held.grant_id, side=held.side, department=held.department_id)
    twin = twins.filter(cause=cause, closed_at__isnull=True).exclude(pk=held.pk).first()
    if twin is not None:
        _fold(actor, held, twin)
        return twin
    held.cause = cause
    held.save(update_fields=["cause"])
    return held


@transaction.atomic
def grant_expire(*, actor: Actor, grant_id: int) -> Grant | None:
    """Note that a grant's time is over. Nothing was given any more since that instant, whenever this runs.

    What suspends it stands under the change of use that takes its place on that day.

    Returns:
        The grant, None where it has ended meanwhile or its time is not over.
    """
    grant = grant_locked(actor, grant_id)
    if not transitions.GRANT.allows("expire", grant.status) or grant.valid_to > clock.now():
        return None
    grant.status = GrantStatus.EXPIRED
    grant.ended_at = grant.valid_to
    grant.save(update_fields=["status", "ended_at"])
    stepped(actor, grant, GrantAction.EXPIRE, "sharing.grant.expire")
    changes = grant.later.filter(request__kind=RequestKind.CHANGE, status__in=OPEN_GRANT_STATUSES)
    for held in suspensions_open(grant):
        made = GrantSuspension.objects.filter(cause=held, grant__in=changes, closed_at__isnull=True).first()
        if made is not None:
            _go_over(actor, grant, held, _tie(actor, made, _standing(held.cause, made.grant)))
    return grant


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
    to take the place of the former on its day takes that of the new one. So does what took the place of a renewal.
    """
    for former in before:
        _requests_go_on(former, grant)
        over = {former.pk}
        for one, later in grants_after(former):
            if one in over and later.pk != grant.pk:
                if later.status in OPEN_GRANT_STATUSES:
                    _go_on_from(actor, later, grant)
                else:
                    over.add(later.pk)


def _requests_go_on(former: Grant, grant: Grant) -> None:
    found = ShareRequest.objects.filter(previous_grant=former)
    # Whoever decides agrees to what he read; who is still writing it has nothing to read anew.
    read = found.filter(status__in=(*WAITING_STATUSES, RequestStatus.AGREED))
    read.update(previous_grant=grant, edit_version=F("edit_version") + 1)
    found.update(previous_grant=grant)


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


def grants_fall_in_line(*, actor: Actor) -> int:
    """Stop by night what goes on from a grant that was stopped and was not stopped with it, each in its own
    transaction; return how often.

    No service leaves that: the release that let grants go on from what a decision in a dispute had put in the place of
    theirs also put them behind such as were suspended, or had ended, by then.

    Basis:
        Regulation on Government Data Sharing, Art. 27; internal rule, docs/adr/0071: what stops that stops what goes on
        from it.
    """
    done = 0
    while stopped := _fall_in_line(actor):  # what was suspended now may have others going on from it
        done += stopped
    return done


def _fall_in_line(actor: Actor) -> int:
    stopped = 0
    for pk in list(ends_unfollowed().values_list("pk", flat=True)):
        with held_apart("sharing_grant_not_ended", grant=pk):
            stopped += _end_in_line(actor, pk)
    for pk in dict.fromkeys(later for later, _held in suspensions_unfollowed()):
        with held_apart("sharing_grant_not_suspended", grant=pk):
            stopped += _suspend_in_line(actor, pk)
    return stopped


@transaction.atomic
def _end_in_line(actor: Actor, grant_id: int) -> int:
    grant = grant_locked(actor, grant_id)
    former = grant.previous
    if former is None or not ends_unfollowed().filter(pk=grant.pk).exists():
        return 0
    ended = GrantStep.objects.filter(grant=former, action=GrantAction.END).last()
    told = ended.detail if ended is not None else {}
    found_by = {name: told[name] for name in ("side", "department") if name in told}
    note = Reason("share.ended_before", {"number": former.pk})
    end(actor, grant, EndReason(former.end_reason), note, former.disposal_demand, follows=former.pk, **found_by)
    return 1


@transaction.atomic
def _suspend_in_line(actor: Actor, grant_id: int) -> int:
    grant = grant_locked(actor, grant_id)
    found = suspensions_unfollowed(grant.pk)
    for _later, held in found:
        _take_over(actor, grant, held, is_over=False)
    return len(found) - len(suspensions_unfollowed(grant.pk))
