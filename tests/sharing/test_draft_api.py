"""Drafts, their files and counts through the API: refused as on the pages, and nothing of it kept."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from core.actors import Actor
from sharing.choices import RequestStatus
from sharing.models import ShareRequest
from sharing.services import filing, material
from tests.catalog.views.reader import text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.test_request_api import URL, client_of, post, post_as_read
from workflow.models import Attachment


def patch(actor: Actor, url: str, body: Any, **headers: str) -> Any:
    return client_of(actor).patch(url, body, content_type="application/json", headers=headers)


def attach(actor: Actor, url: str, content: bytes = "职责依据".encode(), name: str = "依据.txt", **more: Any) -> Any:
    return client_of(actor).post(f"{url}attachments/", {"file": ContentFile(content, name=name)}, **more)


def test_a_draft_is_changed_from_the_version_that_was_read(town: SharingTown) -> None:
    draft = town.draft()
    one = f"{URL}{draft.pk}/"
    read = client_of(town.asker).get(one)
    changed = patch(town.asker, one, {"items": ["XM"], "scenario": "核验"}, **{"If-Match": read.headers["ETag"]})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["items"], changed.json()["scenario"]) == (["XM"], "核验")
    assert changed.json()["contact_name"] == read.json()["contact_name"]
    assert changed.headers["ETag"] == f'"{changed.json()["edit_version"]}"'
    stale = patch(town.asker, one, {"scenario": "别的"}, **{"If-Match": read.headers["ETag"]})
    assert (stale.status_code, stale.headers["Content-Type"]) == (409, "application/problem+json")
    assert stale.json()["edit_version"] == changed.json()["edit_version"]
    assert ShareRequest.objects.get(pk=draft.pk).scenario == "核验"
    assert patch(town.asker, one, {}, **{"If-Match": "abc"}).status_code == 400


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"items": ["没有"]}, "items"),
        ({"row_filter": [{"item": "NRRQ", "operator": "gte", "values": ["某日"]}]}, "row_filter[0].values"),
        ({"valid_until": "某日"}, "valid_until"),
        ({"systems": [2**61]}, "systems"),
        ({"legal_basis": [{"document": "没有", "article": "第一条"}]}, "legal_basis"),
        ({"dataset": 2**61}, "dataset"),
        ({"scenario": "\x00"}, "scenario"),
    ],
)
def test_what_does_not_fit_into_a_draft_is_named_and_nothing_is_kept(
    town: SharingTown, given: dict[str, Any], field: str
) -> None:
    draft = town.draft()
    refused = patch(town.asker, f"{URL}{draft.pk}/", {"contact_name": "李四"} | given)
    assert refused.status_code == 422, refused.content
    assert field in {one["field"] for one in refused.json()["errors"]}
    kept = ShareRequest.objects.get(pk=draft.pk)
    assert (kept.contact_name, kept.edit_version) == ("王立", draft.edit_version)


def test_what_was_submitted_is_neither_changed_nor_discarded(town: SharingTown) -> None:
    request = town.submitted()
    one = f"{URL}{request.pk}/"
    assert patch(town.asker, one, {"scenario": "别的"}).status_code == 409
    assert client_of(town.asker).delete(one).status_code == 409
    assert attach(town.asker, one).status_code == 409
    assert not Attachment.objects.exists()
    filing.request_return(actor=town.asker_head, request_id=request.pk, opinion="补充")
    assert patch(town.asker, one, {"scenario": "补充后"}).json()["scenario"] == "补充后"
    assert client_of(town.asker).delete(one).status_code == 409
    assert ShareRequest.objects.get(pk=request.pk).status == RequestStatus.RETURNED


def test_a_draft_is_given_up(town: SharingTown) -> None:
    draft = town.draft()
    assert client_of(town.asker_head).delete(f"{URL}{draft.pk}/").status_code == 403
    assert client_of(town.world.head).delete(f"{URL}{draft.pk}/").status_code == 404
    assert client_of(town.asker).delete(f"{URL}{draft.pk}/").status_code == 204
    assert not ShareRequest.objects.exists()


def test_files_go_with_a_draft(town: SharingTown) -> None:
    one = f"{URL}{town.draft().pk}/"
    added = attach(town.asker, one, headers={"Idempotency-Key": "a"})
    assert added.status_code == 201, added.content
    assert (added.json()["name"], added.json()["content_type"]) == ("依据.txt", "text/plain")
    assert client_of(town.asker_head).get(f"{one}attachments/").json() == {"results": [added.json()]}
    address = f"{one}attachments/{added.json()['id']}/"
    got = client_of(town.asker).get(address, headers={"Accept": "text/plain"})
    assert b"".join(got.streaming_content).decode() == "职责依据"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    another = f"{URL}{town.draft().pk}/attachments/{added.json()['id']}/"
    for who, where, status in (
        (town.world.head, address, 404), (town.world.cataloguer, address, 404), (town.asker, another, 404),
    ):  # fmt: skip
        assert client_of(who).get(where).status_code == status
        assert client_of(who).delete(where).status_code == status
    assert client_of(town.asker_head).delete(address).status_code == 403
    kept = Attachment.objects.get(removed_at=None)
    kept.file.storage.delete(kept.file.name)
    lost = client_of(town.asker).get(address)
    assert (lost.status_code, lost.json()["code"]) == (503, "file_lost")
    page = client_of(town.asker).get(reverse("workflow:attachment_download", args=[kept.pk]))
    assert (page.status_code, "no longer in the storage" in text_of(page)) == (503, True)
    assert client_of(town.asker).delete(address).status_code == 204
    assert client_of(town.asker).get(address).status_code == 404
    assert client_of(town.asker).get(f"{one}attachments/").json() == {"results": []}


def test_a_file_is_sent_under_the_rules_of_the_session(town: SharingTown) -> None:
    one = f"{URL}{town.draft().pk}/attachments/"
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(client_of(town.asker).cookies)
    assert client.post(one, {"file": ContentFile(b"a", name="a.txt")}).status_code == 403
    assert not Attachment.objects.exists()
    client.cookies["csrftoken"] = "a" * 32
    sent = client.post(one, {"file": ContentFile(b"a", name="a.txt")}, headers={"X-CSRFToken": "a" * 32})
    assert sent.status_code == 201, sent.content


def test_a_large_file_is_sent_without_a_key(town: SharingTown, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2
    one, content = f"{URL}{town.draft().pk}/", "据".encode() * 1024**2
    refused = attach(town.asker, one, content, headers={"Idempotency-Key": "a"})
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")
    assert "1 MB" in refused.json()["detail"]
    assert not Attachment.objects.exists()
    assert attach(town.asker, one, content).status_code == 201


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"MZ\x90", "a.exe", 422),
        (b"%PDF-1.7", "a.png", 422),
        (b"", "a.txt", 422),
    ],
)
def test_files_of_other_kinds_are_refused(town: SharingTown, content: bytes, name: str, status: int) -> None:
    refused = attach(town.asker, f"{URL}{town.draft().pk}/", content, name)
    assert refused.status_code == status
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["errors"][0]["message"]
    assert not Attachment.objects.exists()


def test_a_call_without_a_file_is_refused(town: SharingTown) -> None:
    one = f"{URL}{town.draft().pk}/attachments/"
    assert post(town.asker, one, {"file": "a"}).status_code == 400
    assert client_of(town.asker).post(one, {"file": "a"}).status_code == 422
    assert client_of(town.asker).post(one).status_code == 422
    assert client_of(town.asker).post(one, b"x", content_type="multipart/form-data").status_code == 400


def test_missing_material_comes_with_files(town: SharingTown) -> None:
    request = town.agreed()
    one = f"{URL}{request.pk}/"
    material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="职责依据")
    assert attach(town.asker, one).status_code == 201
    assert attach(town.world.head, one).status_code == 403
    assert post_as_read(town.asker, one, "supplement", {"text": "见附件"}).json()["status"] == "awaiting_provider"
    [file] = client_of(town.world.head).get(f"{one}attachments/").json()["results"]
    assert client_of(town.world.head).get(f"{one}attachments/{file['id']}/").status_code == 200


def test_rows_are_counted_as_on_the_pages(town: SharingTown) -> None:
    request = town.agreed(row_filter=[{"item": "NRRQ", "operator": "gte", "values": ["2020-01-01"]}])
    one = f"{URL}{request.pk}/count/"
    asked = post(town.world.head, one).json()
    assert (asked["exact"], asked["left"]) == (True, None)
    narrower = [{"item": "NRRQ", "operator": "gte", "values": ["2099-01-01"]}]
    assert post(town.world.head, one, {"row_filter": narrower}).json()["rows"] == 0
    wider = [{"item": "NRRQ", "operator": "gte", "values": ["1900-01-01"]}]
    assert post(town.world.head, one, {"row_filter": wider}).json()["rows"] == asked["rows"]
    assert post(town.asker, one).json() == {"rows": None, "exact": False, "left": 49}
    hidden = [{"item": "SFZH", "operator": "eq", "values": ["1"]}]
    assert post(town.asker, one, {"row_filter": hidden}).status_code == 422
    assert post(town.asker_head, one).status_code == 403
    assert post(town.world.cataloguer, f"{URL}{town.draft().pk}/count/").status_code == 404
