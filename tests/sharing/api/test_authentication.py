"""Tokens at the API: whom they let in, where, and what they never do."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from redis import Redis

from audit.models import AuditEvent
from core import clock
from core.testing import clock_at
from sharing import limits
from sharing.models import Client, Grant
from sharing.selectors.pull import days_of_client
from tests.collection.conftest import Town
from tests.factories.accounts import UserFactory
from tests.sharing.factories import bearer, client_make, token_make


def get(town: Town, headers: dict[str, str], **meta: Any) -> Any:
    return Browser().get(f"/api/v1/datasets/{town.dataset.pk}/rows/", headers=headers, **meta)


def test_without_a_token_nobody_is_let_in(three: Town, grant: Grant) -> None:
    answer = get(three, {})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000, "ü"])
def test_a_token_that_is_none_lets_nobody_in(three: Town, grant: Grant, token: str) -> None:
    answer = get(three, {"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_in_the_address_is_none(three: Town, client_of: Client) -> None:
    answer = Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/?access_token={token_make(client_of)}")
    assert answer.status_code == 401


def test_a_token_ends_to_the_second(three: Town, client_of: Client) -> None:
    moment = clock.now()
    headers = bearer(client_of)
    with clock_at(moment + timedelta(seconds=599)):
        assert get(three, headers).status_code == 200
    with clock_at(moment + timedelta(seconds=601)):
        assert get(three, headers).status_code == 401


@pytest.mark.parametrize("status", ["awaiting", "suspended", "revoked"])
def test_a_stopped_client_has_no_valid_token(three: Town, client_of: Client, status: str) -> None:
    headers = bearer(client_of)
    Client.objects.update(status=status)
    assert get(three, headers).status_code == 401


def test_an_address_beyond_the_list_is_refused_at_every_call(three: Town, client_of: Client) -> None:
    headers = bearer(client_of)
    Client.objects.update(networks=["10.20.0.0/16"])
    assert get(three, headers, REMOTE_ADDR="10.20.0.9").status_code == 200
    answer = get(three, headers, REMOTE_ADDR="10.30.0.9")
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_address")
    denial = AuditEvent.objects.filter(action="access.denied").latest("pk")
    assert (denial.actor_kind, denial.actor_id) == ("client", client_of.pk)


def test_calls_from_elsewhere_are_limited_and_cost_the_client_nothing(three: Town, client_of: Client) -> None:
    headers = bearer(client_of)
    Client.objects.update(networks=["10.20.0.0/16"], calls_per_minute=1)
    with clock_at(clock.now()):
        calls = [get(three, headers, REMOTE_ADDR="10.30.0.9") for _turn in range(limits.FAILURES_PER_MINUTE + 3)]
        assert [one.status_code for one in calls] == [403] * limits.FAILURES_PER_MINUTE + [429] * 3
        denials = AuditEvent.objects.filter(action="access.denied", actor_id=client_of.pk)
        assert denials.count() == limits.FAILURES_PER_MINUTE + 1  # and once that it was too often
        assert get(three, headers, REMOTE_ADDR="10.20.0.9").status_code == 200
    assert days_of_client(client_of)[-1].refused == limits.FAILURES_PER_MINUTE + 3


def test_a_token_needs_the_scope(three: Town, client_of: Client) -> None:
    answer = get(three, bearer(client_of, scope="catalog:write"))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="data:read"' in answer.headers["WWW-Authenticate"]


def test_what_takes_a_person_is_closed_to_tokens(three: Town, client_of: Client) -> None:
    headers = bearer(client_of, scope="data:read catalog:write")
    for action in ("approve", "return"):
        answer = Browser().post(f"/api/v1/entries/{three.entry.ref}/{action}/", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "person_required")


def test_a_method_that_an_address_does_not_know_is_told_as_that(three: Town, client_of: Client) -> None:
    answer = Browser().post(f"/api/v1/datasets/{three.dataset.pk}/rows/", headers=bearer(client_of))
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_who_shows_a_token_acts_by_it_alone(three: Town, client_of: Client) -> None:
    browser = Browser()
    browser.force_login(UserFactory(department=three.world.provider, roles=["cataloguer", "head"]))
    address = f"/api/v1/datasets/{three.dataset.pk}/rows/"
    assert browser.get(address, headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert browser.get(address, headers=bearer(client_of)).status_code == 200


def test_calls_are_counted_and_bounded(three: Town, client_of: Client) -> None:
    Client.objects.update(calls_per_minute=2)
    headers = bearer(client_of, seconds=3600)
    moment = clock.now().replace(second=10, microsecond=0) + timedelta(minutes=1)
    with clock_at(moment):
        first = get(three, headers)
        assert first.headers["RateLimit-Policy"] == '"client";q=2;w=60'
        assert first.headers["RateLimit"] == '"client";r=1;t=50'
        get(three, headers)
        refused = get(three, headers)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "50")
    assert refused.headers["RateLimit"] == '"client";r=0;t=50'
    with clock_at(moment + timedelta(seconds=50)):
        assert get(three, headers).status_code == 200


def test_a_grant_may_bound_the_calls_too(three: Town, client_of: Client, grant: Grant) -> None:
    Grant.objects.update(calls_per_minute=1)
    headers, second = bearer(client_of), bearer(client_make(client_of.department, grants=[grant]))
    with clock_at(clock.now()):
        assert get(three, headers).headers["RateLimit-Policy"] == '"grant";q=1;w=60'
        assert get(three, second).status_code == 429


def test_without_redis_calls_are_served(three: Town, client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Client.objects.update(calls_per_minute=1)
    away = Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1)
    monkeypatch.setattr(limits, "_connection", lambda: away)
    headers = bearer(client_of)
    assert [get(three, headers).status_code for _turn in range(3)] == [200, 200, 200]
