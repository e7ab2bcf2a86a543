"""Pages of machine clients, as their department and who watches over them see them."""

from datetime import date
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core import clock
from sharing.client_choices import PullKind
from sharing.models import Client, Grant
from sharing.services.pull import PullFacts, pull_record
from tests.factories.accounts import InformationSystemFactory
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bind, client_make, grant_make


def browser_of(actor: Any) -> Browser:
    browser = Browser()
    browser.force_login(User.objects.get(pk=actor.id))
    return browser


@pytest.fixture
def machine(town: SharingTown) -> Client:
    grant = grant_make(town.dataset, town.world.other, first_pulled_at="2026-01-01T00:00:00+08:00")
    machine = client_make(town.world.other, grants=[grant], secret="s")
    facts = PullFacts(grant, 1, PullKind.ROWS, (), "10.0.0.1")
    from sharing.oauth import actor_for_client

    pull_record(actor=actor_for_client(machine), facts=facts, rows=7, size_bytes=70, milliseconds=3)
    return machine


def test_a_client_is_registered_on_a_page(town: SharingTown) -> None:
    browser = browser_of(town.world.other_cataloguer)
    system = InformationSystemFactory(department=town.world.other)
    sent = {"name": "核验服务", "system": system.pk, "purpose": "核验", "networks": "10.1.0.0/16\n10.2.3.4",
            "calls_per_minute": 60, "scopes": ["data:read"]}  # fmt: skip
    wrong = browser.post("/sharing/clients/new/", sent | {"networks": "0.0.0.0/0"})
    assert wrong.status_code == 422
    assert "Name smaller networks" in wrong.content.decode()
    both = browser.post("/sharing/clients/new/", sent | {"name": "", "networks": "office"}).content.decode()
    assert "This field is required." in both
    assert "Write networks like" in both, "what is wrong is told at once, not by turns"
    assert not Client.objects.exists()
    answer = browser.post("/sharing/clients/new/", sent)
    client = Client.objects.get()
    assert answer.headers["Location"] == f"/sharing/clients/{client.pk}/"
    assert client.networks == ["10.1.0.0/16", "10.2.3.4/32"]
    page = browser_of(town.world.secadmin).get(f"/sharing/clients/{client.pk}/").content.decode()
    assert f"/sharing/clients/{client.pk}/approve/" in page


def test_the_page_shows_what_the_head_needs(town: SharingTown, machine: Client) -> None:
    page = browser_of(town.world.other_head).get(f"/sharing/clients/{machine.pk}/").content.decode()
    for wanted in (machine.client_id, "grant_type=client_credentials", "import json, urllib.parse, urllib.request",
                   "public class Pull", "data-console", "/rotate/", "/suspend/", "/unbind/", "c-pulls"):  # fmt: skip
        assert wanted in page
    assert "SECRET" in page
    assert "Pull data under a grant" in page
    assert "data:read" not in page.partition("console")[0]


def test_the_last_day_of_a_grant_is_told_and_not_the_midnight_that_follows(town: SharingTown, machine: Client) -> None:
    Grant.objects.update(valid_to=clock.midnight_after(date(2027, 6, 30)))
    page = browser_of(town.world.other_head).get(f"/sharing/clients/{machine.pk}/").content.decode()
    assert "2027-06-30" in page
    assert "2027-07-01" not in page


def test_the_secret_stands_on_one_answer_and_nowhere_else(town: SharingTown, machine: Client) -> None:
    browser, known = browser_of(town.world.other_head), machine.secrets.get().pk
    assert f'name="newest" value="{known}"' in browser.get(f"/sharing/clients/{machine.pk}/").content.decode()
    answer = browser.post(f"/sharing/clients/{machine.pk}/rotate/", {"overlap_hours": "24", "newest": known})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert 'data-copy="secret"' in answer.content.decode()
    assert "The old secret is taken until" in answer.content.decode()
    assert secret not in browser.get(f"/sharing/clients/{machine.pk}/").content.decode()
    assert browser.post(f"/sharing/clients/{machine.pk}/rotate/", {"overlap_hours": "999"}).status_code == 422


def test_who_watches_sees_it_and_is_offered_only_what_he_may(town: SharingTown, machine: Client) -> None:
    page = browser_of(town.world.auditor).get(f"/sharing/clients/{machine.pk}/").content.decode()
    for act in ("rotate", "suspend", "revoke", "bind", "approve"):
        assert f"/{act}/" not in page
    page = browser_of(town.world.secadmin).get(f"/sharing/clients/{machine.pk}/").content.decode()
    assert "/suspend/" in page
    assert "/rotate/" not in page


def test_a_stranger_does_not_see_it(town: SharingTown, machine: Client) -> None:
    browser = browser_of(town.world.cataloguer)
    assert browser.get(f"/sharing/clients/{machine.pk}/").status_code == 404
    assert machine.name not in browser.get("/sharing/clients/").content.decode()
    assert machine.name.encode() in browser_of(town.world.other_cataloguer).get("/sharing/clients/?export=csv").content


def test_acts_go_back_to_the_page_and_say_how_it_went(town: SharingTown, machine: Client) -> None:
    browser = browser_of(town.world.other_head)
    address = f"/sharing/clients/{machine.pk}/"
    for act in ("suspend", "revoke"):
        refused = browser.post(f"{address}{act}/", {"note": "x" * 201})
        assert refused.status_code == 422
        assert "x" * 201 in refused.content.decode()
        assert browser.post(f"{address}{act}/", {"note": " "}).status_code == 422
    machine.refresh_from_db()
    assert machine.status == "active"
    assert "Suspended." in browser.post(f"{address}suspend/", {"note": "维护"}, follow=True).content.decode()
    assert "维护" in browser.get(address).content.decode()
    late = browser.post(f"{address}suspend/", {"note": "再次维护"})
    assert late.status_code == 409
    assert "再次维护" in late.content.decode()
    assert "with a new token" in browser.post(f"{address}resume/", follow=True).content.decode()


def test_the_console_says_why_it_is_missing_and_programs_read_what_is_in_force(town: SharingTown) -> None:
    ended = {"status": "ended", "ended_at": clock.now(), "end_reason": "not_needed"}
    over = grant_make(town.dataset, town.world.other, methods=["api"], **ended)
    machine = client_make(town.world.other, grants=[over])
    address = f"/sharing/clients/{machine.pk}/"
    assert "urllib" not in browser_of(town.world.other_head).get(address).content.decode()
    live = grant_make(town.dataset, town.world.other, methods=["api"])
    bind(machine, live)
    page = browser_of(town.world.other_head).get(address).content.decode()
    assert "data-console" not in page
    assert "own session reads only what is granted" in page
    assert f'"grant": "{live.pk}"' in page.replace("&quot;", '"')
    assert "own session" not in browser_of(town.world.secadmin).get(address).content.decode()


def test_the_list_needs_few_queries(town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for _turn in range(12):
        client_make(town.world.other)
    browser = browser_of(town.world.other_head)
    with django_assert_max_num_queries(15):
        assert browser.get("/sharing/clients/").status_code == 200


def test_the_page_needs_few_queries(
    town: SharingTown, machine: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = browser_of(town.world.other_head)
    with django_assert_max_num_queries(27):
        assert browser.get(f"/sharing/clients/{machine.pk}/").status_code == 200


def test_a_change_is_asked_for_and_decided_on_pages(town: SharingTown, machine: Client) -> None:
    browser, address = browser_of(town.world.other_head), f"/sharing/clients/{machine.pk}/"
    sent = {"networks": "127.0.0.0/8, ::1", "calls_per_minute": "900", "scopes": ["data:read"], "edit_version": "1"}
    assert "wrong" not in browser.get(f"{address}edit/").content.decode()
    assert browser.post(f"{address}edit/", sent | {"networks": "10.0.0.1/8"}).status_code == 422
    assert browser.post(f"{address}edit/", sent).headers["Location"] == address
    assert browser.post(f"{address}edit/", sent).status_code == 422
    page = browser.get(address).content.decode()
    assert "A change waits for approval" in page
    assert "/change/approve/" not in page
    browser = browser_of(town.world.secadmin)
    assert "/change/approve/" in browser.get(address).content.decode()
    seen = {"edit_version": str(type(machine).objects.get(pk=machine.pk).edit_version)}
    stale = browser.post(f"{address}change/approve/", {"edit_version": "1"}, follow=True).content.decode()
    assert "The change holds now." not in stale
    assert "The change holds now." in browser.post(f"{address}change/approve/", seen, follow=True).content.decode()
    machine.refresh_from_db()
    assert (machine.calls_per_minute, machine.networks, machine.wanted) == (900, ["127.0.0.0/8", "::1/128"], None)
