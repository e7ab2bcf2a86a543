import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from catalog import services
from catalog.models import Entry, EntrySearch
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
    """No session, no shell: state of the catalog, count, names of facets, rows; an entry with items and relations."""
    entry = opened(world)
    with CaptureQueriesContext(connection) as few:
        client.get("/open/")
    assert len(few) <= 7
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


# --- What is closed cannot be probed ---------------------------------------------------------------------------------

CLOSED_WORDS = ["负责人电话", "负责", "话", "FZRDH", "fzr", "机构名称 负责人电话", "負責人電話"]


@pytest.mark.parametrize("query", CLOSED_WORDS)
def test_names_of_closed_items_find_nothing_for_the_public(client: Client, world: CatalogWorld, query: str) -> None:
    """Neither a row nor a total, a facet's count, a hint at a filter in the way or an order tells of them."""
    entry = opened(world, name="养老机构名录")
    opened(world, name="殡葬服务名录")
    response = client.get("/open/", {"q": query})
    results = response.context["results"]
    assert (names_in(response), results.total, results.facets, results.nearest) == ([], 0, [], None)
    assert client.get("/open/", {"q": query, "cycle": "never"}).context["results"].nearest is None
    inside = get(world.other_cataloguer, "/catalog/", {"q": query, "ordering": "-code"})
    assert names_in(inside)[-1] == str(entry), "whoever is signed in may search all items"


def test_signed_in_reader_of_the_public_list_cannot_probe_there_either(world: CatalogWorld) -> None:
    opened(world)
    assert names_in(get(world.cataloguer, "/open/", {"q": "负责人电话"})) == []


@pytest.mark.parametrize("query", ["养老机构", "养", "机构名称", "JGMC", "307013/000001", "postgresql", "在享对象"])
def test_public_finds_by_what_it_sees(client: Client, world: CatalogWorld, query: str) -> None:
    opened(world, name="养老机构名录")
    assert names_in(client.get("/open/", {"q": query})) == ["养老机构名录"]


@pytest.mark.parametrize("kept", ["核验救助身份", "承担社会救助", "不涉及国家秘密", "对外保密的条件"])
def test_public_finds_by_no_field_that_it_does_not_see(client: Client, world: CatalogWorld, kept: str) -> None:
    opened(world, use_conditions="对外保密的条件")
    assert names_in(client.get("/open/", {"q": kept})) == []


def test_short_name_of_a_department_that_no_public_page_shows_finds_nothing(
    client: Client, world: CatalogWorld
) -> None:
    type(world.provider).objects.filter(pk=world.provider.pk).update(short_name="内部简称")
    opened(world)
    assert names_in(client.get("/open/", {"q": "内部简称"})) == []
    assert client.get("/open/", {"q": "市民政局"}).context["results"].total == 1


def test_closed_items_do_not_move_an_entry_up(client: Client, world: CatalogWorld) -> None:
    """Rank is worked out from what is open: a closed item that names the thing changes nothing."""
    summary = {"summary": "养老机构的登记"}
    closed = [*ITEMS, {"name": "养老机构", "field_name": "YLJG", "type": "C", "length": 20, "opening": "closed"}]
    opened(world, name="乙", items=closed, **summary)
    opened(world, name="甲", **summary)
    assert names_in(client.get("/open/", {"q": "养老机构"})) == ["甲", "乙"], "alike, so the latest comes first"
    assert names_in(get(world.cataloguer, "/catalog/", {"q": "养老机构"})) == ["乙", "甲"]


def test_item_closed_by_a_revision_is_forgotten_when_it_is_published(client: Client, world: CatalogWorld) -> None:
    entry = opened(world, name="养老机构名录")
    closed = [{**ITEMS[0], "opening": "closed"}, {**ITEMS[1], "opening": "open"}]
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=closed)
    assert names_in(client.get("/open/", {"q": "JGMC"})) == ["养老机构名录"], "in force until the next is approved"
    assert names_in(client.get("/open/", {"q": "FZRDH"})) == []
    world.republished(entry, summary="新的摘要")
    assert names_in(client.get("/open/", {"q": "JGMC"})) == []
    assert names_in(client.get("/open/", {"q": "FZRDH"})) == ["养老机构名录"]


def test_entry_closed_by_a_revision_leaves_nothing_open_in_the_index(client: Client, world: CatalogWorld) -> None:
    entry = opened(world)
    world.republished(entry, opening="closed")
    kept = EntrySearch.objects.get(entry=entry)
    assert (kept.open_folded, kept.open_bigrams, kept.open_words) == (None, None, None)
    assert names_in(client.get("/open/", {"q": "机构"})) == []


@pytest.mark.parametrize("query", [{"sharing": "conditional"}, {"status": "published"}, {"status": "draft"}])
def test_attributes_that_the_public_does_not_see_filter_nothing(
    client: Client, world: CatalogWorld, query: dict[str, str]
) -> None:
    opened(world, name="甲")
    opened(world, name="乙", sharing="conditional")
    response = client.get("/open/", query)
    assert sorted(names_in(response)) == ["乙", "甲"]
    assert response.context["results"].chips == []


def test_public_list_is_not_sorted_by_when_somebody_worked_on_it(client: Client, world: CatalogWorld) -> None:
    first = opened(world, name="甲")
    opened(world, name="乙")
    services.entry_revise(actor=world.cataloguer, ref=first.pk)
    response = client.get("/open/", {"ordering": "-updated_at"})
    assert names_in(response) == ["乙", "甲"]
    assert "-updated_at" not in [name for name, _label in response.context["results"].orderings]
