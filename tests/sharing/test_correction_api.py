"""Correction requests through the API: the same steps as on the pages."""

import pytest
from pytest_django import DjangoAssertNumQueries

from collection import services as collecting
from sharing.models import Objection
from sharing.services import objection
from tests.collection.conftest import HEADER, ROWS
from tests.collection.worker import work
from tests.sharing.conftest import SharingTown
from tests.sharing.test_request_api import client_of, post

URL = "/api/v1/corrections/"


def test_the_whole_flow(town: SharingTown) -> None:
    held = town.granted()
    body = {
        "entry": town.entry.ref,
        "description": "金额不符",
        "item": "YBZJE",
        "grant": held.pk,
        "row_key": "0001",
    }
    made = post(town.asker, URL, body)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["row_key"], told["version"], told["dataset"]) == (
        "open",
        "0001",
        1,
        town.dataset.pk,
    )
    assert [one["state"] for one in told["clocks"]] == ["running"]
    one = f"{URL}{told['id']}/"
    assert client_of(town.world.reviewer).get(one).json()["row_key"] == ""
    assert client_of(town.world.head).get(URL, {"state": "open"}).json()["count"] == 1
    assert client_of(town.world.head).get(URL, {"entry": "307013-999999"}).json()["count"] == 0
    assert post(town.world.cataloguer, f"{one}correct/", {"version": 1}).status_code == 422
    refused = post(town.asker, f"{one}answer/", {"confirmed": True, "answer": "属实"})
    assert refused.status_code == 403
    answered = post(town.world.cataloguer, f"{one}answer/", {"confirmed": True, "answer": "属实"})
    assert answered.json()["state"] == "correcting"
    assert post(town.world.cataloguer, f"{one}answer/", {"confirmed": True, "answer": "属实"}).status_code == 409
    assert post(town.world.cataloguer, f"{one}correct/", {"version": 1}).status_code == 422
    assert Objection.objects.get().state == "correcting"
    content = (HEADER + "".join(ROWS).replace("850.50", "900")).encode()
    run = collecting.run_upload(
        actor=town.world.cataloguer, dataset_id=town.dataset.pk, pieces=[content], file_name="b.csv"
    )
    work(run)
    done = post(town.world.cataloguer, f"{one}correct/", {"version": 2}).json()
    assert done["state"] == "corrected"
    assert done["corrected_in"] == {"dataset": town.dataset.pk, "version": 2}
    assert done["row_key"] == ""


def test_a_row_that_the_grant_does_not_show_is_refused(town: SharingTown) -> None:
    body = {"entry": town.entry.ref, "description": "金额不符", "grant": town.granted().pk, "row_key": "99999"}
    refused = post(town.asker, URL, body)
    assert refused.status_code == 422, refused.content
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [("row_key", "unknown")]
    assert not Objection.objects.exists()


def test_it_is_taken_back(town: SharingTown) -> None:
    made = post(town.asker, URL, {"entry": town.entry.ref, "description": "金额不符"}).json()
    assert post(town.world.head, f"{URL}{made['id']}/withdraw/").status_code == 403
    assert post(town.asker_head, f"{URL}{made['id']}/withdraw/").json()["state"] == "withdrawn"


def test_the_list_needs_few_queries(town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for _one in range(4):
        objection.objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="金额不符")
    client = client_of(town.asker)
    with django_assert_max_num_queries(15):
        assert client.get(URL).json()["count"] == 4


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"description": ""}, "description"),
        ({"item": "没有"}, "item"),
        ({"grant": 2**40}, "grant"),
        ({"row_key": "0001"}, "grant"),
        ({"dataset": 2**40}, "dataset"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_kept(
    town: SharingTown, given: dict[str, object], field: str
) -> None:
    refused = post(town.asker, URL, {"entry": town.entry.ref, "description": "金额不符"} | given)
    assert refused.status_code == 422, refused.content
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert not Objection.objects.exists()
