"""Rows under a grant: pages, items, filters, cursors, tags, packing, the log."""

import gzip
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from redis import Redis

from collection.models import DatasetVersion
from collection.services import dataset_hook
from core import clock
from core.testing import clock_at
from sharing import limits
from sharing.models import Client, Grant, Pull
from sharing.services import pull as pulls
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.worker import run_of
from tests.factories.accounts import UserFactory
from tests.sharing.api.conftest import Call
from tests.sharing.factories import bearer, bind, client_make, grant_make, items_named


def test_rows_come_masked_and_typed_as_declared(call: Call) -> None:
    body = call().json()
    assert body["version"] == 1
    assert body["rows"][2] == {
        "DXBH": "0164A", "XM": "欧**", "SFZH": "9***************77", "YBZJE": "1020.00", "NRRQ": "2026-03-01",
    }  # fmt: skip
    assert (body["truncated"], body["next_cursor"]) == (False, None)


def test_a_naive_client_reaches_every_row_once_and_ends(call: Call) -> None:
    keys, cursor, pages = [], "", 0
    while cursor is not None:
        body = call(limit=1, **({"cursor": cursor} if cursor else {})).json()
        keys += [row["DXBH"] for row in body["rows"]]
        cursor, pages = body["next_cursor"], pages + 1
        assert body["truncated"] is (cursor is not None)
    assert keys == ["0001", "0002", "0164A"]
    assert pages <= 4


def test_a_walk_reads_one_version_to_its_end(call: Call, three: Town) -> None:
    first = call(limit=1).json()
    three.send(HEADER + ROWS[0].replace("850.50", "1.00"))
    rest = call(limit=10, cursor=first["next_cursor"]).json()
    assert rest["version"] == 1
    assert [row["YBZJE"] for row in rest["rows"]] == ["920", "1020.00"]
    assert call().json()["rows"][0]["YBZJE"] == "1.00"
    assert call(version=1).json()["rows"][0]["YBZJE"] == "850.50"


@pytest.mark.parametrize("version", [3, 99, "x", 0, -1])
def test_a_version_that_is_none_is_refused(call: Call, version: Any) -> None:
    assert call(version=version).status_code == 422


def test_a_version_whose_rows_are_gone_asks_for_a_snapshot(call: Call, three: Town) -> None:
    cursor = call(limit=1).json()["next_cursor"]
    three.send(HEADER + ROWS[0])
    DatasetVersion.objects.filter(number=1).update(purged_at=clock.now())
    for query in ({"version": 1}, {"cursor": cursor}):
        answer = call(**query)
        assert (answer.status_code, answer.json()["code"]) == (410, "resync")
        assert "no longer kept" in answer.json()["detail"]


def test_the_limit_is_clamped_and_nonsense_refused(call: Call) -> None:
    for limit in (10**9, 10**25, "0" * 30 + "7"):
        assert call(limit=limit).status_code == 200
    for limit in ("0", "000", "-1", "x", "１", "1e3", "9" * 30 + "x", ["1", "2"]):
        assert call(limit=limit).status_code == 422


@pytest.mark.parametrize("fields", ["", ",", " ", "\x00", "DXBH,", "DXBH,,XM", ["DXBH", ""]])
def test_fields_without_a_name_are_refused(call: Call, fields: Any) -> None:
    for door in ("rows/", "export/"):
        answer = call(door, fields=fields)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] in (["fields"], ["\x00"])
    assert not Pull.objects.exclude(outcome="failed", rows=0).exists()


def test_an_empty_cursor_is_refused_like_a_forged_one(call: Call) -> None:
    for door, query in (("rows/", {}), ("changes/", {"since": 0})):
        assert [call(door, cursor=one, **query).status_code for one in ("", "AAAA")] == [400, 400]
    assert not Pull.objects.exists()


def test_fields_choose_items_by_either_name(call: Call) -> None:
    assert call(fields="DXBH,月保障金额", limit=1).json()["rows"] == [{"DXBH": "0001", "YBZJE": "850.50"}]
    assert len(Pull.objects.latest("pk").items) == 2


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"DXBH": "0002"}, ["0002"]),
        ({"对象编号": "0002"}, ["0002"]),
        ({"item.DXBH": "0002"}, ["0002"]),
        ({"YBZJE__gte": "920"}, ["0002", "0164A"]),
        ({"YBZJE__gt": "920"}, ["0164A"]),
        ({"YBZJE__lte": "920.0"}, ["0001", "0002"]),
        ({"YBZJE__lt": "920"}, ["0001"]),
        ({"NRRQ__gte": "2026-02-01", "NRRQ__lt": "2026-03-01"}, ["0002"]),
        ({"DXBH__in": "0001,0164A,9"}, ["0001", "0164A"]),
        ({"DXBH__startswith": "000"}, ["0001", "0002"]),
        ({"XM__isnull": "true"}, []),
        ({"XM__isnull": "false"}, ["0001", "0002", "0164A"]),
        ({"DXBH": "' OR '1'='1"}, []),
        ({"DXBH": "%s"}, []),
    ],
)
def test_the_filter_grammar(call: Call, query: dict[str, str], keys: list[str]) -> None:
    assert [row["DXBH"] for row in call(**query).json()["rows"]] == keys
    assert len(Pull.objects.latest("pk").filter) == len(query)


def test_a_long_list_of_values_comes_in_several_calls_of_one_version(call: Call, three: Town) -> None:
    first = call(XM__in="王**,没有").json()
    three.send(HEADER + ROWS[0])
    parts = [call(DXBH__in=part, version=first["version"]).json() for part in ("0001,9", "0002,0164A")]
    assert {one["version"] for one in parts} == {first["version"]}
    assert [row["DXBH"] for one in parts for row in one["rows"]] == ["0001", "0002", "0164A"]
    assert call(DXBH__in=",".join(map(str, range(201)))).status_code == 422


HUGE = ({"YBZJE": "1e999999"}, {"YBZJE__gte": "9" * 5000}, {"YBZJE__in": "1,0." + "1" * 20_000}, {"NRRQ": "9" * 5000})


@pytest.mark.parametrize("query", [{"YBZJE": "viel"}, {"NRRQ__gt": "gestern"}, {"XM__isnull": "maybe"}, *HUGE])
def test_a_value_of_another_type_or_that_the_store_cannot_take_is_refused(call: Call, query: dict[str, str]) -> None:
    for door in ("rows/", "export/"):
        answer = call(door, **query)
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


def test_a_filter_sees_the_mask_and_so_cannot_probe_it(call: Call) -> None:
    assert call(XM="王小明").json()["rows"] == []
    assert len(call(XM="王**").json()["rows"]) == 1
    assert call(SFZH__startswith="990102").json()["rows"] == []


MONTHS = [
    ({"NRRQ": "2026-02"}, ["0002"]),
    ({"NRRQ__gte": "2026-02"}, ["0002", "0164A"]),
    ({"NRRQ__gt": "2026-02"}, ["0164A"]),
    ({"NRRQ__in": "2026-01,2026-03"}, ["0001", "0164A"]),
    ({"NRRQ__startswith": "2026-0"}, ["0001", "0002", "0164A"]),
    ({"NRRQ__isnull": "false"}, ["0001", "0002", "0164A"]),
    ({"YBZJE": "800~900"}, ["0001"]),
    ({"YBZJE__in": "800~900,1000~2000"}, ["0001", "0164A"]),
]
OTHERWISE = [
    {"NRRQ": "2026-02-06"},
    {"NRRQ__gte": "2026-01-01"},
    {"NRRQ__lt": "2026-03-01"},
    {"NRRQ__in": "2026-01,2026-03-01"},
    {"NRRQ__gte": "2026"},
    {"NRRQ": "2026-13"},
    {"NRRQ__startswith": "2026-02-0"},
    {"NRRQ__gte": ""},
    {"YBZJE": "850.50"},
    {"YBZJE__gte": "900"},
    {"YBZJE__lte": "800~900"},
]


@pytest.fixture
def cut(call: Call, grant: Grant) -> Call:
    """Calls under a grant that shows days by their month and amounts by their band."""
    days, amounts = items_named(grant.dataset, ["NRRQ", "YBZJE"])
    Grant.objects.filter(pk=grant.pk).update(masks={**grant.masks, days: "month", amounts: "band"}, edition=2)
    return call


@pytest.mark.parametrize(("query", "keys"), MONTHS)
def test_what_is_shown_cut_is_compared_as_it_is_shown(cut: Call, query: dict[str, str], keys: list[str]) -> None:
    assert [row["DXBH"] for row in cut(**query).json()["rows"]] == keys


@pytest.mark.parametrize("query", OTHERWISE)
def test_what_is_shown_cut_is_compared_with_nothing_else(cut: Call, query: dict[str, str]) -> None:
    for door in ("rows/", "export/"):
        answer = cut(door, **query)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == (next(iter(query)).partition("__")[0], "masked_form")
        assert "2026-02" in error["message"] or "800~900" in error["message"]
    assert not Pull.objects.exclude(outcome="failed", rows=0).exists()


def test_a_hidden_item_and_one_that_is_none_are_refused_alike(three: Town, client_of: Client) -> None:
    grant = grant_make(three.dataset, client_of.department, items=["DXBH"])
    bind(client_of, grant)
    headers = bearer(client_of)
    address = f"/api/v1/datasets/{three.dataset.pk}/rows/"

    def said(name: str) -> list[str]:
        asked = ({name: "1"}, {f"{name}__isnull": "true"}, {"fields": name})
        answers = [Browser().get(address, {"grant": grant.pk, **one}, headers=headers) for one in asked]
        assert [one.status_code for one in answers] == [422, 422, 422]
        return [json.dumps(one.json()["errors"], ensure_ascii=False).replace(name, "?") for one in answers]

    assert said("SFZH") == said("身份证号") == said("ZZZZ")


def test_a_row_filter_holds_and_its_count_is_not_told(three: Town, client_of: Client) -> None:
    grant = grant_make(three.dataset, client_of.department, row_filter=[("YBZJE", "gte", ["900"])], items=["DXBH"])
    bind(client_of, grant)
    headers = bearer(client_of)
    address = f"/api/v1/datasets/{three.dataset.pk}/"
    rows = Browser().get(f"{address}rows/", {"grant": grant.pk}, headers=headers).json()["rows"]
    assert rows == [{"DXBH": "0002"}, {"DXBH": "0164A"}]
    assert "row_count" not in Browser().get(address, {"grant": grant.pk}, headers=headers).json()


def test_grants_are_never_merged(call: Call, three: Town, client_of: Client, grant: Grant) -> None:
    second = grant_make(three.dataset, client_of.department, items=["DXBH"])
    bind(client_of, second)
    answer = call()
    assert (answer.status_code, answer.json()["code"]) == (409, "grant_not_named")
    assert answer.json()["grants"] == [grant.pk, second.pk]
    assert list(call(grant=second.pk).json()["rows"][0]) == ["DXBH"]


def test_a_cursor_opens_nothing_else(call: Call, three: Town, client_of: Client, grant: Grant) -> None:
    cursor = call(limit=1).json()["next_cursor"]
    second = grant_make(three.dataset, client_of.department)
    bind(client_of, second)
    other = client_make(client_of.department, grants=[grant])
    address = f"/api/v1/datasets/{three.dataset.pk}/rows/"
    further = dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份")
    run_of(further, three.cataloguer, HEADER + "".join(ROWS))
    further.refresh_from_db()
    bind(client_of, beside := grant_make(further, client_of.department))
    rows = Browser().get(f"/api/v1/datasets/{further.pk}/rows/", {"limit": 1}, headers=bearer(client_of)).json()
    tries = [
        call(grant=grant.pk, cursor=rows["next_cursor"]),
        Browser().get(
            f"/api/v1/datasets/{further.pk}/rows/", {"grant": beside.pk, "cursor": cursor}, headers=bearer(client_of)
        ),
        call(grant=second.pk, cursor=cursor),
        call(grant=grant.pk, cursor=cursor, YBZJE__gt="1"),
        call(grant=grant.pk, cursor=cursor, fields="DXBH"),
        call("changes/", grant=grant.pk, since=0, cursor=cursor),
        call(grant=grant.pk, cursor=cursor, version=7),
        call(grant=grant.pk, cursor=cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")),
        call(grant=grant.pk, cursor=cursor + "="),
        call(grant=grant.pk, cursor="AAAA"),
        call(grant=grant.pk, cursor="中文"),
        Browser().get(address, {"grant": grant.pk, "cursor": cursor}, headers=bearer(other)),
    ]
    assert [(one.status_code, one.json()["code"]) for one in tries] == [(400, "bad_cursor")] * len(tries)
    assert call(grant=grant.pk, cursor=cursor).status_code == 200


def test_a_grant_that_changed_ends_the_walk(call: Call, grant: Grant) -> None:
    cursor = call(limit=1).json()["next_cursor"]
    Grant.objects.filter(pk=grant.pk).update(edition=2)
    answer = call(cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (410, "resync")


def test_an_answer_that_is_known_is_not_sent_again(call: Call, three: Town, grant: Grant) -> None:
    first = call(limit=2)
    tag = first.headers["ETag"]
    before = Pull.objects.count()
    same = call(limit=2, with_headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert Pull.objects.count() == before
    assert call(limit=1, with_headers={"If-None-Match": tag}).status_code == 200
    Grant.objects.filter(pk=grant.pk).update(edition=2)
    assert call(limit=2, with_headers={"If-None-Match": tag}).status_code == 200


def test_the_head_alone_pulls_nothing(call: Call) -> None:
    answer = call(method="head", limit=2)
    assert (answer.status_code, b"".join(answer)) == (200, b"")
    assert answer.headers["ETag"] == call(limit=2).headers["ETag"]
    assert Pull.objects.count() == 1


def test_large_answers_are_packed_and_none_is_open_to_other_sites(call: Call, three: Town) -> None:
    three.send(HEADER + "".join(f"{n:06d},人,99010219900101{n:04d},{n},2026-01-05\n" for n in range(200)))
    packed = call(limit=200, with_headers={"Accept-Encoding": "gzip", "Origin": "https://elsewhere.test"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(packed.content))["rows"]) == 200
    assert not [name for name in packed.headers if name.startswith("Access-Control")]
    assert {"Authorization", "Cookie", "Accept-Encoding"} <= set(packed.headers["Vary"].split(", "))
    stream = call("export/", format="ndjson", with_headers={"Accept-Encoding": "gzip"})
    assert len(gzip.decompress(b"".join(stream.streaming_content)).splitlines()) == 200


def test_a_pull_is_logged_with_what_left(
    call: Call, client_of: Client, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed: list[int] = []
    confirm = pulls.delivery_confirm_by_pull

    def confirmed_by(*, pull_id: int) -> None:
        confirmed.append(pull_id)
        confirm(pull_id=pull_id)

    monkeypatch.setattr(pulls, "delivery_confirm_by_pull", confirmed_by)
    answer = call(limit=2, YBZJE__gt="1")
    pull = Pull.objects.get()
    assert (pull.client, pull.user, pull.grant, pull.edition, pull.version) == (client_of, None, grant, 1, 1)
    assert (pull.kind, pull.outcome, pull.rows, pull.bytes) == ("rows", "done", 2, len(answer.content))
    assert [str(one) for one in pull.items] == grant.items
    assert pull.filter == [{"item": grant.items[3], "operator": "gt", "values": ["1"]}]
    assert (pull.address, pull.request_id) == ("127.0.0.1", answer.headers["X-Request-ID"])
    call()
    grant.refresh_from_db()
    assert grant.first_pulled_at is not None
    assert confirmed == [pull.pk]


def test_values_asked_for_by_hidden_items_are_kept_as_keyed_hashes(call: Call, three: Town, grant: Grant) -> None:
    [person, amount] = items_named(three.dataset, ["SFZH", "YBZJE"])
    number = "9***************34"
    for _turn in range(2):
        call(SFZH=number, YBZJE="850.50")
    first, second = Pull.objects.order_by("pk")
    assert first.filter == second.filter
    kept = {one["item"]: one["values"] for one in first.filter}
    assert kept[amount] == ["850.50"]
    assert len(kept[person][0]) == 64
    assert kept[person] not in ([number], [sha256(number.encode()).hexdigest()])
    Grant.objects.filter(pk=grant.pk).update(masks={})
    call(SFZH="990102199001011234")
    assert "990102199001011234" not in str(Pull.objects.latest("pk").filter)


def test_a_quota_ends_the_day_exactly(call: Call, grant: Grant) -> None:
    Grant.objects.update(rows_per_day=4)
    assert len(call(limit=3).json()["rows"]) == 3
    second = call(limit=3).json()
    assert (len(second["rows"]), second["truncated"]) == (1, True)
    refused = call(limit=3)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_spent")
    assert int(refused.headers["Retry-After"]) > 0


def test_rows_that_were_not_there_are_not_charged(call: Call, grant: Grant) -> None:
    Grant.objects.update(rows_per_day=4)
    for _turn in range(3):
        assert call(limit=100, DXBH="0001").status_code == 200
    assert call(limit=100, DXBH="viel").json()["rows"] == []
    assert call(limit=100, YBZJE="viel").status_code == 422
    assert len(call(limit=100).json()["rows"]) == 1


@pytest.mark.parametrize("is_away", [True, False], ids=["away", "emptied"])
def test_a_quota_outlives_redis(call: Call, grant: Grant, monkeypatch: pytest.MonkeyPatch, is_away: bool) -> None:
    Grant.objects.update(rows_per_day=4)
    call(limit=3)
    if is_away:
        away = Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1)
        monkeypatch.setattr(limits, "_connection", lambda: away)
    else:
        for key in limits._connection().scan_iter("sharing:rows:*"):
            limits._connection().delete(key)
    assert len(call(limit=3).json()["rows"]) == 1
    assert call(limit=3).status_code == 429


def test_what_is_given_while_redis_is_away_counts_when_it_is_back(
    call: Call, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    Grant.objects.update(rows_per_day=4)
    call(limit=1)
    with monkeypatch.context() as patched:
        patched.setattr(limits, "_connection", lambda: Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1))
        assert len(call(limit=2).json()["rows"]) == 2
    assert len(call(limit=3).json()["rows"]) == 1
    assert call(limit=3).status_code == 429


def test_rows_are_given_back_only_to_the_counter_that_they_came_from(grant: Grant) -> None:
    first, second = (limits.RowQuota(str(grant.token), 10, lambda since: 4) for _turn in range(2))
    assert first.take(5) == 5
    for key in limits._connection().scan_iter("sharing:rows:*"):
        limits._connection().delete(key)
    assert second.take(1) == 1
    first.give_back(5)
    assert second.take(10) == 5
    second.give_back(2)
    assert second.take(10) == 2


def test_a_person_of_the_department_reads_what_is_given_for_download(three: Town, grant: Grant) -> None:
    browser = Browser()
    address = f"/api/v1/datasets/{three.dataset.pk}/"
    person = UserFactory(department=grant.department, roles=["cataloguer"])
    browser.force_login(person)
    assert len(browser.get(f"{address}rows/").json()["rows"]) == 3
    assert b"".join(browser.get(f"{address}export/").streaming_content).startswith(b"DXBH")
    assert {one.user_id for one in Pull.objects.all()} == {person.pk}
    Grant.objects.update(methods=["api"])
    assert browser.get(f"{address}rows/").status_code == 403


def test_a_grant_for_download_is_none_for_machines(call: Call) -> None:
    Grant.objects.update(methods=["file"])
    assert call().status_code == 403


def test_the_list_of_grants_says_what_may_be_pulled(call: Call, three: Town, client_of: Client, grant: Grant) -> None:
    ended = grant_make(three.dataset, client_of.department)
    bind(client_of, ended)
    Grant.objects.filter(pk=ended.pk).update(status="ended", ended_at=clock.now())
    unbound = grant_make(three.dataset, client_of.department)
    later = grant_make(three.dataset, client_of.department, valid_from=clock.now() + timedelta(days=1))
    bind(client_of, later)
    found = Browser().get("/api/v1/grants/", headers=bearer(client_of)).json()["results"]
    assert [one["id"] for one in found] == [later.pk, grant.pk]
    assert unbound.pk not in {one["id"] for one in found}
    assert found[1]["items"] == ["DXBH", "XM", "SFZH", "YBZJE", "NRRQ"]
    assert found[1]["masks"] == {"XM": "name", "SFZH": "id_number"}


def test_the_list_of_grants_goes_on_by_pages(call: Call, three: Town, client_of: Client, grant: Grant) -> None:
    for _number in range(4):
        bind(client_of, grant_make(three.dataset, grant.department))
    headers, found, query = bearer(client_of), [], {"limit": 2}
    for left in (3, 1, 0):
        body = Browser().get("/api/v1/grants/", query, headers=headers).json()
        found += [one["id"] for one in body["results"]]
        assert body["truncated"] is bool(left) is (body["next_cursor"] is not None)
        query = {"limit": 2, "cursor": body["next_cursor"]}
    assert found == sorted(Grant.objects.values_list("pk", flat=True), reverse=True)
    whole = Browser().get("/api/v1/grants/", headers=headers).json()
    assert (len(whole["results"]), whole["truncated"], whole["next_cursor"]) == (5, False, None)
    stolen = Browser().get("/api/v1/grants/", {"limit": 2}, headers=headers).json()["next_cursor"]
    other = bearer(client_make(grant.department))
    for cursor, caller in ((stolen, other), ("x", headers), ("9" * 5000, headers)):
        refused = Browser().get("/api/v1/grants/", {"cursor": cursor}, headers=caller)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor")


def test_the_schema_says_what_the_grant_shows(call: Call, grant: Grant, three: Town) -> None:
    body = call("").json()
    assert [(one["name"], one["type"]) for one in body["schema"]["fields"]] == [
        ("DXBH", "string"), ("XM", "string"), ("SFZH", "string"), ("YBZJE", "number"), ("NRRQ", "date"),
    ]  # fmt: skip
    assert body["schema"]["primaryKey"] == ["DXBH"]
    assert (body["version"], body["row_count"], body["freshness"]) == (1, 3, "fresh")
    Grant.objects.update(items=items_named(three.dataset, ["XM"]))
    body = call("").json()
    assert [one["name"] for one in body["schema"]["fields"]] == ["XM"]
    assert "primaryKey" not in body["schema"]


def test_what_was_taken_before_midnight_is_given_back_to_that_day() -> None:
    with clock_at("2026-09-18 23:59:59") as now:
        key = uuid4().hex
        quota = limits.RowQuota(key, 10, lambda since: 0)
        assert quota.take(6) == 6
        now.advance(seconds=2)
        limits.RowQuota(key, 10, lambda since: 0).take(6)
        quota.give_back(4)
        assert limits.RowQuota(key, 10, lambda since: 0).take(10) == 4
    with clock_at("2026-09-18 23:59:59"):
        assert limits.RowQuota(key, 10, lambda since: 0).take(10) == 8


def test_work_that_is_done_anew_after_a_process_was_killed_takes_its_rows_once() -> None:
    key = uuid4().hex

    def of(claim: str) -> limits.RowQuota:
        return limits.RowQuota(key, 10, lambda since: 0, claim=claim)

    assert of("one").take(6) == 6
    assert of("one").take(6) == 6, "the process before it was killed"
    assert of("").take(1) == 1
    again = of("one")
    assert again.take(20) == 9
    again.give_back(2)
    assert of("two").take(5) == 2
    of("one").release()
    of("one").release()
    assert of("").take(10) == 7, "what others took stays taken"
