"""What renews or changes a grant goes on from the grant that a decision in a dispute puts in its place."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from core import clock
from core.actors import system_actor
from core.exceptions import RuleViolation, StaleEdit
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestKind, RequestStatus, Side
from sharing.models import ClientGrant, Grant, GrantStep, GrantSuspension, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.selectors.grant import followers_of, grants_after
from sharing.selectors.suspension import suspensions_open, suspensions_unfollowed
from sharing.services import answer, delivery, dispute, drafting, filing, grant, mediation, stopping, usage
from sharing.services.succession import grant_expire, grants_fall_in_line
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make
from tests.sharing.requests import codes
from tests.unchanged import nothing_changes

CLOCK = system_actor(CLOCK_JOB)
SHORT, ASKED, LONG = date(2027, 3, 31), date(2027, 6, 30), date(2027, 12, 31)


def _part(town: SharingTown) -> Grant:
    """Return a grant that gives one item, and ends before the day that was asked for."""
    return town.granted_in_part(items=town.items("DXBH"), until=SHORT)


def _asked(
    town: SharingTown, first: Grant, until: date, kind: str = RequestKind.RENEWAL, **fields: object
) -> ShareRequest:
    request = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=kind)
    values = {"valid_until": until.isoformat(), **fields}
    drafting.request_edit(actor=town.asker, request_id=request.pk, fields=values)
    filing.request_submit(actor=town.asker, request_id=request.pk)
    return filing.request_agree(actor=town.asker_head, request_id=request.pk)


def _after(town: SharingTown, first: Grant, until: date, kind: str = RequestKind.RENEWAL, **fields: object) -> Grant:
    request = _asked(town, first, until, kind, **fields)
    return answer.request_approve(actor=town.world.head, request_id=request.pk).grants.get()


def _settled(town: SharingTown, first: Grant, *, by_agreement: bool = False) -> Grant:
    """Settle a dispute about a grant: it gives everything, up to the day that was asked for."""
    pk = first.request_id or 0
    dispute.request_dispute(actor=town.asker_head, request_id=pk, reason="缺项")
    if by_agreement:
        held = {"held_on": clock.today(), "text": "双方同意", "is_agreed": True}
        mediation.request_mediate(actor=town.world.reviewer, request_id=pk, **held)
        for who in (town.asker_head, town.world.head):
            mediation.request_concur(actor=who, request_id=pk, is_agreed=True)
    else:
        given = {"is_granted": True, "opinion": "一并提供", "without_provider": True}
        dispute.request_settle(actor=town.world.reviewer, request_id=pk, **given)
    first.refresh_from_db()
    return Grant.objects.exclude(pk=first.pk).get(request=pk)


def _fresh(*grants: Grant) -> None:
    for one in grants:
        one.refresh_from_db()


@pytest.mark.parametrize("by_agreement", [False, True])
def test_a_renewal_goes_on_from_what_took_the_place_of_its_grant(town: SharingTown, by_agreement: bool) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    second = _settled(town, first, by_agreement=by_agreement)
    _fresh(later)
    assert (first.end_reason, later.previous, later.valid_from) == (EndReason.SETTLED, second, second.valid_to)
    assert ShareRequest.objects.get(pk=later.request_id).previous_grant == second
    for days in range(0, 400, 5):
        at = clock.now() + timedelta(days=days)
        assert sum(one.is_live(at) for one in (first, second, later)) == (at < later.valid_to)
    step = GrantStep.objects.get(grant=later, action="follow")
    assert step.words == (
        f"A decision in a dispute put grant {second.pk} in the place of the one that this goes on from."
    )
    shown = text_of(get(town.asker_head, f"/sharing/grants/{later.pk}/"))
    assert ("Goes on from another grant" in shown, f"goes on from grant {second.pk}" in shown) == (True, True)
    trail = AuditEvent.objects.get(action="sharing.grant.follow", object_pk=str(later.pk))
    assert trail.before["valid_from"] != trail.after["valid_from"]


def test_what_stops_the_grant_in_its_place_stops_the_renewal(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    second = _settled(town, first)
    grant.grant_suspend(actor=town.world.head, grant_id=second.pk, reason="核查")
    _fresh(later)
    assert later.status == GrantStatus.SUSPENDED
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    _fresh(later)
    assert later.status == GrantStatus.ACTIVE
    day = clock.today() + timedelta(days=30)
    stopping.narrow_announce(actor=town.world.head, grant_id=second.pk, rows_per_day=9, reason="压力", stops_on=day)
    with clock_at(clock.now() + timedelta(days=31)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=second.pk)
        _fresh(later)
        assert later.rows_per_day == 9
        grant.grant_end(actor=town.world.head, grant_id=second.pk, reason=EndReason.MISUSE, note="外泄")
        _fresh(later)
        assert (later.status, later.end_reason) == (GrantStatus.ENDED, EndReason.MISUSE)


def test_a_stop_of_the_grant_before_holds_both_once_and_is_lifted_once(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    second = _settled(town, first)
    assert [(len(suspensions_open(one)), one.pk) for one in (first, second, later)] == [
        (0, first.pk),
        (1, second.pk),
        (1, later.pk),
    ]
    assert suspensions_open(later)[0].cause == suspensions_open(second)[0]
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    _fresh(second, later)
    assert {second.status, later.status} == {GrantStatus.ACTIVE}


def test_a_renewal_that_lengthens_nothing_any_more_ends_and_its_machines_go_on(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, date(2027, 5, 31))
    last = _after(town, later, LONG)
    machine = client_make(town.world.other, grants=[], system=town.system)
    ClientGrant.objects.create(client=machine, grant=later, bound_at=clock.now(), bound_by_name="负责人")
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="续期另有问题")
    second = _settled(town, first)
    _fresh(later, last)
    assert (later.status, later.end_reason) == (GrantStatus.ENDED, EndReason.REPLACED)
    assert [one.reason for one in suspensions_open(second)] == ["续期另有问题"]
    assert (last.previous, last.valid_from, last.status) == (second, second.valid_to, GrantStatus.SUSPENDED)
    assert ClientGrant.objects.filter(client=machine, grant=second).exists()
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    _fresh(second, last)
    assert {second.status, last.status} == {GrantStatus.ACTIVE}


def test_a_renewal_that_waits_begins_after_what_took_the_place_and_takes_over_from_it(town: SharingTown) -> None:
    first = _part(town)
    renewal = _asked(town, first, LONG)
    second = _settled(town, first)
    given = {"actor": town.world.head, "request_id": renewal.pk, "opinion": "缩短"}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(until=ASKED, **given)
    assert codes(refused) == {("until", "no_longer")}
    later = answer.request_approve(**given).grants.get()
    assert (later.previous, later.valid_from) == (second, second.valid_to)


def test_a_narrowing_before_the_settlement_reaches_a_renewal_that_was_held_back(town: SharingTown) -> None:
    first, renewal, other = _held(town, LONG)
    day = clock.today() + timedelta(days=30)
    stopping.narrow_announce(actor=town.world.head, grant_id=first.pk, rows_per_day=9, reason="压力", stops_on=day)
    with clock_at(clock.now() + timedelta(days=31)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        dispute.request_dispute(actor=town.asker_head, request_id=first.request_id or 0, reason="缺项")
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        given = {"is_granted": True, "opinion": "一并提供", "without_provider": True, "limits": {"rows_per_day": 99}}
        dispute.request_settle(actor=town.world.reviewer, request_id=first.request_id or 0, **given)
        delivery.request_deliver(actor=town.world.cataloguer, request_id=renewal.pk, dataset_id=town.dataset.pk)
        assert Grant.objects.get(request=renewal).rows_per_day == 9


def _held(town: SharingTown, until: date) -> tuple[Grant, ShareRequest, Grant]:
    """Return a grant, its renewal that was agreed to and is held back, and the grant whose suspension holds it."""
    first, other = _part(town), town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    renewal = _asked(town, first, until)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    assert not renewal.grants.exists()
    return first, renewal, other


def test_a_renewal_that_was_held_back_and_would_lengthen_nothing_is_closed(town: SharingTown) -> None:
    first, renewal, other = _held(town, date(2027, 5, 31))
    assert delivery.agreements_expire(actor=CLOCK) == 0
    grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
    _settled(town, first)
    with nothing_changes(), pytest.raises(RuleViolation):
        delivery.request_deliver(actor=town.world.cataloguer, request_id=renewal.pk, dataset_id=town.dataset.pk)
    assert delivery.agreements_expire(actor=CLOCK) == 1
    renewal.refresh_from_db()
    assert renewal.status == RequestStatus.WITHDRAWN
    assert "runs at least as long by now" in str(renewal.steps.last().words)


def test_a_change_to_come_takes_the_place_of_what_was_settled_on_its_day(town: SharingTown) -> None:
    first = town.granted_in_part(items=town.items("DXBH"))
    begins = date(2027, 2, 1)
    change = _after(town, first, LONG, RequestKind.CHANGE, valid_from=begins.isoformat(), scenario="发放补贴")
    second = _settled(town, first)
    _fresh(change)
    assert (change.previous, second.valid_to) == (second, change.valid_from)
    grant.grant_suspend(actor=town.world.head, grant_id=second.pk, reason="核查")
    _fresh(change)
    assert change.status == GrantStatus.SUSPENDED


def test_what_took_the_place_of_a_renewal_takes_that_of_what_was_settled_on_its_day(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    change = _after(town, later, LONG, RequestKind.CHANGE, scenario="发放补贴")
    second = _settled(town, first)
    _fresh(later, change)
    assert (later.end_reason, change.previous, second.valid_to) == (EndReason.REPLACED, second, change.valid_from)
    for days in range(0, 400, 5):
        at = clock.now() + timedelta(days=days)
        assert sum(one.is_live(at) for one in (first, second, later, change)) == (at < change.valid_to)
    grant.grant_suspend(actor=town.world.head, grant_id=second.pk, reason="核查")
    _fresh(change)
    assert change.status == GrantStatus.SUSPENDED


def test_a_settled_change_keeps_its_renewal(town: SharingTown) -> None:
    first = town.granted()
    request = _asked(town, first, ASKED, RequestKind.CHANGE, scenario="发放补贴")
    part = {"items": town.items("DXBH"), "until": SHORT, "opinion": "部分"}
    changed = answer.request_approve(actor=town.world.head, request_id=request.pk, **part).grants.get()
    later = _after(town, changed, LONG)
    second = _settled(town, changed)
    _fresh(later)
    assert (later.status, later.previous, later.valid_from) == (GrantStatus.ACTIVE, second, second.valid_to)


def test_what_is_over_in_time_is_followed_too_and_what_has_begun_runs_on(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    with clock_at(f"{SHORT + timedelta(days=2)} 10:00"):
        grant_expire(actor=CLOCK, grant_id=first.pk)
        second = _settled(town, first)
        begun = later.valid_from
        _fresh(later)
        assert (first.status, later.previous, later.valid_from) == (GrantStatus.EXPIRED, second, begun)
        grant.grant_suspend(actor=town.world.head, grant_id=second.pk, reason="核查")
        _fresh(later)
        assert later.status == GrantStatus.SUSPENDED


def test_who_read_under_a_settled_grant_finds_the_one_in_its_place(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    assert followers_of([first.pk]) == [(first.pk, later)]
    second = _settled(town, first)
    assert followers_of([first.pk]) == [(first.pk, second)]
    assert followers_of([second.pk, first.pk]) == [(second.pk, later), (first.pk, second)]


def test_misuse_before_the_settlement_reaches_the_older_renewal(town: SharingTown) -> None:
    zeroth = town.granted(valid_until=date(2027, 2, 28))
    request = _asked(town, zeroth, ASKED)
    part = {"items": town.items("DXBH"), "until": SHORT, "opinion": "部分"}
    first = answer.request_approve(actor=town.world.head, request_id=request.pk, **part).grants.get()
    later = _after(town, first, LONG)
    second = _settled(town, first)
    assert later.pk < second.pk
    assert [(former, one.pk) for former, one in grants_after(first)] == [(first.pk, second.pk), (second.pk, later.pk)]
    usage.inspection_record(actor=town.world.head, grant_id=first.pk, result="misuse", finding="外泄")
    _fresh(second, later)
    assert {second.status, later.status} == {GrantStatus.SUSPENDED}
    assert suspensions_open(later)[0].cause == suspensions_open(second)[0]
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    _fresh(second, later)
    assert {second.status, later.status} == {GrantStatus.ACTIVE}
    grant.grant_suspend(actor=town.world.head, grant_id=zeroth.pk, reason="核查")
    _fresh(second, later)
    assert {second.status, later.status} == {GrantStatus.SUSPENDED}


def test_a_ring_of_grants_is_gone_round_once(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    second = _settled(town, first)
    Grant.objects.filter(pk=second.pk).update(previous=later)
    Grant.objects.filter(pk=first.pk).update(previous=later)
    assert {one.pk for _former, one in grants_after(first)} == {second.pk, later.pk}
    grant.grant_suspend(actor=town.world.head, grant_id=second.pk, reason="核查")
    _fresh(second, later)
    assert {second.status, later.status} == {GrantStatus.SUSPENDED}


def test_who_opened_a_renewal_before_the_settlement_reads_it_anew(town: SharingTown) -> None:
    first = _part(town)
    renewal = _asked(town, first, LONG)
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.CHANGE)
    second = _settled(town, first)
    read = {"edit_version": renewal.edit_version}
    with nothing_changes(), pytest.raises(StaleEdit):
        answer.request_approve(actor=town.world.head, request_id=renewal.pk, **read)
    before = draft.edit_version
    renewal.refresh_from_db()
    draft.refresh_from_db()
    assert (renewal.previous_grant, draft.previous_grant, draft.edit_version) == (second, second, before)
    read = {"edit_version": renewal.edit_version}
    answer.request_approve(actor=town.world.head, request_id=renewal.pk, **read)
    assert Grant.objects.get(request=renewal).previous == second


# --- What an upgrade put behind a grant that was stopped by then -----------------------------------------------------


def _put_behind(town: SharingTown, stop: Callable[[Grant], object]) -> tuple[Grant, Grant, Grant]:
    """Return a grant by a settlement that was stopped, the renewal that an upgrade put behind it, and the one after."""
    first = _part(town)
    later = _after(town, first, LONG)
    last = _after(town, later, LONG + timedelta(days=90))
    second = _settled(town, first)
    Grant.objects.filter(pk=later.pk).update(previous=first)
    stop(second)
    Grant.objects.filter(pk=later.pk).update(previous=second)
    _fresh(second, later, last)
    assert {later.status, last.status} == {GrantStatus.ACTIVE}
    return second, later, last


def test_a_renewal_that_was_put_behind_a_suspended_grant_is_suspended_by_night(town: SharingTown) -> None:
    second, later, last = _put_behind(
        town, lambda one: grant.grant_suspend(actor=town.world.head, grant_id=one.pk, reason="核查")
    )
    assert grants_fall_in_line(actor=CLOCK) == 2
    _fresh(later, last)
    assert {later.status, last.status} == {GrantStatus.SUSPENDED}
    [held], [above] = suspensions_open(later), suspensions_open(second)
    assert (held.cause, held.side, held.reason, held.opened_by_name) == (
        above,
        Side.PROVIDER,
        "核查",
        town.world.head.name,
    )
    assert AuditEvent.objects.get(action="sharing.grant.suspend", object_pk=str(later.pk)).actor_name == str(CLOCK)
    grant.grant_resume(actor=town.world.head, grant_id=second.pk)
    _fresh(later, last)
    assert {later.status, last.status} == {GrantStatus.ACTIVE}


def test_a_renewal_that_was_let_go_by_itself_is_let_alone_by_night(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="核查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=later.pk, suspension_id=suspensions_open(later)[0].pk)
    with nothing_changes():
        assert grants_fall_in_line(actor=CLOCK) == 0
    GrantSuspension.objects.filter(grant=later).delete()  # there were no rows when older releases let it go
    assert suspensions_unfollowed()
    GrantStep.objects.create(grant=later, action="resume", actor_name="审核员", at=clock.now())
    with nothing_changes():
        assert grants_fall_in_line(actor=CLOCK) == 0


@pytest.mark.parametrize(
    ("reason", "kept"), [(EndReason.MISUSE, {"side": "provider"}), (EndReason.NOT_NEEDED, {})], ids=str
)
def test_a_renewal_that_was_put_behind_an_ended_grant_ends_by_night(
    town: SharingTown, reason: EndReason, kept: dict[str, str]
) -> None:
    who = town.world.head if reason == EndReason.MISUSE else town.asker_head
    second, later, last = _put_behind(
        town, lambda one: grant.grant_end(actor=who, grant_id=one.pk, reason=reason, note="外泄")
    )
    assert grants_fall_in_line(actor=CLOCK) == 1
    _fresh(later, last)
    assert [(one.status, one.end_reason) for one in (later, last)] == [(GrantStatus.ENDED, reason)] * 2
    ended, after = (GrantStep.objects.get(grant=one, action="end") for one in (later, last))
    assert after.detail.items() >= {"follows": later.pk, **kept}.items()
    assert ended.words == f"Grant {second.pk}, from which this one goes on, had ended for the same reason."
    assert ended.detail.items() >= {"follows": second.pk, **kept}.items()
    with nothing_changes():
        assert grants_fall_in_line(actor=CLOCK) == 0


def test_what_was_decided_after_the_end_of_the_grant_before_goes_on(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    Grant.objects.filter(pk=first.pk).update(
        status=GrantStatus.ENDED, end_reason=EndReason.STOPPED, ended_at=later.created_at - timedelta(days=1)
    )
    with nothing_changes():
        assert grants_fall_in_line(actor=CLOCK) == 0


def test_the_night_asks_twice_where_everything_is_in_line(
    town: SharingTown, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    _after(town, later, LONG + timedelta(days=90))
    second = _settled(town, first)
    grant.grant_suspend(actor=town.world.head, grant_id=second.pk, reason="核查")
    with nothing_changes(), django_assert_num_queries(2):
        assert grants_fall_in_line(actor=CLOCK) == 0
