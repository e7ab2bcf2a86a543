"""Every address of the product, tried by every kind of caller. ``table.py`` says how the table is written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from http.cookies import SimpleCookie
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from collection.models import Dataset, DatasetVersion, QualityReport, Run
from collection.services.assignment import assignment_add
from collection.services.quality_task import quality_shortfall_settle
from core import clock
from tests.permissions.conftest import PARTS
from tests.permissions.table import CALLERS, METHODS, Route
from tests.permissions.world import World
from tests.unchanged import Digest, database_digest

ROUTES: list[Route] = [route for part in PARTS for route in part.ROUTES]


def url_names(patterns: Any, namespace: str = "") -> Iterator[str]:
    """Yield the full name of every route, the address itself where one has no name."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from url_names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}" if pattern.name else f"(no name) {pattern.pattern}"


def test_every_route_stands_in_the_table_once() -> None:
    known = {name for name in url_names(get_resolver().url_patterns) if not name.startswith("debug:")}
    written = [route.name for route in ROUTES]
    missing = sorted(known - set(written))
    gone = sorted(set(written) - known)
    assert not missing, f"in no table of tests/permissions: {', '.join(missing)}"
    assert not gone, f"in a table, but no route: {', '.join(gone)}"
    assert len(written) == len(set(written)), "a route stands in the table twice"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rpartition(".")[2])
def test_routes(part: ModuleType, world: World) -> None:
    """All routes of one table, in one world: making it anew for each would take longer than trying them."""
    untouched = database_digest()
    problems = [problem for route in part.ROUTES for problem in tried(route, world, untouched)]
    assert not problems, "\n".join(["", *problems])


READ_BY_ANYBODY = {
    "sharing:terms",
    "sharing_api:terms",
    "sharing_api:grant_list",
    "sharing_api:request_list",
    "sharing_api:correction_list",
}
"""The terms of use are public to whoever is signed in; lists of the API are empty for who sees nothing."""


SYSTEMS = {"accounts:system_create", "accounts:system_edit", "accounts:system_retire"}
"""Steps about the information systems of a department; everybody may look at them."""


@pytest.mark.parametrize("caller", ["contractor", "other_contractor"])
def test_contractors_neither_act_nor_look_anywhere_in_sharing_and_keep_no_systems(world: World, caller: str) -> None:
    """What binds a department is its own people's, and nobody else learns what it shares (docs/adr/0081)."""
    namespaces = ("sharing", "sharing_clients", "sharing_api")
    own = [route for route in ROUTES if route.name.partition(":")[0] in namespaces or route.name in SYSTEMS]
    untouched, problems = database_digest(), []
    with taken_back():
        for route in own:
            for method in METHODS:
                if route.statuses(method) is None:
                    continue
                response = _send(route, world, method, caller)
                if method == "get" and route.name in READ_BY_ANYBODY:
                    if response.status_code != 200 or b'"results":[{' in response.content.replace(b" ", b""):
                        problems.append(f"{method.upper()} {route.name}: {_said(response)}")
                elif response.status_code not in (403, 404):
                    problems.append(f"{method.upper()} {route.name}: {_said(response)}")
        after = database_digest()
    assert not problems, "\n".join(["", *problems])
    assert [table for table in after if untouched[table] != after[table]] == []


# --- What moves with a load, to people of a department and to contractors ---------------------------------------------

SCORE, COUNT, NEWEST = "73.9", 9_876_543, date(1987, 6, 5)
TOLD = (SCORE, str(COUNT), f"{COUNT:,}", NEWEST.isoformat())
"""The score, the number of rows and the newest value, as pages and answers write them."""

TABS = ("rows", "profile", "versions", "runs", "settings", "files")


@pytest.fixture
def figured(world: World) -> Iterator[World]:
    """The world, in which all data have the same figures, and a contractor's person is named for them."""
    with taken_back():
        loaded = Dataset.objects.get(pk=world.things["loaded_dataset"].pk)
        assert loaded.published_version is not None
        item = loaded.published_version.columns[0]["item"]
        assignment_add(
            actor=world.actor("head"), entry_ref=loaded.entry_id, user_id=world.users["contractor"].pk,
            until=clock.today() + timedelta(days=1),
        )  # fmt: skip
        Dataset.objects.update(quality_score=SCORE, time_item=item)
        DatasetVersion.objects.update(row_count=COUNT, time_item=item, newest_on=NEWEST)
        QualityReport.objects.update(score=SCORE, rows=COUNT, dimensions={"accuracy": float(SCORE)})
        quality_shortfall_settle(dataset_id=loaded.pk)
        yield world


def told(world: World, caller: str) -> dict[str, set[str]]:
    """Return route → which figures a caller is told there: as it stands, by each of its tabs, and as a file.

    In sharing staff of contractors look nowhere, as is proven above.
    """
    found: dict[str, set[str]] = {}
    for route in ROUTES:
        if route.get is None or route.name.startswith("sharing"):
            continue
        for kwargs, query in _asked(route, world):
            address = reverse(route.name, kwargs=kwargs or None)
            text = _text(world, caller, address, query)
            if "export=csv" in text:
                text += _text(world, caller, address, {**query, "export": "csv"})
            if figures := {one for one in TOLD if one in text}:
                found.setdefault(route.name, set()).update(figures)
    return found


def _asked(route: Route, world: World) -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:
    loaded = world.things["loaded_dataset"]
    kwargs, query = dict(route.kwargs(world)), dict(route.query(world))
    yield kwargs, query
    if "ref" in kwargs and kwargs["ref"] != loaded.entry.ref:
        yield {**kwargs, "ref": loaded.entry.ref}, query
    if route.name == "collection:dataset_detail":
        for tab in TABS:
            yield {"pk": loaded.pk}, {"tab": tab}
    if route.name == "collection:run_detail":
        for run in Run.objects.filter(dataset=loaded):
            yield {"pk": run.pk}, {}


def _text(world: World, caller: str, address: str, query: Mapping[str, Any]) -> str:
    client = world.clients[caller]
    client.cookies = SimpleCookie(world.cookies.get(caller, {}))
    response = client.get(address, query)
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    cache.clear()
    return content.decode(errors="replace") if response.status_code == 200 else ""


def test_people_of_the_department_are_told_the_figures(figured: World) -> None:
    found = told(figured, "cataloguer")
    score = {name for name, figures in found.items() if SCORE in figures}
    assert score >= {
        "catalog:home", "catalog:entry_detail", "catalog_api:entry_detail", "collection:dataset_list",
        "collection:dataset_detail", "collection:run_list", "collection:run_detail", "collection:pool_list",
        "collection:pool_detail", "collection:quality_list", "collection:quality_dataset",
    }  # fmt: skip
    assert {f"{COUNT:,}", NEWEST.isoformat()} <= found["collection:dataset_detail"]


def test_contractors_are_told_none_anywhere(figured: World) -> None:
    assert told(figured, "contractor") == {}


# --- How the requests are sent ----------------------------------------------------------------------------------------


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo what the block writes, also when it fails."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def tried(route: Route, world: World, untouched: Digest) -> Iterator[str]:
    """Send every request once; yield the answers that are not those of the table, and the tables that must not change.

    Refused requests and reading ones are sent in a row, and whatever they left behind is told at the end. Every other
    one is taken back by itself.

    Args:
        untouched: the database before the first request.
    """
    idle = []
    with taken_back():
        for method, caller in _requests(route):
            if _is_without_effect(route, method, caller):
                idle.append(f"{method.upper()} as {caller}")
                yield from _judge(route, method, caller, _send(route, world, method, caller))
        after = database_digest()
    changed = sorted(table for table in after if untouched[table] != after[table])
    if changed:
        yield f"{route.name}: {', '.join(changed)} changed by one of {', '.join(idle)}"
    for method, caller in _requests(route):
        if not _is_without_effect(route, method, caller):
            with taken_back():
                response = _send(route, world, method, caller)
            yield from _judge(route, method, caller, response)


def _requests(route: Route) -> Iterator[tuple[str, str]]:
    for method in METHODS:
        for caller in CALLERS if route.statuses(method) is not None else ("head", "sysadmin"):
            yield method, caller


def _is_without_effect(route: Route, method: str, caller: str) -> bool:
    """Say whether a request is refused, or only reads."""
    statuses = route.statuses(method)
    if statuses is None or statuses.get(caller, route.refused) in (401, 403, 404):
        return True
    return method == "get" and not route.get_writes


def _judge(route: Route, method: str, caller: str, response: HttpResponseBase) -> Iterator[str]:
    statuses = route.statuses(method)
    here = f"{method.upper()} {route.name} as {caller}:"
    if statuses is None:
        if response.status_code not in (401, 403, 404, 405):
            yield f"{here} {_said(response)}, but no row says who may"
    elif caller not in statuses:
        yield from _judge_refusal(route, caller, response, here)
    elif response.status_code != statuses[caller]:
        yield f"{here} {_said(response)}, not {statuses[caller]}"


def _judge_refusal(route: Route, caller: str, response: HttpResponseBase, here: str) -> Iterator[str]:
    """Yield a refusal that has not the right form: the public is led to the sign-in page, others get the status."""
    if caller != "anonymous":
        if response.status_code != route.refused:
            yield f"{here} {_said(response)}, not refused with {route.refused}"
    elif response.status_code == 302:
        if not response.headers["Location"].startswith(settings.LOGIN_URL):
            yield f"{here} {_said(response)}, not to the sign-in page"
    elif response.status_code != 401:
        yield f"{here} {_said(response)}, not led to the sign-in page"


def _said(response: HttpResponseBase) -> str:
    target = response.headers.get("Location")
    return f"{response.status_code} to {target}" if target else str(response.status_code)


def _send(route: Route, world: World, method: str, caller: str) -> HttpResponseBase:
    """Send one request as a caller whose browser is as it was before."""
    client = world.clients[caller]
    client.cookies = SimpleCookie(world.cookies.get(caller, {}))
    address = reverse(route.name, kwargs=dict(route.kwargs(world)) or None)
    try:
        return _request(client, route, world, method, address)
    finally:
        cache.clear()


def _request(client: Any, route: Route, world: World, method: str, address: str) -> HttpResponseBase:
    headers = dict(route.headers or {})
    if method == "get":
        response: HttpResponseBase = client.get(address, dict(route.query(world)), headers=headers)
    elif method == "post" and not route.as_json:
        response = client.post(address, dict(route.data(world)), headers=headers)
    else:
        data = {} if route.statuses(method) is None else route.data(world)  # a file is no JSON
        response = getattr(client, method)(address, data, "application/json", headers=headers)
    if getattr(response, "streaming", False):
        list(response.streaming_content)  # type: ignore[attr-defined]
    return response
