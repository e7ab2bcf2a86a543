"""Who reads what, and whom a task or a notice reaches."""

from datetime import timedelta

import pytest

from accounts import selectors
from core import clock
from core.actors import PUBLIC, system_actor
from core.exceptions import NotAllowed, NotVisible, SignInRequired
from tests.factories.accounts import (
    DepartmentFactory,
    InformationSystemFactory,
    RegionFactory,
    UserFactory,
    actor,
    actor_of,
)

pytestmark = pytest.mark.django_db


def test_the_public_reads_nothing_of_the_organisation():
    department, system, user = DepartmentFactory(), InformationSystemFactory(), UserFactory()
    reads = [
        lambda: selectors.department_list_for(PUBLIC),
        lambda: selectors.department_get_for(PUBLIC, department.pk),
        lambda: selectors.system_list_for(PUBLIC),
        lambda: selectors.system_get_for(PUBLIC, system.pk),
        lambda: selectors.region_list_for(PUBLIC),
        lambda: selectors.region_get_for(PUBLIC, "990100"),
        lambda: selectors.user_list_for(PUBLIC),
        lambda: selectors.user_get_for(PUBLIC, user.pk),
        lambda: selectors.role_list_for(PUBLIC),
        lambda: selectors.session_list_for(PUBLIC),
        lambda: selectors.lockout_list_for(PUBLIC),
    ]
    for read in reads:
        with pytest.raises(SignInRequired):
            read()


@pytest.mark.parametrize("role", ["sysadmin", "secadmin", "auditor"])
def test_the_administrators_see_accounts(role):
    user = UserFactory()
    caller = actor(role)
    assert user in selectors.user_list_for(caller)
    assert selectors.user_get_for(caller, user.pk) == user


@pytest.mark.parametrize("role", ["cataloguer", "head", "reviewer"])
def test_to_everybody_else_other_accounts_are_not_there(role):
    user = UserFactory()
    own = UserFactory(roles=[role])
    caller = actor_of(own)
    with pytest.raises(NotAllowed):
        selectors.user_list_for(caller)
    with pytest.raises(NotVisible):
        selectors.user_get_for(caller, user.pk)
    assert selectors.user_get_for(caller, own.pk) == own


def test_a_background_job_sees_no_account():
    user = UserFactory()
    with pytest.raises(NotVisible):
        selectors.user_get_for(system_actor("outbox"), user.pk)


def test_tasks_reach_holders_who_can_sign_in_now():
    department = DepartmentFactory()
    usable = UserFactory(department=department, roles=["head"])
    UserFactory(department=department, roles=["cataloguer"])
    UserFactory(department=department, roles=["head"], is_active=False)
    UserFactory(department=department, roles=["head"], expires_at=clock.now() - timedelta(days=1))
    UserFactory(roles=["head"])
    ended = UserFactory(department=department, roles=["head"])
    ended.role_assignments.update(revoked_at=clock.now())
    assert list(selectors.users_with_role(department.pk, "head")) == [usable]


def test_the_authority_of_a_region():
    authority = DepartmentFactory(authority=True)
    DepartmentFactory(region=authority.region)
    assert selectors.authority_of(authority.region_id) == authority
    assert selectors.authority_of(RegionFactory().pk) is None


def test_a_code_leads_through_mergers_to_the_living_department():
    last = DepartmentFactory(code="last")
    middle = DepartmentFactory(code="middle", valid_to="2025-01-01", merged_into=last)
    DepartmentFactory(code="first", valid_to="2024-01-01", merged_into=middle)
    assert selectors.department_get_by_code("first") == last
    assert selectors.department_get_by_code("none") is None


def test_a_present_name_wins_over_a_former_one_of_another_department():
    bearer = DepartmentFactory(name="市数据局")
    former = DepartmentFactory(region=bearer.region, name="市政务办")
    former.names.update(valid_to="2024-01-01")
    former.names.create(name="市数据局", valid_to="2023-01-01")
    assert selectors.department_match("市数据局") == bearer


def test_an_ended_department_is_no_match():
    DepartmentFactory(name="市粮食局", valid_to="2024-01-01")
    assert selectors.department_match("市粮食局") is None


def test_the_people_of_a_department_are_those_with_a_role():
    department = DepartmentFactory()
    shown = UserFactory(department=department, roles=["cataloguer"])
    UserFactory(department=department)
    people = selectors.department_people(department)
    assert list(people) == [shown]
    assert selectors.active_roles(people[0]) == {"cataloguer"}
