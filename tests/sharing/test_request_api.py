"""Requests through the API: the same rules as on the pages, refusals as problem details."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.choices import Role
from accounts.models import Department, RoleAssignment, User
from core import clock
from core.actors import Actor
from sharing.api import request_shapes, requests
from sharing.choices import RequestStatus
from sharing.models import CountsOfDay, Grant, ShareRequest
from sharing.selectors.request import requests_waiting
from sharing.services import answer, dispute
from sharing.services.policy import sharing_policy_set
from tests.factories.accounts import actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, town_of
from workflow.models import Task

URL = "/api/v1/share-requests/"


def client_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=actor.id))
    return client


def body_of(town: SharingTown, **given: Any) -> dict[str, Any]:
    fields = town.fields(entry=town.entry.ref, items=["DXBH", "姓名"]) | given
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in fields.items()}


def post(actor: Actor, url: str, body: Any = None) -> Any:
    return client_of(actor).post(url, body if body is not None else {}, content_type="application/json")


def post_as_read(actor: Actor, one: str, action: str, body: Any = None) -> Any:
    """Take a step on a request as it is now."""
    read = client_of(actor).get(one).json()["edit_version"]
    return post(actor, f"{one}{action}/", {"edit_version": read, **(body or {})})


def test_the_whole_flow(town: SharingTown) -> None:
    town.check_conditional()
    made = post(town.asker, URL, body_of(town))
    assert made.status_code == 201, made.content
    assert made.json()["status"] == "awaiting_head"
    assert made.json()["items"] == ["DXBH", "XM"]
    one = f"{URL}{made.json()['id']}/"
    assert post_as_read(town.asker_head, one, "agree").json()["status"] == "awaiting_check"
    assert (
        post_as_read(town.world.reviewer, one, "approve", {"opinion": "材料齐全"}).json()["status"]
        == "awaiting_provider"
    )
    asked = post_as_read(town.world.head, one, "extend", {"days": 5, "reason": "核对口径"})
    assert asked.status_code == 200, asked.content
    assert post_as_read(town.world.reviewer, one, "extend", {"consent": True}).json()["clocks"][0]["state"] == "running"
    missing = post_as_read(town.world.head, one, "supplement", {"text": "职责依据"})
    assert missing.json()["status"] == "awaiting_material"
    assert post_as_read(town.asker, one, "supplement", {"text": "已补"}).json()["status"] == "awaiting_provider"
    given = {"opinion": "部分", "items": ["XM"], "masks": {"XM": "text"}, "until": "2027-01-31", "rows_per_day": 500}
    done = post_as_read(town.world.head, one, "approve", given).json()
    assert done["status"] == "agreed"
    assert done["decided"] == {
        "items": ["XM"], "row_filter": [], "masks": {"XM": "text"}, "methods": ["api", "file"], "until": "2027-01-31",
        "rows_per_day": 500, "calls_per_minute": None,
    }  # fmt: skip
    assert done["grants"] == [Grant.objects.get(rows_per_day=500).pk]
    assert post_as_read(town.asker_head, one, "dispute", {"reason": "缺项"}).json()["status"] == "disputed"
    settled = post_as_read(town.world.reviewer, one, "settle", {"granted": False, "opinion": "维持"})
    assert settled.json()["status"] == "agreed"
    assert post(town.asker, f"{one}confirm/").json()["status"] == "delivered"


def test_what_is_missing_is_named_and_nothing_is_kept(town: SharingTown) -> None:
    refused = post(town.asker, URL, {"entry": town.entry.ref})
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert {"legal_basis", "items", "valid_until"} <= {one["field"] for one in refused.json()["errors"]}
    assert not ShareRequest.objects.exists()
    draft = post(town.asker, URL, {"entry": town.entry.ref, "draft": True})
    assert draft.json()["status"] == "draft"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ([], 422),
        ({"entry": "307013-999999"}, 404),
        ({"entry": "\x00"}, 422),
        ({"entry": "x" * 100}, 422),
        ({"entry": 1, "items": [[1]]}, 422),
        ({"entry": 1, "row_filter": [{"item": "XM"}]}, 422),
        ({"entry": 1, "systems": [2**70]}, 422),
    ],
)
def test_bad_input_is_no_error_of_ours(town: SharingTown, body: Any, status: int) -> None:
    assert post(town.asker, URL, body).status_code == status


def test_others_learn_nothing(town: SharingTown) -> None:
    request = town.submitted()
    one = f"{URL}{request.pk}/"
    assert Client().get(URL).status_code == 401
    assert Client().post(f"{one}agree/").status_code == 401
    for who in (town.world.head, town.world.reviewer, town.world.colleague, town.world.sysadmin):
        assert client_of(who).get(one).status_code == 404
        assert post(who, f"{one}approve/").status_code == 404
        assert client_of(who).get(URL).json()["count"] == 0
    assert post(town.asker, f"{one}agree/").status_code == 403
    assert post(town.asker_head, f"{one}explode/").status_code == 404
    assert post(town.asker_head, f"{one}approve/").status_code == 403
    assert post(town.asker_head, f"{one}agree/", {"edit_version": 0}).status_code == 409
    assert ShareRequest.objects.get(pk=request.pk).status == RequestStatus.AWAITING_HEAD


def test_lists_are_filtered_and_paged(town: SharingTown) -> None:
    for _one in range(3):
        town.submitted()
    seen = client_of(town.asker).get(URL, {"status": "awaiting_head", "page_size": 2}).json()
    assert (seen["count"], len(seen["results"])) == (3, 2)
    assert "page=2" in seen["next"]
    assert client_of(town.asker_head).get(URL, {"waiting": "true"}).json()["count"] == 3
    assert client_of(town.asker).get(URL, {"waiting": "true"}).json()["count"] == 0
    assert client_of(town.asker).get(URL, {"status": "gone"}).status_code == 422
    assert client_of(town.asker).get(URL, {"page": "-1"}).status_code == 400
    assert client_of(town.asker).get(URL, {"entry": town.entry.ref}).json()["count"] == 3


@pytest.mark.parametrize("place", ["scenario", "items", "key"])
def test_half_a_character_is_refused_and_nothing_is_kept(town: SharingTown, place: str) -> None:
    body = body_of(town, draft=True)
    body |= {"scenario": {"scenario": "\ud800"}, "items": {"items": ["\udfff"]}, "key": {"\ud800": 1}}[place]
    refused = client_of(town.asker).post(URL, json.dumps(body), content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")
    assert not ShareRequest.objects.exists()


def test_a_reviewer_who_returns_a_request_sees_it_no_more(town: SharingTown) -> None:
    town.check_conditional()
    one = f"{URL}{town.agreed().pk}/"
    assert post_as_read(town.world.reviewer, one, "refuse", {"reason": "写明事项"}).status_code == 204
    assert client_of(town.world.reviewer).get(one).status_code == 404
    assert client_of(town.asker).get(one).json()["status"] == "returned"


def test_a_form_check_sent_twice_decides_nothing(world: CatalogWorld) -> None:
    law = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
    town = town_of(world, sharing="withheld", sharing_reason="法律规定", legal_basis=[law])
    sharing_policy_set(
        actor=world.reviewer,
        region_id=world.provider.region_id,
        checked=["withheld"],
        supplement_clock="restart",
        longest_days=1095,
    )
    one = f"{URL}{town.agreed().pk}/"
    call = {"opinion": "材料齐全", "without_provider": True}
    passed = post_as_read(world.reviewer, one, "approve", call)
    assert passed.json()["status"] == "awaiting_authority"
    again = post(world.reviewer, f"{one}approve/", call)
    assert again.status_code == 422
    assert [one["field"] for one in again.json()["errors"]] == ["edit_version"]
    assert not Grant.objects.exists()
    stale = post(world.reviewer, f"{one}approve/", call | {"edit_version": passed.json()["edit_version"] - 1})
    assert stale.status_code == 409
    late = post(world.reviewer, f"{one}refuse/", {"reason": "材料不全"})
    assert (late.status_code, [one["field"] for one in late.json()["errors"]]) == (422, ["edit_version"])
    assert client_of(town.asker).get(one).json()["status"] == "awaiting_authority"
    decided = post(world.reviewer, f"{one}approve/", call | {"edit_version": passed.json()["edit_version"]})
    assert decided.json()["status"] == "agreed"


def test_more_time_is_consented_to_once_whoever_repeats_it(town: SharingTown) -> None:
    one = f"{URL}{town.agreed().pk}/"
    yes = {"consent": True}
    assert post_as_read(town.world.reviewer, one, "extend", yes).status_code == 409
    assert post_as_read(town.world.head, one, "extend", {"days": 5, "reason": "核对口径"}).status_code == 200
    assert post_as_read(town.world.head, one, "extend", {"days": 5, "reason": "核对口径"}).status_code == 409
    assert post(town.asker_head, f"{one}extend/", {}).status_code == 403
    silent = post(town.world.reviewer, f"{one}extend/", {})
    assert (silent.status_code, [error["field"] for error in silent.json()["errors"]]) == (
        422,
        ["consent", "edit_version"],
    )
    assert post_as_read(town.world.reviewer, one, "extend", yes).status_code == 200
    assert post_as_read(town.world.reviewer, one, "extend", yes).status_code == 409
    assert list(ShareRequest.objects.values_list("extension_days", "extension_asked_at")) == [(5, None)]


def test_how_much_more_time_is_asked_for_is_told_until_it_is_decided_on(town: SharingTown) -> None:
    one = f"{URL}{town.agreed().pk}/"
    assert client_of(town.world.reviewer).get(one).json()["more_time"] is None
    post_as_read(town.world.head, one, "extend", {"days": 5, "reason": "核对口径"})
    told = client_of(town.world.reviewer).get(one).json()
    assert (told["more_time"]["days"], told["more_time"]["reason"]) == (5, "核对口径")
    assert (told["steps"][-1]["action"], told["steps"][-1]["detail"]) == ("ask_extension", {"days": 5})
    done = post_as_read(town.world.reviewer, one, "extend", {"consent": True, "days": 3}).json()
    assert done["more_time"] is None
    assert (done["steps"][-1]["action"], done["steps"][-1]["detail"]) == ("extend", {"days": 3})


def test_a_request_is_returned_with_comments_on_its_fields(town: SharingTown) -> None:
    request = town.submitted()
    one = f"{URL}{request.pk}/"
    wrong = post_as_read(town.asker_head, one, "refuse", {"comments": [{"field": "price", "text": "太高"}]})
    assert (wrong.status_code, [error["field"] for error in wrong.json()["errors"]]) == (422, ["comments[0].field"])
    shapeless = {"comments": [{"field": "scenario"}]}, {"comments": ["scenario"]}, {"comments": "scenario"}
    for sent in shapeless:
        assert post_as_read(town.asker_head, one, "refuse", sent).status_code == 422
    assert ShareRequest.objects.get(pk=request.pk).status == RequestStatus.AWAITING_HEAD
    said = [{"field": "scenario", "text": "写明岗位"}]
    done = post_as_read(town.asker_head, one, "refuse", {"comments": said}).json()
    assert (done["status"], done["steps"][-1]["detail"]) == ("returned", {"comments": said})
    assert "写明岗位" in client_of(town.asker).get(f"/sharing/requests/{request.pk}/").content.decode()


def test_what_was_agreed_to_is_told_while_it_is_disputed(town: SharingTown) -> None:
    town.agreed()
    request = ShareRequest.objects.get()
    one = f"{URL}{request.pk}/"
    post_as_read(town.world.head, one, "approve", {"opinion": "部分", "items": ["XM"]})
    Grant.objects.all().delete()  # as of an entry whose data are still to be named
    assert post_as_read(town.asker_head, one, "dispute", {"reason": "缺项"}).json()["decided"]["items"] == ["XM"]
    withdrawn = post(town.asker, f"{one}withdraw/", {"reason": "不争议了"})
    assert withdrawn.status_code == 403
    assert client_of(town.asker).get(one).json()["status"] == "disputed"
    assert post_as_read(town.asker_head, one, "withdraw", {"reason": "不争议了"}).status_code == 200


def test_what_takes_a_dispute_back_does_not_withdraw_the_agreement_when_it_is_sent_again(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    one = f"{URL}{request.pk}/"
    blind = post(town.asker_head, f"{one}withdraw/")
    assert (blind.status_code, [error["field"] for error in blind.json()["errors"]]) == (422, ["edit_version"])
    request.refresh_from_db()
    assert request.status == RequestStatus.DISPUTED
    read = {"edit_version": request.edit_version}
    assert post(town.asker_head, f"{one}withdraw/", read).json()["status"] == "agreed"
    assert post(town.asker_head, f"{one}withdraw/", read).status_code == 409
    assert post(town.asker_head, f"{one}withdraw/").status_code == 422
    request.refresh_from_db()
    assert request.status == RequestStatus.AGREED
    assert post_as_read(town.asker_head, one, "withdraw").json()["status"] == "withdrawn"


def test_a_dispute_that_is_taken_back_on_the_page_is_taken_back_once(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    disputed = dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    browser, page = client_of(town.asker_head), f"/sharing/requests/{request.pk}/"
    version = f'name="edit_version" value="{disputed.edit_version}"'
    form = browser.get(page).content.decode().split(f'action="{page}withdraw/"')[1].split("</form>")[0]
    assert version in form
    sent = {"reason": "已协商", "edit_version": disputed.edit_version}
    assert browser.post(f"{page}withdraw/", sent).status_code == 302
    assert browser.post(f"{page}withdraw/", sent).status_code == 409
    request.refresh_from_db()
    assert request.status == RequestStatus.AGREED


def _of_one_house(town: SharingTown, request: ShareRequest) -> Actor:
    """Let the provider be the authority as well, and return its head, who is a reviewer there."""
    Department.objects.filter(is_authority=True).update(is_authority=False)
    Department.objects.filter(pk=town.world.provider.pk).update(is_authority=True)
    ShareRequest.objects.filter(pk=request.pk).update(authority=town.world.provider)
    user = User.objects.get(pk=town.world.head.id)
    RoleAssignment.objects.create(user=user, role=Role.REVIEWER, granted_at=clock.now())
    return actor_of(User.objects.get(pk=user.pk))


def test_nobody_consents_to_more_time_that_he_asked_for_himself(town: SharingTown) -> None:
    request = town.agreed()
    both = _of_one_house(town, request)
    one = f"{URL}{request.pk}/"
    asked = post_as_read(both, one, "extend", {"days": 5, "reason": "核对口径"})
    assert asked.status_code == 200, asked.content
    consented = post_as_read(both, one, "extend", {"consent": True})
    assert (consented.status_code, consented.json()["code"]) == (403, "own_extension")
    request.refresh_from_db()
    assert (request.extension_days, request.extension_asked_at is None) == (5, False)
    page = f"/sharing/requests/{request.pk}/"
    assert f"{page}extend/" not in client_of(both).get(page).content.decode()


def test_a_form_check_that_is_sent_again_answers_nothing_for_the_provider(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    both = _of_one_house(town, request)
    one = f"{URL}{request.pk}/"
    assert post_as_read(both, one, "approve", {"opinion": "材料齐全"}).json()["status"] == "awaiting_provider"
    for action in ("approve", "refuse"):
        again = post(both, f"{one}{action}/", {"opinion": "材料齐全"})
        assert (again.status_code, [error["field"] for error in again.json()["errors"]]) == (422, ["edit_version"])
    assert client_of(both).get(one).json()["status"] == "awaiting_provider"
    assert not Grant.objects.exists()


def test_who_gave_the_providers_opinion_does_not_decide_for_the_authority(world: CatalogWorld) -> None:
    law = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
    town = town_of(world, sharing="withheld", sharing_reason="法律规定", legal_basis=[law])
    request = town.agreed()
    both = _of_one_house(town, request)
    one = f"{URL}{request.pk}/"
    assert post_as_read(both, one, "advise", {"text": "不宜提供"}).status_code == 200
    for action in ("approve", "refuse"):
        refused = post_as_read(both, one, action, {"opinion": "同意", "reason": "不同意"})
        assert (refused.status_code, refused.json()["code"]) == (403, "own_opinion")
    assert client_of(both).get(one).json()["status"] == "awaiting_authority"
    assert not Grant.objects.exists()
    assert not requests_waiting(both).exists()


def test_who_spoke_for_the_provider_settles_nothing(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="用途不符")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于范围")
    both = _of_one_house(town, request)
    ShareRequest.objects.filter(pk=request.pk).update(decided_by=None)  # another head refused it
    one = f"{URL}{request.pk}/"
    assert post_as_read(both, one, "respond", {"text": "超出条件"}).status_code == 200
    given = {"granted": False, "opinion": "维持"}
    refused = post_as_read(both, one, "settle", given)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_opinion")
    assert "You spoke for the provider" in client_of(both).get(f"/sharing/requests/{request.pk}/").content.decode()
    assert not requests_waiting(both).exists()
    settling = Task.objects.get(kind="sharing.request.settle", department=town.world.provider, closed_at=None)
    assert (both.id in settling.exclude_user_ids, settling.clock is None) == (True, False)
    request.refresh_from_db()
    assert request.status == RequestStatus.DISPUTED


def test_the_description_names_every_action_and_no_other() -> None:
    assert set(request_shapes.ACTIONS) == set(requests._ACTIONS)


def test_a_submission_is_told_of_conditions_that_few_rows_meet(town: SharingTown) -> None:
    nobody = [{"item": "NRRQ", "operator": "gte", "values": ["2099-01-01"]}]
    few = {
        "field": "row_filter",
        "code": "few_rows",
        "message": "Fewer than 100 rows of the data as they are now meet your conditions, perhaps none. If that is a "
        "mistake, recall the request.",
    }
    made = post(town.asker, URL, body_of(town, row_filter=nobody))
    assert (made.status_code, made.json()["warnings"]) == (201, [few])
    draft = post(town.asker, URL, body_of(town, row_filter=nobody, draft=True)).json()
    assert draft["warnings"] == []
    one = f"{URL}{draft['id']}/"
    assert post(town.asker, f"{one}submit/").json()["warnings"] == [few]
    assert client_of(town.asker).get(one).json()["warnings"] == []
    assert CountsOfDay.objects.get().used == 2
    assert post(town.asker, URL, body_of(town)).json()["warnings"] == []
    assert CountsOfDay.objects.get().used == 2


def test_a_dispute_is_mediated_through_the_api(town: SharingTown) -> None:
    one = f"{URL}{town.agreed().pk}/"
    post_as_read(town.world.head, one, "refuse", {"reason": "用途不符"})
    assert post_as_read(town.asker_head, one, "dispute", {"reason": "属于范围"}).json()["dispute"]["statement"] == ""
    heard = post_as_read(town.world.head, one, "respond", {"text": "超出条件"}).json()
    assert heard["dispute"]["statement"] == "超出条件"
    refused = post(town.world.reviewer, f"{one}mediate/", {"text": "协商"})
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {"held_on", "agreed", "edit_version"}
    failed = {"held_on": clock.today().isoformat(), "agreed": False, "text": "未能一致"}
    before = post_as_read(town.world.reviewer, one, "mediate", failed).json()
    sent = failed | {"agreed": True, "text": "双方同意", "items": ["XM"], "masks": {"XM": "text"}, "rows_per_day": 9}
    read = {"edit_version": before["edit_version"]}
    held = post(town.world.reviewer, f"{one}mediate/", sent | read).json()
    assert post(town.world.reviewer, f"{one}mediate/", sent | read).status_code == 409
    first, second = held["dispute"]["mediations"]
    assert (first["text"], first["agreed"], first["agreement"]) == ("未能一致", False, None)
    assert (second["text"], second["agreed"]) == ("双方同意", True)
    assert second["agreement"] == {
        "items": ["XM"],
        "row_filter": [],
        "masks": {"XM": "text"},
        "methods": ["api", "file"],
        "valid_from": None,
        "until": "2027-06-30",
        "rows_per_day": 9,
        "calls_per_minute": None,
    }
    for said in ({}, {"agreed": True}, {"edit_version": held["edit_version"]}):
        assert post(town.world.head, f"{one}concur/", said).status_code == 422
    stale = {"agreed": True, "edit_version": before["edit_version"]}
    assert post(town.world.head, f"{one}concur/", stale).status_code == 409
    read = {"agreed": True, "edit_version": held["edit_version"]}
    confirmed = post(town.world.head, f"{one}concur/", read).json()
    assert confirmed["status"] == "disputed"
    kept = confirmed["dispute"]["mediations"][1]
    assert kept["provider_confirmed_at"] is not None
    assert kept["requester_confirmed_at"] is None
    done = post(town.asker_head, f"{one}concur/", read | {"edit_version": confirmed["edit_version"]}).json()
    assert done["status"] == "agreed"
    assert done["decided"]["items"] == ["XM"]
