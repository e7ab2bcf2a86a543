"""A department's pool in figures, for those who answer for it."""

import csv
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from collection import services
from collection.models import Dataset
from collection.selectors import pool as reading
from core import clock
from core.exceptions import NotVisible
from tests.collection.conftest import HEADER, ROWS, Town


def signed_in(user_id: int | None) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user_id), backend="accounts.backends.AccountBackend")
    return client


def test_a_pool_counts_rows_bytes_and_what_is_overdue(three: Town) -> None:
    services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="还没有数据")
    (pool,) = reading.pools_for(three.world.reviewer)
    assert (pool.name, pool.datasets, pool.loaded, pool.rows, pool.late) == ("市民政局", 2, 1, 3, 0)
    assert pool.size_bytes > 0
    assert reading.pools_for(three.cataloguer) == [pool]


def test_nobody_sees_the_pool_of_another_department(three: Town) -> None:
    code = three.world.provider.code
    assert reading.pools_for(three.world.other_cataloguer) == []
    with pytest.raises(NotVisible):
        reading.pool_get_for(three.world.other_cataloguer, code)
    assert signed_in(three.world.other_cataloguer.id).get(f"/collection/pools/{code}/").status_code == 404


def test_more_datasets_cost_no_more_queries(three: Town, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(5):
        more = Town(
            three.world,
            three.entry,
            services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name=f"数据{number}"),
        )
        more.send(HEADER + ROWS[0])
    client = signed_in(three.world.reviewer.id)
    client.get("/collection/pools/")
    with django_assert_max_num_queries(20):
        page = client.get(f"/collection/pools/{three.world.provider.code}/")
    assert page.status_code == 200
    assert "数据4" in page.content.decode()


def test_a_pool_is_searched_sorted_and_exported(three: Town) -> None:
    services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="还没有数据")
    more = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="小")
    assert Town(three.world, three.entry, more).send(HEADER + ROWS[0]).state == "succeeded"
    client = signed_in(three.world.reviewer.id)
    address = f"/collection/pools/{three.world.provider.code}/"

    def named(**query: str) -> list[str]:
        rows = client.get(address, query | {"export": "csv"}).content.decode("utf-8-sig").splitlines()[1:]
        return [one.split(",")[0] for one in rows]

    assert named() == ["低保对象", "小", "还没有数据"]
    assert named(ordering="rows") == ["还没有数据", "小", "低保对象"]
    assert named(q="还没") == ["还没有数据"]
    assert named(freshness="overdue") == []
    Dataset.objects.filter(pk=more.pk).update(freshness="due_soon", due_at=clock.now() - timedelta(hours=1))
    Dataset.objects.filter(pk=three.dataset.pk).update(freshness="due_soon", due_at=clock.now() + timedelta(days=1))
    for where in (address, "/collection/"):
        for state, words in (("in_grace", "Due, within its grace"), ("due_soon", "Due soon")):
            query = {"export": "csv", "freshness": state}
            (row,) = client.get(where, query).content.decode("utf-8-sig").splitlines()[1:]
            assert words in next(csv.reader([row]))
    part = client.get(address, {"q": "没有这个"}, headers={"HX-Request": "true"}).content.decode()
    assert "No dataset fits" in part
    assert "<html" not in part
