"""Every door, every wrong caller: refused alike, nothing told, nothing logged as pulled, the attempt kept."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from catalog.models import Entry
from collection.models import Dataset, DatasetGroupObjectPermission
from core import clock
from core.actors import system_actor
from core.testing import clock_at
from sharing.models import Client, Grant, Pull, RefusedCall
from sharing.selectors.pull import days_of_client
from sharing.services.refused_call import KEPT_DAYS, refused_calls_drop
from tests.collection.conftest import Town
from tests.factories.accounts import DepartmentFactory, InformationSystemFactory, UserFactory
from tests.sharing.factories import bearer, client_make, grant_make

DOORS = (
    "", "rows/", "changes/?since=0", "files/", "files/7d0c0c9c-0000-4000-8000-000000000000/", "export/",
    *(f"export/?format={one}" for one in ("json", "ndjson", "xlsx", "parquet")),
)  # fmt: skip


def _nobody(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    return {}


def _other_department(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    return bearer(client_make(DepartmentFactory()))


def _bound_across_departments(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    return bearer(client_make(DepartmentFactory(), grants=[grant]))


def _unbound(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    return bearer(client_make(grant.department))


def _changed(**values: Any) -> Callable[[Town, Grant, Client], dict[str, Any]]:
    def make(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
        Grant.objects.filter(pk=grant.pk).update(**{name: _value(value) for name, value in values.items()})
        return bearer(machine)

    return make


def _value(value: Any) -> Any:
    return value() if callable(value) else value


def _right_missing(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    DatasetGroupObjectPermission.objects.all().delete()
    return bearer(machine)


def _right_elsewhere(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    DatasetGroupObjectPermission.objects.update(group=DepartmentFactory().group)
    return bearer(machine)


def _retired(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    Dataset.objects.update(retired_at=clock.now())
    return bearer(machine)


def _withdrawn(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    Entry.objects.update(status="withdrawn")
    return bearer(machine)


def _department_ended(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    headers = bearer(machine)
    grant.department.valid_to = clock.today()
    grant.department.save()
    return headers


def _suspended_client(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    Client.objects.update(status="suspended")
    return bearer(machine)


def _retired_system(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    machine.system.retired_on = clock.today()
    machine.system.save()
    return bearer(machine)


def _another_system(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    grant.systems.set([InformationSystemFactory(department=grant.department)])
    return bearer(machine)


def _wrong_address(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    Client.objects.update(networks=["10.0.0.0/8"])
    return bearer(machine)


def _expired_token(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    return bearer(machine, seconds=0)


def _revoked_token(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    from oauth2_provider.models import AccessToken

    headers = bearer(machine)
    AccessToken.objects.all().delete()
    return headers


def _wrong_scope(town: Town, grant: Grant, machine: Client) -> dict[str, Any]:
    return bearer(machine, scope="catalog:write")


def _past(**delta: float) -> Callable[[], Any]:
    return lambda: clock.now() - timedelta(**delta)


CALLERS: dict[str, tuple[Callable[[Town, Grant, Client], dict[str, Any]], int]] = {
    "anonymous": (_nobody, 401),
    "another department's": (_other_department, 403),
    "another department's, bound by mistake": (_bound_across_departments, 403),
    "not bound": (_unbound, 403),
    "suspended": (_changed(status="suspended"), 403),
    "ended": (_changed(status="ended", ended_at=clock.now), 403),
    "marked expired": (_changed(status="expired", ended_at=clock.now), 403),
    "expired and not yet marked": (_changed(valid_to=_past(seconds=0)), 403),
    "not begun": (_changed(valid_from=_past(hours=-1)), 403),
    "not for machines": (_changed(methods=["file"]), 403),
    "without the right": (_right_missing, 403),
    "with the right of another": (_right_elsewhere, 403),
    "of retired data": (_retired, 403),
    "of a withdrawn entry": (_withdrawn, 404),
    "of an ended department": (_department_ended, 401),
    "of a retired system": (_retired_system, 403),
    "of a system that the grant does not name": (_another_system, 403),
    "suspended client": (_suspended_client, 401),
    "from a wrong address": (_wrong_address, 403),
    "with an expired token": (_expired_token, 401),
    "with a revoked token": (_revoked_token, 401),
    "with another scope": (_wrong_scope, 403),
}


@pytest.mark.parametrize("caller", CALLERS)
def test_a_wrong_caller_gets_nothing(three: Town, grant: Grant, client_of: Client, caller: str) -> None:
    make, status = CALLERS[caller]
    headers = make(three, grant, client_of)
    for door in DOORS:
        before, counted = AuditEvent.objects.filter(action="access.denied").count(), refused(machine=None)
        answer = Browser().get(f"/api/v1/datasets/{three.dataset.pk}/{door}", headers=headers)
        assert answer.status_code == status, door
        _tells_nothing(answer)
        kept = AuditEvent.objects.filter(action="access.denied").count() - before
        # What is forbidden stands in the trail each time, the rest once in a minute; all of it is counted.
        assert kept == 1 if status == 403 or door == DOORS[0] else kept in (0, 1), door
        assert refused(machine=None) == counted + 1, door
    assert not Pull.objects.exists()


def refused(machine: Client | None, **conditions: Any) -> int:
    """Count the calls that were refused, of one client or all."""
    if machine is not None:
        conditions["client"] = machine
    return RefusedCall.objects.filter(**conditions).aggregate(calls=Sum("count"))["calls"] or 0


def _tells_nothing(answer: Any) -> None:
    body = answer.content.decode().replace(answer.headers["X-Request-ID"], "")  # random, whatever it spells
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "ETag" not in answer.headers
    for secret in ("0001", "王", "990102", "850.50", "DXBH", "row_count", "低保"):
        assert secret not in body


def test_why_a_grant_does_not_cover_is_not_told(three: Town, grant: Grant, client_of: Client) -> None:
    said = set()
    for caller, (make, status) in CALLERS.items():
        if status == 403 and not caller.startswith(("from", "with another")):
            Grant.objects.filter(pk=grant.pk).update(
                status="active", ended_at=None, methods=["api"], valid_from=clock.now() - timedelta(days=1),
                valid_to=clock.now() + timedelta(days=1),
            )  # fmt: skip
            headers = make(three, grant, client_of)
            body = Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/", headers=headers).json()
            said.add((body["status"], body["code"], body["detail"]))
    assert len(said) == 1


def test_who_has_no_grant_learns_nothing_by_asking_differently(three: Town, grant: Grant, client_of: Client) -> None:
    headers = bearer(client_make(DepartmentFactory())) | {"If-None-Match": "*"}
    for query in ({}, {"grant": "1"}, {"cursor": "x"}, {"ZZZ": "1"}, {"limit": "x"}, {"version": "x"}):
        answer = Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/", query, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "no_grant")


def test_a_dataset_that_is_none_looks_like_one_that_is_not_seen(three: Town, client_of: Client) -> None:
    headers = bearer(client_of)
    draft = three.world.entry(name="草稿")
    hidden = Dataset.objects.create(entry=draft, name="未公开", created_at=clock.now())
    for pk in (hidden.pk, 10**9):
        answer = Browser().get(f"/api/v1/datasets/{pk}/rows/", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_grant_of_another_is_none_of_mine(three: Town, grant: Grant, client_of: Client) -> None:
    other = grant_make(three.dataset, DepartmentFactory())
    unbound = grant_make(three.dataset, grant.department)
    headers = bearer(client_of)
    for pk in (other.pk, unbound.pk, 10**9):
        answer = Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/", {"grant": pk}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "no_grant")


@pytest.mark.parametrize(
    ("whose", "roles", "status"),
    [
        ("own", ["cataloguer"], 200),
        ("own", ["head"], 200),
        ("own", [], 403),
        ("another", ["cataloguer", "head"], 403),
        ("own", ["secadmin"], 403),
        ("own", ["auditor"], 403),
        ("own", ["sysadmin"], 403),
        ("provider", ["cataloguer"], 403),
    ],
)
def test_a_person_reads_for_his_department_alone(
    three: Town, grant: Grant, whose: str, roles: list[str], status: int
) -> None:
    places = {"own": grant.department, "provider": three.world.provider}
    browser = Browser()
    browser.force_login(UserFactory(department=places.get(whose) or DepartmentFactory(), roles=roles))
    for door in ("rows/", "export/"):
        answer = browser.get(f"/api/v1/datasets/{three.dataset.pk}/{door}")
        assert answer.status_code == status
        if answer.streaming:
            list(answer.streaming_content)


def test_a_grant_ends_to_the_second(three: Town, grant: Grant, client_of: Client) -> None:
    headers = bearer(client_of, seconds=100 * 86_400)
    address = f"/api/v1/datasets/{three.dataset.pk}/rows/"
    with clock_at(grant.valid_to - timedelta(microseconds=1)):
        assert Browser().get(address, headers=headers).status_code == 200
    with clock_at(grant.valid_to):
        assert Browser().get(address, headers=headers).status_code == 403
    with clock_at(grant.valid_from - timedelta(microseconds=1)):
        assert Browser().get(address, headers=headers).status_code == 403
    with clock_at(grant.valid_from):
        assert Browser().get(address, headers=headers).status_code == 200


def test_nothing_is_written_through_the_data_api(three: Town, grant: Grant, client_of: Client) -> None:
    headers = bearer(client_of)
    for door in DOORS:
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(Browser(), method)(f"/api/v1/datasets/{three.dataset.pk}/{door}", headers=headers)
            assert answer.status_code in (403, 405)


def test_a_contractor_reads_nothing_under_the_departments_grants(three: Town, grant: Grant) -> None:
    browser = Browser()
    browser.force_login(UserFactory(department=grant.department, roles=["cataloguer"], contractor=True))
    for door in DOORS:
        answer = browser.get(f"/api/v1/datasets/{three.dataset.pk}/{door}")
        assert (answer.status_code, answer.json()["code"]) == (403, "no_contractors"), door
        assert "Contractor staff" in answer.json()["detail"]
    assert browser.get("/api/v1/grants/").json()["results"] == []
    assert not Pull.objects.exists()


def test_a_contractor_is_told_the_reason_that_holds_for_the_departments_own_data(three: Town) -> None:
    browser = Browser()
    browser.force_login(UserFactory(department=three.world.provider, roles=["cataloguer"], contractor=True))
    answer = browser.get(f"/api/v1/datasets/{three.dataset.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_contractors")
    assert "where they are named" in answer.json()["detail"]
    page = browser.get(f"/collection/datasets/{three.dataset.pk}/").content.decode()
    assert "You are not named for these data" in page
    assert "asks the provider for sharing" not in page


# --- What is kept of it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "code", "is_known"),
    [
        ("anonymous", "sign_in_required", False),
        ("with an expired token", "invalid_token", True),
        ("with a revoked token", "invalid_token", False),
        ("suspended client", "invalid_token", True),
        ("of an ended department", "invalid_token", True),
        ("from a wrong address", "wrong_address", True),
        ("with another scope", "insufficient_scope", True),
        ("not begun", "no_grant", True),
        ("of a withdrawn entry", "not_found", True),
    ],
)
def test_a_refusal_is_kept_with_client_address_and_code(
    three: Town, grant: Grant, client_of: Client, caller: str, code: str, is_known: bool
) -> None:
    headers = CALLERS[caller][0](three, grant, client_of)
    Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/", headers=headers)
    kept = RefusedCall.objects.get()
    assert (kept.code, kept.client_id, kept.address) == (code, client_of.pk if is_known else None, "127.0.0.1")


def _spend(three: Town, grant: Grant, headers: dict[str, Any]) -> None:
    Grant.objects.update(rows_per_day=1)
    Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/?limit=1", headers=headers)


def _use_up(three: Town, grant: Grant, headers: dict[str, Any]) -> None:
    Client.objects.update(calls_per_minute=1)
    Browser().get("/api/v1/grants/", headers=headers)


def _hide(three: Town, grant: Grant, headers: dict[str, Any]) -> None:
    Grant.objects.filter(pk=grant.pk).update(items=grant.items[:1])


@pytest.mark.parametrize(
    ("before", "query", "code"),
    [
        (None, {"cursor": "x" * 80}, "bad_cursor"),
        (_hide, {"YBZJE": "850.50"}, "unknown_item"),
        (_hide, {"fields": "YBZJE"}, "unknown_item"),
        (_spend, {}, "quota_spent"),
        (_use_up, {}, "limit_exceeded"),
    ],
)
def test_what_is_forged_hidden_or_too_much_is_kept_too(
    three: Town, grant: Grant, client_of: Client, before: Any, query: dict[str, str], code: str
) -> None:
    headers = bearer(client_of)
    with clock_at(clock.now().replace(second=0)):
        if before is not None:
            before(three, grant, headers)
        Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/", query, headers=headers)
    assert list(RefusedCall.objects.values_list("client", "code", "count")) == [(client_of.pk, code, 1)]
    assert AuditEvent.objects.filter(action="access.denied", actor_id=client_of.pk, note=code).count() == 1


def test_a_spent_token_beside_a_session_is_its_clients(three: Town, grant: Grant, client_of: Client) -> None:
    headers, browser = bearer(client_of), Browser()
    browser.force_login(UserFactory(department=three.world.provider, roles=["cataloguer"]))
    with clock_at(clock.now().replace(second=0)):
        _use_up(three, grant, headers)
        answer = browser.get("/api/v1/grants/", headers=headers)
    assert answer.status_code == 429
    kept = RefusedCall.objects.get()
    assert (kept.client_id, kept.user_id, kept.code) == (client_of.pk, None, "limit_exceeded")


def test_the_cursor_of_another_client_is_kept_with_who_tried_it(three: Town, grant: Grant, client_of: Client) -> None:
    address = f"/api/v1/datasets/{three.dataset.pk}/rows/"
    cursor = Browser().get(address, {"limit": "1"}, headers=bearer(client_of)).json()["next_cursor"]
    other = client_make(grant.department, grants=[grant], system=client_of.system)
    answer = Browser().get(address, {"limit": "1", "cursor": cursor}, headers=bearer(other))
    assert answer.status_code == 400
    assert refused(other, code="bad_cursor") == 1


def test_nobody_floods_the_trail(three: Town, grant: Grant, client_of: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(RefusedCall, "MOST_COUNTED", 3)
    with clock_at(clock.now().replace(second=0)) as now:
        for door in DOORS[:5]:
            Browser().get(f"/api/v1/datasets/{three.dataset.pk}/{door}", headers={"Authorization": f"Bearer {door}"})
        assert list(RefusedCall.objects.values_list("client", "code", "count")) == [(None, "invalid_token", 3)]
        assert AuditEvent.objects.filter(action="access.denied").count() == 1
        now.advance(days=KEPT_DAYS + 1)
        refused_calls_drop(actor=system_actor("sharing-clock"))
    assert not RefusedCall.objects.exists()


def test_what_is_kept_no_longer_is_found_by_an_index_and_dropped_in_portions(
    three: Town, client_of: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr("sharing.services.refused_call.PORTION", 2)
    old = clock.now() - timedelta(days=KEPT_DAYS, hours=1)
    for code in ("a", "b", "c"):
        RefusedCall.objects.create(minute=old, client=client_of, code=code, status=401, path="/")
    RefusedCall.objects.create(minute=clock.now(), client=client_of, code="kept", status=401, path="/")
    with CaptureQueriesContext(connection) as asked:
        assert refused_calls_drop(actor=system_actor("sharing-clock")) == 3
    assert RefusedCall.objects.get().code == "kept"
    queries = [one["sql"] for one in asked]
    assert sum(one.startswith("DELETE") for one in queries) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[0]}")
        assert "refused_call_minute" in "".join(line for (line,) in cursor.fetchall())


def test_the_page_of_the_client_shows_what_was_refused(three: Town, grant: Grant, client_of: Client) -> None:
    headers = bearer(client_of, seconds=0)
    for _again in range(2):
        Browser().get(f"/api/v1/datasets/{three.dataset.pk}/rows/", headers=headers)
    assert sum(one.refused for one in days_of_client(client_of)) == 2
    browser = Browser()
    browser.force_login(UserFactory(department=grant.department, roles=["head"]))
    page = browser.get(f"/sharing/clients/{client_of.pk}/").content.decode()
    assert "Token unknown, expired or revoked" in page or "令牌" in page
    assert "invalid_token" in page
    assert "127.0.0.1" in page
