"""Grants through the API: the same steps as on the pages, by the same services."""

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from core import clock
from core.actors import Actor
from core.testing import clock_at
from sharing.choices import GrantStatus
from sharing.models import Grant, GrantNotice, GrantStep, Inspection, Pull, ShareRequest, UsageRecord
from sharing.services import usage
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make
from tests.sharing.test_draft_api import attach, patch
from tests.sharing.test_request_api import URL, body_of, client_of, post, post_as_read

GRANTS = "/api/v1/grants/"


def rows_of(actor: Actor, grant: Grant | dict[str, Any]) -> Any:
    pk, dataset = (grant["id"], grant["dataset"]) if isinstance(grant, dict) else (grant.pk, grant.dataset_id)
    return client_of(actor).get(f"/api/v1/datasets/{dataset}/rows/", {"grant": pk, "limit": 2})


def day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def use(**given: str) -> dict[str, str]:
    texts = dict.fromkeys(("scenario", "process", "effect", "storage"), "每月核验")
    return {"first_day": day(0), "last_day": day(0), **texts} | given


def test_one_request_goes_its_whole_way_by_calls_alone(town: SharingTown) -> None:
    asker, head, provider = town.asker, town.asker_head, town.world.head
    draft = post(asker, URL, {"entry": town.entry.ref, "draft": True}).json()
    one = f"{URL}{draft['id']}/"
    said = body_of(town, valid_until=day(60))
    said.pop("entry")
    drafted = patch(asker, one, said, **{"If-Match": str(draft["edit_version"])})
    assert drafted.status_code == 200, drafted.content
    assert attach(asker, one).status_code == 201
    assert post(asker, f"{one}count/").json()["rows"] is None
    assert post(asker, f"{one}submit/").json()["status"] == "awaiting_head"
    assert post_as_read(head, one, "agree").json()["status"] == "awaiting_provider"
    agreed = post_as_read(provider, one, "approve", {"masks": {"XM": "name"}}).json()
    assert agreed["status"] == "agreed"
    [number] = agreed["grants"]
    grant = client_of(asker).get(f"{GRANTS}{number}/").json()
    assert (grant["request"], grant["status"], grant["masks"]["XM"]) == (draft["id"], "active", "name")

    pulled = rows_of(asker, grant)
    assert pulled.status_code == 200, pulled.content
    assert set(pulled.json()["rows"][0]) == {"DXBH", "XM"}
    assert Pull.objects.get().grant_id == number
    assert client_of(asker).get(one).json()["status"] == "delivered"
    kept = post(asker, f"{GRANTS}{number}/use/", use())
    assert kept.status_code == 201, kept.content
    listed = client_of(provider).get(f"{GRANTS}{number}/use/").json()
    assert (listed["count"], listed["results"]) == (1, [kept.json()])

    renewal = post(asker, f"{GRANTS}{number}/requests/", {"kind": "renewal"})
    assert renewal.status_code == 201, renewal.content
    assert (renewal.json()["kind"], renewal.json()["items"]) == ("renewal", ["DXBH", "XM"])
    assert renewal.json()["previous_grant"] == number
    again = f"{URL}{renewal.json()['id']}/"
    assert post(asker, f"{GRANTS}{number}/requests/", {"kind": "renewal"}).status_code == 409
    assert patch(asker, again, {"valid_until": day(300)}).status_code == 200
    assert post(asker, f"{again}submit/").json()["status"] == "awaiting_head"
    assert post_as_read(head, again, "agree").json()["status"] == "awaiting_provider"
    [later] = post_as_read(provider, again, "approve").json()["grants"]
    renewed = client_of(asker).get(f"{GRANTS}{later}/").json()
    assert (renewed["previous"], renewed["masks"]) == (number, grant["masks"])
    with clock_at(clock.now() + timedelta(days=90)):
        cache.clear()
        assert rows_of(asker, grant).status_code == 403
        assert rows_of(asker, renewed).status_code == 200
        assert post(provider, f"{GRANTS}{later}/demand/", {"demand": "彻底删除"}).status_code == 200
        ended = post(head, f"{GRANTS}{later}/end/", {"reason": "purpose_met", "note": "办结"})
        assert (ended.status_code, ended.json()["status"]) == (200, "ended")
        assert rows_of(asker, renewed).status_code == 403
        disposed = post(asker, f"{GRANTS}{later}/dispose/", {"note": "已删除"}).json()
        assert (disposed["disposal_demand"], disposed["disposal_note"]) == ("彻底删除", "已删除")
        assert [step["action"] for step in disposed["steps"]] == ["create", "demand", "end", "dispose"]
        assert post(asker, f"{GRANTS}{later}/dispose/", {"note": "已删除"}).status_code == 422


def test_a_change_of_use_is_a_request_of_its_own(town: SharingTown) -> None:
    grant = town.granted()
    made = post(town.asker, f"{GRANTS}{grant.pk}/requests/", {"kind": "change"})
    assert (made.status_code, made.json()["kind"], made.json()["status"]) == (201, "change", "draft")
    assert post(town.asker, f"{GRANTS}{grant.pk}/requests/", {"kind": "new"}).status_code == 422
    assert post(town.asker_head, f"{GRANTS}{grant.pk}/requests/", {"kind": "renewal"}).status_code == 403


def test_terms_are_accepted_and_data_taken_on_the_spot(free: SharingTown) -> None:
    take = f"/api/v1/datasets/{free.dataset.pk}/take/"
    given = {"purpose": "核对", "until": day(30), "systems": [free.system.pk]}
    refused = post(free.asker, take, given)
    assert (refused.status_code, refused.json()["code"]) == (409, "terms_not_accepted")
    terms = client_of(free.asker).get("/api/v1/terms/").json()
    assert terms["text"]
    assert terms["accepted_at"] is None
    accept = "/api/v1/terms/accept/"
    assert post(free.asker, accept, {"number": terms["number"]}).status_code == 403
    assert post(free.asker_head, accept, {"number": terms["number"] + 1}).json()["code"] == "terms_changed"
    assert not Grant.objects.exists()
    assert post(free.asker_head, accept, {"number": terms["number"]}).json()["accepted_at"]
    wrong = post(free.asker, take, {"purpose": "", "until": day(-1), "systems": []})
    assert wrong.status_code == 422
    assert {one["field"] for one in post(free.asker, take, given | {"until": day(-1)}).json()["errors"]} == {"until"}
    assert not Grant.objects.exists()
    taken = post(free.asker, take, given)
    assert taken.status_code == 201, taken.content
    assert taken.json()["methods"] == ["api", "file"]
    assert rows_of(free.asker, taken.json()).json()["rows"] == [{"MC": "第一养老院"}]
    assert post(free.asker, f"/api/v1/datasets/{2**40}/take/", given).status_code == 404


def test_conditional_data_are_not_taken_on_the_spot(town: SharingTown) -> None:
    given = {"purpose": "核对", "until": day(30), "systems": [town.system.pk]}
    number = client_of(town.asker).get("/api/v1/terms/").json()["number"]
    assert post(town.asker_head, "/api/v1/terms/accept/", {"number": number}).status_code == 200
    assert post(town.asker, f"/api/v1/datasets/{town.dataset.pk}/take/", given).status_code == 403
    assert not Grant.objects.exists()


def test_a_grant_is_suspended_and_runs_again(town: SharingTown) -> None:
    grant = town.granted()
    one = f"{GRANTS}{grant.pk}/"
    assert post(town.world.head, f"{one}suspend/", {"reason": " "}).status_code == 422
    assert rows_of(town.asker, grant).status_code == 200
    stopped = post(town.world.head, f"{one}suspend/", {"reason": "异常"}).json()
    [held] = stopped["suspensions"]
    assert (stopped["status"], held["side"], held["reason"]) == ("suspended", "provider", "异常")
    assert (held["department"], held["follows"], held["misuse"]) == (town.world.provider.code, None, False)
    assert rows_of(town.asker, grant).status_code == 403
    assert post(town.world.head, f"{one}suspend/", {"reason": "异常"}).status_code == 409
    assert post(town.asker_head, f"{one}resume/").status_code == 403
    assert Grant.objects.get().status == GrantStatus.SUSPENDED
    assert post(town.world.head, f"{one}resume/", {"suspension": 0}).status_code == 422
    assert post(town.world.head, f"{one}resume/", {"suspension": held["id"] + 1}).status_code == 422
    lifted = post(town.world.head, f"{one}resume/", {"note": "已整改", "suspension": held["id"]}).json()
    assert (lifted["status"], lifted["suspensions"]) == ("active", [])
    assert rows_of(town.asker, grant).status_code == 200


def test_a_step_sent_twice_with_one_key_is_taken_once(town: SharingTown) -> None:
    grant = town.granted()
    client = client_of(town.asker)
    sent = [
        client.post(
            f"{GRANTS}{grant.pk}/use/", use(), content_type="application/json", headers={"Idempotency-Key": "use-1"}
        )
        for _one in range(2)
    ]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["Idempotent-Replayed"] == "true"
    assert UsageRecord.objects.count() == 1


def test_a_service_stops_as_it_was_announced(town: SharingTown) -> None:
    grant = town.granted()
    one = f"{GRANTS}{grant.pk}/"
    early = post(town.world.head, f"{one}stop/", {"reason": "改造", "stops_on": day(1)})
    assert [error["field"] for error in early.json()["errors"]] == ["stops_on"]
    assert not GrantNotice.objects.exists()
    told = post(town.world.head, f"{one}stop/", {"reason": "改造", "stops_on": day(20)}).json()
    [notice] = told["notices"]
    assert (notice["narrows"], notice["agreed"], notice["accepted"]) == (False, None, None)
    answer = {"agreed": False, "notice": notice["id"]}
    assert post(town.asker_head, f"{one}stop/answer/", answer).status_code == 422
    stale = post(town.asker_head, f"{one}stop/answer/", answer | {"answer": "仍需", "notice": notice["id"] + 1})
    assert stale.status_code == 409
    assert (
        post(town.asker_head, f"{one}stop/answer/", answer | {"answer": "仍需"}).json()["notices"][0]["agreed"] is False
    )
    read = {"notice": notice["id"]}
    assert post(town.world.head, f"{one}stop/file/", {"accepted": True} | read).status_code == 403
    filed = post(town.world.reviewer, f"{one}stop/file/", {"accepted": True, "notice": notice["id"]}).json()
    assert filed["notices"][0]["accepted"] is True
    assert post(town.world.head, f"{one}stop/carry-out/", read).json()["code"] == "too_early"
    assert Grant.objects.get().status == GrantStatus.ACTIVE
    with clock_at(clock.now() + timedelta(days=20)):
        done = post(town.world.head, f"{one}stop/carry-out/", read | {"disposal_demand": "删除"}).json()
    assert (done["status"], done["end_reason"], done["disposal_demand"]) == ("ended", "stopped", "删除")


def test_a_service_is_narrowed_or_loosened_and_what_is_left_out_stays(town: SharingTown) -> None:
    grant = town.granted()
    Grant.objects.update(rows_per_day=500, calls_per_minute=60)
    one = f"{GRANTS}{grant.pk}/"
    assert post(town.world.head, f"{one}loosen/").status_code == 422
    loosened = post(town.world.head, f"{one}loosen/", {"rows_per_day": 1000}).json()
    assert loosened["quota"] == {"rows_per_day": 1000, "calls_per_minute": 60}
    free = post(town.world.head, f"{one}loosen/", {"calls_per_minute": None}).json()
    assert free["quota"] == {"rows_per_day": 1000, "calls_per_minute": None}
    looser = {"rows_per_day": 2000, "reason": "最小必要", "stops_on": day(20)}
    assert [error["field"] for error in post(town.world.head, f"{one}narrow/", looser).json()["errors"]] == [
        "rows_per_day"
    ]
    told = post(
        town.world.head, f"{one}narrow/", {"masks": {"XM": "text"}, "reason": "最小必要", "stops_on": day(20)}
    ).json()
    assert told["notices"][0]["narrows"] is True
    read = {"notice": told["notices"][0]["id"]}
    assert post(town.asker_head, f"{one}stop/take-back/", read).status_code == 403
    assert post(town.world.head, f"{one}stop/take-back/", read).json()["notices"][0]["closed_at"]
    assert post(town.world.head, f"{one}stop/take-back/", read).status_code == 409


def test_what_is_said_of_one_announcement_is_said_of_no_other(town: SharingTown) -> None:
    grant, head = town.granted(), town.world.head
    one = f"{GRANTS}{grant.pk}/"
    told = post(head, f"{one}narrow/", {"calls_per_minute": 100, "reason": "限流", "stops_on": day(60)}).json()
    read = {"notice": told["notices"][0]["id"]}
    post(head, f"{one}stop/take-back/", read)
    post(head, f"{one}stop/", {"reason": "停用", "stops_on": day(60)})
    steps = (
        (town.asker_head, "answer", {"agreed": True}),
        (town.world.reviewer, "file", {"accepted": True}),
        (head, "carry-out", {}),
        (head, "take-back", {}),
    )
    with clock_at(clock.now() + timedelta(days=61)):
        for actor, step, said in steps:
            blind = post(actor, f"{one}stop/{step}/", said)
            assert (blind.status_code, [error["field"] for error in blind.json()["errors"]]) == (422, ["notice"]), step
            assert post(actor, f"{one}stop/{step}/", said | read).status_code == 409, step
    grant.refresh_from_db()
    assert grant.status == GrantStatus.ACTIVE
    notice = grant.notices.get(closed_at=None)
    assert (notice.answered_at, notice.filed_at, notice.carried_out_at) == (None, None, None)


def test_the_providers_demand_is_no_others_to_write(town: SharingTown) -> None:
    grant = town.granted()
    one = f"{GRANTS}{grant.pk}/"
    assert post(town.world.head, f"{one}demand/", {"demand": "保留三年备查"}).status_code == 200
    given = {"reason": "misuse", "note": "外传", "disposal_demand": "立即删除"}
    for actor in (town.world.secadmin, town.world.reviewer):
        refused = post(actor, f"{one}end/", given)
        assert refused.status_code == 422
        assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
            ("disposal_demand", "not_yours")
        ]
    grant.refresh_from_db()
    assert (grant.status, grant.disposal_demand) == (GrantStatus.ACTIVE, "保留三年备查")
    ended = post(town.world.secadmin, f"{one}end/", given | {"disposal_demand": ""}).json()
    assert (ended["status"], ended["disposal_demand"]) == ("ended", "保留三年备查")


def test_who_holds_a_grant_demands_no_disposal_of_himself(town: SharingTown) -> None:
    grant = town.granted()
    given = {"reason": "purpose_met", "disposal_demand": "不必删除"}
    refused = post(town.asker_head, f"{GRANTS}{grant.pk}/end/", given)
    assert [error["field"] for error in refused.json()["errors"]] == ["disposal_demand"]
    kept = Grant.objects.get()
    assert (kept.status, kept.disposal_demand) == (GrantStatus.ACTIVE, "")
    for reason in ("misuse", "stopped", "entry"):
        assert post(town.asker_head, f"{GRANTS}{grant.pk}/end/", {"reason": reason}).status_code in (403, 422)
    assert Grant.objects.get().status == GrantStatus.ACTIVE
    misuse = {"reason": "misuse", "note": "超范围使用", "disposal_demand": "立即删除"}
    assert post(town.world.head, f"{GRANTS}{grant.pk}/end/", misuse).json()["disposal_demand"] == "立即删除"


def test_an_inspection_is_kept_and_its_finding_rectified(town: SharingTown) -> None:
    one = f"{GRANTS}{town.granted().pk}/inspections/"
    finding = {"result": "to_rectify", "finding": "台账不全"}
    assert [error["field"] for error in post(town.world.head, one, finding).json()["errors"]] == ["rectify_by"]
    assert post(town.asker_head, one, finding | {"rectify_by": day(10)}).status_code == 403
    assert not Inspection.objects.exists()
    kept = post(town.world.head, one, finding | {"rectify_by": day(10)}).json()
    assert (kept["department"], kept["rectification"]) == (town.world.provider.code, None)
    report = f"{one}{kept['id']}/rectify/"
    assert post(town.asker, report, {"report": "已补"}).status_code == 403
    assert post(town.asker_head, f"{one}{2**40}/rectify/", {"report": "已补"}).status_code == 404
    assert post(town.asker_head, report, {"report": "已补"}).status_code == 201
    assert post(town.asker_head, report, {"report": "已补"}).status_code == 409
    [listed] = client_of(town.asker).get(one).json()["results"]
    assert listed["rectification"]["report"] == "已补"
    assert post(town.world.reviewer, one, {"result": "misuse", "finding": "超范围"}).status_code == 201
    assert Grant.objects.get().status == GrantStatus.SUSPENDED


STEPS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("suspend/", {}, ["reason"]),
    ("suspend/", {"reason": "\x00"}, ["reason"]),
    ("suspend/", {"reason": "长" * 5001}, ["reason"]),
    ("end/", {}, ["reason"]),
    ("end/", {"reason": "whim"}, ["reason"]),
    ("end/", {"reason": "misuse"}, ["note"]),
    ("demand/", {"demand": " "}, ["demand"]),
    ("loosen/", {"rows_per_day": 0}, ["rows_per_day"]),
    ("loosen/", {"rows_per_day": 2**70}, ["rows_per_day"]),
    ("narrow/", {"reason": "最小必要", "stops_on": "soon"}, ["stops_on"]),
    ("narrow/", {"reason": "最小必要", "stops_on": day(20), "masks": {"没有": "text"}}, ["masks"]),
    ("narrow/", {"reason": "最小必要", "stops_on": day(20)}, ["masks"]),
    ("stop/", {}, ["reason", "stops_on"]),
    ("stop/answer/", {}, ["notice", "agreed"]),
    ("stop/file/", {"accepted": "maybe", "notice": 1}, ["accepted"]),
    ("use/", {}, ["first_day", "last_day", "scenario", "process", "effect", "storage"]),
    ("inspections/", {"result": "fine", "finding": "无"}, ["result"]),
    ("inspections/", {"result": "in_order", "finding": "\x00"}, ["finding"]),
    ("requests/", {}, ["kind"]),
]


def test_what_does_not_fit_is_named_and_nothing_happens(town: SharingTown) -> None:
    grant, client = town.granted(), client_of(town.world.head)
    before = Grant.objects.values().get()
    for door, body, fields in STEPS:
        refused = client.post(f"{GRANTS}{grant.pk}/{door}", body, content_type="application/json")
        assert refused.status_code == 422, (door, body, refused.content)
        assert [one["field"].partition("[")[0] for one in refused.json()["errors"]] == fields, door
        listed = client.post(f"{GRANTS}{grant.pk}/{door}", [1], content_type="application/json")
        assert listed.status_code == 422, door
    assert Grant.objects.values().get() == before
    assert GrantStep.objects.count() == 1


BY_PEOPLE = {
    "grant_detail": "get",
    **dict.fromkeys(
        (
            "grant_request", "grant_suspend", "grant_resume", "grant_narrow", "grant_loosen", "grant_end",
            "disposal_demand", "grant_dispose", "stop_announce", "stop_answer", "stop_file", "stop_carry_out",
            "stop_take_back", "usage_list", "inspection_list",
        ),
        "post",
    ),
}  # fmt: skip


def test_a_token_does_nothing_with_requests_grants_and_terms(town: SharingTown) -> None:
    grant, draft = town.granted(), town.draft()
    headers = bearer(client_make(town.world.other, grants=[grant], system=town.system), scope="data:read catalog:write")
    doors = [(method, reverse(f"sharing_api:{name}", args=[grant.pk])) for name, method in BY_PEOPLE.items()]
    doors += [
        ("patch", f"{URL}{draft.pk}/"),
        ("delete", f"{URL}{draft.pk}/"),
        ("post", f"{URL}{draft.pk}/count/"),
        ("get", f"{URL}{draft.pk}/attachments/"),
        ("post", f"{URL}{draft.pk}/attachments/"),
        ("get", "/api/v1/terms/"),
        ("post", "/api/v1/terms/accept/"),
        ("post", f"/api/v1/datasets/{grant.dataset_id}/take/"),
    ]
    before = (Grant.objects.values().get(), ShareRequest.objects.filter(pk=draft.pk).values().get())
    for method, address in doors:
        answer = getattr(Browser(), method)(address, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "person_required"), address
    assert (Grant.objects.values().get(), ShareRequest.objects.filter(pk=draft.pk).values().get()) == before


def test_a_use_outside_the_time_of_the_grant_is_refused(town: SharingTown) -> None:
    refused = post(town.asker, f"{GRANTS}{town.granted().pk}/use/", use(last_day=day(1)))
    assert [error["field"] for error in refused.json()["errors"]] == ["last_day"]
    assert not UsageRecord.objects.exists()


def test_lists_hold_what_was_held_and_what_is_given(
    town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    grants = [town.granted() for _one in range(3)]
    post(town.asker_head, f"{GRANTS}{grants[0].pk}/end/", {"reason": "not_needed"})

    def listed(actor: Actor, **query: str) -> set[int]:
        return {one["id"] for one in client_of(actor).get(GRANTS, query).json()["results"]}

    everything = {one.pk for one in grants}
    assert listed(town.asker) == everything - {grants[0].pk}
    assert listed(town.asker, view="held") == everything
    assert listed(town.world.head) == listed(town.world.head, view="held") == set()
    assert listed(town.world.head, view="given") == everything
    assert listed(town.world.reviewer, view="all") == everything
    assert listed(town.world.sysadmin, view="all") == set()
    assert client_of(town.asker).get(GRANTS, {"view": "mine"}).status_code == 422
    client = client_of(town.world.head)
    client.get(GRANTS, {"view": "given"})
    with CaptureQueriesContext(connection) as few:
        client.get(GRANTS, {"view": "given", "limit": "1"})
    with django_assert_max_num_queries(len(few)):
        assert len(client.get(GRANTS, {"view": "given"}).json()["results"]) == 3


def test_records_of_use_come_in_pages(town: SharingTown) -> None:
    grant = town.granted()
    for _one in range(3):
        texts = dict.fromkeys(("scenario", "process", "effect", "storage"), "核验")
        usage.usage_record_add(
            actor=town.asker, grant_id=grant.pk, first_day=clock.today(), last_day=clock.today(), **texts
        )
    page = client_of(town.asker).get(f"{GRANTS}{grant.pk}/use/", {"page_size": 2}).json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert "page=2" in page["next"]
