"""How current and how good data are is said wherever they or their entry are named; the public is told nothing."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from collection import services
from collection.models import Dataset, Run
from collection.services.quality_task import quality_shortfall_settle
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import Town
from tests.collection.sources import add


def judge(dataset: Dataset, freshness: str, score: float) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(freshness=freshness, quality_score=score)


def test_a_search_says_the_most_overdue_and_the_worst_of_an_entry(three: Town) -> None:
    judge(three.dataset, "fresh", 72.5)
    other = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份")
    judge(other, "overdue", 99)
    for reader in (three.cataloguer, three.world.reviewer, three.world.other_cataloguer):
        found = text_of(get(reader, "/catalog/"))
        assert "Overdue" in found
        assert "Quality 72.5" in found
        assert "Quality 99" not in found


def test_the_public_is_told_nothing_of_an_open_entry(three: Town) -> None:
    opened = three.world.published(name="开放目录", opening="open", sharing="unconditional")
    judge(services.dataset_hook(actor=three.cataloguer, ref=opened.pk, name="开放数据"), "overdue", 10)
    for address in ("/open/", f"/open/{opened.ref}/"):
        page = Client().get(address)
        assert page.status_code == 200
        assert "开放目录" in text_of(page)
        assert "Quality 10" not in text_of(page)
        assert "Overdue" not in text_of(page)


def test_more_entries_with_data_cost_no_more_queries(
    three: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    judge(three.dataset, "overdue", 50)
    client = client_of(three.cataloguer)
    client.get("/catalog/")
    with CaptureQueriesContext(connection) as few:
        client.get("/catalog/")
    for number in range(4):
        entry = three.world.published(name=f"目录 {number}")
        judge(services.dataset_hook(actor=three.cataloguer, ref=entry.pk, name=f"数据 {number}"), "due_soon", 60)
    with django_assert_max_num_queries(len(few) + 1):  # the facets are counted anew after a change
        client.get("/catalog/")


def test_an_inbox_says_how_the_data_stand_now_and_not_when_the_work_began(three: Town) -> None:
    judge(three.dataset, "fresh", 40)
    quality_shortfall_settle(dataset_id=three.dataset.pk)
    judge(three.dataset, "overdue_long", 41.5)
    page = text_of(get(three.cataloguer, "/"))
    assert "Quality 41.5" in page
    assert "Quality 40.0, limit 80" in page


def test_a_run_says_how_its_dataset_stands(three: Town) -> None:
    judge(three.dataset, "fresh", 41.5)
    page = text_of(get(three.cataloguer, f"/collection/runs/{Run.objects.get().pk}/"))
    assert "Up to date" in page
    assert "Quality 41.5" in page


def test_lists_and_pages_that_name_data_say_how_they_stand(three: Town) -> None:
    source = add(three, {"url": "http://data.example/"})
    judge(three.dataset, "overdue", 41.5)
    for address in ("/collection/runs/", "/collection/sources/", f"/collection/sources/{source.pk}/"):
        page = text_of(get(three.cataloguer, address))
        assert "Overdue" in page
        assert "Quality 41.5" in page
