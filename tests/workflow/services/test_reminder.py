from collections.abc import Callable

import pytest

from accounts.models import Department
from core.actors import Actor
from core.testing import MovableClock, clock_at
from tests.factories.accounts import actor
from tests.factories.workflow import TESTER, ClockPolicyFactory, clock_running, values
from tests.workflow.services.test_calendar import notice_2027
from workflow import services
from workflow.models import Clock, ClockReminder, Notification
from workflow.services.calendar import calendar_year_import
from workflow.services.reminder import clocks_mark_overdue, reminders_send


class People:
    """The three who are told one after the other."""

    def __init__(self, department: Department, authority: Department) -> None:
        self.cataloguer = actor("cataloguer", department=department)
        self.head = actor("head", department=department)
        self.reviewer = actor("reviewer", department=authority)
        self.others = [actor("cataloguer"), actor("auditor", department=authority), actor("head", department=authority)]

    def told(self) -> set[str]:
        """Return who has news, and forget it."""
        ids = set(Notification.objects.values_list("user_id", flat=True))
        Notification.objects.all().delete()
        assert not ids & {person.id for person in self.others}
        names: dict[str, Actor] = {"cataloguer": self.cataloguer, "head": self.head, "reviewer": self.reviewer}
        return {name for name, person in names.items() if person.id in ids}


@pytest.fixture
def people(department: Department, authority: Department) -> People:
    return People(department, authority)


@pytest.fixture
def at(people: People) -> Callable[[MovableClock, str], set[str]]:
    """Run the day's job at a moment; return who was told."""

    def run(now: MovableClock, moment: str) -> set[str]:
        now.move_to(moment)
        clocks_mark_overdue(actor=TESTER)
        reminders_send()
        reminders_send()
        return people.told()

    return run


def test_reminders_climb_from_the_desk_to_the_head_to_the_authority(
    department: Department, authority: Department, people: People, at: Callable[[MovableClock, str], set[str]]
) -> None:
    ClockPolicyFactory(key="example")
    with clock_at("2026-11-02 10:00") as now:
        clock_running("example", department)  # due on Monday the 16th
        assert at(now, "2026-11-11 08:30") == set()
        assert at(now, "2026-11-12 08:30") == {"cataloguer"}
        assert at(now, "2026-11-13 08:30") == set()
        assert at(now, "2026-11-15 08:30") == set()  # a Sunday
        assert at(now, "2026-11-16 08:30") == {"cataloguer", "head"}
        assert at(now, "2026-11-17 08:30") == {"cataloguer", "head", "reviewer"}
        assert at(now, "2026-11-18 08:30") == set()
    assert list(ClockReminder.objects.order_by("pk").values_list("stage", "recipients")) == [
        ("before", 1),
        ("due", 2),
        ("overdue", 3),
    ]
    last = ClockReminder.objects.latest("pk").people
    assert {one["department"] for one in last} == {department.name, authority.name}
    told = (people.cataloguer, people.head, people.reviewer)
    assert {one["name"] for one in last} == {one.name for one in told}


def test_an_internal_limit_of_a_department_is_not_told_to_the_authority(
    department: Department, at: Callable[[MovableClock, str], set[str]]
) -> None:
    ClockPolicyFactory(key="head_signoff", role="head", is_statutory=False, document="", article="")
    with clock_at("2026-11-02 10:00") as now:
        clock_running("head_signoff", department)
        assert at(now, "2026-11-17 08:30") == {"head"}


def test_nothing_is_sent_on_a_day_off(department: Department, at: Callable[[MovableClock, str], set[str]]) -> None:
    ClockPolicyFactory(key="example", working_days=10)
    with clock_at("2026-09-18 10:00") as now:
        clock_running("example", department)  # due on 10-09
        assert at(now, "2026-10-07 08:30") == set()
        assert at(now, "2026-10-08 08:30") == {"cataloguer"}
        assert at(now, "2026-10-10 08:30") == {"cataloguer", "head", "reviewer"}  # a Saturday that is worked


def test_a_missed_stage_is_not_made_up_for(department: Department, at: Callable[[MovableClock, str], set[str]]) -> None:
    ClockPolicyFactory(key="example")
    with clock_at("2026-11-02 10:00") as now:
        clock_running("example", department)
        assert at(now, "2026-11-20 08:30") == {"cataloguer", "head", "reviewer"}
    assert list(ClockReminder.objects.values_list("stage", flat=True)) == ["overdue"]


def test_a_short_limit_is_not_reminded_of_before_its_day(
    department: Department, authority: Department, at: Callable[[MovableClock, str], set[str]]
) -> None:
    ClockPolicyFactory(key="short", working_days=2, role="cataloguer")
    with clock_at("2026-11-02 10:00") as now:
        clock_running("short", department)
        assert at(now, "2026-11-02 11:00") == set()
        assert at(now, "2026-11-03 08:30") == set()
        assert at(now, "2026-11-04 08:30") == {"cataloguer", "head"}


def test_a_moved_due_day_is_reminded_of_anew(
    department: Department, authority: Department, at: Callable[[MovableClock, str], set[str]]
) -> None:
    ClockPolicyFactory(key="example")
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running("example", department)
        assert at(now, "2026-11-12 08:30") == {"cataloguer"}
        services.clock_extend(actor=TESTER, clock=clock, days=5, reason="理由")
        assert at(now, "2026-11-16 08:30") == set()
        assert at(now, "2026-11-19 08:30") == {"cataloguer"}


def test_paused_and_ended_clocks_are_left_alone(
    department: Department, at: Callable[[MovableClock, str], set[str]]
) -> None:
    ClockPolicyFactory(key="paused")
    ClockPolicyFactory(key="ended")
    with clock_at("2026-11-02 10:00") as now:
        paused = clock_running("paused", department)
        services.clock_pause(actor=TESTER, clock=paused)
        services.clock_stop(actor=TESTER, clock=clock_running("ended", department))
        assert at(now, "2026-11-20 08:30") == set()
    assert not Clock.objects.filter(overdue_at__isnull=False).exists()


def test_a_task_names_who_is_told_and_what_about(department: Department, people: People) -> None:
    ClockPolicyFactory(key="example", role="head")
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running("example", department)
        services.task_open(
            kind="example.sign",
            subject=department,
            title="签发《婚姻登记信息》",
            url="/catalog/7/",
            department_id=department.pk,
            role="cataloguer",
            clock=clock,
        )
        now.move_to("2026-11-12 08:30")
        reminders_send()
    news = Notification.objects.get()
    assert (news.user_id, news.url) == (people.cataloguer.id, "/catalog/7/")
    assert "签发《婚姻登记信息》" in news.body
    assert "第十七条" in news.body


def test_who_may_not_do_the_task_is_not_reminded_of_it(department: Department, people: People) -> None:
    also_out, left = (actor("cataloguer", "head", department=department) for _turn in range(2))
    ClockPolicyFactory(key="example")
    with clock_at("2026-11-02 10:00") as now:
        services.task_open(
            kind="example.check",
            subject=department,
            title="复核",
            department_id=department.pk,
            role="cataloguer",
            clock=clock_running("example", department),
            exclude_user_ids=[people.cataloguer.id, also_out.id, None],
        )
        now.move_to("2026-11-12 08:30")
        reminders_send()
        assert [news.user_id for news in Notification.objects.all()] == [left.id]
        now.move_to("2026-11-17 08:30")  # overdue: heads are told too, but not one who may not do it
        reminders_send()
    told = set(Notification.objects.values_list("user_id", flat=True))
    assert {left.id, people.head.id} <= told
    assert not told & {also_out.id, people.cataloguer.id}


def test_a_clock_is_marked_overdue_once_and_at_its_end(department: Department) -> None:
    ClockPolicyFactory(key="example")
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running("example", department)
        now.move_to("2026-11-16 23:59:59")
        assert clocks_mark_overdue(actor=TESTER) == 0
        now.move_to("2026-11-17 00:00:01")
        assert clocks_mark_overdue(actor=TESTER) == 1
        first = values(clock, "overdue_at")
        now.advance(hours=1)
        assert clocks_mark_overdue(actor=TESTER) == 0
        assert values(clock, "overdue_at") == first


def test_many_overdue_clocks_are_marked_in_batches(department: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.services.reminder.BATCH", 2)
    with clock_at("2026-11-02 10:00") as now:
        for key in "abcde":
            clock_running(key, department)
        now.move_to("2026-12-17 00:00:01")
        assert clocks_mark_overdue(actor=TESTER) == 5
        now.move_to("2026-12-17 08:30")
        assert reminders_send() == 5


def test_a_day_that_a_notice_takes_off_is_no_due_day(
    department: Department, at: Callable[[MovableClock, str], set[str]]
) -> None:
    """The calendar is corrected under a running clock: reminders follow the new day."""
    ClockPolicyFactory(key="example")
    with clock_at("2027-01-29 10:00") as now:
        clock = clock_running("example", department)
        before = clock.due_on
        calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
        services.clocks_recompute(actor=TESTER)
        clock.refresh_from_db()
        assert clock.due_on > before
        assert "head" not in at(now, f"{before} 08:30")
        assert "head" in at(now, f"{clock.due_on} 08:30")
