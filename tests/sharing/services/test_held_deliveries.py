"""What was agreed to and cannot be made available yet, or not any more: who is kept from what, and for how long."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.actions import value_label
from audit.models import AuditEvent
from catalog import services as catalog
from collection.services import dataset_retire
from core import clock
from core.actors import Actor, system_actor
from core.basis import INTERNAL_RULE
from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from sharing import hindrances
from sharing.choices import RequestAction, RequestKind, RequestStatus
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.selectors.figures import in_time_by_department
from sharing.services import answer, delivery, dispute, drafting, filing, grant, step, stopping, usage
from sharing.services.delivery import agreements_waiting
from sharing.wording import state_of
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import clock_of, codes, open_tasks, status_of
from tests.sharing.test_request_api import URL, client_of, post
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.choices import ClockKey, ClockState
from workflow.models import Notification, Task
from workflow.selectors.calendar import calendar

CLOCK = system_actor(CLOCK_JOB)


def _settled(town: SharingTown, stop: Callable[[Grant], object]) -> tuple[Grant, ShareRequest]:
    """Give a part, let it be disputed, have something stand against it, and decide that the whole is given."""
    first = town.granted_in_part(items=["DXBH"])
    request = ShareRequest.objects.get(pk=first.request_id)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    stop(first)
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    return first, ShareRequest.objects.get(pk=request.pk)


def _suspended(town: SharingTown) -> Callable[[Grant], object]:
    return lambda first: grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")


def _announced(town: SharingTown) -> Callable[[Grant], object]:
    day = clock.today() + timedelta(days=60)
    return lambda first: stopping.stop_announce(actor=town.world.head, grant_id=first.pk, reason="改造", stops_on=day)


def _held(town: SharingTown) -> tuple[Grant, ShareRequest]:
    """Agree to what a suspension of another grant on the same data holds back."""
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    request = town.agreed(valid_until=clock.today() + timedelta(days=20))
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    assert not request.grants.exists()
    return other, ShareRequest.objects.get(pk=request.pk)


def _deliver(town: SharingTown, request: ShareRequest) -> ShareRequest:
    return delivery.request_deliver(
        actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk
    )  # fmt: skip


def test_what_was_settled_is_delivered_once_the_suspension_is_lifted(town: SharingTown) -> None:
    first, request = _settled(town, _suspended(town))
    assert state_of(request) == str(RequestStatus.AGREED.label)
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    read = client_of(town.asker).get(f"/api/v1/datasets/{town.dataset.pk}/rows/", {"grant": first.pk, "limit": 1})
    assert read.status_code == 200
    assert status_of(request) == RequestStatus.AGREED  # what was given before the decision proves nothing of it
    assert post(town.asker, f"{URL}{request.pk}/confirm/", {}).status_code == 422
    _deliver(town, request)
    first.refresh_from_db()
    assert (request.grants.count(), first.end_reason) == (2, "settled")
    with pytest.raises(RuleViolation) as refused:
        _deliver(town, request)
    assert codes(refused) == {("dataset", "done")}


def test_what_was_settled_is_delivered_once_the_announcement_is_taken_back(town: SharingTown) -> None:
    first, request = _settled(town, _announced(town))
    stopping.stop_take_back(actor=town.world.head, grant_id=first.pk)
    _deliver(town, request)
    assert request.grants.count() == 2


def test_a_stop_that_was_carried_out_ends_what_waited_for_it(town: SharingTown) -> None:
    first, request = _settled(town, _announced(town))
    with clock_at(clock.now() + timedelta(days=61)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        with pytest.raises(InvalidTransition) as refused:
            _deliver(town, request)
        assert refused.value.code == "stopped"
        assert delivery.agreements_expire(actor=CLOCK) == 1
    assert status_of(request) == RequestStatus.WITHDRAWN
    last = RequestStep.objects.filter(request=request).order_by("-pk").first()
    assert last is not None
    assert (last.action, "was stopped meanwhile" in last.words) == (RequestAction.EXPIRE, True)
    assert open_tasks(request) == []
    assert AuditEvent.objects.filter(action="sharing.request.expire").count() == 1


def test_the_requester_may_withdraw_what_was_settled_and_never_delivered(town: SharingTown) -> None:
    _first, request = _settled(town, _suspended(town))
    filing.request_withdraw(actor=town.asker_head, request_id=request.pk)
    assert status_of(request) == RequestStatus.WITHDRAWN


def test_an_agreement_whose_time_is_over_binds_nobody(town: SharingTown) -> None:
    other, request = _held(town)
    assert delivery.agreements_expire(actor=CLOCK) == 0
    with clock_at(clock.now() + timedelta(days=40)):
        assert delivery.agreements_expire(actor=CLOCK) == 1
        assert delivery.agreements_expire(actor=CLOCK) == 0
        grant.grant_end(actor=town.asker_head, grant_id=other.pk, reason="not_needed")
        dataset_retire(actor=town.world.cataloguer, dataset_id=town.dataset.pk, reason="停用")
    assert status_of(request) == RequestStatus.WITHDRAWN
    assert open_tasks(request) == []


def test_the_time_for_delivery_stands_still_while_others_hold_it_back(town: SharingTown) -> None:
    other, request = _held(town)
    held = clock_of(request, ClockKey.DELIVERY)
    assert held.state == ClockState.PAUSED
    with clock_at(clock.now() + timedelta(days=7)):
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        while outbox_delivery.deliver():
            pass
        running = clock_of(request, ClockKey.DELIVERY)
    assert running.state == ClockState.RUNNING
    assert running.due_at > held.due_at
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="再次核查")
    while outbox_delivery.deliver():
        pass
    assert clock_of(request, ClockKey.DELIVERY).state == ClockState.PAUSED


def test_both_sides_hear_once_what_holds_a_delivery_back_and_that_it_is_free(town: SharingTown) -> None:
    other, request = _held(town)
    _tell()
    assert _told(request, "Delivery held back") == {
        town.asker.id, town.asker_head.id, town.world.head.id, town.world.cataloguer.id
    }  # fmt: skip
    grant.grant_suspend(actor=town.world.secadmin, grant_id=other.pk, reason="漏洞")
    grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
    _tell()
    assert _holding(request) == [RequestAction.HOLD]
    grant.grant_resume(actor=town.world.secadmin, grant_id=other.pk)
    _tell()
    assert _holding(request) == [RequestAction.HOLD, RequestAction.FREE]
    assert town.asker.id in _told(request, "Delivery free again")
    shown = text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))
    assert "suspended what the department has of these data" in shown
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="再次核查")
    _tell()
    assert _holding(request)[-1] == RequestAction.HOLD
    assert AuditEvent.objects.filter(action="sharing.request.hold").count() == 2


def test_what_nothing_holds_back_says_nothing_of_it(town: SharingTown) -> None:
    request = town.approved(dataset=None)
    other = town.granted()
    grant.grant_suspend(actor=town.world.head, grant_id=other.pk, reason="自查")
    _tell()
    assert _holding(request) == []


def _tell() -> None:
    while outbox_delivery.deliver():
        pass


def _told(request: ShareRequest, words: str) -> set[int | None]:
    found = Notification.objects.filter(title__startswith=words, title__contains=str(request))
    return set(found.values_list("user_id", flat=True))


def _holding(request: ShareRequest) -> list[str]:
    found = RequestStep.objects.filter(request=request, action__in=(RequestAction.HOLD, RequestAction.FREE))
    return list(found.order_by("pk").values_list("action", flat=True))


def test_the_pause_says_why_and_the_provider_hears_when_its_time_runs_again(town: SharingTown) -> None:
    other, request = _held(town)
    paused = AuditEvent.objects.filter(action="workflow.clock.pause").latest("pk")
    assert (paused.basis, paused.after["why"]) == (INTERNAL_RULE, "share.held_suspended")
    assert clock_of(request, ClockKey.DELIVERY).pauses.get().reason == "share.held_suspended"
    assert "suspended what the department has" in value_label("workflow.clock", "why", paused.after["why"])
    for _turn in range(2):
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        _tell()
        assert town.world.cataloguer.id in _told(request, "Delivery free again")
        assert _told(request, "The time for delivery runs again") == set()
        grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="再次核查")
        _tell()
    assert AuditEvent.objects.filter(action="workflow.clock.resume", basis=INTERNAL_RULE).count() == 2


def test_the_provider_hears_that_its_time_runs_though_its_own_announcement_holds_back(town: SharingTown) -> None:
    first = town.granted_in_part(items=["DXBH"])
    request = ShareRequest.objects.get(pk=first.request_id)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    for stop in (_announced, _suspended):
        stop(town)(first)
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    assert clock_of(request, ClockKey.DELIVERY).state == ClockState.PAUSED
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    _tell()
    running = clock_of(request, ClockKey.DELIVERY)
    assert running.state == ClockState.RUNNING
    assert _told(request, "The time for delivery runs again") == {town.world.cataloguer.id}
    assert str(running.due_on) in Notification.objects.get(title__startswith="The time for delivery runs again").body


def _misused(who: Callable[[SharingTown], Actor]) -> Callable[[SharingTown], Callable[[Grant], object]]:
    def stop(town: SharingTown) -> Callable[[Grant], object]:
        return lambda first: usage.inspection_record(
            actor=who(town), grant_id=first.pk, result="misuse", finding="超范围使用"
        )

    return stop


@pytest.mark.parametrize(
    ("stop", "state"),
    [
        (_announced, ClockState.RUNNING),
        (_misused(lambda town: town.world.head), ClockState.RUNNING),
        (_misused(lambda town: town.world.reviewer), ClockState.PAUSED),
        (_suspended, ClockState.PAUSED),
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_what_the_provider_puts_down_itself_does_not_stop_its_time(
    town: SharingTown,
    stop: Callable[[SharingTown], Callable[[Grant], object]],
    state: ClockState,
    is_before: bool,
) -> None:
    first = town.granted_in_part(items=["DXBH"])
    request = ShareRequest.objects.get(pk=first.request_id)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    if is_before:
        stop(town)(first)
    else:
        town.dataset.__class__.objects.filter(pk=town.dataset.pk).update(published_version=None)
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    if not is_before:
        stop(town)(first)
        _tell()
    request.refresh_from_db()
    assert hindrances.delivery(request) is not None
    running = clock_of(request, ClockKey.DELIVERY)
    assert running.state == state
    with clock_at(running.due_at + timedelta(seconds=1)):
        (found,) = [one for one in in_time_by_department(town.world.head) if one.department == running.department.name]
    assert found.overdue == int(state == ClockState.RUNNING)


def test_the_time_for_what_a_dispute_gives_begins_with_its_decision(town: SharingTown) -> None:
    with clock_at("2026-09-14 10:00") as now:
        request = town.agreed(dataset=None, valid_until=date(2027, 6, 30))
        answer.request_approve(actor=town.world.head, request_id=request.pk, items=["DXBH"], opinion="部分")
        former = clock_of(request, ClockKey.DELIVERY)
        now.move_to(former.due_at - timedelta(days=1))
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
        now.move_to(former.due_at + timedelta(days=1))
        dispute.request_settle(
            actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
        )
        started_on = clock.today()
    former.refresh_from_db()
    assert (former.state, former.is_late) == (ClockState.FINISHED, True)
    running = clock_of(request, ClockKey.DELIVERY)
    assert (running.state, running.started_on) == (ClockState.RUNNING, started_on)
    assert running.due_on == calendar().add_working_days(started_on, 20).on
    task = Task.objects.get(kind=step.TASK_DELIVER, subject_pk=request.pk, closed_at=None)
    assert task.clock_id == running.pk


def test_the_time_of_an_answer_that_was_settled_in_time_is_neither_kept_nor_missed(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, items=["DXBH"], opinion="部分")
    former = clock_of(request, ClockKey.DELIVERY)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    assert clock_of(request, ClockKey.DELIVERY) == former  # the part is owed meanwhile
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    former.refresh_from_db()
    assert former.state == ClockState.CANCELLED
    assert clock_of(request, ClockKey.DELIVERY).pk != former.pk


def test_pages_say_why_nothing_is_made_available(town: SharingTown) -> None:
    _other, request = _held(town)
    for who in (town.world.cataloguer, town.world.head, town.asker_head):
        assert "suspended what this department has" in text_of(get(who, f"/sharing/requests/{request.pk}/"))


def test_nothing_is_confirmed_before_it_can_be_read(town: SharingTown) -> None:
    made = town.granted(valid_from=clock.today() + timedelta(days=60))
    assert post(town.asker, f"{URL}{made.request_id}/confirm/", {}).status_code == 422
    assert ShareRequest.objects.get(pk=made.request_id).delivered_at is None


def test_the_confirmation_names_whose_call_brought_the_data(town: SharingTown) -> None:
    made = town.granted()
    assert client_of(town.asker_head).get(f"/sharing/grants/{made.pk}/data/").status_code == 200
    rows = f"/api/v1/datasets/{town.dataset.pk}/rows/"
    assert client_of(town.asker).get(rows, {"grant": made.pk, "limit": 1}).status_code == 200
    confirmed = RequestStep.objects.get(request=made.request_id, action=RequestAction.CONFIRM)
    assert confirmed.actor_name == str(User.objects.get(pk=town.asker.id))


def test_a_stop_that_was_carried_out_ends_a_renewal_that_was_held_back(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    day = clock.today() + timedelta(days=60)
    stopping.stop_announce(actor=town.world.head, grant_id=first.pk, reason="改造", stops_on=day)
    renewal = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    drafting.request_edit(actor=town.asker, request_id=renewal.pk, fields={"valid_until": "2027-12-31"})
    filing.request_submit(actor=town.asker, request_id=renewal.pk)
    filing.request_agree(actor=town.asker_head, request_id=renewal.pk)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    with clock_at(clock.now() + timedelta(days=61)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
        renewal.refresh_from_db()
        with nothing_changes(), pytest.raises(InvalidTransition) as refused:
            _deliver(town, renewal)
        assert refused.value.code == "stopped"
        assert delivery.agreements_expire(actor=CLOCK) == 1
    assert status_of(renewal) == RequestStatus.WITHDRAWN


def test_an_agreement_of_whose_items_none_is_left_binds_nobody(town: SharingTown) -> None:
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["XM"])
    grant.grant_end(actor=town.asker_head, grant_id=other.pk, reason="not_needed")
    given = {"actor": town.world.cataloguer, "dataset_id": town.dataset.pk, "reason": "停用"}
    assert delivery.agreements_expire(actor=CLOCK) == 0
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        dataset_retire(**given)
    assert refused.value.code == "still_agreed"
    [key] = town.items("DXBH")
    items = [{"id": key, "name": "对象编号", "field_name": "DXBH", "type": "C", "is_key": True}]
    republished(town, items=items)
    assert agreements_waiting(town.dataset) == 0
    assert delivery.agreements_expire(actor=CLOCK) == 1
    last = RequestStep.objects.filter(request=request).latest("pk")
    assert (last.action, "is no part of the entry any more" in last.words) == (RequestAction.EXPIRE, True)
    assert status_of(request) == RequestStatus.WITHDRAWN
    dataset_retire(**given)


def republished(town: SharingTown, **changed: Any) -> None:
    """Change the entry, and put the change into force."""
    catalog.entry_update(actor=town.world.cataloguer, ref=town.entry.pk, fields={}, **changed)
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    for who in (town.world.head, town.world.reviewer):
        catalog.entry_approve(actor=who, ref=town.entry.pk)


def test_what_is_delivered_before_the_news_went_round_is_free_again(town: SharingTown) -> None:
    other, request = _held(town)
    _tell()
    grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
    _deliver(town, request)
    _tell()
    assert _holding(request) == [RequestAction.HOLD, RequestAction.FREE]
    steps = RequestStep.objects.filter(request=request).order_by("pk")
    assert list(steps.values_list("action", flat=True))[-2:] == [RequestAction.FREE, RequestAction.DELIVER]
    # The delivery tells it.
    assert _told(request, "Delivery free again") == set()
    assert town.asker.id in _told(request, "Made available")


def test_each_answer_is_told_of_what_holds_it_back(town: SharingTown) -> None:
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    _tell()
    assert _holding(request) == [RequestAction.HOLD, RequestAction.HOLD]


def test_both_sides_hear_of_each_reason_that_holds_a_delivery_back(town: SharingTown) -> None:
    first, request = _settled(town, _announced(town))
    _tell()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    _tell()
    words = [one.words for one in RequestStep.objects.filter(request=request, action=RequestAction.HOLD).order_by("pk")]
    assert ["announced" in one for one in words] == [True, False]
    assert "suspended what the department has of these data" in words[1]
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    _tell()
    assert _holding(request) == [RequestAction.HOLD] * 3
    assert len(_told(request, "Delivery held back")) == 4
