"""From an entry to its data: the panel beside it, the basket, the terms, taking at once; and where all begins."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from sharing.models import Grant, ShareRequest, Terms
from sharing.services.grant import grant_end
from sharing.services.terms import terms_accept
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, shelf_of


def test_the_public_sees_nothing_of_sharing_beside_an_entry(town: SharingTown) -> None:
    town.agreed()
    assert "Request the data" not in text_of(Client().get(f"/open/{town.entry.ref}/"))
    for actor in (town.world.sysadmin, town.world.colleague):
        assert "Request the data" not in text_of(get(actor, f"/catalog/{town.entry.ref}/"))


def test_each_side_finds_its_own_beside_an_entry(town: SharingTown) -> None:
    page = f"/catalog/{town.entry.ref}/"
    asker = text_of(get(town.asker, page))
    assert "Request the data" in asker
    assert "Add to the basket" in asker
    assert "Request the data" not in text_of(get(town.world.head, page))
    request = town.agreed()
    assert f"Request {request}" in text_of(get(town.world.head, page))
    grant = town.granted()
    assert f"Grant {grant.pk}" in text_of(get(town.asker_head, page))


def test_unconditional_data_are_taken_once_the_terms_are_accepted(free: SharingTown) -> None:
    asker, head = client_of(free.asker), client_of(free.asker_head)
    page = f"/sharing/take/{free.dataset.pk}/"
    assert page in asker.get(f"/catalog/{free.entry.ref}/").content.decode()
    sent: dict[str, Any] = {
        "purpose": "核对机构名称",
        "systems": [str(free.system.pk)],
        "methods": ["file"],
        "until": "2027-06-30",
    }
    early = asker.post(page, sent)
    assert early.status_code == 409
    assert "核对机构名称" in early.content.decode()
    assert "Your sharing office head has to accept" in text_of(early)
    assert asker.post("/sharing/terms/accept/", {"number": "1"}).status_code == 403
    wrong = head.post("/sharing/terms/accept/", {"number": "7", "next": page})
    assert wrong.status_code == 302
    assert "Other terms are in force by now" in text_of(head.get(page))
    assert head.post("/sharing/terms/accept/", {"number": "1", "next": page}).headers["Location"] == page
    assert head.post("/sharing/terms/accept/", {"number": "1", "next": "//evil.example/"}).headers["Location"] == (
        "/sharing/terms/"
    )
    assert asker.post(page, sent | {"until": "2020-01-01"}).status_code == 422
    taken = asker.post(page, sent)
    grant = Grant.objects.get()
    assert taken.headers["Location"] == f"/sharing/grants/{grant.pk}/"
    assert "Terms of use for unconditional sharing" in text_of(asker.get(taken.headers["Location"]))


def test_the_way_of_a_draft_is_that_of_what_it_asks_for(free: SharingTown, town: SharingTown) -> None:
    answered = "Answer of the provider"
    assert answered not in text_of(get(free.asker, f"/sharing/requests/{free.draft(items=free.items()).pk}/"))
    assert answered in text_of(get(town.asker, f"/sharing/requests/{town.draft().pk}/"))


def test_data_that_are_barred_are_not_offered_and_lose_nothing(free: SharingTown) -> None:
    terms_accept(actor=free.asker_head, number=1)
    page, asker = f"/sharing/take/{free.dataset.pk}/", client_of(free.asker)
    sent = {"purpose": "核对机构名称", "systems": [free.system.pk], "methods": ["file"], "until": "2027-06-30"}
    assert asker.post(page, sent).status_code == 302
    grant_end(actor=free.world.head, grant_id=Grant.objects.get().pk, reason="misuse", note="外传")
    entry = f"/catalog/{free.entry.ref}/"
    assert page not in asker.get(entry).content.decode()
    assert asker.get(page).status_code == 403
    barred = asker.post(page, sent)
    assert barred.status_code == 403
    assert "is suspended, or was misused" in text_of(barred)
    assert "核对机构名称" in barred.content.decode()
    assert Grant.objects.count() == 1


def test_files_of_which_a_part_is_conditional_are_not_offered(world: CatalogWorld) -> None:
    town = shelf_of(world, sharing="unconditional", sharing_scope="", sharing_purpose="", data_level="general_1")
    page = f"/sharing/take/{town.dataset.pk}/"
    assert page not in get(town.asker, f"/catalog/{town.entry.ref}/").content.decode()
    assert get(town.asker, page).status_code == 403


@pytest.mark.parametrize("wanted", ["foo", "//evil.example/", "https://evil.example/", "x" * 5000, ""])
def test_a_way_back_that_is_no_page_of_ours_is_not_taken(town: SharingTown, wanted: str) -> None:
    added = client_of(town.asker).post(f"/sharing/basket/add/{town.entry.ref}/", {"next": wanted})
    assert added.headers["Location"] == f"/catalog/{town.entry.ref}/"
    accepted = client_of(town.asker_head).post("/sharing/terms/accept/", {"number": "1", "next": wanted})
    assert accepted.headers["Location"] == "/sharing/terms/"


def test_conditional_data_are_not_taken(town: SharingTown) -> None:
    assert get(town.asker, f"/sharing/take/{town.dataset.pk}/").status_code == 403
    assert get(town.world.head, f"/sharing/take/{town.dataset.pk}/").status_code == 403


def test_a_basket_becomes_drafts_that_say_the_same(town: SharingTown) -> None:
    second = town.world.published(name="临时救助对象信息")
    asker = client_of(town.asker)
    assert "The basket is empty" in text_of(asker.get("/sharing/basket/"))
    for entry in (town.entry, second, town.entry):
        added = asker.post(f"/sharing/basket/add/{entry.ref}/")
        assert added.headers["Location"] == f"/catalog/{entry.ref}/"
    asker = client_of(town.asker)  # it is kept beyond a session, for the person alone
    shown = text_of(asker.get("/sharing/basket/"))
    assert "2 entries" in shown
    colleague = actor_of(UserFactory(department=town.world.other, roles=["cataloguer"]))
    assert "The basket is empty" in text_of(get(colleague, "/sharing/basket/"))
    assert "Basket: 2 entries" in text_of(asker.get("/sharing/"))
    bad = asker.post("/sharing/basket/", {"scenario": "核验身份", "valid_until": "soon"})
    assert bad.status_code == 422
    assert "核验身份" in bad.content.decode()
    asker.post(f"/sharing/basket/remove/{second.pk}/")
    asker.post(f"/sharing/basket/add/{second.ref}/")
    sent = {
        "scenario": "核验身份",
        "legal_basis": ["政务数据共享条例|第二十条"],
        "systems": [str(town.system.pk)],
        "valid_until": "2027-06-30",
    }
    assert asker.post("/sharing/basket/", sent).status_code == 302
    made = ShareRequest.objects.all()
    assert {one.scenario for one in made} == {"核验身份"}
    assert len({one.basket for one in made}) == 1
    assert "The basket is empty" in text_of(asker.get("/sharing/basket/"))
    assert client_of(town.world.cataloguer).post(f"/sharing/basket/add/{town.entry.ref}/").status_code == 403
    assert get(town.asker_head, "/sharing/basket/").status_code == 403


def test_the_leading_authority_puts_new_terms_into_force(town: SharingTown) -> None:
    page = text_of(get(town.asker_head, "/sharing/terms/"))
    assert "Version 1, in force since" in page
    assert "Accept for the department" in page
    assert client_of(town.asker_head).post("/sharing/terms/", {"text": "新条款"}).status_code == 403
    reviewer = client_of(town.world.reviewer)
    assert reviewer.post("/sharing/terms/", {"text": " "}).status_code == 422
    assert reviewer.post("/sharing/terms/", {"text": "新条款"}).status_code == 302
    assert Terms.objects.latest("number").text == "新条款"


def test_requests_wait_on_the_page_of_reviews_too(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    shown = text_of(get(town.world.reviewer, "/review/"))
    assert "1 request for data waits" in shown
    assert str(request.number) in shown
    assert "request for data waits" not in text_of(get(town.world.head, "/review/"))


def test_the_way_in_shows_what_concerns_each(
    town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    town.agreed()
    town.granted()
    for actor in (town.asker, town.asker_head, town.world.head, town.world.reviewer, town.world.secadmin):
        client = client_of(actor)
        with django_assert_max_num_queries(32):
            assert client.get("/sharing/").status_code == 200
    assert get(town.world.sysadmin, "/sharing/").status_code == 403
