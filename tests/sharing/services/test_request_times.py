"""The times of a request: missing material, more time, what lapses, and what is told when."""

from datetime import date

import pytest

from core import clock
from core.actors import system_actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing.choices import RequestAction, RequestStatus
from sharing.models import RequestStep
from sharing.policies import CLOCK_JOB
from sharing.selectors.lists import requests_filtered
from sharing.services import answer, delivery, material, step, telling
from sharing.services.grant import CHANGED_EVENT
from sharing.services.policy import sharing_policy_set
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import clock_of, codes, open_tasks, status_of
from workflow.exceptions import ClockPolicyMissing
from workflow.models import Clock, ClockReminder, Notification, OutboxMessage, Task
from workflow.selectors.of_subject import clock_next_of, clocks_open_by_subject
from workflow.services.reminder import reminders_send


def test_missing_material_is_asked_for_once_and_the_time_begins_anew(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        material.request_ask_material(
            actor=town.world.head, request_id=request.pk, missing="1. 职责依据 2. 系统等级证明"
        )
        assert status_of(request) == RequestStatus.AWAITING_MATERIAL
        assert clock_of(request, "reply_conditional").state == "cancelled"
        now.move_to("2026-09-24 10:00")
        material.request_supplement(actor=town.asker, request_id=request.pk, text="已补充")
        again = clock_of(request, "reply_conditional")
        assert (again.state, str(again.started_on)) == ("running", "2026-09-24")
        with pytest.raises(InvalidTransition):
            material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="再补一份")


def test_what_is_never_supplemented_lapses_and_both_sides_are_told(town: SharingTown) -> None:
    clockwork = system_actor(CLOCK_JOB)
    with clock_at("2026-09-14 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="职责依据")
        running = clock_of(request, "supplement")
        assert (running.state, running.department_id, running.is_statutory) == ("running", town.world.other.pk, False)
        assert Task.objects.get(kind=step.TASK_SUPPLEMENT, closed_at=None).clock_id == running.pk
        now.move_to(running.due_at)
        assert material.requests_lapse(actor=clockwork) == 0
        now.advance(seconds=1)
        assert material.requests_lapse(actor=clockwork) == 1
        assert material.requests_lapse(actor=clockwork) == 0
    assert status_of(request) == RequestStatus.WITHDRAWN
    over = clock_of(request, "supplement")
    assert (over.state, over.is_late) == ("finished", True)
    assert open_tasks(request) == []
    assert RequestStep.objects.filter(request=request, action=RequestAction.LAPSE).count() == 1
    telling.request_step_tell(request_id=request.pk, action="lapse", by=None, key="1")
    told = set(Notification.objects.filter(kind="sharing.request").values_list("user_id", flat=True))
    assert {town.asker.id, town.asker_head.id, town.world.head.id} <= told
    with pytest.raises(InvalidTransition):
        material.request_supplement(actor=town.asker, request_id=request.pk, text="太迟")


def news_of(after: int) -> None:
    """Tell people what happened since a message of the outbox."""
    told = {step.STEP_EVENT: telling.request_step_tell, CHANGED_EVENT: telling.grant_step_tell}
    for one in OutboxMessage.objects.filter(pk__gt=after, event__in=told).order_by("pk"):
        told[one.event](key=str(one.pk), **one.payload)


def test_an_agreement_whose_data_are_there_is_one_message_that_says_it_all(town: SharingTown) -> None:
    request = town.agreed()
    after = OutboxMessage.objects.latest("pk").pk
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="同意提供")
    news_of(after)
    made = request.grants.get()
    for person in (town.asker, town.asker_head):
        [told] = Notification.objects.filter(user=person.id)
        assert "同意提供" in told.body
        last = made.last_moment.astimezone(clock.REGION_ZONE).date().isoformat()
        assert f"under grant {made.pk}, from {clock.today().isoformat()} to {last}" in told.body


def test_an_agreement_whose_data_come_later_is_told_of_twice(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    after = OutboxMessage.objects.latest("pk").pk
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="同意提供")
    news_of(after)
    [first] = Notification.objects.filter(user=town.asker.id)
    assert "under grant" not in first.body
    after = OutboxMessage.objects.latest("pk").pk
    delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)
    news_of(after)
    [second] = Notification.objects.filter(user=town.asker.id).exclude(pk=first.pk)
    assert f"under grant {request.grants.get().pk}" in second.body
    assert Notification.objects.filter(user=town.world.head.id).exists()


def test_what_was_supplemented_in_time_does_not_lapse(town: SharingTown) -> None:
    with clock_at("2026-09-14 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="职责依据")
        material.request_supplement(actor=town.asker, request_id=request.pk, text="已补充")
        assert clock_of(request, "supplement").state == "finished"
        now.advance(days=90)
        assert material.requests_lapse(actor=system_actor(CLOCK_JOB)) == 0
    assert status_of(request) == RequestStatus.AWAITING_PROVIDER


def test_a_request_that_waits_from_before_there_was_a_limit_gets_its_time(town: SharingTown) -> None:
    with clock_at("2026-09-14 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="职责依据")
        Clock.objects.filter(policy_key="supplement").update(state="cancelled", finished_at=now.moment)
        now.advance(days=90)
        assert material.requests_lapse(actor=system_actor(CLOCK_JOB)) == 0
        running = clock_of(request, "supplement")
        assert (running.state, running.started_on) == ("running", clock.today())


def test_a_region_may_let_the_time_stand_still_instead(town: SharingTown) -> None:
    sharing_policy_set(
        actor=town.world.reviewer,
        region_id=town.world.provider.region_id,
        checked=[],
        supplement_clock="pause",
        longest_days=1095,
    )
    with clock_at("2026-09-14 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        due = clock_of(request, "reply_conditional").due_on
        material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="职责依据")
        assert clock_of(request, "reply_conditional").state == "paused"
        # What is shown and sorted by meanwhile is the time of whoever supplements, though it ends later.
        running = clock_of(request, "supplement")
        [listed] = requests_filtered(town.asker, "mine")
        assert (listed.due_at, running.due_on > due) == (running.due_at, True)
        assert (
            clock_next_of(request)
            == clocks_open_by_subject("sharing.sharerequest", [request.pk])[request.pk]
            == running
        )
        now.move_to("2026-09-16 10:00")
        material.request_supplement(actor=town.asker, request_id=request.pk, text="已补充")
        running = clock_of(request, "reply_conditional")
        assert running.state == "running"
        assert (running.due_on - due).days >= 2


def test_more_time_needs_the_consent_of_the_authority(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00"):
        request = town.agreed(valid_until=date(2027, 1, 31))
        with pytest.raises(RuleViolation) as refused:
            answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=11, reason="核对口径")
        assert codes(refused) == {("days", "extension_limit")}
        answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=10, reason="核对口径")
        assert str(clock_of(request, "reply_conditional").due_on) == "2026-10-09"
        with pytest.raises(NotAllowed):
            answer.request_extend(actor=town.world.head, request_id=request.pk)
        answer.request_extend(actor=town.world.reviewer, request_id=request.pk)
        assert str(clock_of(request, "reply_conditional").due_on) == "2026-10-22"
        with pytest.raises(InvalidTransition):
            answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=1, reason="再延")


def test_more_time_that_nobody_decided_on_can_be_asked_for_again(town: SharingTown) -> None:
    request = town.agreed()
    head = town.world.head
    answer.request_ask_extension(actor=head, request_id=request.pk, days=5, reason="核对口径")
    material.request_ask_material(actor=head, request_id=request.pk, missing="职责依据")
    material.request_supplement(actor=town.asker, request_id=request.pk, text="已补充")
    again = answer.request_ask_extension(actor=head, request_id=request.pk, days=3, reason="再核对")
    assert (again.extension_days, again.extension_reason) == (3, "再核对")


def test_no_more_time_where_none_is_running(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=5, reason="核对口径")
    running = clock_of(request, "reply_conditional")
    Clock.objects.filter(pk=running.pk).update(state="cancelled", finished_at=clock.now())
    with pytest.raises(InvalidTransition):
        answer.request_extend(actor=town.world.reviewer, request_id=request.pk)
    request.refresh_from_db()
    assert request.extension_asked_at is not None
    assert not RequestStep.objects.filter(request=request, action=RequestAction.EXTEND).exists()


def test_a_submission_runs_without_a_clock_where_no_time_is_set(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(**given: object) -> None:
        raise ClockPolicyMissing

    monkeypatch.setattr("workflow.services.clock_start", missing)
    request = town.submitted()
    assert status_of(request) == RequestStatus.AWAITING_HEAD
    assert not Clock.objects.filter(policy_key="request_signoff").exists()
    assert open_tasks(request)


def test_reminders_stand_on_the_way_of_the_request(town: SharingTown) -> None:
    head = town.world.head
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        now.move_to("2026-10-08 09:00")
        reminders_send()
        now.move_to("2026-10-08 11:00")
        answer.request_ask_extension(actor=head, request_id=request.pk, days=3, reason="核对")
        now.move_to("2026-10-09 09:00")
        reminders_send()
        shown = text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))
    reminded = "Reminded: Reply to a request, conditional sharing"
    assert f"{reminded} 8 Oct {head.name} · {head.department_name} Before the due day · due 2026-10-09" in shown
    asked, second = shown.index("Extension asked for"), shown.rindex(reminded)
    assert shown.index(reminded) < asked < second
    assert shown.index("On the due day") > second
    ClockReminder.objects.update(people=[], recipients=2)
    assert "2 people were told" in text_of(get(town.asker, f"/sharing/requests/{request.pk}/print/"))
