"""The authorization server: who gets a token, what is kept of it, what it is worth, and who is refused."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from accounts.models import Department
from audit.models import AuditEvent
from core import clock
from core.testing import clock_at
from sharing import limits
from sharing.models import Client, ClientSecret
from tests.sharing.factories import client_make, token_make

SECRET = "a-secret-of-the-machine"
ASK = {"grant_type": "client_credentials"}


@pytest.fixture
def machine(department: Department) -> Client:
    return client_make(department, secret=SECRET)


@pytest.fixture
def department(db: None) -> Department:
    from tests.factories.accounts import DepartmentFactory

    return DepartmentFactory()


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def ask(machine: Client, secret: str = SECRET, browser: Browser | None = None, **more: Any) -> Any:
    browser = browser or Browser()
    meta = {name: more.pop(name) for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR") if name in more}
    return browser.post("/o/token/", {**ASK, **more}, headers=basic(machine.client_id, secret), **meta)


def test_a_token_is_given_for_ten_minutes_and_kept_as_a_checksum_alone(machine: Client) -> None:
    with clock_at("2026-05-01T10:00:00+08:00"):
        answer = ask(machine)
        kept = AccessToken.objects.get()
        assert kept.expires == clock.now() + timedelta(minutes=10)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "data:read")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "refresh_token" not in body
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM oauth2_provider_accesstoken t")
        assert body["access_token"] not in cursor.fetchone()[0]
    assert AuditEvent.objects.filter(action="sharing.client.token", actor_kind="client").count() == 1


def test_the_secret_may_come_in_the_body(machine: Client) -> None:
    answer = Browser().post("/o/token/", {**ASK, "client_id": machine.client_id, "client_secret": SECRET})
    assert answer.status_code == 200


def test_a_scope_may_be_narrowed_and_never_widened(machine: Client) -> None:
    machine.scopes = ["data:read", "catalog:write"]
    machine.save()
    assert ask(machine).json()["scope"] == "data:read catalog:write"
    assert ask(machine, scope="catalog:write").json()["scope"] == "catalog:write"
    machine.scopes = ["data:read"]
    machine.save()
    refused = ask(machine, scope="data:read catalog:write")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("status", ["awaiting", "refused", "suspended", "revoked"])
def test_only_an_active_client_gets_a_token(department: Department, status: str) -> None:
    machine = client_make(department, secret=SECRET, status=status)
    _is_refused(ask(machine), f"client_{status}")


def test_a_retired_system_gets_no_token(machine: Client) -> None:
    machine.system.retired_on = clock.today()
    machine.system.save()
    _is_refused(ask(machine), "system_retired")


def test_wrong_credentials_get_nothing_and_are_in_the_trail(machine: Client) -> None:
    _is_refused(ask(machine, "another"), "wrong_secret")
    _is_refused(ask(machine, ""), "wrong_secret")
    machine.client_id = "nobody"
    _is_refused(ask(machine), "unknown_client")


def test_a_client_without_a_secret_is_not_let_in_by_an_empty_one(department: Department) -> None:
    _is_refused(ask(client_make(department), ""), "wrong_secret")


def test_an_ended_department_has_no_clients(machine: Client) -> None:
    machine.department.valid_to = clock.today()
    machine.department.save()
    assert ask(machine).status_code == 401


def test_an_address_beyond_the_list_is_refused_and_a_forwarded_one_is_hearsay(department: Department) -> None:
    machine = client_make(department, secret=SECRET, networks=["10.20.0.0/16"])
    assert ask(machine, REMOTE_ADDR="10.20.3.7").status_code == 200
    assert ask(machine, REMOTE_ADDR="::ffff:10.20.3.7").status_code == 200
    AccessToken.objects.all().delete()
    _is_refused(ask(machine, REMOTE_ADDR="10.21.0.1"), "wrong_address")
    _is_refused(ask(machine, REMOTE_ADDR="10.21.0.1", HTTP_X_FORWARDED_FOR="10.20.3.7"), "wrong_address")


def test_two_secrets_are_taken_until_the_old_one_ends(machine: Client) -> None:
    moment = clock.now()
    machine.secrets.update(valid_to=moment + timedelta(hours=1))
    ClientSecret.objects.create(client=machine, digest=make_password("new"), made_at=moment, made_by_name="负责人")
    with clock_at(moment + timedelta(minutes=59)):
        assert ask(machine).status_code == ask(machine, "new").status_code == 200
    with clock_at(moment + timedelta(hours=1)):
        assert (ask(machine).status_code, ask(machine, "new").status_code) == (401, 200)


def test_what_is_asked_wrongly_is_answered_by_the_rfc(machine: Client) -> None:
    both = Browser().post("/o/token/", {**ASK, "client_secret": SECRET}, headers=basic(machine.client_id, SECRET))
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    other = Browser().post("/o/token/", {"grant_type": "password"}, headers=basic(machine.client_id, SECRET))
    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    none = Browser().post("/o/token/", {}, headers=basic(machine.client_id, SECRET))
    assert (none.status_code, none.json()["error"]) == (400, "invalid_request")
    in_address = Browser().post(f"/o/token/?client_id={machine.client_id}&client_secret={SECRET}", ASK)
    assert (in_address.status_code, in_address.json()["error"]) == (400, "invalid_request")
    assert Browser().get("/o/token/").status_code == 405
    broken = Browser().post("/o/token/", ASK, headers={"Authorization": "Basic %%%"})
    assert (broken.status_code, broken.headers["WWW-Authenticate"]) == (401, 'Basic realm="token"')
    assert not AccessToken.objects.exists()


def test_guessing_is_slowed_down_and_the_rest_leaves_no_rows(machine: Client) -> None:
    with clock_at("2026-05-01T10:00:00+08:00"):
        answers = [ask(machine, "guess").status_code for _turn in range(limits.FAILURES_PER_MINUTE + 3)]
        last = ask(machine, "guess")
    assert answers.count(401) == limits.FAILURES_PER_MINUTE
    assert (last.status_code, last.headers["Retry-After"]) == (429, "60")
    assert AuditEvent.objects.filter(action="access.denied").count() == limits.FAILURES_PER_MINUTE
    with clock_at("2026-05-01T10:01:00+08:00"):
        assert ask(machine).status_code == 200


def test_a_client_asks_for_so_many_tokens_and_no_more(machine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOKENS_PER_MINUTE", 2)
    with clock_at("2026-05-01T10:00:00+08:00"):
        assert [ask(machine).status_code for _turn in range(3)] == [200, 200, 429]


def test_expired_tokens_go_when_a_new_one_is_given(machine: Client) -> None:
    ask(machine)
    with clock_at(clock.now() + timedelta(minutes=11)):
        ask(machine)
    assert AccessToken.objects.count() == 1


def test_own_tokens_are_told_about_and_revoked_others_are_neither(machine: Client, department: Department) -> None:
    other = client_make(department, secret=SECRET)
    own, foreign = token_make(machine), token_make(other)
    asked = [_introspect(machine, token) for token in (own, foreign, "nonsense")]
    assert [one["active"] for one in asked] == [True, False, False]
    assert (asked[0]["client_id"], asked[0]["scope"]) == (machine.client_id, "data:read")
    assert set(asked[1]) == {"active"}
    for token in (own, foreign):
        answer = Browser().post("/o/revoke/", {"token": token}, headers=basic(machine.client_id, SECRET))
        assert answer.status_code == 200
    assert not _introspect(machine, own)["active"]
    assert _introspect(other, foreign)["active"]


def test_an_expired_token_is_worth_nothing(machine: Client) -> None:
    token = token_make(machine, seconds=0)
    assert _introspect(machine, token) == {"active": False}


@pytest.mark.parametrize("address", ["/o/introspect/", "/o/revoke/"])
def test_nobody_asks_about_tokens_without_credentials(machine: Client, address: str) -> None:
    token = token_make(machine)
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        answer = Browser().post(address, {"token": token}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert AccessToken.objects.count() == 1


def test_the_metadata_name_what_works_and_nothing_else(client: Browser, settings: Any, db: None) -> None:
    about = client.get("/.well-known/oauth-authorization-server").json()
    assert about["issuer"] == settings.SITE_URL
    assert about["grant_types_supported"] == ["client_credentials"]
    assert about["scopes_supported"] == ["data:read", "catalog:write"]
    for name in ("token", "revocation", "introspection"):
        path = about[f"{name}_endpoint"].removeprefix(settings.SITE_URL)
        assert client.get(path).status_code == 405
    assert not {"authorization_endpoint", "registration_endpoint", "device_authorization_endpoint"} & set(about)
    for path in ("/o/authorize/", "/o/applications/", "/o/device-authorization/", "/o/userinfo/", "/o/register/"):
        assert client.get(path).status_code == 404


def test_the_library_warns_of_nothing() -> None:
    call_command("check", "--tag", "security", "--fail-level", "ERROR")


def _introspect(machine: Client, token: str) -> Any:
    answer = Browser().post("/o/introspect/", {"token": token}, headers=basic(machine.client_id, SECRET))
    assert answer.status_code == 200
    return answer.json()


def _is_refused(answer: Any, reason: str) -> None:
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert not AccessToken.objects.exists()
    denial = AuditEvent.objects.filter(action="access.denied").latest("pk")
    assert denial.note == f"invalid_client: {reason}"
