"""Accounts and passwords."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import translation

from accounts import services
from accounts.models import PreviousPassword, User, UserSession
from accounts.passwords import temporary_password
from accounts.selectors import roles_of
from accounts.services.user import password_errors
from audit.models import AuditEvent
from core import clock
from core.actors import system_actor
from core.exceptions import NotAllowed, NotVisible, RuleViolation, StaleEdit
from tests.factories.accounts import PASSWORD, DepartmentFactory, UserFactory, actor, actor_of
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db

NEW = "Another-horse-7-stable"


def codes(refusal):
    return {(error.field, error.code) for error in refusal.value.errors}


def test_a_new_account_has_no_right_and_must_change_its_password():
    department = DepartmentFactory()
    user = services.user_create(
        actor=actor("sysadmin"),
        username=" ZhouJP ",
        full_name="周建平",
        department=department,
        password=temporary_password(),
    )
    assert (user.username, user.full_name_pinyin, user.must_change_password) == ("zhoujp", "zhou jian ping", True)
    assert roles_of(user) == frozenset()
    assert list(user.groups.all()) == [department.group]
    assert AuditEvent.objects.get(action="accounts.user.create").after["username"] == "zhoujp"


def test_the_trail_never_holds_a_password():
    admin = actor("sysadmin")
    user = services.user_create(actor=admin, username="a1", full_name="甲", password=NEW)
    services.password_reset(actor=admin, user_id=user.pk, password=PASSWORD)
    for event in AuditEvent.objects.all():
        assert NEW not in f"{event.before}{event.after}{event.note}"
        assert user.password not in f"{event.before}{event.after}{event.note}"


@pytest.mark.parametrize("role", ["secadmin", "auditor", "reviewer", "head", "cataloguer"])
def test_only_the_system_administrator_creates_accounts(role):
    caller = actor(role)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.user_create(actor=caller, username="new", full_name="新", password=NEW)


def test_a_background_job_creates_no_account():
    with nothing_changes(), pytest.raises(NotAllowed):
        services.user_create(actor=system_actor("outbox"), username="new", full_name="新", password=NEW)


def test_only_the_setup_may_leave_a_password_as_it_is():
    by_admin = services.user_create(
        actor=actor("sysadmin"), username="b1", full_name="乙", password=NEW, is_password_own=True
    )
    by_setup = services.user_create(
        actor=system_actor("demo"), username="b2", full_name="丙", password=NEW, is_password_own=True
    )
    assert (by_admin.must_change_password, by_setup.must_change_password) == (True, False)


def test_every_broken_rule_is_named_at_once():
    admin = actor("sysadmin")
    UserFactory(username="zhou")
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.user_create(
            actor=admin, username="ZHOU", full_name=" ", email="x", password="short", is_contractor=True
        )
    assert codes(refusal) == {
        ("username", "taken"),
        ("full_name", "required"),
        ("email", "invalid"),
        ("expires_at", "required"),
        ("password", "password_too_short"),
        ("password", "password_too_plain"),
    }


@pytest.mark.parametrize("username", ["", "周", "a b", "-a", "a@b"])
def test_malformed_account_names_are_refused(username):
    admin = actor("sysadmin")
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.user_create(actor=admin, username=username, full_name="甲", password=NEW)
    assert codes(refusal) == {("username", "invalid")}


def test_editing_records_what_changed_and_minds_the_version():
    user, admin = UserFactory(full_name="周建平"), actor("sysadmin")
    services.user_edit(actor=admin, user_id=user.pk, edit_version=1, full_name="周建萍", phone="0990-8800")
    event = AuditEvent.objects.get(action="accounts.user.edit")
    assert (event.before["full_name"], event.after["full_name"]) == ("周建平", "周建萍")
    with nothing_changes(), pytest.raises(StaleEdit):
        services.user_edit(actor=admin, user_id=user.pk, edit_version=1, full_name="x")


def test_somebody_with_a_heads_role_does_not_become_a_contractor():
    user, admin = UserFactory(roles=["head"]), actor("sysadmin")
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.user_edit(actor=admin, user_id=user.pk, is_contractor=True, expires_at=clock.now() + timedelta(days=1))
    assert codes(refusal) == {("is_contractor", "roles")}


def test_moving_ends_the_roles_so_that_no_right_comes_with_it(client):
    user = UserFactory(roles=["cataloguer", "head"])
    client.force_login(user)
    department = DepartmentFactory()
    services.user_move(actor=actor("sysadmin"), user_id=user.pk, department=department)
    user.refresh_from_db()
    assert user.department == department
    assert list(user.groups.all()) == [department.group]
    assert roles_of(user) == frozenset()
    assert UserSession.objects.get(user=user).ended_at is not None


def test_an_administrator_keeps_his_role_when_moving():
    user, department = UserFactory(roles=["auditor"]), DepartmentFactory()
    services.user_move(actor=actor("sysadmin"), user_id=user.pk, department=department)
    assert roles_of(user) == {"auditor"}


def test_switching_off_ends_the_sessions_and_on_again_holds_an_account_with_roles(client):
    user, admin = UserFactory(roles=["head"]), actor("sysadmin")
    client.force_login(user)
    services.user_deactivate(actor=admin, user_id=user.pk, reason="离职")
    assert UserSession.objects.get(user=user).end_reason == "account_changed"
    services.user_activate(actor=admin, user_id=user.pk)
    user.refresh_from_db()
    assert (user.is_active, user.is_held, user.can_sign_in(clock.now())) == (True, True, False)


def test_nobody_switches_himself_or_the_last_administrator_off():
    admin, only = actor("sysadmin"), UserFactory(roles=["secadmin"])
    with nothing_changes(), pytest.raises(NotAllowed):
        services.user_deactivate(actor=admin, user_id=admin.id)
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.user_deactivate(actor=admin, user_id=only.pk)
    assert codes(refusal) == {("role", "last_administrator")}


def test_a_reset_password_gives_nobody_the_roles_of_the_account():
    """The system administrator knows the new password, so the security administrator has to release it."""
    user, admin, secadmin = UserFactory(roles=["reviewer"]), actor("sysadmin"), actor("secadmin")
    services.password_reset(actor=admin, user_id=user.pk, password=NEW)
    user.refresh_from_db()
    assert (user.is_held, user.must_change_password, user.check_password(NEW)) == (True, True, True)
    assert not user.can_sign_in(clock.now())
    with nothing_changes(), pytest.raises(NotAllowed):
        services.user_release(actor=admin, user_id=user.pk)
    services.user_release(actor=secadmin, user_id=user.pk)
    user.refresh_from_db()
    assert user.can_sign_in(clock.now())


def test_the_last_security_administrator_is_not_shut_out_by_a_reset():
    sysadmin, last = actor("sysadmin"), UserFactory(roles=["secadmin"])
    with nothing_changes(), pytest.raises(RuleViolation, match="last"), translation.override("en"):
        services.password_reset(actor=sysadmin, user_id=last.pk, password=temporary_password())

    UserFactory(roles=["secadmin"])
    services.password_reset(actor=sysadmin, user_id=last.pk, password=temporary_password())


def test_other_administrators_passwords_are_reset_since_somebody_can_release_them():
    sysadmin, auditor, secadmin = actor("sysadmin"), UserFactory(roles=["auditor"]), actor("secadmin")
    services.password_reset(actor=sysadmin, user_id=auditor.pk, password=temporary_password())
    services.user_release(actor=secadmin, user_id=auditor.pk)


@pytest.mark.parametrize("role", ["secadmin", "auditor", "sysadmin"])
@pytest.mark.parametrize("days", [-1, 30])
def test_the_last_administrator_gets_no_end_date(role, days):
    last = UserFactory(roles=[role])
    sysadmin = actor_of(last) if role == "sysadmin" else actor("sysadmin")
    with nothing_changes(), pytest.raises(RuleViolation) as caught:
        services.user_edit(actor=sysadmin, user_id=last.pk, expires_at=clock.now() + timedelta(days=days))
    assert [error.code for error in caught.value.errors] == ["last_administrator"]


def test_an_account_past_its_end_comes_back_held_where_it_has_roles():
    sysadmin, past = actor("sysadmin"), clock.now() - timedelta(days=1)
    ended = UserFactory(contractor=True, expires_at=past, roles=["cataloguer"])
    plain = UserFactory(contractor=True, expires_at=past)
    running = UserFactory(contractor=True, roles=["cataloguer"])
    for user in (ended, plain, running):
        services.user_edit(actor=sysadmin, user_id=user.pk, expires_at=clock.now() + timedelta(days=90))
    held = dict(User.objects.values_list("pk", "is_held"))
    assert (held[ended.pk], held[plain.pk], held[running.pk]) == (True, False, False)


def test_nobody_comes_back_into_a_department_that_has_ended():
    sysadmin, user = actor("sysadmin"), UserFactory(roles=["cataloguer"])
    services.user_deactivate(actor=sysadmin, user_id=user.pk)
    services.department_dissolve(actor=sysadmin, department_id=user.department_id)
    with nothing_changes(), pytest.raises(RuleViolation) as caught:
        services.user_activate(actor=sysadmin, user_id=user.pk)
    assert [error.field for error in caught.value.errors] == ["department"]

    services.user_move(actor=sysadmin, user_id=user.pk, department=DepartmentFactory())
    services.user_activate(actor=sysadmin, user_id=user.pk)


def test_a_reset_of_an_account_without_roles_needs_no_release():
    user = UserFactory()
    services.password_reset(actor=actor("sysadmin"), user_id=user.pk, password=NEW)
    user.refresh_from_db()
    assert (user.is_held, user.must_change_password) == (False, True)


@pytest.mark.parametrize("role", ["secadmin", "auditor"])
def test_other_administrators_do_not_touch_accounts(role):
    user, caller = UserFactory(), actor(role)
    acts = [
        lambda: services.user_edit(actor=caller, user_id=user.pk, full_name="x"),
        lambda: services.user_deactivate(actor=caller, user_id=user.pk),
        lambda: services.password_reset(actor=caller, user_id=user.pk, password=NEW),
        lambda: services.user_move(actor=caller, user_id=user.pk, department=user.department),
    ]
    for act in acts:
        with nothing_changes(), pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("role", ["reviewer", "head", "cataloguer"])
def test_to_others_an_account_is_not_there(role):
    user, caller = UserFactory(), actor(role)
    with nothing_changes(), pytest.raises(NotVisible):
        services.user_edit(actor=caller, user_id=user.pk, full_name="x")


# --- One's own --------------------------------------------------------------------------------------------------


def test_changing_ones_password_keeps_this_session_and_ends_the_others(client, django_user_model):
    user = UserFactory(must_change_password=True)
    client.force_login(user)
    kept = UserSession.objects.get()
    other = UserSession.objects.create(
        user=user,
        session_key="other",
        started_at=clock.now(),
        last_seen_at=clock.now(),
        idle_ends_at=clock.now(),
        absolute_ends_at=clock.now(),
    )
    services.password_change(actor=actor_of(user), old_password=PASSWORD, new_password=NEW, keep_session_id=kept.pk)
    user.refresh_from_db()
    other.refresh_from_db()
    kept.refresh_from_db()
    assert user.check_password(NEW)
    assert user.must_change_password is False
    assert (kept.ended_at, other.end_reason) == (None, "account_changed")


def test_the_old_password_must_be_right_and_the_new_one_new():
    caller = actor()
    cases = [("wrong", NEW, ("old_password", "wrong")), (PASSWORD, PASSWORD, ("new_password", "password_reused"))]
    for old, new, problem in cases:
        with nothing_changes(), pytest.raises(RuleViolation) as refusal:
            services.password_change(actor=caller, old_password=old, new_password=new)
        assert codes(refusal) == {problem}


def test_former_passwords_do_not_return_as_long_as_the_policy_says():
    caller = actor()
    passwords = [PASSWORD, NEW, "Third-horse-3-meadow", "Fourth-horse-4-river"]
    for old, new in pairwise(passwords):
        services.password_change(actor=caller, old_password=old, new_password=new)
    with pytest.raises(RuleViolation):
        services.password_change(actor=caller, old_password=passwords[-1], new_password=PASSWORD)
    services.security_policy_edit(actor=actor("secadmin"), password_history=2)
    services.password_change(actor=caller, old_password=passwords[-1], new_password=PASSWORD)
    assert PreviousPassword.objects.filter(user_id=caller.id).count() == 4


def test_people_set_their_own_preferences_and_nothing_else():
    caller = actor()
    user = services.user_preferences_edit(actor=caller, language="zh-hant", shortcuts_enabled=False)
    assert (user.language, user.shortcuts_enabled) == ("zh-hant", False)
    with nothing_changes(), pytest.raises(RuleViolation):
        services.user_preferences_edit(actor=caller, language="xx")
    with pytest.raises(TypeError):
        services.user_preferences_edit(actor=caller, is_active=True)


@pytest.mark.parametrize("password", ["Demo-pass-2026", NEW])
def test_good_passwords_pass(password):
    assert password_errors(password, User(username="zhou"), field="password") == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab1-", "password_too_short"),
        ("onlysmallletters", "password_too_plain"),
        ("zhoujianping2026", "password_too_similar"),
        ("password123", "password_too_common"),
    ],
)
def test_weak_passwords_do_not(password, code):
    user = User(username="zhoujianping", full_name="周建平")
    assert code in {error.code for error in password_errors(password, user, field="password")}


def test_temporary_passwords_meet_the_policy_and_differ():
    made = {temporary_password() for _number in range(200)}
    assert len(made) == 200
    assert not any(password_errors(password, User(username="x"), field="password") for password in made)
