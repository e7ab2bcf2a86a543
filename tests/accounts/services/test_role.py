"""Granting and ending roles."""

import pytest
from django.db import IntegrityError, transaction

from accounts import services
from accounts.choices import ADMIN_ROLES, Role
from accounts.models import RoleAssignment, UserSession
from accounts.selectors import roles_of
from audit.models import AuditEvent
from core import clock
from core.actors import system_actor
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from tests.factories.accounts import DepartmentFactory, UserFactory, actor, actor_of
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db


def hold(user, role):
    return RoleAssignment.objects.create(user=user, role=role, granted_at=clock.now())


def test_the_security_administrator_grants_a_role_and_the_trail_says_so():
    secadmin, user = actor("secadmin"), UserFactory()
    services.role_grant(actor=secadmin, user_id=user.pk, role="cataloguer", reason="岗位调整")
    assert roles_of(user) == {"cataloguer"}
    event = AuditEvent.objects.get(action="accounts.role.grant")
    assert (event.actor_id, event.object_pk, event.after, event.note) == (
        secadmin.id,
        str(user.pk),
        {"role": "cataloguer"},
        "岗位调整",
    )


@pytest.mark.parametrize("role", ["sysadmin", "auditor", "head", "reviewer", "cataloguer"])
def test_nobody_else_grants_roles(role):
    user = UserFactory()
    caller = actor(role)
    expected = NotAllowed if role in ADMIN_ROLES else NotVisible
    with nothing_changes(), pytest.raises(expected):
        services.role_grant(actor=caller, user_id=user.pk, role="cataloguer")


def test_nobody_grants_a_role_to_himself():
    secadmin = actor("secadmin")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.role_grant(actor=secadmin, user_id=secadmin.id, role="cataloguer")


def test_nobody_ends_a_role_of_his_own():
    UserFactory(roles=["secadmin"])
    secadmin = actor("secadmin")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.role_revoke(actor=secadmin, user_id=secadmin.id, role="secadmin")


def test_a_background_job_cannot_grant():
    user = UserFactory()
    with nothing_changes(), pytest.raises(NotVisible):
        services.role_grant(actor=system_actor("outbox"), user_id=user.pk, role="head")


def fits(user, role):
    secadmin = actor("secadmin")
    try:
        services.role_grant(actor=secadmin, user_id=user.pk, role=role)
    except RuleViolation:
        return False
    return True


@pytest.mark.parametrize("held", Role.values)
@pytest.mark.parametrize("wanted", Role.values)
def test_every_pair_of_roles(held, wanted):
    user = UserFactory(department=DepartmentFactory(authority=True), roles=[held])
    both_business = not {held, wanted} & ADMIN_ROLES
    assert fits(user, wanted) == (both_business and held != wanted)


@pytest.mark.parametrize("role", Role.values)
def test_which_roles_fit_in_a_plain_department(role):
    assert fits(UserFactory(), role) == (role != "reviewer")


@pytest.mark.parametrize("role", Role.values)
def test_which_roles_fit_a_contractor(role):
    authority = DepartmentFactory(authority=True)
    assert fits(UserFactory(contractor=True, department=authority), role) == (role == "cataloguer")


@pytest.mark.parametrize("role", Role.values)
def test_which_roles_fit_somebody_without_a_department(role):
    assert fits(UserFactory(department=None), role) == (role in ADMIN_ROLES)


@pytest.mark.parametrize("state", [{"is_active": False}, {"is_held": True}, {"must_change_password": True}])
def test_an_account_not_in_its_owners_hands_gets_no_role(state):
    assert not fits(UserFactory(**state), "cataloguer")


def test_an_unknown_role_is_refused():
    assert not fits(UserFactory(), "root")


def test_ending_a_role_ends_the_sessions(client):
    user = UserFactory(roles=["cataloguer", "head"])
    client.force_login(user)
    services.role_revoke(actor=actor("secadmin"), user_id=user.pk, role="head", reason="离任")
    assert roles_of(user) == {"cataloguer"}
    assert UserSession.objects.get(user=user).end_reason == "account_changed"
    assignment = RoleAssignment.objects.get(user=user, role="head")
    assert (assignment.revoke_reason, assignment.revoked_at is None) == ("离任", False)
    assert AuditEvent.objects.filter(action="accounts.role.revoke", before={"role": "head"}).count() == 1


def test_a_role_can_be_granted_again_after_it_ended():
    user, secadmin = UserFactory(roles=["head"]), actor("secadmin")
    services.role_revoke(actor=secadmin, user_id=user.pk, role="head")
    services.role_grant(actor=secadmin, user_id=user.pk, role="head")
    assert RoleAssignment.objects.filter(user=user, role="head").count() == 2


def test_the_last_administrator_of_a_kind_stays():
    secadmin, only = actor("secadmin"), UserFactory(roles=["auditor"])
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.role_revoke(actor=secadmin, user_id=only.pk, role="auditor")
    assert refusal.value.errors[0].code == "last_administrator"
    UserFactory(roles=["auditor"])
    services.role_revoke(actor=secadmin, user_id=only.pk, role="auditor")
    assert roles_of(only) == frozenset()


def test_a_role_not_held_cannot_be_ended():
    secadmin, user = actor("secadmin"), UserFactory()
    with nothing_changes(), pytest.raises(RuleViolation):
        services.role_revoke(actor=secadmin, user_id=user.pk, role="head")


@pytest.mark.parametrize(
    ("first", "second"), [("sysadmin", "secadmin"), ("auditor", "cataloguer"), ("head", "sysadmin"), ("head", "head")]
)
def test_the_database_itself_refuses_incompatible_roles(first, second):
    user = UserFactory(roles=[first])
    with pytest.raises(IntegrityError), transaction.atomic():
        hold(user, second)


def test_the_database_itself_refuses_a_grant_to_oneself():
    user = UserFactory()
    with pytest.raises(IntegrityError, match="role_not_to_oneself"), transaction.atomic():
        RoleAssignment.objects.create(user=user, role="head", granted_at=clock.now(), granted_by=user)


def test_the_database_itself_refuses_a_superuser():
    with pytest.raises(IntegrityError, match="user_never_superuser"), transaction.atomic():
        UserFactory(is_superuser=True)


def test_a_role_that_demands_codes_holds_open_sessions_to_them(client):
    user = UserFactory()
    client.force_login(user)
    services.security_policy_edit(actor=actor("secadmin"), totp_roles=["head"])
    assert UserSession.objects.get(user=user).must_enrol is False
    services.role_grant(actor=actor_of(UserFactory(roles=["secadmin"])), user_id=user.pk, role="head")
    assert UserSession.objects.get(user=user).must_enrol is True
