"""The doors that people use – page, profile, try-it, search, facets – and every wrong caller: nothing is told by
status, count or text, nothing is logged as pulled, and the attempt is kept where it is refused."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from audit.models import AuditEvent
from catalog.models import Entry
from collection.models import Dataset, DatasetGroupObjectPermission
from core import clock
from core.testing import clock_at
from sharing.models import Client, Grant, Pull, RefusedCall
from tests.catalog.views.reader import client_of, text_of
from tests.factories.accounts import DepartmentFactory, UserFactory
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make, grant_make

PAGE, API = "page", "api"

SECRETS = ("0001", "0002", "0164A", "王小明", "李四", "欧阳锋", "99010219", "850.50", "1020.00", "row_count")
"""What the rows hold, and how many there are."""


@pytest.fixture
def grant(town: SharingTown) -> Grant:
    """A grant on those who were taken in since February, without identity numbers and with names masked."""
    return grant_make(
        town.dataset,
        town.world.other,
        items=["DXBH", "XM", "NRRQ"],
        masks={"XM": "name"},
        row_filter=[("NRRQ", "gte", ["2026-02-01"])],
    )


@pytest.fixture
def machine(town: SharingTown, grant: Grant) -> Client:
    """A client on whose page the grant can be tried."""
    return client_make(town.world.other, grants=[grant], system=town.system)


Door = tuple[str, Callable[[Grant], str]]

DOORS: dict[str, Door] = {
    "page": (PAGE, lambda grant: f"/sharing/grants/{grant.pk}/data/"),
    "profile": (PAGE, lambda grant: f"/sharing/grants/{grant.pk}/data/?tab=profile"),
    "try-it": (API, lambda grant: f"/api/v1/datasets/{grant.dataset_id}/rows/?grant={grant.pk}&limit=5"),
    "try-it of some items": (
        API, lambda grant: f"/api/v1/datasets/{grant.dataset_id}/rows/?grant={grant.pk}&limit=5&fields=DXBH",
    ),
    "taking along": (API, lambda grant: f"/api/v1/datasets/{grant.dataset_id}/export/?grant={grant.pk}&format=csv"),
    "changes": (API, lambda grant: f"/api/v1/datasets/{grant.dataset_id}/changes/?grant={grant.pk}&since=0"),
}  # fmt: skip


def read(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return str(body.decode(errors="replace"))


def told(kind: str, response: Any) -> str:
    """Return the words of an answer: a page's markup holds keys that mean nothing."""
    return text_of(response) if kind == PAGE else read(response)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong caller.

    Attributes:
        make: brings it about and returns the browser that calls.
        page, api: the status that doors of each kind answer.
    """

    make: Callable[[SharingTown, Grant], Browser]
    page: int
    api: int


def _person(department: Callable[[SharingTown], Any], *roles: str, **user: Any) -> Callable[..., Browser]:
    def make(town: SharingTown, grant: Grant) -> Browser:
        browser = Browser()
        browser.force_login(UserFactory(department=department(town), roles=list(roles), **user))
        return browser

    return make


def _elsewhere(town: SharingTown) -> Any:
    return DepartmentFactory(region=town.world.provider.region)


def _own(town: SharingTown) -> Any:
    return town.world.other


def _state(**values: Any) -> Callable[[SharingTown, Grant], Browser]:
    def make(town: SharingTown, grant: Grant) -> Browser:
        given = {name: value() if callable(value) else value for name, value in values.items()}
        Grant.objects.filter(pk=grant.pk).update(**given)
        return client_of(town.asker)

    return make


def _done(change: Callable[[SharingTown, Grant], object]) -> Callable[[SharingTown, Grant], Browser]:
    def make(town: SharingTown, grant: Grant) -> Browser:
        browser = client_of(town.asker)
        change(town, grant)
        return browser

    return make


def _no_right(town: SharingTown, grant: Grant) -> object:
    return DatasetGroupObjectPermission.objects.all().delete()


def _unhooked(town: SharingTown, grant: Grant) -> object:
    return Dataset.objects.filter(pk=grant.dataset_id).update(retired_at=clock.now())


def _right_elsewhere(town: SharingTown, grant: Grant) -> object:
    return DatasetGroupObjectPermission.objects.update(group=DepartmentFactory().group)


def _withdrawn(town: SharingTown, grant: Grant) -> object:
    return Entry.objects.filter(pk=grant.dataset.entry_id).update(status="withdrawn")


WRONG: dict[str, Wrong] = {
    "anonymous": Wrong(lambda town, grant: Browser(), 302, 401),
    "of another department": Wrong(_person(_elsewhere, "cataloguer", "head"), 404, 403),
    "of the department without a role": Wrong(_person(_own), 404, 403),
    "the department's auditor": Wrong(_person(_own, "auditor"), 403, 403),
    "the department's security administrator": Wrong(_person(_own, "secadmin"), 403, 403),
    "the department's system administrator": Wrong(_person(_own, "sysadmin"), 404, 403),
    "staff of its contractor": Wrong(_person(_own, "cataloguer", contractor=True), 404, 403),
    "the provider, by the grant of another": Wrong(lambda town, grant: client_of(town.world.head), 403, 403),
    "the authority": Wrong(lambda town, grant: client_of(town.world.reviewer), 403, 403),
    "suspended": Wrong(_state(status="suspended"), 403, 403),
    "ended": Wrong(_state(status="ended", ended_at=clock.now), 403, 403),
    "marked expired": Wrong(_state(status="expired", ended_at=clock.now), 403, 403),
    "expired this instant": Wrong(_state(valid_to=clock.now), 403, 403),
    "not begun": Wrong(_state(valid_from=lambda: clock.now() + timedelta(hours=1)), 403, 403),
    "for machines alone": Wrong(_state(methods=["api"]), 403, 403),
    "without the right": Wrong(_done(_no_right), 403, 403),
    "with the right of another": Wrong(_done(_right_elsewhere), 403, 403),
    "of data that were unhooked": Wrong(_done(_unhooked), 403, 403),
    "of a withdrawn entry": Wrong(_done(_withdrawn), 404, 404),
}  # fmt: skip


def denials() -> int:
    return AuditEvent.objects.filter(action="access.denied").count()


def refused_calls() -> int:
    return sum(RefusedCall.objects.values_list("count", flat=True))


@pytest.mark.parametrize("caller", WRONG)
def test_a_wrong_caller_meets_a_closed_door(town: SharingTown, grant: Grant, machine: Client, caller: str) -> None:
    wrong = WRONG[caller]
    browser = wrong.make(town, grant)
    said: dict[str, set[str]] = {PAGE: set(), API: set()}
    for door, (kind, address) in DOORS.items():
        wanted = wrong.page if kind == PAGE else wrong.api
        before, counted = denials(), refused_calls()
        answer = browser.get(address(grant))
        assert answer.status_code == wanted, door
        text = told(kind, answer)
        assert [one for one in SECRETS if one in text] == [], door
        assert "ETag" not in answer.headers
        if wanted == 403:
            assert denials() == before + 1, door
        if kind == API:
            assert refused_calls() == counted + 1, door
            said[API].add(json.loads(text)["detail"])
    assert len(said[API]) == 1, "doors give different reasons"
    assert not Pull.objects.exists()
    page = browser.get(f"/sharing/clients/{machine.pk}/")
    assert "data-console" not in page.content.decode()


def test_the_doors_are_open_to_who_may(town: SharingTown, grant: Grant, machine: Client) -> None:
    """Else the refusals above would prove nothing."""
    browser = client_of(town.asker)
    for door, (kind, address) in DOORS.items():
        answer = browser.get(address(grant))
        assert answer.status_code == 200, door
        assert "0164A" in told(kind, answer) or door == "profile", door
    assert Pull.objects.count() == len(DOORS)
    assert "data-console" in browser.get(f"/sharing/clients/{machine.pk}/").content.decode()


def test_a_grant_ends_to_the_second_at_every_door(town: SharingTown, grant: Grant) -> None:
    last = grant.valid_to - timedelta(microseconds=1)
    for moment, page, api in ((last, 200, 200), (grant.valid_to, 403, 403)):
        with clock_at(moment):
            browser = client_of(town.asker)
            for door, (kind, address) in DOORS.items():
                answer = browser.get(address(grant))
                assert answer.status_code == (page if kind == PAGE else api), (door, moment)
                read(answer)


PREVIEWS = ("", "rows/", "rows/?tab=profile", "export/?format=csv", "compare/")


def test_no_grant_opens_the_providers_own_pages_of_its_rows(town: SharingTown, grant: Grant) -> None:
    """Whoever holds one sees what the data are, and rows as the grant shows them at its own doors alone."""
    elsewhere = _person(_elsewhere, "cataloguer", "head")(town, grant)
    for browser in (client_of(town.asker), client_of(town.asker_head), elsewhere, Browser()):
        for place in PREVIEWS:
            answer = browser.get(f"/collection/datasets/{grant.dataset_id}/{place}")
            assert answer.status_code in (200, 302, 403, 404), place
            text = told(PAGE, answer) if "html" in answer.headers["Content-Type"] else read(answer)
            assert [one for one in SECRETS if one in text.replace(place, "")] == [], place
    assert not Pull.objects.exists()
    [key] = town.items("SFZH")
    address = f"/collection/datasets/{grant.dataset_id}/rows/"
    for browser in (client_of(town.asker), elsewhere):
        there, nothing = (
            shape_of(browser.get(address, {"item": key, "op": "eq", "v": value}), value)
            for value in ("990102198505054321", "990102198505054329")
        )
        assert there == nothing
    assert "0001" in text_of(client_of(town.world.head).get(address))


# --- Items that are hidden or masked -------------------------------------------------------------------------------


def asked(door: str, town: SharingTown, grant: Grant, item: str, value: str) -> HttpResponse:
    """Filter by an item at a door."""
    browser = client_of(town.asker)
    if door == PAGE:
        [key] = town.items(item)
        return browser.get(f"/sharing/grants/{grant.pk}/data/", {"item": key, "op": "eq", "v": value})
    return browser.get(f"/api/v1/datasets/{grant.dataset_id}/rows/", {"grant": grant.pk, item: value})


def shape_of(answer: HttpResponse, value: str) -> tuple[int, str]:
    """Return what an answer tells, but for the value that was asked for and what is new in each answer."""
    text = text_of(answer) if "html" in answer.headers["Content-Type"] else answer.content.decode()
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", text)  # the number of the call
    return answer.status_code, text.replace(value, "…")


@pytest.mark.parametrize("door", [PAGE, "try-it"])
@pytest.mark.parametrize(
    ("item", "there", "not_there"),
    [
        ("SFZH", "990102198505054321", "990102198505054329"),
        ("YBZJE", "920", "921"),
        ("XM", "李四", "李五"),
    ],
)
def test_a_filter_on_what_is_hidden_or_masked_tells_nothing(
    town: SharingTown, grant: Grant, door: str, item: str, there: str, not_there: str
) -> None:
    found = shape_of(asked(door, town, grant, item, there), there)
    assert found == shape_of(asked(door, town, grant, item, not_there), not_there)
    assert "0002" not in found[1]


@pytest.mark.parametrize("query", [{"fields": "SFZH"}, {"fields": "XM,YBZJE"}, {"SFZH__startswith": "99"}])
def test_trying_an_item_that_is_not_granted_is_refused_and_kept(
    town: SharingTown, grant: Grant, query: dict[str, str]
) -> None:
    answer = client_of(town.asker).get(f"/api/v1/datasets/{grant.dataset_id}/rows/", {"grant": grant.pk, **query})
    assert answer.status_code == 422
    none = client_of(town.asker).get(
        f"/api/v1/datasets/{grant.dataset_id}/rows/", {"grant": grant.pk, "fields": "没有的"}
    )
    codes = [{one["code"] for one in json.loads(each.content)["errors"]} for each in (answer, none)]
    assert codes == [{"unknown_item"}, {"unknown_item"}]
    kept = RefusedCall.objects.get()
    assert (kept.code, kept.user_id, kept.count) == ("unknown_item", town.asker.id, 2)
    assert not Pull.objects.exists()


@pytest.mark.parametrize("item", ["SFZH", "XM"])
def test_rows_are_not_ordered_by_what_is_hidden_or_masked(town: SharingTown, grant: Grant, item: str) -> None:
    [key] = town.items(item)
    browser, address = client_of(town.asker), f"/sharing/grants/{grant.pk}/data/"
    plain, up, down = (re.findall(r"0002|0164A", text_of(browser.get(address, query)))
                       for query in ({}, {"sort": key}, {"sort": f"-{key}"}))  # fmt: skip
    assert plain == up == down


def test_a_row_outside_the_grants_filter_is_not_found_at_any_door(town: SharingTown, grant: Grant) -> None:
    for door in (PAGE, "try-it"):
        answer = asked(door, town, grant, "DXBH", "0001")
        assert answer.status_code == 200
        assert "王小明" not in answer.content.decode()
        assert shape_of(answer, "0001") == shape_of(asked(door, town, grant, "DXBH", "9999"), "9999")


def test_the_cursor_of_another_is_refused_where_it_is_tried(town: SharingTown, grant: Grant) -> None:
    address = f"/api/v1/datasets/{grant.dataset_id}/rows/"
    cursor = json.loads(client_of(town.asker).get(address, {"limit": "1"}).content)["next_cursor"]
    assert cursor
    for browser, given in (
        (client_of(town.asker_head), cursor),
        (client_of(town.asker), cursor[:-4] + "AAAA"),
        (client_of(town.asker), "1"),
    ):
        answer = browser.get(address, {"limit": "1", "cursor": given})
        assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "bad_cursor")
    assert refused_calls() == 3
    assert Pull.objects.count() == 1


# --- Search and facets ----------------------------------------------------------------------------------------------


def _counts(answer: HttpResponse) -> Mapping[str, Any]:
    found = json.loads(answer.content)
    return {"count": found["count"], "facets": found["facets"], "results": found["results"]}


def test_no_search_finds_what_rows_hold(town: SharingTown, grant: Grant) -> None:
    """The catalog is about data; neither whoever holds a grant nor anybody else searches the rows by it."""
    for who in (town.asker, town.world.head, town.world.reviewer, town.world.sysadmin):
        browser = client_of(who)
        for value in ("王小明", "990102199001011234", "0164A", "850.50"):
            found = _counts(browser.get("/api/v1/entries/", {"q": value}))
            assert (found["count"], found["results"]) == (0, [])
            assert not any(one["count"] for facet in found["facets"].values() for one in facet)
    for value in ("王小明", "0164A"):
        for address in ("/catalog/", "/sharing/grants/", "/sharing/requests/"):
            answer = client_of(town.asker).get(address, {"q": value})
            assert answer.status_code == 200
            assert "低保对象" not in text_of(answer)


NAME = "最低生活保障"
"""Part of the name of the entry that is shared."""

SEARCHERS: dict[str, Callable[[SharingTown, Grant], Browser]] = {
    "of another department": _person(_elsewhere, "cataloguer", "head"),
    "of the department without a role": _person(_own),
    "staff of its contractor": _person(_own, "cataloguer", contractor=True),
    "the department's system administrator": _person(_own, "sysadmin"),
}


@pytest.mark.parametrize("caller", SEARCHERS)
def test_lists_of_grants_and_requests_count_nothing_for_a_wrong_caller(
    town: SharingTown, grant: Grant, caller: str
) -> None:
    """A search by name, and each state as a facet: the same as for a name that nothing bears."""
    town.granted()
    browser = SEARCHERS[caller](town, grant)
    for address, states in (
        ("/sharing/grants/", ("", "active", "suspended")),
        ("/sharing/requests/", ("", "agreed")),
    ):
        for state in states:
            there = browser.get(address, {"q": NAME, "status": state})
            nothing = browser.get(address, {"q": "无此", "status": state})
            assert shape_of(there, NAME) == shape_of(nothing, "无此"), (address, state)
    assert json.loads(browser.get("/api/v1/grants/", {"view": "all"}).content)["results"] == []
    listed = json.loads(browser.get("/api/v1/share-requests/").content)
    assert (listed["count"], listed["results"]) == (0, [])


def test_who_may_finds_grants_and_requests(town: SharingTown, grant: Grant) -> None:
    """Else the searches above would prove nothing."""
    town.granted()
    for address in ("/sharing/grants/", "/sharing/requests/"):
        there, nothing = (client_of(town.asker).get(address, {"q": name}) for name in (NAME, "无此"))
        assert shape_of(there, NAME) != shape_of(nothing, "无此"), address


@pytest.mark.parametrize("caller", ["anonymous", *SEARCHERS])
def test_facets_and_totals_leave_out_entries_that_are_not_seen(town: SharingTown, grant: Grant, caller: str) -> None:
    """A draft of the provider moves no count of anybody else, and its name finds nothing."""
    makers = {"anonymous": lambda town, grant: Browser(), **SEARCHERS}
    browser = makers[caller](town, grant)
    address, query = ("/open/", {}) if caller == "anonymous" else ("/api/v1/entries/", {})
    before = browser.get(address, query)
    assert before.status_code == 200
    town.world.entry(name="秘密的名册")
    after = browser.get(address, query)
    if caller == "anonymous":
        assert shape_of(after, "—") == shape_of(before, "—")
        assert browser.get("/api/v1/entries/", {"q": "秘密"}).status_code == 401
        return
    assert _counts(after) == _counts(before)
    named = _counts(browser.get(address, {"q": "秘密的名册"}))
    assert (named["count"], named["results"]) == (0, [])
    assert _counts(client_of(town.world.cataloguer).get(address, {"q": "秘密的名册"}))["count"] == 1


@pytest.mark.parametrize(
    ("how", "status"),
    [("no token", 401), ("expired", 401), ("revoked", 401), ("wrong address", 403), ("suspended client", 401)],
)
def test_a_machine_that_is_let_in_nowhere_does_not_search_either(
    town: SharingTown, grant: Grant, machine: Client, how: str, status: int
) -> None:
    headers = bearer(machine, seconds=0 if how == "expired" else 600)
    if how == "no token":
        headers = {}
    elif how == "revoked":
        AccessToken.objects.all().delete()
    elif how == "wrong address":
        Client.objects.update(networks=["10.0.0.0/8"])
    elif how == "suspended client":
        Client.objects.update(status="suspended")
    for query in ({}, {"q": NAME}, {"sharing": "conditional"}):
        answer = Browser().get("/api/v1/entries/", query, headers=headers)
        assert answer.status_code == status
        assert not {"count", "facets", "results"} & set(json.loads(answer.content))
    if status == 403:
        assert denials() == 3
