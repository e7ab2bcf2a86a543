import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from catalog import services
from catalog.models import Entry
from tests.catalog.views.reader import client_of, get, names_in, text_of
from tests.factories.catalog import CatalogWorld

ITEMS = [
    {"name": "机构名称", "field_name": "JGMC", "type": "C", "length": 100},
    {"name": "负责人电话", "field_name": "FZRDH", "type": "C", "length": 20, "opening": "closed"},
]


def opened(world: CatalogWorld, **fields: object) -> Entry:
    fields = {"sharing": "unconditional", "opening": "open", "items": ITEMS} | fields
    return world.published(**fields)


def robots(html: str) -> str:
    return re.search(r'<meta name="robots" content="([^"]*)"', html).group(1)  # type: ignore[union-attr]


def canonical(html: str) -> str:
    return re.search(r'<link rel="canonical" href="([^"]*)"', html).group(1)  # type: ignore[union-attr]


def test_public_list_holds_what_is_open_and_nothing_else(client: Client, world: CatalogWorld) -> None:
    opened(world, name="养老机构名录")
    opened(world, name="殡葬服务名录", opening="conditional", opening_condition="便民使用")
    world.published(name="低保对象")
    world.entry(name="草稿", opening="open")
    response = client.get("/open/", {"ordering": "name"})
    assert sorted(names_in(response)) == sorted(["养老机构名录", "殡葬服务名录"])


def test_somebody_signed_in_sees_the_same_as_the_public(world: CatalogWorld) -> None:
    opened(world, name="养老机构名录")
    world.published(name="低保对象")
    world.entry(name="草稿", opening="open")
    assert names_in(get(world.cataloguer, "/open/")) == ["养老机构名录"]


def test_public_page_shows_open_items_only(client: Client, world: CatalogWorld) -> None:
    entry = opened(world, name="养老机构名录")
    words = text_of(client.get(f"/open/{entry.ref}/"))
    assert "机构名称" in words
    assert "负责人电话" not in words
    assert "FZRDH" not in words


def test_public_page_keeps_the_process_and_the_assessments_to_itself(client: Client, world: CatalogWorld) -> None:
    entry = world.submitted(opening="open", items=ITEMS)
    services.entry_approve(actor=world.head, ref=entry.pk, opinion="内部意见")
    entry = services.entry_approve(actor=world.reviewer, ref=entry.pk, opinion="内部意见")
    words = text_of(client.get(f"/open/{entry.ref}/"))
    for kept in ("内部意见", world.cataloguer.name, world.reviewer.name, "不涉及国家秘密", "核验救助身份"):
        assert kept not in words


def test_entry_that_is_not_open_is_not_there(client: Client, world: CatalogWorld) -> None:
    closed, draft = world.published(), world.entry(opening="open")
    for ref in (closed.ref, str(closed.pk), draft.ref, "no-such"):
        assert client.get(f"/open/{ref}/").status_code == 404


def test_revision_in_work_is_not_shown_to_the_public(client: Client, world: CatalogWorld) -> None:
    entry = opened(world, summary="公布的摘要")
    services.entry_update(
        actor=world.cataloguer, ref=entry.pk, fields={"summary": "未公布的摘要", "name": "未公布的名称"}
    )
    assert "未公布" not in text_of(client.get(f"/open/{entry.ref}/"))
    assert names_in(client.get("/open/", {"q": "未公布"})) == []


def test_number_leads_to_the_one_address(client: Client, world: CatalogWorld) -> None:
    entry = opened(world)
    response = client.get(f"/open/{entry.pk}/")
    assert (response.status_code, response.headers["Location"]) == (301, f"/open/{entry.ref}/")


def test_only_the_bare_list_may_be_indexed(client: Client, world: CatalogWorld) -> None:
    opened(world)
    bare = client.get("/open/")
    assert robots(bare.content.decode()) == "index, follow"
    assert "X-Robots-Tag" not in bare.headers
    filtered = client.get("/open/", {"cycle": "monthly"})
    assert robots(filtered.content.decode()) == "noindex, follow"
    assert filtered.headers["X-Robots-Tag"] == "noindex, follow"
    for response in (bare, filtered):
        assert canonical(response.content.decode()) == "http://testserver/open/"


def test_page_of_an_entry_names_its_canonical_address(client: Client, world: CatalogWorld) -> None:
    entry = opened(world)
    html = client.get(f"/open/{entry.ref}/?utm=1").content.decode()
    assert canonical(html) == f"http://testserver/open/{entry.ref}/"
    assert robots(html) == "index, follow"


def test_too_many_filters_at_once_are_refused(client: Client, world: CatalogWorld) -> None:
    cycles = ["realtime", "daily", "weekly", "ten_days", "monthly", "quarterly", "yearly"]
    assert client.get("/open/", {"cycle": cycles[:6]}).status_code == 200
    assert client.get("/open/", {"cycle": cycles}).status_code == 422


@pytest.mark.parametrize("filters", [{"status": "draft"}, {"due": "2026-11-26"}, {"work": "any"}, {"q": "草稿"}])
def test_no_filter_brings_out_what_is_not_open(client: Client, world: CatalogWorld, filters: dict[str, str]) -> None:
    world.entry(name="草稿", opening="open")
    world.published(name="低保对象")
    assert names_in(client.get("/open/", filters)) == []


def test_public_facets_count_open_entries_only(client: Client, world: CatalogWorld) -> None:
    opened(world, cycle="yearly")
    world.published(cycle="monthly")
    facets = {facet["name"]: facet["options"] for facet in client.get("/open/").context["results"].facets}
    assert [(one["value"], one["count"]) for one in facets["cycle"]] == [("yearly", 1)]
    assert "sharing" not in facets


def test_related_entries_are_named_where_they_are_open_too(client: Client, world: CatalogWorld) -> None:
    other, closed = opened(world, name="另一开放目录"), world.published(name="不开放目录")
    entry = opened(world, name="开放目录", related=[other.pk, closed.pk])
    words = text_of(client.get(f"/open/{entry.ref}/"))
    assert "另一开放目录" in words
    assert "不开放目录" not in words


def test_terms_stand_on_both_pages(client: Client, world: CatalogWorld) -> None:
    entry = opened(world)
    for path in ("/open/", f"/open/{entry.ref}/"):
        assert 'id="terms-h"' in client.get(path).content.decode()


def test_public_pages_stay_in_their_query_budget(
    client: Client, world: CatalogWorld, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """No session, no shell: count, rows, facets with their names; an entry with items and relations."""
    entry = opened(world)
    with CaptureQueriesContext(connection) as few:
        client.get("/open/")
    assert len(few) <= 14
    for number in range(4):
        opened(world, name=f"开放 {number}")
    with django_assert_num_queries(len(few)):
        client.get("/open/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/open/{entry.ref}/")
    assert len(one) <= 6


def test_public_page_works_for_somebody_signed_in(world: CatalogWorld) -> None:
    entry = opened(world)
    assert client_of(world.sysadmin).get(f"/open/{entry.ref}/").status_code == 200
