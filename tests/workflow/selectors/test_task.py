from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Department
from core.actors import PUBLIC, system_actor
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, actor
from tests.factories.workflow import TESTER, ClockPolicyFactory, TaskFactory, clock_running, moment
from workflow import selectors, services
from workflow.models import Task

NOW = "2026-11-24 10:00"  # a Tuesday


def task_due(department: Department, due_at: str | None, **options: object) -> Task:
    return TaskFactory(department=department, due_at=moment(due_at) if due_at else None, **options)


def test_an_inbox_holds_what_the_roles_of_the_department_wait_for(department: Department) -> None:
    mine = TaskFactory(department=department, role="head")
    person = actor("head", department=department)
    TaskFactory(department=department, role="cataloguer")
    TaskFactory(role="head")
    TaskFactory(department=department, role="head", closed_at=moment(NOW))
    TaskFactory(department=department, role="head", user_id=actor("head", department=department).id)
    TaskFactory(department=department, role="head", exclude_user_ids=[person.id])
    own = TaskFactory(department=department, role="cataloguer", user_id=person.id)
    assert set(selectors.tasks_for(person)) == {mine, own}


def test_several_who_took_part_neither_see_nor_count_what_is_left_to_others(department: Department) -> None:
    first, second, third = (actor("head", department=department) for _turn in range(3))
    task = task_due(department, "2026-11-18 18:00", role="head", exclude_user_ids=[first.id, second.id])
    with clock_at(NOW):
        for one in (first, second):
            assert not selectors.tasks_for(one).exists()
            assert selectors.inbox_for(one).groups == []
            assert selectors.inbox_counts_for(one)["all"] == 0
            assert selectors.inbox_overdue_count(one) == (0, 0)
        assert list(selectors.tasks_for(third)) == [task]
        assert selectors.inbox_overdue_count(third) == (1, 1)


def test_nobody_is_given_alone_what_he_may_not_do(department: Department) -> None:
    first, second = (actor("head", department=department) for _turn in range(2))
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskFactory(department=department, user_id=second.id, exclude_user_ids=[first.id, second.id])
    assert not Task.objects.exists()


def test_a_task_of_no_department_waits_for_every_holder_of_the_role(department: Department) -> None:
    task = TaskFactory(department=None, role="sysadmin")
    assert list(selectors.tasks_for(actor("sysadmin", department=department))) == [task]
    assert list(selectors.tasks_for(actor("auditor", department=department))) == []


def test_somebody_who_moved_keeps_what_is_his_alone(department: Department) -> None:
    person = actor("head", department=DepartmentFactory())
    task = TaskFactory(department=department, role="head", user_id=person.id)
    assert list(selectors.tasks_for(person)) == [task]


@pytest.mark.parametrize("nobody", [PUBLIC, system_actor("x")])
def test_nobody_has_no_inbox(db: None, nobody: object) -> None:
    TaskFactory(department=None)
    assert not selectors.tasks_for(nobody).exists()  # type: ignore[arg-type]


def test_an_inbox_is_grouped_and_ordered_by_due_time(department: Department) -> None:
    person = actor("head", department=department)
    due = {
        "undated": None,
        "next_month": "2026-12-30 18:00",
        "sixth": "2026-12-02 18:00",
        "fifth": "2026-12-01 23:59",
        "tomorrow": "2026-11-25 18:00",
        "tonight": "2026-11-24 23:59",
        "earlier_today": "2026-11-24 09:59",
        "last_week": "2026-11-18 18:00",
    }
    tasks = {name: task_due(department, at) for name, at in due.items()}
    with clock_at(NOW):
        inbox = selectors.inbox_for(person)
    assert {group.key: [row.task for row in group.rows] for group in inbox.groups} == {
        "overdue": [tasks["last_week"], tasks["earlier_today"]],
        "today": [tasks["tonight"]],
        "soon": [tasks["tomorrow"], tasks["fifth"]],
        "later": [tasks["sixth"], tasks["next_month"]],
        "undated": [tasks["undated"]],
    }
    assert inbox.counts == {"all": 8, "overdue": 2, "today": 1, "soon": 2, "later": 2, "undated": 1}


def test_a_clock_gives_its_task_the_due_time_and_a_pause_takes_it_back(department: Department) -> None:
    person = actor("head", department=department)
    ClockPolicyFactory(key="example", role="head")
    with clock_at("2026-11-09 10:00") as now:
        clock = clock_running("example", department)
        services.task_open(
            kind="example.review", subject=department, title="甲", department_id=department.pk, role="head", clock=clock
        )
        now.move_to("2026-11-23 10:00")
        assert [group.key for group in selectors.inbox_for(person).groups] == ["today"]
        services.clock_pause(actor=TESTER, clock=clock)
        now.move_to("2026-11-30 10:00")
        (group,) = selectors.inbox_for(person).groups
        assert group.key == "later"
        assert group.rows[0].clock is not None
        assert group.rows[0].clock.state == "paused"
        assert selectors.inbox_counts_for(person)["overdue"] == 0
        assert selectors.inbox_overdue_count(person) == (1, 0)


def test_one_group_or_one_kind_can_be_asked_for(department: Department) -> None:
    person = actor("head", department=department)
    late = task_due(department, "2026-11-18 18:00", kind="a.b")
    soon = task_due(department, "2026-11-25 18:00", kind="c.d")
    with clock_at(NOW):
        assert [row.task for group in selectors.inbox_for(person, group="overdue").groups for row in group.rows] == [
            late
        ]
        assert [row.task for group in selectors.inbox_for(person, kind="c.d").groups for row in group.rows] == [soon]
        assert selectors.inbox_counts_for(person)["all"] == 2
        assert selectors.inbox_overdue_count(person) == (2, 1)


def test_fifty_tasks_with_clocks_cost_as_many_queries_as_one(
    department: Department, django_assert_num_queries: object
) -> None:
    person = actor("head", department=department)
    ClockPolicyFactory(key="example", role="head")

    def add(count: int) -> None:
        for _number in range(count):
            subject = DepartmentFactory(region=department.region)
            clock = clock_running("example", subject, started_at=datetime(2026, 11, 9, 10, tzinfo=moment(NOW).tzinfo))
            services.clock_pause(actor=TESTER, clock=clock)
            services.clock_resume(actor=TESTER, clock=clock)
            services.task_open(
                kind="e.r", subject=subject, title="甲", department_id=department.pk, role="head", clock=clock
            )

    with clock_at("2026-11-10 10:00"):
        for count in (1, 49):
            add(count)
            with django_assert_num_queries(5):  # type: ignore[operator]
                inbox = selectors.inbox_for(person)
        assert inbox.counts["all"] == 50
        with django_assert_num_queries(3):  # type: ignore[operator]
            selectors.inbox_counts_for(person)
