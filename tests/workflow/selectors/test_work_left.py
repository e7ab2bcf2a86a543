"""Before a role ends it is told what waits for it and who else may see to it."""

import re

import pytest

from accounts.choices import Role
from accounts.models import Department, User
from core.testing import clock_at
from tests.catalog.views.reader import get, text_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor, actor_of
from tests.factories.workflow import TaskFactory, moment
from workflow import task_kinds
from workflow.selectors.work_left import NAMED, RoleLeft, work_left_panel

NOW = "2026-11-24 10:00"


def left_of(user: User) -> dict[str, RoleLeft]:
    panel = work_left_panel(actor("secadmin"), user)
    return {left.role.value: left for left in panel["roles"]} if panel else {}


def test_what_waits_is_counted_by_kind_the_overdue_first(department: Department) -> None:
    head = UserFactory(department=department, roles=["head"])
    for due in ("2026-11-20 18:00", "2026-12-20 18:00"):
        TaskFactory(kind="sharing.answer", department=department, role="head", due_at=moment(due))
    for _turn in range(3):
        TaskFactory(kind="catalog.sign_off", department=department, role="head")
    TaskFactory(kind="catalog.sign_off", department=department, role="head", closed_at=moment(NOW))
    TaskFactory(kind="catalog.sign_off", department=department, role="cataloguer")
    TaskFactory(kind="catalog.sign_off", department=DepartmentFactory(), role="head")
    with clock_at(NOW):
        left = left_of(head)["head"]
    assert [(one.kind.kind, one.count, one.overdue) for one in left.kinds] == [
        ("sharing.answer", 2, 1),
        ("catalog.sign_off", 3, 0),
    ]
    assert (left.count, left.alone, left.others, left.is_warned_of) == (5, 5, [], True)


def test_who_holds_the_role_too_goes_on_with_it_unless_he_took_part(department: Department) -> None:
    head, other = (UserFactory(department=department, roles=["head"]) for _turn in range(2))
    TaskFactory(department=department, role="head")
    left = left_of(head)["head"]
    assert (left.count, left.alone, left.others, left.is_warned_of) == (1, 0, [other.full_name], False)
    TaskFactory(department=department, role="head", exclude_user_ids=[other.pk])
    TaskFactory(department=department, role="head", user_id=head.pk)
    TaskFactory(department=department, role="head", exclude_user_ids=[head.pk])
    left = left_of(head)["head"]
    assert (left.count, left.alone, left.is_warned_of) == (3, 2, True)
    assert left_of(other)["head"].alone == 1


def test_who_cannot_sign_in_takes_nothing_over_and_leaves_nothing(department: Department) -> None:
    reviewer = UserFactory(department=department, roles=["reviewer"])
    away = [
        UserFactory(department=department, roles=["reviewer"], is_active=False),
        UserFactory(department=department, roles=["reviewer"], is_held=True),
    ]
    TaskFactory(department=department, role="reviewer")
    left = left_of(reviewer)["reviewer"]
    assert (left.alone, left.others) == (1, [])
    assert [left_of(one) for one in away] == [{}, {}]


def test_staff_of_contractors_take_over_only_what_they_are_named_for(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, unnamed = (TaskFactory(kind=kind, department=department, role="cataloguer") for kind in ("x.a", "x.b"))
    kind = task_kinds.TaskKind("x.a", "x", named=lambda actor: [named.subject_pk, unnamed.subject_pk])
    monkeypatch.setitem(task_kinds._kinds, "x.a", kind)
    cataloguer = UserFactory(department=department, roles=["cataloguer"])
    UserFactory(department=department, roles=["cataloguer"], contractor=True)
    left = left_of(cataloguer)["cataloguer"]
    assert (left.count, left.alone, len(left.others)) == (2, 1, 1)


def test_a_head_is_warned_of_even_while_nothing_waits_and_others_are_not(department: Department) -> None:
    person = UserFactory(department=department, roles=["head", "cataloguer"])
    left = left_of(person)
    assert {role: one.is_warned_of for role, one in left.items()} == {"cataloguer": False, "head": True}


def test_only_administrators_are_told_and_only_of_kinds(department: Department) -> None:
    head = UserFactory(department=department, roles=["head"])
    TaskFactory(department=department, role="head", titles={"zh-hans": "某事项的名称", "en": "a title"})
    for role in ("sysadmin", "secadmin", "auditor"):
        assert work_left_panel(actor(role), head) is not None
    for role in ("head", "cataloguer", "reviewer"):
        assert work_left_panel(actor(role, department=department), head) is None
    page = get(actor("secadmin"), f"/accounts/users/{head.pk}/").content.decode()
    assert "有 1 件事项待办" in page
    assert "某事项的名称" not in page
    assert left_of(UserFactory(department=None, roles=["sysadmin"])) == {}


def test_the_dialogs_that_end_a_role_or_an_account_say_it_too(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(task_kinds._kinds, "x.decide", task_kinds.TaskKind("x.decide", "要决定的事"))
    one = UserFactory(department=department, roles=["head", "cataloguer"])
    colleagues = [UserFactory(department=department, roles=["cataloguer"]) for _turn in range(NAMED + 2)]
    TaskFactory(kind="x.decide", department=department, role="head")
    TaskFactory(kind="x.decide", department=department, role="cataloguer")
    page = get(actor_of(UserFactory(roles=["secadmin"])), f"/accounts/users/{one.pk}/").content.decode()
    said = dict(re.findall(r'<template data-waits="(\w+)">(.*?)</template>', page, flags=re.DOTALL))
    assert set(said) == {"head", "cataloguer"}
    for role in said:
        assert f'data-confirm-more="template[data-waits={role}]"' in page
        assert "有 1 件事项待办" in said[role]
        assert "要决定的事" in said[role]
        assert f"/accounts/departments/{department.pk}/#h-people" in said[role]
    assert "本部门没有其他人担任该角色" in said[Role.HEAD]
    named = [who.full_name for who in colleagues if who.full_name in said[Role.CATALOGUER]]
    assert len(named) >= NAMED
    assert "和另外 2 人也担任该角色" in said[Role.CATALOGUER]
    assert "待办事项由其继续办理" in said[Role.CATALOGUER]
    system = get(actor_of(UserFactory(roles=["sysadmin"])), f"/accounts/users/{one.pk}/").content.decode()
    assert 'data-confirm-more="template[data-waits]"' in system


def test_a_move_says_of_every_role_who_goes_on_with_it(department: Department) -> None:
    one, other = (UserFactory(department=department, roles=["cataloguer"]) for _turn in range(2))
    TaskFactory(department=department, role="cataloguer")
    sysadmin = actor_of(UserFactory(roles=["sysadmin"]))
    assert "待办事项由其继续办理" in text_of(get(sysadmin, f"/accounts/users/{one.pk}/move/"))
    assert "待办事项由其继续办理" not in text_of(get(sysadmin, f"/accounts/users/{one.pk}/"))
    assert other.full_name in text_of(get(sysadmin, f"/accounts/users/{one.pk}/move/"))
