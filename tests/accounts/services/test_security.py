"""Sessions, one-time codes, locks and the policy behind them."""

import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import services
from accounts.backends import AccountBackend
from accounts.models import SecurityPolicy, UserSession
from accounts.selectors import lockout_list_for, session_list_for
from audit.models import AuditEvent
from core import clock
from core.exceptions import LimitExceeded, NotAllowed, NotVisible, RuleViolation, StaleEdit
from tests.factories.accounts import PASSWORD, UserFactory, actor, actor_of
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db


def code_of(device, offset=0):
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, offset):06d}"


@pytest.fixture
def signed_in(client):
    user = UserFactory(roles=["head"])
    client.force_login(user)
    return user, UserSession.objects.get(user=user)


# --- Sessions ---------------------------------------------------------------------------------------------------


def test_the_security_administrator_ends_anothers_session_at_once(client, signed_in):
    user, session = signed_in
    services.session_end(actor=actor("secadmin"), session_id=session.pk)
    session.refresh_from_db()
    assert (session.end_reason, session.session_key) == ("by_secadmin", "")
    assert not Session.objects.exists()
    assert AuditEvent.objects.filter(action="accounts.session.end", object_pk=str(user.pk)).count() == 1


def test_ending_an_ended_session_changes_nothing(signed_in):
    _user, session = signed_in
    secadmin = actor("secadmin")
    services.session_end(actor=secadmin, session_id=session.pk)
    with nothing_changes():
        services.session_end(actor=secadmin, session_id=session.pk)


@pytest.mark.parametrize(("role", "error"), [("auditor", NotAllowed), ("sysadmin", NotVisible), ("head", NotVisible)])
def test_nobody_else_ends_anothers_session(signed_in, role, error):
    _user, session = signed_in
    caller = actor(role)
    with nothing_changes(), pytest.raises(error):
        services.session_end(actor=caller, session_id=session.pk)


def test_people_see_and_end_their_own_sessions(signed_in):
    user, session = signed_in
    caller = actor_of(user)
    assert list(session_list_for(caller, user_id=user.pk)) == [session]
    with pytest.raises(NotAllowed):
        session_list_for(caller)
    services.sessions_end_others(actor=caller, keep_session_id=0)
    assert UserSession.objects.get().end_reason == "by_owner"


# --- One-time codes ---------------------------------------------------------------------------------------------


@pytest.fixture
def enrolled(signed_in):
    user, session = signed_in
    device = services.totp_begin(actor=actor_of(user))
    codes = services.totp_confirm(actor=actor_of(user), code=code_of(device), session=session)
    return user, TOTPDevice.objects.get(), codes


def test_an_authenticator_counts_once_it_has_shown_a_right_code(signed_in):
    user, session = signed_in
    caller = actor_of(user)
    device = services.totp_begin(actor=caller)
    assert services.totp_begin(actor=caller).key == device.key, "going back keeps the secret already scanned"
    with pytest.raises(RuleViolation):
        services.totp_confirm(actor=caller, code="000000", session=session)
    assert not TOTPDevice.objects.get().confirmed
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    codes = services.totp_confirm(actor=caller, code=code_of(device), session=session)
    session.refresh_from_db()
    assert (len(set(codes)), session.must_enrol, session.second_factor_at is None) == (10, False, False)


def test_a_code_works_once(enrolled):
    user, device, _codes = enrolled
    code = code_of(device, offset=1)
    assert services.second_factor_check(user=user, code=f"{code[:3]} {code[3:]}")
    assert not services.second_factor_check(user=user, code=code)


def test_a_backup_code_works_once(enrolled):
    user, _device, codes = enrolled
    assert services.second_factor_check(user=user, code=codes[0].upper())
    assert StaticToken.objects.count() == 9
    assert not services.second_factor_check(user=user, code=codes[0])


def test_guessing_codes_is_slowed_down(enrolled):
    user, _device, _codes = enrolled
    assert not services.second_factor_check(user=user, code="000000")
    with pytest.raises(LimitExceeded) as refusal:
        services.second_factor_check(user=user, code="000000")
    assert refusal.value.retry_after >= 1


def test_giving_codes_up_needs_the_password_and_the_policys_leave(enrolled):
    user, _device, _codes = enrolled
    caller = actor_of(user)
    with nothing_changes(), pytest.raises(RuleViolation):
        services.totp_remove(actor=caller, password="wrong")
    services.security_policy_edit(actor=actor("secadmin"), totp_roles=["head"])
    with nothing_changes(), pytest.raises(RuleViolation):
        services.totp_remove(actor=caller, password=PASSWORD)
    services.security_policy_edit(actor=actor("secadmin"), totp_roles=[])
    services.totp_remove(actor=caller, password=PASSWORD)
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


def test_new_backup_codes_replace_the_former_ones(enrolled):
    user, _device, codes = enrolled
    fresh = services.backup_codes_renew(actor=actor_of(user), password=PASSWORD)
    assert not set(fresh) & set(codes)
    assert StaticToken.objects.count() == 10


def test_the_security_administrator_resets_a_lost_authenticator(enrolled):
    user, _device, _codes = enrolled
    admin = actor("sysadmin")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.totp_reset(actor=admin, user_id=user.pk)
    services.totp_reset(actor=actor("secadmin"), user_id=user.pk)
    assert not TOTPDevice.objects.exists()
    assert UserSession.objects.get(user=user).ended_at is not None


# --- Policy -----------------------------------------------------------------------------------------------------


def test_new_limits_shorten_open_sessions_and_never_lengthen_them(signed_in):
    _user, session = signed_in
    secadmin = actor("secadmin")
    services.security_policy_edit(actor=secadmin, idle_minutes=10, absolute_hours=2)
    session.refresh_from_db()
    assert session.idle_ends_at == session.last_seen_at + timedelta(minutes=10)
    assert session.absolute_ends_at == session.started_at + timedelta(hours=2)
    services.security_policy_edit(actor=secadmin, idle_minutes=60, absolute_hours=12)
    session.refresh_from_db()
    assert session.absolute_ends_at == session.started_at + timedelta(hours=2)


def test_demanding_codes_reaches_sessions_that_are_open(signed_in):
    _user, session = signed_in
    secadmin = actor("secadmin")
    services.security_policy_edit(actor=secadmin, totp_roles=["head"])
    session.refresh_from_db()
    assert session.must_enrol is True
    services.security_policy_edit(actor=secadmin, totp_roles=["reviewer"])
    session.refresh_from_db()
    assert session.must_enrol is False


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"idle_minutes": 4}, "idle_minutes"),
        ({"idle_minutes": 120, "absolute_hours": 1}, "idle_minutes"),
        ({"password_min_length": 7}, "password_min_length"),
        ({"lockout_failures": 0}, "lockout_failures"),
        ({"totp_roles": ["root"]}, "totp_roles"),
    ],
)
def test_values_out_of_range_are_refused(values, field):
    secadmin = actor("secadmin")
    SecurityPolicy.objects.create()
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.security_policy_edit(actor=secadmin, **values)
    assert {error.field for error in refusal.value.errors} == {field}


@pytest.mark.parametrize("role", ["sysadmin", "auditor", "reviewer", "head", "cataloguer"])
def test_only_the_security_administrator_changes_the_policy(role):
    caller = actor(role)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.security_policy_edit(actor=caller, idle_minutes=60)


def test_a_stale_policy_form_overwrites_nothing():
    secadmin = actor("secadmin")
    services.security_policy_edit(actor=secadmin, edit_version=1, idle_minutes=60)
    with nothing_changes(), pytest.raises(StaleEdit):
        services.security_policy_edit(actor=secadmin, edit_version=1, idle_minutes=45)


# --- Locks ------------------------------------------------------------------------------------------------------


def sign_in_request():
    return RequestFactory().post("/accounts/login/")


def fail(username, times):
    for _attempt in range(times):
        authenticate(sign_in_request(), username=username, password="wrong")


@pytest.mark.parametrize("exists", [True, False])
def test_a_name_is_locked_after_five_failures_whether_it_exists_or_not(exists):
    if exists:
        UserFactory(username="zhou")
    fail("zhou", 5)
    [locked] = lockout_list_for(actor("secadmin"))
    assert (locked.username, locked.failures, locked.is_locked) == ("zhou", 5, True)


def test_the_security_administrator_releases_a_locked_name(client):
    user = UserFactory(username="zhou")
    fail("zhou", 5)
    assert not client.login(request=sign_in_request(), username="zhou", password=PASSWORD)
    admin = actor("sysadmin")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.lockout_release(actor=admin, username="zhou")
    assert services.lockout_release(actor=actor("secadmin"), username="ZHOU ") == 1
    assert not AccessAttempt.objects.exists()
    assert client.login(request=sign_in_request(), username=user.username, password=PASSWORD)


def test_nobody_releases_himself():
    user = UserFactory(roles=["secadmin"])
    with nothing_changes(), pytest.raises(NotAllowed):
        services.lockout_release(actor=actor_of(user), username=user.username)


def test_an_unknown_name_takes_as_long_as_a_known_one(settings):
    """Both cost one password hash; measured loosely, since a machine under load wavers."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    user = UserFactory(password="")
    user.set_password(PASSWORD)
    user.save()
    backend = AccountBackend()

    def took(username):
        times = []
        for _attempt in range(5):
            start = time.perf_counter()
            assert backend.authenticate(None, username=username, password="wrong") is None
            times.append(time.perf_counter() - start)
        return min(times)

    known, unknown = took(user.username), took("nobody")
    assert 0.4 < known / unknown < 2.5


def test_a_failed_sign_in_is_kept_as_a_denial():
    services.session_refuse(username="zhou", reason="password")
    event = AuditEvent.objects.get(action="accounts.session.refuse")
    assert (event.outcome, event.object_name, event.note, event.actor_kind) == ("denied", "zhou", "password", "public")


def test_sessions_past_their_limit_do_not_count_as_open(signed_in):
    user, _session = signed_in
    UserSession.objects.update(idle_ends_at=clock.now() - timedelta(seconds=1))
    caller = actor_of(user)
    assert not session_list_for(caller, user_id=user.pk).exists()
    assert session_list_for(caller, user_id=user.pk, state="ended").exists()
