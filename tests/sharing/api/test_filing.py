"""A machine files entries for its department, and nothing that takes a person."""

from typing import Any

import pytest
from django.test import Client as Browser

from audit.models import AuditEvent
from catalog.models import Entry, Revision
from catalog.policies import FILING_SCOPE
from sharing.client_choices import Scope
from sharing.models import Client
from tests.factories.catalog import FIELDS, ITEMS, CatalogWorld
from tests.sharing.factories import bearer, client_make
from workflow.models import Task

BODY = {name: value for name, value in FIELDS.items() if not name.endswith("_assessment")} | {
    "assessments": {"secrecy": "不涉密。", "personal_information": "已评估。"},
    "items": ITEMS,
}


@pytest.fixture
def filer(world: CatalogWorld) -> Client:
    return client_make(world.provider, scopes=["catalog:write", "data:read"])


def send(machine: Client, method: str, address: str, body: Any = None, **more: Any) -> Any:
    headers = bearer(machine, scope=more.pop("scope", "catalog:write")) | more.pop("headers", {})
    return getattr(Browser(), method)(f"/api/v1/entries/{address}", body, "application/json", headers=headers)


def test_the_scope_has_one_name() -> None:
    assert Scope.CATALOG_WRITE == FILING_SCOPE


def test_a_machine_files_for_its_department(filer: Client, world: CatalogWorld) -> None:
    made = send(filer, "post", "", BODY)
    assert made.status_code == 201, made.content
    entry = Entry.objects.get(pk=made.json()["id"])
    assert (entry.department, entry.working_revision.created_by_id) == (world.provider, None)
    assert send(filer, "patch", f"{entry.ref}/", {"summary": "更正"}).status_code == 200
    sent = send(filer, "post", f"{entry.ref}/submit/")
    assert (sent.status_code, sent.json()["status"]) == (200, "awaiting_head")
    assert Revision.objects.get(entry=entry).submitted_by_id is None
    assert Task.objects.get(closed_at__isnull=True).exclude_user_ids == []
    assert send(filer, "post", f"{entry.ref}/recall/").status_code == 200
    assert set(AuditEvent.objects.filter(object_label="catalog.entry").values_list("actor_kind", flat=True)) == {
        "client"
    }


def test_what_takes_a_person_is_closed(filer: Client, world: CatalogWorld) -> None:
    entry = world.submitted()
    for action, body in (("approve", {}), ("return", {"opinion": "x"}), ("withdraw", {"reason": "x"})):
        answer = send(filer, "post", f"{entry.ref}/{action}/", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "person_required")


def test_a_token_that_only_reads_files_nothing(filer: Client, world: CatalogWorld) -> None:
    draft = world.entry()
    made = send(filer, "post", "", BODY, scope="data:read")
    assert (made.status_code, made.json()["code"]) == (403, "insufficient_scope")
    assert Browser().get(f"/api/v1/entries/{draft.ref}/", headers=bearer(filer)).status_code == 404
    assert Browser().get(f"/api/v1/entries/{world.published().ref}/", headers=bearer(filer)).status_code == 200


def test_another_departments_entries_are_not_the_machines(world: CatalogWorld) -> None:
    machine = client_make(world.other, scopes=["catalog:write"])
    draft, published = world.entry(), world.published()
    assert send(machine, "patch", f"{draft.ref}/", {"summary": "x"}).status_code == 404
    assert send(machine, "patch", f"{published.ref}/", {"summary": "x"}).status_code == 403


def test_a_key_makes_a_repeated_filing_one(filer: Client, world: CatalogWorld) -> None:
    key = {"Idempotency-Key": "once"}
    first = send(filer, "post", "", BODY, headers=key)
    again = send(filer, "post", "", BODY, headers=key)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Entry.objects.count() == 1
    Client.objects.update(status="suspended")
    assert send(filer, "post", "", BODY, headers=key).status_code == 401
