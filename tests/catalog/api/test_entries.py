import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from catalog import services
from catalog.models import Entry, Revision
from core.actors import Actor
from tests.catalog.api.conftest import SignedIn
from tests.factories.catalog import FIELDS, ITEMS, CatalogWorld
from workflow.models import OutboxMessage

URL = "/api/v1/entries/"


def body(**changes: Any) -> dict[str, Any]:
    """Return a filing in the form of the contract."""
    fields = {key: value for key, value in FIELDS.items() if not key.endswith("_assessment")}
    assessments = {"secrecy": FIELDS["secrecy_assessment"], "personal_information": "已评估"}
    return {**fields, "assessments": assessments, "items": ITEMS, **changes}


def send(client: Client, method: str, url: str, data: Any = None, **headers: str) -> Any:
    return getattr(client, method)(
        url, data=None if data is None else json.dumps(data), content_type="application/json", headers=headers
    )


def test_an_entry_goes_from_filing_to_the_list(world: CatalogWorld, client_of: SignedIn) -> None:
    cataloguer, head, reviewer = client_of(world.cataloguer), client_of(world.head), client_of(world.reviewer)
    created = send(cataloguer, "post", URL, body())
    assert created.status_code == 201
    draft = created.json()
    assert (draft["status"], draft["code"], len(draft["items"])) == ("draft", None, 5)
    url = f"{URL}{draft['id']}/"

    submitted = send(cataloguer, "post", f"{url}submit/").json()
    assert (submitted["status"], submitted["code"], submitted["id"]) == (
        "awaiting_head",
        "307013/000001",
        "307013-000001",
    )
    assert send(head, "post", f"{url}approve/", {"opinion": "同意"}).json()["status"] == "awaiting_authority"

    returned = send(
        reviewer,
        "post",
        f"{url}return/",
        {
            "opinion": "请补充",
            "comments": [{"field": "summary", "text": "过短"}, {"field": "items[1].length", "text": "?"}],
        },
    )
    assert returned.json()["status"] == "returned"
    changed = send(cataloguer, "patch", url, {"summary": "补充后的摘要"}).json()
    assert changed["summary"] == "补充后的摘要"
    send(cataloguer, "post", f"{url}submit/")
    send(head, "post", f"{url}approve/")
    published = send(reviewer, "post", f"{url}approve/", {"opinion": "同意发布"}).json()
    assert (published["status"], published["revision"], published["working"]) == ("published", 1, None)

    listed = client_of(world.other_cataloguer).get(f"{URL}?q=生活保障對象&sharing=conditional").json()
    assert listed["count"] == 1
    assert listed["count_is_exact"] is True
    assert listed["results"][0]["code"] == "307013/000001"
    assert set(listed["facets"]) == {
        "department", "region", "category", "sharing", "opening", "cycle", "format", "library",
    }  # fmt: skip
    facet = listed["facets"]["sharing"][0]
    assert (facet["value"], facet["count"]) == ("conditional", 1)


def test_a_patch_of_a_published_entry_opens_a_revision(world: CatalogWorld, client_of: SignedIn) -> None:
    entry = world.published()
    client = client_of(world.cataloguer)
    url = f"{URL}{entry.ref}/"
    answer = send(client, "patch", url, {"name": "新名称"}, **{"If-Match": str(entry.edit_version)})
    assert answer.status_code == 200
    assert answer.json()["name"] == "新名称"
    seen = client.get(url).json()
    assert (seen["name"], seen["working"]) == (FIELDS["name"], {"revision": 2, "status": "draft"})
    assert client.get(f"{url}?revision=working").json()["name"] == "新名称"
    other = client_of(world.other_cataloguer)
    assert other.get(url).json()["working"] is None
    assert other.get(f"{url}?revision=working").status_code == 404
    difference = client.get(f"{url}revisions/1/diff/2/").json()
    assert [(one["field"], one["before"], one["after"]) for one in difference["fields_changed"]] == [
        ("name", FIELDS["name"], "新名称")
    ]


def test_a_stale_patch_is_409(world: CatalogWorld, client_of: SignedIn) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    assert send(client, "patch", f"{URL}{entry.pk}/", {"name": "甲"}, **{"If-Match": '"1"'}).status_code == 200
    stale = send(client, "patch", f"{URL}{entry.pk}/", {"name": "乙"}, **{"If-Match": '"1"'})
    assert stale.status_code == 409
    assert stale.headers["Content-Type"] == "application/problem+json"
    assert stale.json()["code"] == "stale_edit"
    assert str(Entry.objects.get(pk=entry.pk)) == "甲"


def test_a_broken_rule_is_422_with_fields(world: CatalogWorld, client_of: SignedIn) -> None:
    client = client_of(world.cataloguer)
    draft = send(client, "post", URL, body(sharing_scope="", sharing_purpose="")).json()
    refused = send(client, "post", f"{URL}{draft['id']}/submit/")
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {"sharing_scope", "sharing_purpose"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"secrecy": "state"}, "secrecy"),
        ({"sharing": "sometimes"}, "sharing"),
        ({"items": [{"name": "甲", "type": "Z"}]}, "items[0].type"),
        ({"no_such_field": 1}, "no_such_field"),
        ({"name": "x" * 500}, "name"),
        ({"category": "999"}, "category"),
        ({"legal_basis": [{"article": "一"}]}, "legal_basis[0].document"),
        ({"items": "none"}, "items"),
        ({"items": [{"name": "甲", "length": -1}]}, "items[0].length"),
    ],
)
def test_a_bad_filing_is_422_and_files_nothing(
    world: CatalogWorld, client_of: SignedIn, changes: dict[str, Any], field: str
) -> None:
    answer = send(client_of(world.cataloguer), "post", URL, body(**changes))
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        *("[" * 100_000, '{"a":' * 5_000, '{"name": NaN}'),
        *('{"extra": {"a": "\\u0000"}}', '{"extra": {"a": ["\\ud800"]}}', '{"extra": {"a": 1e400}}'),
        *('{"census": {"\\u0000": 1}}', '{"extra":' * 300 + "1" + "}" * 300),
    ],
)
def test_what_cannot_be_kept_is_refused(world: CatalogWorld, client_of: SignedIn, raw: str) -> None:
    answer = client_of(world.cataloguer).post(URL, data=raw, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Entry.objects.exists()


@pytest.mark.parametrize("raw", ["{", "[1]", '"text"', "\x00", "null", ""])
def test_what_cannot_be_read_is_no_500(world: CatalogWorld, client_of: SignedIn, raw: str) -> None:
    client = client_of(world.cataloguer)
    answer = client.post(URL, data=raw, content_type="application/json")
    assert answer.status_code in (201, 400, 422)
    if answer.status_code != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_nobody_signed_in_is_401(world: CatalogWorld) -> None:
    entry = world.published()
    for url in (URL, f"{URL}{entry.ref}/", f"{URL}{entry.ref}/revisions/"):
        answer = Client().get(url)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert send(Client(), "post", URL, body()).status_code == 401


def test_a_session_needs_its_csrf_token_to_write(world: CatalogWorld) -> None:
    from accounts.models import User

    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(pk=world.cataloguer.id))
    assert send(client, "post", URL, body()).status_code == 403
    assert not Entry.objects.exists()


def test_the_wrong_person_is_refused_and_nothing_changes(world: CatalogWorld, client_of: SignedIn) -> None:
    entry = world.signed_off()

    def state() -> tuple[str, int, int]:
        done = AuditEvent.objects.filter(action__startswith="catalog.").count()
        return Revision.objects.get(entry=entry).status, done, OutboxMessage.objects.count()

    before = state()

    def answers(actor: Actor) -> int:
        return int(send(client_of(actor), "post", f"{URL}{entry.pk}/approve/").status_code)

    assert answers(world.cataloguer) == 403
    assert answers(world.head) == 403
    for stranger in (world.other_head, world.colleague, world.sysadmin, world.secadmin, world.auditor):
        assert answers(stranger) == 404
    assert state() == before
    assert AuditEvent.objects.filter(action="access.denied").count() == 2


def test_the_wrong_state_is_409(world: CatalogWorld, client_of: SignedIn) -> None:
    entry = world.published()
    assert send(client_of(world.cataloguer), "post", f"{URL}{entry.ref}/submit/").status_code == 409
    assert send(client_of(world.reviewer), "post", f"{URL}{entry.ref}/approve/").status_code == 409


def test_withdrawal_goes_over_head_and_authority(world: CatalogWorld, client_of: SignedIn) -> None:
    entry = world.published()
    url = f"{URL}{entry.ref}/"
    assert send(client_of(world.cataloguer), "post", f"{url}withdraw/", {}).status_code == 422
    asked = send(client_of(world.cataloguer), "post", f"{url}withdraw/", {"reason": "职责调整"})
    assert asked.json()["status"] == "withdrawal_pending"
    assert client_of(world.other_cataloguer).get(url).status_code == 200
    send(client_of(world.head), "post", f"{url}approve/")
    assert send(client_of(world.reviewer), "post", f"{url}approve/").json()["status"] == "withdrawn"
    assert client_of(world.other_cataloguer).get(url).status_code == 404


def test_paging_links_and_limits(world: CatalogWorld, client_of: SignedIn) -> None:
    for number in range(5):
        world.published(name=f"目录{number}")
    client = client_of(world.other_cataloguer)
    first = client.get(f"{URL}?page_size=2&ordering=code").json()
    assert [entry["code"] for entry in first["results"]] == ["307013/000001", "307013/000002"]
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert [entry["code"] for entry in second["results"]] == ["307013/000003", "307013/000004"]
    last = client.get(second["next"]).json()
    assert (len(last["results"]), last["next"]) == (1, None)
    for bad in ("page=0", "page=x", "page=999999", "ordering=evil", "sharing=evil"):
        assert client.get(f"{URL}?{bad}").status_code == 422


def test_listing_and_detail_keep_their_query_budget(
    world: CatalogWorld, client_of: SignedIn, django_assert_max_num_queries: Any
) -> None:
    client = client_of(world.other_cataloguer)
    for number in range(3):
        entry = world.published(name=f"目录{number}")
    client.get(URL)
    with django_assert_max_num_queries(16) as few:
        client.get(f"{URL}?q=目录")
    for number in range(9):
        world.published(name=f"目录又{number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get(f"{URL}?q=目录").json()["count"] == 12
    with django_assert_max_num_queries(12):
        client.get(f"{URL}{entry.ref}/")


def test_codes_and_numbers_of_entries_that_do_not_exist_look_alike(world: CatalogWorld, client_of: SignedIn) -> None:
    draft = world.entry()
    client = client_of(world.other_cataloguer)
    bodies = []
    for ref in (draft.pk, 999_999, "307013-999999", "..", "%00", "9" * 40):
        answer = client.get(f"{URL}{ref}/")
        assert answer.status_code == 404
        bodies.append({key: value for key, value in answer.json().items() if key not in ("instance", "request_id")})
    assert all(one == bodies[0] for one in bodies[:3])


def test_the_budget_of_a_filing_does_not_grow_with_its_items(
    world: CatalogWorld, django_assert_num_queries: DjangoAssertNumQueries, django_assert_max_num_queries: Any
) -> None:
    many = [{"name": f"数据项{number}", "field_name": f"F{number}", "length": 10} for number in range(200)]
    with django_assert_max_num_queries(12) as few:
        services.entry_create(actor=world.cataloguer, fields=FIELDS, items=many[:2])
    with django_assert_num_queries(len(few.captured_queries)):
        services.entry_create(actor=world.cataloguer, fields=FIELDS, items=many)


def test_the_answer_to_a_filing_is_what_a_later_read_gives(world: CatalogWorld, client_of: SignedIn) -> None:
    """It is made from what was just written, without reading it again."""
    client = client_of(world.cataloguer)
    other = world.published(name="另一目录")
    items = [*ITEMS, {"name": " 备注 ", "type": "M", "nullable": True}, {"name": "开放项", "opening": "open"}]
    for changes in ({}, {"items": items, "related": [other.ref]}, {"items": [], "related": []}):
        filed = send(client, "post", URL, body(**changes)).json()
        assert filed == client.get(f"{URL}{filed['id']}/").json()
    changed = send(client, "patch", f"{URL}{filed['id']}/", {"items": items, "related": [other.ref]}).json()
    assert changed == client.get(f"{URL}{filed['id']}/").json()


def test_a_filing_keeps_its_query_budget(
    world: CatalogWorld, client_of: SignedIn, django_assert_max_num_queries: Any
) -> None:
    """Session and actor, savepoint, provider, standard, category, keys, the rows of the entry, search and trail."""
    client = client_of(world.cataloguer)
    with django_assert_max_num_queries(16):
        assert send(client, "post", URL, body()).status_code == 201


def test_forms_of_the_api_keep_nothing_of_an_earlier_call(world: CatalogWorld, client_of: SignedIn) -> None:
    client = client_of(world.cataloguer)
    assert send(client, "post", URL, body(items=[{"type": "Z"}])).status_code == 422
    draft = send(client, "post", URL, body()).json()
    partial = send(client, "patch", f"{URL}{draft['id']}/", {"items": [{"id": draft["items"][0]["id"]}]})
    assert partial.status_code == 200, "a change need not repeat names"
    assert send(client, "post", URL, body(items=[{"field_name": "XM"}])).status_code == 422
