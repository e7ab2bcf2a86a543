from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import search, services
from catalog.models import Entry
from catalog.selectors import EntryFilters, entries_filtered, entries_ordered
from tests.factories.catalog import CatalogWorld


def found(world: CatalogWorld, query: str) -> list[str]:
    return [str(entry) for entry in entries_ordered(world.other_cataloguer, EntryFilters(q=query))]


@pytest.mark.parametrize(
    "query",
    [
        "低生",
        "最低生活保障",
        "生活保障對象",
        "最低生活保障對象信息",
        "保",
        "身份证号",
        "YBZJE",
        "ybz",
        "在享对象",
        "市民政局",
        "最低 对象",
        "307013/000001",
        "postgresql",
    ],
)
def test_any_part_of_name_summary_items_provider_and_code_is_found(world: CatalogWorld, query: str) -> None:
    world.published()
    assert found(world, query) == ["最低生活保障对象信息"]


@pytest.mark.parametrize(
    "query", ["低活", "最低保障", "没有的词", "'; drop table", "%", "\\", "最低 车辆", "!", "《》", "🚗"]
)
def test_what_does_not_occur_is_not_found(world: CatalogWorld, query: str) -> None:
    world.published()
    assert found(world, query) == []


@pytest.mark.parametrize("query", ["GDP-2020", "C++", "a-b", "c++ 2019-2020"])
def test_what_has_no_words_is_found_all_the_same(world: CatalogWorld, query: str) -> None:
    world.published(name="GDP-2020与C++项目", summary="a-b 两组，2019-2020 年")
    assert found(world, query) == ["GDP-2020与C++项目"]


@pytest.mark.parametrize("run", ["0" * 9_999, "x" * 9_999, "字" * 9_999, "𠀀" * 9_999, "a1" * 4_999])
def test_an_endless_word_breaks_nothing(world: CatalogWorld, run: str) -> None:
    world.published(summary=run)
    assert found(world, "最低生活保障") == ["最低生活保障对象信息"]
    assert found(world, run[:50]) == ["最低生活保障对象信息"]


def test_an_entry_with_more_than_a_vector_holds_is_found_by_its_beginning(world: CatalogWorld) -> None:
    around = cycle(range(0x20000, 0x2A6DF))
    names = ["".join(chr(next(around)) for _at in range(200)) for _number in range(2_000)]
    items = [{"name": name, "field_name": f"F{number}", "length": 10} for number, name in enumerate(names)]

    entry = world.entry(items=items)

    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    services.entry_approve(actor=world.reviewer, ref=entry.pk)
    assert found(world, "最低生活保障") == found(world, names[0][:20]) == ["最低生活保障对象信息"]


def test_an_empty_query_keeps_all(world: CatalogWorld) -> None:
    world.published()
    assert found(world, "  ") == found(world, "") == ["最低生活保障对象信息"]


def test_simplified_finds_traditional_and_back(world: CatalogWorld) -> None:
    world.published(name="臺灣機車登記資料", summary="乾燥設備")
    assert found(world, "台湾机车") == ["臺灣機車登記資料"]
    assert found(world, "臺灣機車") == ["臺灣機車登記資料"]
    assert found(world, "干燥设备") == ["臺灣機車登記資料"]


def test_a_hit_in_the_name_ranks_before_one_in_the_summary(world: CatalogWorld) -> None:
    world.published(name="救助汇总", summary="包含殡葬服务机构的数据")
    world.published(name="殡葬服务机构名录")
    assert found(world, "殡葬服务机构") == ["殡葬服务机构名录", "救助汇总"]


def test_a_draft_of_another_department_is_not_found(world: CatalogWorld) -> None:
    world.entry(name="秘密草稿")
    assert found(world, "秘密草稿") == []


def test_the_text_of_an_open_revision_is_not_found_before_approval(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "换了名称"})
    assert found(world, "换了名称") == []
    assert found(world, "最低生活保障") == ["最低生活保障对象信息"]


def test_a_withdrawn_entry_is_not_found(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_withdraw(actor=world.cataloguer, ref=entry.pk, reason="职责调整")
    services.entry_approve(actor=world.head, ref=entry.pk)
    assert found(world, "最低生活保障") == ["最低生活保障对象信息"], "in force until the authority has approved"
    services.entry_approve(actor=world.reviewer, ref=entry.pk)
    assert found(world, "最低生活保障") == []


TEXT = st.text(alphabet="最低生活保障对象信息救助XMabc 12", min_size=2, max_size=12)


@settings(max_examples=60)
@given(text=TEXT, data=st.data())
def test_every_substring_of_two_characters_has_its_terms_in_the_index(text: str, data: st.DataObject) -> None:
    folded = search.foldings(text)[0]
    indexed = search.bigrams(folded)
    if len(folded) < 2:
        return
    start = data.draw(st.integers(0, len(folded) - 2))
    end = data.draw(st.integers(start + 2, len(folded)))
    assert search.bigrams(folded[start:end]) <= indexed


@pytest.mark.django_db
@settings(max_examples=40)
@given(query=st.text(max_size=40))
def test_no_query_breaks_the_search(query: str) -> None:
    from core.actors import PUBLIC

    assert list(entries_filtered(PUBLIC, EntryFilters(q=query.replace("\x00", "")))) == []
    assert not Entry.objects.exists()
