"""A decision lifts no suspension: what suspends a grant suspends what goes on from it, or takes its place."""

from datetime import date, timedelta

import pytest

from audit.models import AuditEvent
from core import clock
from core.actors import system_actor
from core.exceptions import NotAllowed
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestKind, RequestStatus, Side
from sharing.models import Grant, GrantStep, GrantSuspension, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.selectors.restraint import is_misused
from sharing.selectors.suspension import suspensions_open
from sharing.services import (
    answer,
    delivery,
    dispute,
    drafting,
    filing,
    grant,
    stopping,
    telling,
    usage,
)
from sharing.services.succession import suspensions_take_over
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.services.test_loopholes import _renewed
from tests.unchanged import nothing_changes

CLOCK = system_actor(CLOCK_JOB)


def _follow(town: SharingTown, first: Grant, kind: str, until: str) -> ShareRequest:
    request = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=kind)
    drafting.request_edit(actor=town.asker, request_id=request.pk, fields={"valid_until": until})
    filing.request_submit(actor=town.asker, request_id=request.pk)
    filing.request_agree(actor=town.asker_head, request_id=request.pk)
    return request


def _rows(made: Grant) -> list[tuple[str, str, int | None]]:
    made.refresh_from_db()
    held = suspensions_open(made)
    if made.status in (GrantStatus.ACTIVE, GrantStatus.SUSPENDED):
        assert (made.status == GrantStatus.SUSPENDED) == bool(held)
    return [(one.side, one.reason, one.cause.grant_id if one.cause is not None else None) for one in held]


def _settled(town: SharingTown, request: ShareRequest) -> None:
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )


# --- A renewal -------------------------------------------------------------------------------------------------------


def test_a_renewal_begins_suspended_while_the_grant_before_is(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    request = _follow(town, first, RequestKind.RENEWAL, "2027-12-31")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    second = Grant.objects.get(request=request)
    assert _rows(second) == [(Side.PROVIDER, "自查", first.pk)]
    suspended = GrantStep.objects.get(grant=second, action="suspend")
    assert suspended.words == "It was suspended under the grant before: a decision lifts no suspension."
    usage.inspection_record(actor=town.world.head, grant_id=first.pk, result="misuse", finding="外泄")
    assert [one[2] for one in _rows(second)] == [first.pk]
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    assert (_rows(first), _rows(second)) == ([], [])


def test_the_authority_renews_nothing_over_the_providers_stop(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    request = _follow(town, first, RequestKind.RENEWAL, "2027-12-31")
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="否")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    _settled(town, request)
    second = Grant.objects.get(request=request)
    assert _rows(second) == [(Side.PROVIDER, "自查", first.pk)]
    with clock_at("2027-04-10 10:00"):
        telling.grants_keep(actor=CLOCK)
        first.refresh_from_db()
        assert first.status == GrantStatus.EXPIRED
        assert _rows(second) == [(Side.PROVIDER, "自查", first.pk)]
        assert not second.is_live(clock.now())
        with nothing_changes(), pytest.raises(NotAllowed):
            grant.grant_resume(actor=town.asker_head, grant_id=second.pk)
        usage.inspection_record(actor=town.world.head, grant_id=first.pk, result="in_order", finding="好")
        assert (_rows(first), _rows(second)) == ([], [])
        assert second.is_live(clock.now())


# --- What takes a grant's place --------------------------------------------------------------------------------------


def test_a_settlement_leaves_the_providers_stop_on_what_takes_the_place(town: SharingTown) -> None:
    first = town.granted_in_part(items=["DXBH"])
    request = ShareRequest.objects.get(pk=first.request_id)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    opened = suspensions_open(first)[0]
    _settled(town, request)
    first.refresh_from_db()
    second = Grant.objects.exclude(pk=first.pk).get(request=request)
    assert (first.end_reason, _rows(first)) == (EndReason.SETTLED, [])
    assert _rows(second) == [(Side.PROVIDER, "自查", None)]
    [held] = suspensions_open(second)
    assert (held.opened_at, held.opened_by_name) == (opened.opened_at, town.world.head.name)
    opened.refresh_from_db()
    assert opened.closed_at is not None
    assert opened.closed_by_name == town.world.reviewer.name
    over = GrantStep.objects.get(grant=first, action="resume")
    assert over.words == "The suspension stands under the grant now that takes the place of this one."
    history = text_of(get(town.asker_head, f"/sharing/grants/{first.pk}/"))
    assert ("Suspension passed on" in history, "Resumed" in history) == (True, False)
    trail = AuditEvent.objects.get(action="sharing.grant.resume", object_pk=str(first.pk))
    assert (trail.after["by_side"], trail.note) == ("provider", "自查")
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    assert _rows(second) == []


def test_no_cataloguer_sheds_the_stop_of_his_head(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    request = _follow(town, first, RequestKind.CHANGE, "2027-03-30")
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)
    second = Grant.objects.get(request=request)
    assert _rows(second) == [(Side.PROVIDER, "自查", None)]


def test_a_change_of_use_has_the_stops_of_grant_and_renewal_once(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    assert _rows(later) == [(Side.PROVIDER, "自查", first.pk)]
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="续期另有问题")
    request = _follow(town, first, RequestKind.CHANGE, "2027-12-30")
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    made = Grant.objects.get(request=request)
    assert (_rows(first), _rows(later)) == ([], [])
    assert _rows(made) == [(Side.PROVIDER, "自查", None)]
    assert GrantSuspension.objects.filter(closed_at=None).count() == 1
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert _rows(made) == []


def test_a_change_that_begins_later_follows_and_one_of_a_renewal_stays_tied_to_the_grant_before(
    town: SharingTown,
) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    request = _follow(town, later, RequestKind.CHANGE, "2027-12-30")
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    made = Grant.objects.get(request=request)
    assert _rows(made) == [(Side.PROVIDER, "自查", first.pk)]
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    assert (_rows(first), _rows(made)) == ([], [])


def test_misuse_goes_over_with_the_suspension_for_it(town: SharingTown) -> None:
    first, second = town.granted(), town.granted()
    usage.inspection_record(actor=town.world.head, grant_id=first.pk, result="misuse", finding="外泄")
    Grant.objects.filter(pk=first.pk).update(
        status=GrantStatus.ENDED, ended_at=clock.now(), end_reason=EndReason.REPLACED
    )  # fmt: skip
    first.refresh_from_db()
    suspensions_take_over(town.world.cataloguer, second, [first])
    assert _rows(second) == [(Side.PROVIDER, "外泄", None)]
    assert is_misused(first.department_id, town.entry.pk)
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    assert not is_misused(first.department_id, town.entry.pk)


# --- Along the chain -------------------------------------------------------------------------------------------------


def _third_held(town: SharingTown) -> tuple[Grant, Grant, ShareRequest]:
    first, second = _renewed(town)
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    third = _follow(town, second, RequestKind.RENEWAL, "2028-06-30")
    answer.request_approve(actor=town.world.head, request_id=third.pk)
    assert not third.grants.exists()
    return first, other, third


def test_a_stop_ends_what_was_agreed_to_renew_the_renewal(town: SharingTown) -> None:
    first, other, third = _third_held(town)
    day = clock.today() + timedelta(days=30)
    stopping.stop_announce(actor=town.world.head, grant_id=first.pk, reason="改造", stops_on=day)
    with clock_at(clock.now() + timedelta(days=31)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        assert delivery.agreements_expire(actor=CLOCK) == 1
    third.refresh_from_db()
    assert third.status == RequestStatus.WITHDRAWN


def test_a_narrowing_reaches_what_was_agreed_to_renew_the_renewal(town: SharingTown) -> None:
    first, other, third = _third_held(town)
    day = clock.today() + timedelta(days=30)
    stopping.narrow_announce(actor=town.world.head, grant_id=first.pk, rows_per_day=9, reason="压力", stops_on=day)
    with clock_at(clock.now() + timedelta(days=31)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        delivery.request_deliver(actor=town.world.cataloguer, request_id=third.pk, dataset_id=town.dataset.pk)
        assert Grant.objects.get(request=third).rows_per_day == 9


def test_misuse_stops_a_renewal_that_was_let_go_by_itself(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=later.pk)
    assert _rows(later) == []
    for finding in ("外泄", "再次外泄"):
        usage.inspection_record(actor=town.world.reviewer, grant_id=first.pk, result="misuse", finding=finding)
        assert _rows(later) == [(Side.AUTHORITY, "核查", first.pk)]
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    assert (_rows(first), _rows(later)) == ([], [])
