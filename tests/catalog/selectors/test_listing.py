"""Lists read from one row an entry: same visibility, all facets counted in one pass, kept while nothing changes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts.models import Department
from catalog import services
from catalog.models import Entry, EntrySearch
from catalog.selectors import EntryFilters, EntryPages, entries_counted, entries_ordered, facets, listing, visible
from catalog.selectors.entry import LISTED
from core.actors import PUBLIC, Actor, system_actor
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld


def in_every_state(world: CatalogWorld) -> None:
    """Leave an entry in each state that visibility tells apart, of each opening where it matters."""
    world.entry(name="草稿", opening="open")
    world.submitted(name="待签发", opening="open")
    world.signed_off(name="待审核", opening="open")
    world.returned(name="退回", opening="open")
    recalled = world.signed_off(name="撤回")
    services.entry_recall(actor=world.cataloguer, ref=recalled.pk)
    for opening in ("open", "conditional", "closed"):
        world.published(name=f"公布 {opening}", opening=opening, opening_condition="便民", sharing="unconditional")
    revised = world.published(name="修订", opening="open", sharing="unconditional")
    services.entry_update(actor=world.cataloguer, ref=revised.pk, fields={"opening": "closed"})
    asked = world.published(name="申请撤销", opening="open", sharing="unconditional")
    services.entry_withdraw(actor=world.cataloguer, ref=asked.pk, reason="职责划出")
    gone = world.published(name="已撤销", opening="open", sharing="unconditional")
    services.entry_withdraw(actor=world.cataloguer, ref=gone.pk, reason="职责划出")
    services.entry_approve(actor=world.head, ref=gone.pk)
    services.entry_approve(actor=world.reviewer, ref=gone.pk)


def actors(world: CatalogWorld) -> Iterator[Actor]:
    yield from (PUBLIC, system_actor("test"), world.cataloguer, world.head, world.colleague, world.other_cataloguer)
    yield from (world.other_head, world.reviewer, world.sysadmin, world.secadmin, world.auditor)
    elsewhere = DepartmentFactory(region=RegionFactory(), authority=True)
    yield actor_of(UserFactory(department=elsewhere, roles=["reviewer"]))


def test_rows_of_lists_are_visible_to_whom_the_entries_are(world: CatalogWorld) -> None:
    in_every_state(world)
    assert EntrySearch.objects.count() == Entry.objects.count()
    for actor in actors(world):
        entries = set(Entry.objects.filter(visible(actor)).values_list("pk", flat=True))
        rows = set(EntrySearch.objects.filter(visible(actor, LISTED)).values_list("pk", flat=True))
        assert rows == entries, actor


def test_counts_are_those_of_the_list_for_everybody(world: CatalogWorld) -> None:
    in_every_state(world)
    for actor in actors(world):
        for filters in (
            EntryFilters(),
            EntryFilters(sharing=("unconditional",)),
            EntryFilters(q="公布", opening=("open", "closed"), department=(world.provider.code,)),
            EntryFilters(status=("published", "draft"), category=("3", "9"), format=("postgresql",)),
            EntryFilters(region=(world.provider.region.code,), cycle=("monthly",), library=("none",)),
        ):
            counted = entries_counted(actor, filters, (*listing.FACETS, "status"))
            entries = list(entries_ordered(actor, filters))
            assert counted.total == len(entries)
            assert EntryPages(actor, filters, counted.total)[0:50] == entries
            for name in ("sharing", "opening", "status"):
                if not getattr(filters, name):
                    assert sum(one.count for one in counted.facets[name]) == len(entries), (actor, filters, name)


def value(counted: facets.Counted, name: str) -> dict[str, tuple[int, bool]]:
    return {one.value: (one.count, one.is_chosen) for one in counted.facets[name]}


def test_facet_ignores_its_own_choice_and_lists_it_where_nothing_has_it(world: CatalogWorld) -> None:
    world.published(name="甲", cycle="monthly")
    world.published(name="乙", cycle="yearly", sharing="unconditional")
    counted = entries_counted(world.auditor, EntryFilters(sharing=("conditional",), cycle=("daily",)))
    assert counted.total == 0
    assert value(counted, "cycle") == {"monthly": (1, False), "daily": (0, True)}
    assert value(counted, "sharing") == {"conditional": (0, True)}
    unknown = entries_counted(world.auditor, EntryFilters(department=("no-such",), category=("9",)))
    assert value(unknown, "department") == {"no-such": (0, True)}


def test_all_facets_are_counted_by_one_query_and_each_chosen_one_by_one_more(
    world: CatalogWorld, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The state of the catalog, one pass, the names of departments with regions and those of categories."""
    world.published()
    with django_assert_num_queries(4):
        entries_counted(world.auditor, EntryFilters())
    with django_assert_num_queries(3):
        entries_counted(world.auditor, EntryFilters())
    with django_assert_num_queries(5):
        entries_counted(world.auditor, EntryFilters(sharing=("conditional",), cycle=("monthly",)))


def total(actor: Actor) -> int:
    return entries_counted(actor, EntryFilters()).total


def test_what_was_counted_is_kept_until_the_next_change_and_for_nobody_else(world: CatalogWorld) -> None:
    world.published(name="甲")
    draft = world.entry(name="乙")
    assert [total(world.cataloguer), total(world.auditor), total(PUBLIC)] == [2, 1, 0]
    with CaptureQueriesContext(connection) as asked:
        assert [total(world.cataloguer), total(world.secadmin), total(PUBLIC)] == [2, 1, 0]
    assert not [one for one in asked if "GROUPING" in one["sql"]]
    services.entry_discard(actor=world.cataloguer, ref=draft.pk)
    assert [total(world.cataloguer), total(world.auditor)] == [1, 1]
    opened = world.published(name="丙", opening="open", sharing="unconditional")
    assert [total(world.auditor), total(PUBLIC)] == [2, 1]
    world.republished(opened, opening="closed")
    assert [total(world.auditor), total(PUBLIC)] == [2, 0]


def test_department_that_changes_region_is_counted_where_it_belongs_now(world: CatalogWorld) -> None:
    world.signed_off()
    assert total(world.reviewer) == 1
    Department.objects.filter(pk=world.provider.pk).update(region=RegionFactory())
    assert total(world.reviewer) == 0


def test_lists_do_without_what_was_kept(world: CatalogWorld) -> None:
    world.published()
    assert total(world.auditor) == 1
    cache.clear()
    assert total(world.auditor) == 1


def test_lists_do_without_the_cache(world: CatalogWorld, monkeypatch: Any) -> None:
    class Unreachable:
        def get(self, key: str) -> None:
            raise RedisConnectionError("refused")

        def set(self, key: str, value: object, timeout: int) -> None:
            raise RedisConnectionError("refused")

    world.published()
    monkeypatch.setattr(facets, "cache", Unreachable())
    assert total(world.auditor) == 1


def names(actor: Actor, filters: EntryFilters) -> list[str]:
    count = entries_counted(actor, filters, ()).total
    return [str(entry) for entry in EntryPages(actor, filters, count)[0:10]]


def test_of_many_hits_those_in_the_name_come_first_then_the_latest(world: CatalogWorld, monkeypatch: Any) -> None:
    world.published(name="殡葬服务机构名录")
    world.published(name="甲", keywords="殡葬服务机构 殡葬服务机构")
    world.published(name="乙", summary="包含殡葬服务机构的数据")
    filters = EntryFilters(q="殡葬服务机构")
    assert names(world.auditor, filters) == ["殡葬服务机构名录", "甲", "乙"]
    monkeypatch.setattr(listing, "RANKED_HITS", 2)
    assert names(world.auditor, filters) == ["殡葬服务机构名录", "乙", "甲"]


@pytest.mark.parametrize("ordering", listing.ORDERINGS)
def test_pages_and_exports_have_the_same_order(world: CatalogWorld, ordering: str) -> None:
    for name in ("丙", "甲", "乙"):
        world.published(name=f"{name}目录")
    world.entry(name="丁目录")
    for query in ("", "目录", "!"):
        filters = EntryFilters(q=query, ordering=ordering)
        pages = EntryPages(world.cataloguer, filters, 4)
        assert list(pages) == list(entries_ordered(world.cataloguer, filters))
        assert [*pages[0:2], *pages[2:4]] == list(pages)


def test_search_leaves_the_planner_as_it_was(world: CatalogWorld) -> None:
    world.published()
    entries_counted(world.auditor, EntryFilters(q="最低"))
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)
