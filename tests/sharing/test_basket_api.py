"""The basket, decisions on many, and figures of use through the API: as on the pages."""

from typing import Any

import pytest

from sharing.choices import RequestStatus
from sharing.models import BasketEntry, ShareRequest
from sharing.oauth import actor_for_client
from sharing.services import basket
from tests.catalog.views.reader import client_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, grant_make, pulled

API = "/api/v1"
JSON = {"content_type": "application/json"}


def fields(town: SharingTown) -> dict[str, Any]:
    given = town.fields()
    del given["items"], given["dataset"]
    return given | {"valid_until": given["valid_until"].isoformat()}


def test_a_basket_is_filled_read_filed_and_cleared(town: SharingTown) -> None:
    asker, item = client_of(town.asker), f"{API}/basket/entries/{town.entry.ref}/"
    assert asker.get(f"{API}/basket/").json() == {"entries": []}
    assert asker.post(f"{API}/basket/requests/", fields(town), **JSON).status_code == 422
    for _turn in range(2):
        put = asker.put(item).json()
    assert put["entries"] == [
        {
            "entry": town.entry.ref,
            "entry_name": str(town.entry),
            "provider": town.world.provider.code,
            "attribute": "conditional",
        }
    ]
    made = asker.post(f"{API}/basket/requests/", fields(town), **JSON)
    assert made.status_code == 201
    [draft] = made.json()["requests"]
    assert (draft["status"], draft["entry"]) == ("draft", town.entry.ref)
    assert ShareRequest.objects.get(pk=draft["id"]).scenario == fields(town)["scenario"]
    assert asker.get(f"{API}/basket/").json() == {"entries": []}
    for address in (item, f"{API}/basket/"):
        asker.put(item)
        assert asker.delete(address).status_code == 204
        assert not BasketEntry.objects.exists()


def test_a_basket_is_ones_own_and_holds_what_one_may_ask_for(town: SharingTown) -> None:
    basket.basket_add(actor=town.asker, entry_ref=town.entry.ref)
    colleague = actor_of(UserFactory(department=town.world.other, roles=["cataloguer"]))
    assert client_of(colleague).get(f"{API}/basket/").json() == {"entries": []}
    assert client_of(colleague).delete(f"{API}/basket/").status_code == 204
    assert client_of(town.world.cataloguer).put(f"{API}/basket/entries/{town.entry.ref}/").status_code == 403
    for who in (town.asker_head, town.world.reviewer):
        reader = client_of(who)
        for call in (reader.get, reader.delete):
            assert call(f"{API}/basket/").status_code == 403
        assert reader.post(f"{API}/basket/requests/", fields(town), **JSON).status_code == 403
    assert client_of(town.asker).put(f"{API}/basket/entries/none/").status_code == 404
    assert BasketEntry.objects.get().user_id == town.asker.id
    assert not ShareRequest.objects.exists()


def test_several_requests_go_on_in_one_call_each_as_it_was_read(free: SharingTown) -> None:
    first, second, third = (free.submitted() for _turn in range(3))
    head = client_of(free.asker_head)
    picked = [{"id": one.pk, "edit_version": one.edit_version} for one in (first, second)]
    picked[1]["edit_version"] += 1
    sent = {"requests": [*picked, {"id": 10**9, "edit_version": 1}], "opinion": "属职责所需"}
    done = head.post(f"{API}/share-requests/pass/", sent, **JSON)
    assert done.status_code == 200
    assert done.json()["passed"] == [first.pk]
    stale, unseen = done.json()["left"]
    assert (stale["id"], unseen["id"], unseen["name"]) == (second.pk, 10**9, "")
    assert "changed after you opened it" in stale["reasons"][0]
    found = dict(ShareRequest.objects.values_list("pk", "status"))
    assert found == {
        first.pk: RequestStatus.AGREED,
        second.pk: RequestStatus.AWAITING_HEAD,
        third.pk: RequestStatus.AWAITING_HEAD,
    }
    for wrong in ({}, {"requests": []}, {"requests": [{"id": second.pk}]}, {"requests": "all"}):
        assert head.post(f"{API}/share-requests/pass/", wrong, **JSON).status_code in (400, 422)
    mine = {"requests": [{"id": second.pk, "edit_version": second.edit_version}]}
    assert client_of(free.asker).post(f"{API}/share-requests/pass/", mine, **JSON).json()["passed"] == []


def test_what_is_not_unconditional_is_agreed_to_one_by_one(town: SharingTown) -> None:
    request = town.submitted()
    sent = {"requests": [{"id": request.pk, "edit_version": request.edit_version}]}
    told = client_of(town.asker_head).post(f"{API}/share-requests/pass/", sent, **JSON).json()
    assert (told["passed"], told["left"][0]["id"]) == ([], request.pk)
    assert ShareRequest.objects.get(pk=request.pk).status == RequestStatus.AWAITING_HEAD


@pytest.fixture
def used(town: SharingTown) -> tuple[int, int]:
    """A grant and a machine client that pulled seven rows under it."""
    grant = grant_make(town.dataset, town.world.other)
    machine = client_make(town.world.other, grants=[grant])
    pulled(grant, actor_for_client(machine), rows=7)
    return grant.pk, machine.pk


def test_figures_of_use_are_read_by_whoever_reads_them_on_the_pages(town: SharingTown, used: tuple[int, int]) -> None:
    grant, machine = used
    provider, asker = client_of(town.world.head), client_of(town.asker)
    for query in ("", f"?entry={town.entry.ref}"):
        told = provider.get(f"{API}/figures/use/{query}").json()
        last = told["days"][-1]
        assert (last["pulls"], last["rows"], last["for_libraries"], len(told["days"])) == (1, 7, 0, 30)
        assert told["entries"] == [{"entry_name": str(town.entry), "pulls": 1, "rows": 7, "departments": 1}]
    # Who holds the grant answers for no data here, and reads of his own grant and machine.
    assert asker.get(f"{API}/figures/use/").json()["entries"] == []
    assert asker.get(f"{API}/grants/{grant}/figures/").json()["days"][-1]["rows"] == 7
    day = asker.get(f"{API}/clients/{machine}/figures/").json()["days"][-1]
    assert (day["pulls"], day["rows"], day["cut"], day["refused"]) == (1, 7, 0, 0)
    stranger = client_of(actor_of(UserFactory(department=DepartmentFactory(), roles=["cataloguer"])))
    assert stranger.get(f"{API}/grants/{grant}/figures/").status_code == 404
    assert stranger.get(f"{API}/clients/{machine}/figures/").status_code == 404
    assert stranger.get(f"{API}/figures/use/").json()["entries"] == []
    nobody = client_of(actor_of(UserFactory(department=town.world.other, roles=[])))
    assert nobody.get(f"{API}/figures/use/").status_code == 403
    assert provider.get(f"{API}/figures/use/?entry=none").status_code == 404
