"""Signing in, step by step, as a browser does it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import services
from accounts.models import User, UserSession
from audit.models import AuditEvent
from core import clock
from core.testing import clock_at
from tests.factories.accounts import PASSWORD, SecurityPolicyFactory, UserFactory, actor, actor_of

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
NEW = "Another-horse-7-stable"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def client():
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def sign_in(client, username, password=PASSWORD, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def is_signed_in(client):
    return client.get(reverse("accounts:profile")).status_code == 200


def code_of(user, offset=0):
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, offset):06d}"


def with_authenticator(user, client=None):
    browser = client or Client()
    browser.force_login(user)
    session = UserSession.objects.filter(user=user).latest("pk")
    services.totp_begin(actor=actor_of(user))
    return services.totp_confirm(actor=actor_of(user), code=code_of(user), session=session)


# --- Account and password ---------------------------------------------------------------------------------------


def test_the_right_password_opens_the_platform_and_leaves_a_session(client):
    user = UserFactory(username="zhoujp")
    response = sign_in(client, " ZhouJP ")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert is_signed_in(client)
    session = UserSession.objects.get(user=user)
    assert session.session_key == client.cookies["sessionid"].value
    assert AuditEvent.objects.filter(action="accounts.session.open").count() == 1


def test_the_session_key_changes_when_signing_in(client):
    client.get(LOGIN)
    session = client.session
    session["something"] = "planted"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    sign_in(client, UserFactory().username)
    assert client.cookies["sessionid"].value != planted
    assert "something" not in client.session


@pytest.mark.parametrize(
    "next_page",
    ["/accounts/departments/?q=1", "//evil.example/", "https://evil.example/", "", "🚗", "[]", "accounts:login"],
)
def test_one_is_led_where_one_wanted_to_go_but_never_off_the_site(client, next_page):
    response = sign_in(client, UserFactory().username, next=next_page)
    assert response.headers["Location"] == (next_page if next_page.startswith("/accounts") else "/")
    again = client.get(LOGIN, {"next": next_page})  # who is signed in already is led on
    assert again.headers["Location"] == response.headers["Location"]


def refusal_text(client, username, password):
    response = sign_in(client, username, password)
    assert response.status_code == 422
    text = response.content.decode()
    return text[text.index("note-bad") : text.index("</p>", text.index("note-bad"))]


def test_every_refusal_reads_the_same(client):
    known = UserFactory()
    off, held = UserFactory(is_active=False), UserFactory(is_held=True)
    ended = UserFactory(contractor=True, expires_at=clock.now() - timedelta(days=1))
    texts = {
        refusal_text(client, known.username, "wrong"),
        refusal_text(client, "nobody", "wrong"),
        refusal_text(client, off.username, PASSWORD),
        refusal_text(client, held.username, PASSWORD),
        refusal_text(client, ended.username, PASSWORD),
    }
    assert len(texts) == 1
    assert "Account or password is wrong." in texts.pop()
    assert AuditEvent.objects.filter(action="accounts.session.refuse").count() == 5
    assert not UserSession.objects.exists()


@pytest.mark.parametrize("username", ["zhou", "nobody"])
def test_a_name_is_locked_after_five_failures_known_or_not(client, username):
    UserFactory(username="zhou")
    for left in (4, 3, 2):
        assert f"{left} more attempts" in sign_in(client, username, "wrong").content.decode()
    assert "</b> 1 more attempt," in sign_in(client, username, "wrong").content.decode()
    response = sign_in(client, username, "wrong")
    assert response.status_code == 429
    assert "This account name is locked." in response.content.decode()
    again = sign_in(client, username.upper(), PASSWORD)
    assert again.status_code == 429
    assert not is_signed_in(client)
    assert AuditEvent.objects.filter(action="accounts.session.refuse", note="locked").exists()


def test_a_lock_holds_from_every_address(client):
    UserFactory(username="zhou")
    for number in range(5):
        client.post(LOGIN, {"username": "zhou", "password": "wrong"}, REMOTE_ADDR=f"10.0.0.{number + 1}")
    response = client.post(LOGIN, {"username": "zhou", "password": PASSWORD}, REMOTE_ADDR="10.9.9.9")
    assert response.status_code == 429


def test_a_lock_keeps_nobody_else_out(client):
    UserFactory(username="zhou")
    for _attempt in range(5):
        sign_in(client, "zhou", "wrong")
    assert sign_in(client, UserFactory().username).status_code == 302


def test_success_clears_the_failures(client):
    UserFactory(username="zhou")
    for _attempt in range(4):
        sign_in(client, "zhou", "wrong")
    sign_in(client, "zhou")
    client.post(reverse("accounts:logout"))
    assert "4 more attempts" in sign_in(client, "zhou", "wrong").content.decode()


def test_the_policy_sets_how_many_failures(client):
    services.security_policy_edit(actor=actor("secadmin"), lockout_failures=3)
    UserFactory(username="zhou")
    for _attempt in range(2):
        assert sign_in(client, "zhou", "wrong").status_code == 422
    assert sign_in(client, "zhou", "wrong").status_code == 429


def test_signing_in_needs_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, UserFactory().username).status_code == 403


def test_the_password_is_not_sent_back(client):
    assert b"secret-typed" not in sign_in(client, "zhou", "secret-typed").content


def test_signing_out_is_a_post_and_ends_the_session(client):
    user = UserFactory()
    sign_in(client, user.username)
    assert client.get(reverse("accounts:logout")).status_code == 405
    assert is_signed_in(client)
    client.post(reverse("accounts:logout"))
    assert not is_signed_in(client)
    assert UserSession.objects.get(user=user).end_reason == "signed_out"


def test_an_idle_session_leads_to_the_sign_in_page_which_says_why(client):
    with clock_at("2026-11-23 09:00") as moment:
        sign_in(client, UserFactory().username)
        moment.advance(minutes=31)
        response = client.get(reverse("accounts:department_list"), {"q": "民政"})
        assert (
            response.headers["Location"] == f"{LOGIN}?next=/accounts/departments/%3Fq%3D%25E6%25B0%2591%25E6%2594%25BF"
        )
        assert "nothing was done for a while" in client.get(LOGIN).content.decode()
        assert "nothing was done for a while" not in client.get(LOGIN).content.decode()


def test_ending_a_session_from_elsewhere_closes_the_browser(client):
    user = UserFactory()
    sign_in(client, user.username)
    services.session_end(actor=actor("secadmin"), session_id=UserSession.objects.get(user=user).pk)
    assert not is_signed_in(client)


def test_the_language_of_the_person_is_kept(client):
    user = UserFactory(language="zh-hant")
    response = sign_in(client, user.username)
    assert response.cookies["django_language"].value == "zh-hant"


# --- Forced change of password ----------------------------------------------------------------------------------


def test_nothing_opens_before_the_first_password_is_changed(client):
    user = UserFactory(must_change_password=True, roles=["sysadmin"])
    sign_in(client, user.username)
    change = reverse("accounts:password_change")
    for name in ("profile", "department_list", "user_list"):
        assert client.get(reverse(f"accounts:{name}")).headers["Location"] == change
    fragment = client.get(reverse("accounts:department_list"), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (204, change)
    page = client.get(change)
    assert "Choose your password" in page.content.decode()
    response = client.post(change, {"old_password": PASSWORD, "new_password": NEW, "repeated": NEW})
    assert response.headers["Location"] == "/"
    assert client.get(reverse("accounts:user_list")).status_code == 200


def test_the_api_is_closed_before_the_first_password_is_changed(client):
    client.force_login(UserFactory(must_change_password=True, roles=["cataloguer"]))
    response = client.get("/api/v1/entries/")
    assert response.status_code == 403
    assert response.json()["code"] == "password_change_required"


def test_a_changed_password_keeps_this_browser_and_closes_the_others(client):
    user = UserFactory()
    other = Client()
    sign_in(client, user.username)
    sign_in(other, user.username)
    client.post(reverse("accounts:password_change"), {"old_password": PASSWORD, "new_password": NEW, "repeated": NEW})
    assert is_signed_in(client)
    assert not is_signed_in(other)
    session = UserSession.objects.get(user=user, ended_at__isnull=True)
    assert session.session_key == client.cookies["sessionid"].value


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"repeated": "Different-9-pass"}, "The two new passwords differ."),
        ({"old_password": "wrong"}, "This is not your present password."),
        ({"new_password": "short", "repeated": "short"}, "at least 10 characters"),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said_at_its_field(client, values, text):
    client.force_login(UserFactory())
    data = {"old_password": PASSWORD, "new_password": NEW, "repeated": NEW, **values}
    response = client.post(reverse("accounts:password_change"), data)
    assert response.status_code == 422
    assert text in response.content.decode()


def test_a_password_older_than_the_policy_allows_must_be_changed(client):
    SecurityPolicyFactory(password_max_age_days=90)
    user = UserFactory(password_changed_at=clock.now() - timedelta(days=91))
    sign_in(client, user.username)
    assert client.get("/accounts/departments/").headers["Location"] == reverse("accounts:password_change")
    assert AuditEvent.objects.filter(action="accounts.user.expire_password").count() == 1


# --- One-time codes ---------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing_once_codes_are_on(client):
    user = UserFactory()
    with_authenticator(user)
    response = sign_in(client, user.username, next="/accounts/departments/")
    assert response.headers["Location"] == reverse("accounts:login_code")
    assert not is_signed_in(client)
    wrong = client.post(reverse("accounts:login_code"), {"code": "000000"})
    assert wrong.status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    right = client.post(reverse("accounts:login_code"), {"code": code_of(user, offset=1)})
    assert right.headers["Location"] == "/accounts/departments/"
    assert UserSession.objects.latest("pk").second_factor_at is not None
    assert AuditEvent.objects.filter(action="accounts.session.refuse", note="code").count() == 1


def test_a_backup_code_signs_in_once(client):
    user = UserFactory()
    codes = with_authenticator(user)
    sign_in(client, user.username)
    assert client.post(reverse("accounts:login_code"), {"code": codes[3]}).status_code == 302
    client.post(reverse("accounts:logout"))
    sign_in(client, user.username)
    assert client.post(reverse("accounts:login_code"), {"code": codes[3]}).status_code == 422


def test_the_code_must_come_within_five_minutes_of_the_password(client):
    user = UserFactory()
    with clock_at("2026-11-23 09:00") as moment:
        with_authenticator(user)
        sign_in(client, user.username)
        moment.advance(minutes=5, seconds=1)
        response = client.post(reverse("accounts:login_code"), {"code": code_of(user, offset=1)})
    assert response.headers["Location"] == LOGIN
    assert not is_signed_in(client)


def test_an_account_switched_off_between_password_and_code_stays_out(client):
    user = UserFactory()
    with_authenticator(user)
    sign_in(client, user.username)
    User.objects.filter(pk=user.pk).update(is_active=False)
    response = client.post(reverse("accounts:login_code"), {"code": code_of(user, offset=1)})
    assert response.headers["Location"] == LOGIN


def test_guessing_codes_is_slowed_down_and_says_so(client):
    user = UserFactory()
    with_authenticator(user)
    sign_in(client, user.username)
    for _attempt in range(2):
        response = client.post(reverse("accounts:login_code"), {"code": "000000"})
    assert "Too many wrong codes. Try again in 1 seconds." in response.content.decode()


def test_a_demanded_authenticator_comes_before_everything_else(client):
    services.security_policy_edit(actor=actor("secadmin"), totp_roles=["reviewer"])
    user = UserFactory(roles=["reviewer"], department__authority=True)
    sign_in(client, user.username)
    enrol = reverse("accounts:totp_enrol")
    assert client.get("/accounts/departments/").headers["Location"] == enrol
    page = client.get(enrol).content.decode()
    assert "demands one-time codes of your role" in page
    assert '<path d="M' in page
    response = client.post(enrol, {"code": code_of(user)})
    assert response.status_code == 200
    assert response.content.decode().count("<li>") >= 10
    assert client.get("/accounts/departments/").status_code == 200


def test_a_role_without_the_demand_signs_in_with_the_password(client):
    services.security_policy_edit(actor=actor("secadmin"), totp_roles=["reviewer"])
    sign_in(client, UserFactory(roles=["cataloguer"]).username)
    assert is_signed_in(client)


def test_the_api_is_closed_until_a_demanded_authenticator_is_set_up(client):
    services.security_policy_edit(actor=actor("secadmin"), totp_roles=["cataloguer"])
    client.force_login(UserFactory(roles=["cataloguer"]))
    assert client.get("/api/v1/entries/").json()["code"] == "second_factor_required"


def test_codes_and_secrets_are_kept_out_of_caches(client):
    client.force_login(UserFactory())
    for name in ("totp_enrol", "profile", "password_change", "login"):
        assert "no-store" in client.get(reverse(f"accounts:{name}")).headers["Cache-Control"]
