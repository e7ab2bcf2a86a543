"""Pages of erasures, which only the provider's own people see."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries

from collection import services
from collection.models import Erasure
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import Town
from tests.collection.erasures import NUMBER, approved, ask, carry_out, item_of

HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 5000]


def sent(town: Town, **given: Any) -> dict[str, Any]:
    return {
        "target": f"{town.dataset.pk}:{item_of(town)}",
        "value": NUMBER,
        "ground": "purpose_met",
        "document_number": "2026-11-20",
        "reason": "本人要求删除",
        "document": SimpleUploadedFile("申请书.pdf", b"%PDF-1.7"),
        **given,
    }


def test_an_erasure_is_asked_for_approved_and_reported_on_its_pages(three: Town) -> None:
    client = client_of(three.cataloguer)
    assert client.get("/collection/duties/erasures/new/").status_code == 200
    answer = client.post("/collection/duties/erasures/new/", sent(three))
    erasure = Erasure.objects.get()
    page = f"/collection/duties/erasures/{erasure.pk}/"
    assert answer.headers["Location"] == page
    for actor in (three.cataloguer, three.world.head):
        shown = get(actor, page)
        assert shown.status_code == 200
        assert NUMBER not in shown.content.decode()
    head = client_of(three.world.head)
    assert head.post(f"{page}refuse/", {"opinion": ""}).status_code == 422
    assert "1 stored row goes" in text_of(head.get(page))
    assert "decides, never who asked for it" in text_of(client.get(page))
    assert head.post(f"{page}approve/").status_code == 422
    assert head.post(f"{page}approve/", {"rows": "2"}).status_code == 422
    assert head.post(f"{page}approve/", {"rows": "1"}).status_code == 302
    carry_out(erasure)
    report = text_of(head.get(page))
    assert "never who asked for it" not in report, "it is decided"
    assert "1 stored row" in report
    assert "Backups" in report
    assert NUMBER not in report
    assert "after an erasure" in text_of(client.get(f"/collection/datasets/{three.dataset.pk}/?tab=versions"))
    document = head.get(f"{page}document/")
    assert b"".join(document.streaming_content) == b"%PDF-1.7"  # type: ignore[attr-defined]


def test_what_was_typed_is_kept_when_it_is_refused(three: Town) -> None:
    answer = client_of(three.cataloguer).post(
        "/collection/duties/erasures/new/", sent(three, reason=f"{NUMBER}本人要求")
    )
    assert answer.status_code == 422
    assert "leave the person" in text_of(answer)
    assert "2026-11-20" in answer.content.decode()
    assert not Erasure.objects.exists()


def test_a_value_that_no_row_has_is_asked_about_once_more(three: Town) -> None:
    client, address = client_of(three.cataloguer), "/collection/duties/erasures/new/"
    mistyped = "990102198505054322"
    answer = client.post(address, sent(three, value=mistyped))
    assert answer.status_code == 422
    assert "No row that is kept has this value" in text_of(answer)
    assert not Erasure.objects.exists()
    assert 'name="names"' not in answer.content.decode()
    once_more = client.post(address, sent(three, value=mistyped, without_rows="on", document_number=""))
    assert once_more.status_code == 422
    (box,) = re.findall(r'<input[^>]*name="without_rows"[^>]*>', once_more.content.decode())
    assert "checked" in box, "what was confirmed is not lost where something else is refused"
    assert not Erasure.objects.exists()
    assert client.post(address, sent(three, value=mistyped, without_rows="on")).status_code == 302
    assert Erasure.objects.get().rows_seen == 0


def test_nobody_else_finds_them(three: Town) -> None:
    erasure = ask(three)
    for actor in (three.world.reviewer, three.world.other_head, three.world.auditor, three.world.colleague):
        assert get(actor, f"/collection/duties/erasures/{erasure.pk}/").status_code == 404
        assert str(erasure.document_number) not in text_of(get(actor, "/collection/duties/erasures/"))


def test_the_list_is_filtered_exported_and_costs_the_same(
    three: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        ask(three, value=f"99010219850505000{number}", document_number=f"函{number}")
    client = client_of(three.cataloguer)
    address = "/collection/duties/erasures/"
    assert "函3" in text_of(client.get(address, {"q": "函3"}))
    assert "函2" not in text_of(client.get(address, {"q": "函3"}))
    assert "函5" in client.get(address, {"export": "csv"}).content.decode()
    with django_assert_max_num_queries(18):
        assert client.get(address).status_code == 200
    with django_assert_max_num_queries(20):
        assert client.get(f"{address}new/").status_code == 200


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_sent_breaks_a_page(three: Town, text: str) -> None:
    erasure = ask(three)
    client, head = client_of(three.cataloguer), client_of(three.world.head)
    for name in ("q", "state", "ordering", "page", "export"):
        assert client.get("/collection/duties/erasures/", {name: text}).status_code < 500
    words = ("target", "value", "names", "ground", "document_number", "reason", "document")
    assert client.post("/collection/duties/erasures/new/", dict.fromkeys(words, text)).status_code == 422
    target = {"target": f"{three.dataset.pk}:{item_of(three)}"}
    for word in ("value", "names", "document_number", "reason"):
        assert client.post("/collection/duties/erasures/new/", sent(three) | target | {word: text}).status_code < 500
    for act in ("refuse", "approve"):
        page = f"/collection/duties/erasures/{erasure.pk}/{act}/"
        assert head.post(page, {"opinion": text, "rows": text}).status_code < 500


def test_the_dataset_page_still_works_while_rows_are_erased(three: Town) -> None:
    erasure = approved(three)
    assert "A worker removes the rows" in text_of(get(three.cataloguer, f"/collection/duties/erasures/{erasure.pk}/"))
    assert get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/").status_code == 200


def test_the_dataset_is_chosen_first_and_its_items_alone_are_offered(three: Town) -> None:
    client = client_of(three.cataloguer)
    other = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份")
    page = "/collection/duties/erasures/new/"
    first = client.get(page).content.decode()
    assert item_of(three) not in first
    assert f'<option value="{other.pk}">另一份</option>' in first
    second = client.get(page, {"dataset": three.dataset.pk}).content.decode()
    assert f'value="{three.dataset.pk}:{item_of(three)}"' in second
    assert f'value="{other.pk}:' not in second
    for hostile in HOSTILE:
        assert client.get(page, {"dataset": hostile}).status_code == 200
