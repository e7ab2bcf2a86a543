"""What stops a grant reaches what goes on from it, past what lies between, and is lifted where it runs."""

from datetime import date, timedelta

import pytest

from collection import services as collecting
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing import hindrances
from sharing.choices import EndReason, GrantAction, GrantStatus, RequestKind, Side
from sharing.models import Grant, GrantStep, GrantSuspension, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.selectors.grant import live_grants
from sharing.selectors.restraint import is_barred, is_misused
from sharing.selectors.suspension import suspensions_open
from sharing.services import answer, delivery, drafting, filing, grant, stopping, telling, usage
from sharing.services.succession import suspensions_take_over
from tests.catalog.views.reader import client_of, get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import grant_make
from tests.sharing.requests import codes
from tests.sharing.services.test_carried_suspensions import _follow, _rows
from tests.sharing.services.test_loopholes import _renewed
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Notification

CLOCK = system_actor(CLOCK_JOB)
AFTER = "2027-04-10 10:00"
"""A moment at which the first grant is over, and its renewal runs."""


def _fresh(*grants: Grant) -> None:
    for one in grants:
        one.refresh_from_db()


def _is_live(made: Grant) -> bool:
    return live_grants().filter(pk=made.pk).exists()


def _changed_renewal(town: SharingTown) -> tuple[Grant, Grant, Grant]:
    """Return a grant, its renewal, and the change of use that took that one's place before it began."""
    first, later = _renewed(town)
    request = _follow(town, later, RequestKind.CHANGE, "2027-12-30")
    made = answer.request_approve(actor=town.world.head, request_id=request.pk).grants.get()
    _fresh(first, later)
    return first, later, made


def _changed_to_come(town: SharingTown) -> tuple[Grant, Grant]:
    """Return a grant, and a change of its use that takes its place in thirty days."""
    first = town.granted(valid_until=date(2027, 3, 31))
    request = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.CHANGE)
    begins = clock.today() + timedelta(days=30)
    fields = {"valid_until": "2027-03-30", "valid_from": begins.isoformat()}
    drafting.request_edit(actor=town.asker, request_id=request.pk, fields=fields)
    filing.request_submit(actor=town.asker, request_id=request.pk)
    filing.request_agree(actor=town.asker_head, request_id=request.pk)
    made = answer.request_approve(actor=town.world.head, request_id=request.pk).grants.get()
    _fresh(first)
    return first, made


def _found(town: SharingTown, made: Grant, actor: Actor | None = None, result: str = "misuse") -> None:
    usage.inspection_record(actor=actor or town.world.reviewer, grant_id=made.pk, result=result, finding="外泄")


# --- Past a link that is over ----------------------------------------------------------------------------------------


def test_a_change_of_what_has_not_begun_begins_with_it(town: SharingTown) -> None:
    first, later, made = _changed_renewal(town)
    assert (later.status, later.end_reason) == (GrantStatus.ENDED, EndReason.REPLACED)
    assert (made.previous, made.valid_from, first.status) == (later, first.valid_to, GrantStatus.ACTIVE)
    for days in range(0, 400, 5):
        at = clock.now() + timedelta(days=days)
        assert sum(one.is_live(at) for one in (first, later, made)) == (at < made.valid_to)


def test_nobody_asks_for_a_changed_use_before_the_use_begins(town: SharingTown) -> None:
    _first, later = _renewed(town)
    request = drafting.request_follow(actor=town.asker, grant_id=later.pk, kind=RequestKind.CHANGE)
    for fields, refused_at in (
        ({"valid_from": "2027-03-31", "valid_until": "2027-12-30"}, {"valid_from"}),
        ({"valid_from": None, "valid_until": "2027-03-31"}, {"valid_until"}),
    ):
        drafting.request_edit(actor=town.asker, request_id=request.pk, fields=fields)
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            filing.request_submit(actor=town.asker, request_id=request.pk)
        assert codes(refused) == {(one, "before_first") for one in refused_at}
        assert "begins on 2027-04-01" in str(refused.value.errors[0].message)
    drafting.request_edit(actor=town.asker, request_id=request.pk, fields={"valid_until": "2027-12-30"})
    filing.request_submit(actor=town.asker, request_id=request.pk)
    filing.request_agree(actor=town.asker_head, request_id=request.pk)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=request.pk, until=date(2027, 3, 31), opinion="缩短")
    assert codes(refused) == {("until", "before_first")}


@pytest.mark.parametrize("how", ["suspend", "inspect", "end", "stop", "narrow"])
def test_what_stops_a_grant_reaches_what_took_the_place_of_its_renewal(town: SharingTown, how: str) -> None:
    first, later, made = _changed_renewal(town)
    day = clock.today() + timedelta(days=30)
    if how == "suspend":
        grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
        assert _rows(made) == [(Side.AUTHORITY, "核查", first.pk)]
    elif how == "inspect":
        _found(town, first)
        assert _rows(made) == [(Side.AUTHORITY, "外泄", first.pk)]
    elif how == "end":
        grant.grant_end(actor=town.world.head, grant_id=first.pk, reason="misuse", note="外泄")
        _fresh(made)
        assert (made.status, made.end_reason) == (GrantStatus.ENDED, EndReason.MISUSE)
    else:
        given = {"actor": town.world.head, "grant_id": first.pk, "reason": "改造", "stops_on": day}
        stopping.stop_announce(**given) if how == "stop" else stopping.narrow_announce(**given, rows_per_day=9)
        with clock_at(clock.now() + timedelta(days=31)):
            stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        _fresh(made)
        assert (made.end_reason == EndReason.STOPPED, made.rows_per_day == 9) == (how == "stop", how == "narrow")
    _fresh(later)
    assert (later.end_reason, later.rows_per_day, _rows(later)) == (EndReason.REPLACED, None, [])


def test_misuse_reaches_past_a_link_what_was_let_go_by_itself(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    request = _follow(town, later, RequestKind.CHANGE, "2027-12-30")
    made = answer.request_approve(actor=town.world.head, request_id=request.pk).grants.get()
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert (_rows(first), _rows(made)) == ([(Side.PROVIDER, "自查", None)], [])
    for _time in range(2):
        _found(town, first, town.world.head)
        assert _rows(made) == [(Side.PROVIDER, "自查", first.pk)]
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    assert (_rows(first), _rows(made)) == ([], [])


# --- Found after the end ---------------------------------------------------------------------------------------------


def test_misuse_that_is_found_after_the_end_stops_the_renewal(town: SharingTown) -> None:
    first, later = _renewed(town)
    with clock_at(AFTER):
        telling.grants_keep(actor=CLOCK)
        assert _is_live(later)
        _found(town, first)
        assert not _is_live(later)
        assert (_rows(first), _rows(later)) == (
            [(Side.AUTHORITY, "外泄", None)],
            [(Side.AUTHORITY, "外泄", first.pk)],
        )
        assert first.status == GrantStatus.EXPIRED
        while outbox_delivery.deliver():
            pass
        told = Notification.objects.filter(user=town.asker_head.id, kind="sharing.grant").values_list(
            "title", flat=True
        )
        assert any("A suspension stands against the holder of a grant that is over" in str(one) for one in told)
        shown = text_of(get(town.asker_head, f"/sharing/grants/{first.pk}/"))
        assert ("Suspended after its end" in shown, "not lifted before its end" in shown) == (True, False)
        assert ", after its end" in shown
        with nothing_changes():
            for who in (town.asker_head, town.world.head, town.world.secadmin):
                with pytest.raises(NotAllowed):
                    grant.grant_resume(actor=who, grant_id=later.pk)
        _found(town, first, town.world.head, "in_order")
        assert not _is_live(later)
        _found(town, first, result="in_order")
        assert _is_live(later)
        assert not is_barred(first.department_id, town.entry.pk)


def test_misuse_that_is_found_after_a_change_took_the_place_stops_the_change(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    request = _follow(town, first, RequestKind.CHANGE, "2027-03-30")
    made = answer.request_approve(actor=town.world.head, request_id=request.pk).grants.get()
    grant.grant_suspend(actor=town.world.secadmin, grant_id=made.pk, reason="漏洞")
    _found(town, first, town.world.head)
    assert _rows(made) == [(Side.SECURITY, "漏洞", None), (Side.PROVIDER, "外泄", first.pk)]
    grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk)
    assert (made.is_live(clock.now()), is_misused(made.department_id, town.entry.pk)) == (False, True)
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert (_rows(first), _rows(made), _is_live(made)) == ([], [], True)
    assert not is_misused(made.department_id, town.entry.pk)


def test_misuse_stops_what_a_decision_in_a_dispute_put_in_the_place(town: SharingTown) -> None:
    first, later, made = _changed_renewal(town)
    Grant.objects.filter(pk__in=[first.pk, later.pk]).update(previous=None)
    second = grant_make(town.dataset, town.world.other, request=ShareRequest.objects.get(pk=first.request_id))
    Grant.objects.filter(pk=first.pk).update(
        status=GrantStatus.ENDED, ended_at=clock.now(), end_reason=EndReason.SETTLED
    )  # fmt: skip
    _found(town, first)
    assert (_rows(second), _rows(made)) == ([(Side.AUTHORITY, "外泄", first.pk)], [])


def test_a_change_that_was_held_back_until_the_renewal_ran_takes_that_ones_place(town: SharingTown) -> None:
    first, later = _renewed(town)
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    request = _follow(town, first, RequestKind.CHANGE, "2027-12-30")
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    with clock_at(AFTER):
        telling.grants_keep(actor=CLOCK)
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        given = {"request_id": request.pk, "dataset_id": town.dataset.pk}
        delivery.request_deliver(actor=town.world.cataloguer, **given)
        made = Grant.objects.get(request=request)
        _fresh(later)
        assert (later.end_reason, made.previous) == (EndReason.REPLACED, later)
        for over in (later, first):
            _found(town, over)
            assert not _is_live(made)
            grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
            assert _is_live(made)


# --- Lifted where it runs --------------------------------------------------------------------------------------------


def test_who_lets_the_renewal_run_has_lifted_what_outlived_the_grant_before(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    with clock_at(AFTER):
        telling.grants_keep(actor=CLOCK)
        grant.grant_resume(actor=town.world.reviewer, grant_id=later.pk, note="已查清")
        assert (_rows(first), _rows(later)) == (
            [(Side.PROVIDER, "自查", None)],
            [(Side.PROVIDER, "自查", first.pk)],
        )
        returned = grant.grant_resume(actor=town.world.head, grant_id=later.pk)
        assert (returned.status, _rows(first), _is_live(later)) == (GrantStatus.ACTIVE, [], True)
        assert not is_barred(first.department_id, town.entry.pk)
        lifted = GrantStep.objects.filter(grant=first, action=GrantAction.RESUME).order_by("pk")
        assert [(one.detail["by_side"], one.note) for one in lifted] == [("authority", "已查清"), ("provider", "")]
        third = _follow(town, later, RequestKind.RENEWAL, "2028-06-30")
        answer.request_approve(actor=town.world.head, request_id=third.pk)
        assert third.grants.exists()


def test_what_suspends_a_grant_stands_under_the_change_that_takes_its_place_on_its_day(town: SharingTown) -> None:
    first, made = _changed_to_come(town)
    _found(town, first, town.world.head)
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="变更另有问题")
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    with clock_at(clock.now() + timedelta(days=31)):
        telling.grants_keep(actor=CLOCK)
        # What was let go there by itself stands here still; of the provider's two there is one.
        assert _rows(first) == [(Side.AUTHORITY, "核查", None)]
        assert _rows(made) == [(Side.PROVIDER, "变更另有问题", None)]
        over = GrantStep.objects.get(grant=first, action=GrantAction.RESUME)
        assert over.words == "The suspension stands under the grant now that takes the place of this one."
        assert is_misused(first.department_id, town.entry.pk)
        grant.grant_resume(actor=town.world.head, grant_id=made.pk)
        assert not is_misused(first.department_id, town.entry.pk)
        assert _is_live(made)
        [left] = suspensions_open(first)
        grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk, suspension_id=left.pk)
        assert not is_barred(first.department_id, town.entry.pk)


def test_what_holds_a_delivery_back_is_named_with_its_grant_and_side(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=later.pk)
    with clock_at(AFTER):
        telling.grants_keep(actor=CLOCK)
        third = _follow(town, later, RequestKind.RENEWAL, "2028-06-30")
        answer.request_approve(actor=town.world.head, request_id=third.pk)
        third.refresh_from_db()
        why = hindrances.held_back(third)
        assert why is not None
        assert (why.code, why.extra) == ("suspended", {"grants": [first.pk]})
        shown = get(town.asker, f"/sharing/requests/{third.pk}/")
        assert f"grant {first.pk} (The data authority)" in text_of(shown)
        assert f'href="/sharing/grants/{first.pk}/"' in shown.content.decode()
        [held] = suspensions_open(first)
        grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk, suspension_id=held.pk)
        _found(town, later, town.world.head)
        why = hindrances.held_back(third)
        assert why is not None
        assert (why.code, why.extra) == ("misuse", {"grants": [later.pk]})


def test_who_is_kept_from_taking_data_reads_for_what(free: SharingTown) -> None:
    made = grant_make(free.dataset, free.world.other)
    grant.grant_suspend(actor=free.world.head, grant_id=made.pk, reason="自查")
    why = hindrances.taking(free.dataset, free.world.other.pk)
    assert why is not None
    assert (f"grant {made.pk} (The provider)" in str(why), why.extra) == (True, {"grants": [made.pk]})


# --- Ended for misuse ------------------------------------------------------------------------------------------------


def test_what_was_found_in_order_clears_what_ended_with_it(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_end(actor=town.world.head, grant_id=first.pk, reason="misuse", note="外泄")
    _fresh(later)
    assert later.end_reason == EndReason.MISUSE
    assert is_misused(first.department_id, town.entry.pk)
    _found(town, first, town.world.head, "in_order")
    assert not is_misused(first.department_id, town.entry.pk)
    shown = text_of(get(town.asker_head, f"/sharing/grants/{later.pk}/"))
    assert f"with grant {first.pk}, which it goes on from" in shown


# --- Suspended by nobody ---------------------------------------------------------------------------------------------


def test_what_nobody_suspended_is_for_the_security_administrator_to_mend(town: SharingTown) -> None:
    made = town.granted()
    Grant.objects.filter(pk=made.pk).update(status=GrantStatus.SUSPENDED)
    head, page = client_of(town.world.head), f"/sharing/grants/{made.pk}/"
    with nothing_changes():
        told = head.post(f"/api/v1{page.removeprefix('/sharing')}resume/", {}, content_type="application/json")
        assert (told.status_code, told.json()["code"]) == (409, "unsuspended")
        assert head.post(f"{page}resume/", {}).status_code == 409
        with pytest.raises(NotAllowed):
            grant.grant_resume(actor=town.asker_head, grant_id=made.pk)
    shown = text_of(head.get(page))
    assert "Tell the security administrator" in shown
    assert "Let it run again" not in shown


# --- By name ---------------------------------------------------------------------------------------------------------


def test_what_another_side_ordered_is_lifted_by_name_alone(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="自查")
    [read] = suspensions_open(made)
    above = {"actor": town.world.reviewer, "grant_id": made.pk}
    with nothing_changes(), pytest.raises(RuleViolation) as unnamed:
        grant.grant_resume(**above)
    assert codes(unnamed) == {("suspension", "required")}
    grant.grant_suspend(actor=town.world.secadmin, grant_id=made.pk, reason="漏洞")
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    with nothing_changes(), pytest.raises(InvalidTransition):
        grant.grant_resume(**above, suspension_id=read.pk)
    assert _rows(made) == [(Side.SECURITY, "漏洞", None)]


# --- Other data of the entry -----------------------------------------------------------------------------------------


def test_a_suspension_that_goes_over_to_other_data_leaves_each_renewal_on_its_own(town: SharingTown) -> None:
    root, first, later = (grant_make(town.dataset, town.world.other) for _number in range(3))
    Grant.objects.filter(pk=first.pk).update(previous=root)
    Grant.objects.filter(pk=later.pk).update(previous=first)
    families = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="低保家庭")
    made = grant_make(families, town.world.other)
    grant.grant_suspend(actor=town.world.head, grant_id=root.pk, reason="自查")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="另有问题")
    assert len(_rows(later)) == 2
    Grant.objects.filter(pk=first.pk).update(
        status=GrantStatus.ENDED, ended_at=clock.now(), end_reason=EndReason.SETTLED
    )  # fmt: skip
    _fresh(first)
    suspensions_take_over(town.world.cataloguer, made, [first])
    assert _rows(first) == []
    assert _rows(made) == [(Side.PROVIDER, "自查", None)]
    assert _rows(later) == [(Side.PROVIDER, "自查", root.pk), (Side.PROVIDER, "另有问题", None)]
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert len(_rows(later)) == 2
    grant.grant_resume(actor=town.world.head, grant_id=root.pk)
    assert _rows(later) == [(Side.PROVIDER, "另有问题", None)]
    assert GrantSuspension.objects.filter(closed_at=None).count() == 1
