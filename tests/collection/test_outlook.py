"""What is told of a change of items before it is decided is what the next file then meets."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from catalog import services as catalog
from collection import outlook as looking
from collection import services
from collection.choices import DatasetKind, RunState
from collection.models import Dataset
from collection.outlook import DatasetOutlook
from collection.selectors import columns_wanted
from collection.store import outlook as counting
from collection.store import tables
from core.actors import Actor
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, Town
from tests.factories.catalog import ITEMS
from tests.unchanged import nothing_changes

FILE = HEADER + (
    "0001,王小明,990102199001011234,850.50,2026-01-05\n"
    "0002,李四,990102198505054321,920,2026-02-06\n"
    "0003,李四,990102198505054321,7,2026-03-01\n"
    "0164A,欧阳锋,,1020.00,2026-03-01\n"
)


def propose(
    town: Town, *, without: str = "", extra: list[dict[str, Any]] | None = None, **changes: dict[str, Any]
) -> None:
    """Open a revision with changed items, named by field, and have it signed off."""
    ids = {one.name: one.item for one in columns_wanted(town.entry)}
    kept = [one for one in ITEMS if one["field_name"] != without]
    items = [one | {"id": ids[one["name"]]} | changes.get(one["field_name"], {}) for one in kept] + (extra or [])
    catalog.entry_update(actor=town.world.cataloguer, ref=town.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)


def approve(town: Town) -> None:
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    town.entry.refresh_from_db()
    town.dataset.refresh_from_db()


@pytest.fixture
def four(town: Town) -> Town:
    """The town with four rows, two of which are of one person and one of nobody."""
    services.dataset_update(actor=town.cataloguer, dataset_id=town.dataset.pk, fields={"reject_limit_percent": 100})
    assert town.send(FILE).state == RunState.SUCCEEDED
    return town


def ahead(town: Town, actor: Actor | None = None) -> DatasetOutlook:
    dataset = Dataset.objects.get(pk=town.dataset.pk)
    actor = actor or town.cataloguer
    revision = looking.revision_ahead(actor, dataset.entry)
    assert revision is not None
    found = looking.outlook_of(actor, dataset, revision)
    assert found is not None
    return found


def words(found: DatasetOutlook) -> str:
    return " / ".join(one.text for one in found.notes)


def item(found: DatasetOutlook, name: str) -> looking.ItemLine:
    return next(one for one in found.items if one.name == name)


ANOTHER_KEY: dict[str, Any] = {"DXBH": {"is_key": False}, "XM": {"is_key": True, "nullable": False}}


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        pytest.param({"DXBH": {"type": "N", "length": None}}, {"number": 1}, id="a letter in a number"),
        pytest.param({"XM": {"length": 2}}, {"length": 2}, id="shorter"),
        pytest.param({"SFZH": {"nullable": False}}, {"mandatory": 1}, id="mandatory"),
        pytest.param({"NRRQ": {"type": "T"}}, {}, id="a day is a moment too"),
        pytest.param({"NRRQ": {"type": "C", "length": 10}}, {}, id="a day is a text too"),
        pytest.param({"XM": {"type": "D", "length": None}}, {"date": 4}, id="no date at all"),
        pytest.param({"YBZJE": {"type": "I", "length": None, "decimals": None}}, {"whole_number": 2}, id="whole"),
        pytest.param(ANOTHER_KEY, {"key_twice": 1}, id="another key"),
        pytest.param(
            {"DXBH": {"is_key": False}, "SFZH": {"is_key": True, "nullable": False}},
            {"key_empty": 1, "key_twice": 1},
            id="a key that is empty somewhere",
        ),
        pytest.param(ANOTHER_KEY | {"SFZH": {"nullable": False}}, {"mandatory": 1, "key_twice": 1}, id="both"),
    ],
)
def test_the_rows_counted_are_those_that_the_next_file_loses(
    four: Town, changes: dict[str, Any], broken: dict[str, int]
) -> None:
    propose(four, **changes)
    found = ahead(four)
    told = {str(each.rule): each.count for one in found.items for each in one.breaches}
    of_key = next((one for one in found.notes if "shares the new key" in one.text), None)
    assert sum(told.values()) + (of_key is not None) == sum(broken.values())
    approve(four)
    run = four.send(FILE)
    assert {one.rule: one.count for one in run.problems.all()} == broken
    assert {one.get_rule_display(): one.count for one in run.problems.exclude(rule="key_twice")} == told
    assert run.rows_rejected == 0 or f"{run.rows_rejected} would be rejected" in words(found)


def test_each_change_of_an_item_says_what_the_store_does(four: Town) -> None:
    propose(
        four,
        without="NRRQ",
        extra=[{"name": "备注", "field_name": "BZ", "type": "C", "length": 100},
               {"name": "街道", "field_name": "JD", "type": "C", "length": 9, "nullable": False}],
        XM={"name": "对象姓名"},
        YBZJE={"type": "C", "length": 20, "decimals": None},
    )  # fmt: skip
    found = ahead(four)
    assert {one.name: one.mark for one in found.items} == {
        "对象姓名": "changed", "月保障金额": "changed", "备注": "added", "街道": "added", "纳入日期": "removed",
    }  # fmt: skip
    assert item(found, "对象姓名").changes == ["Renamed, was: 姓名 (XM)"]
    assert "keep the heading" in item(found, "对象姓名").effects[0]
    assert "A new column of the new type" in item(found, "月保障金额").effects[0]
    assert "stays empty" in item(found, "备注").effects[0]
    assert "fill in every row" in item(found, "街道").effects[0]
    assert "loaded before keep theirs" in item(found, "纳入日期").effects[0]
    assert "The next file must hold every row" in words(found)
    assert "The key changes" not in words(found)
    approve(four)
    assert four.send(FILE.replace("姓名", "对象姓名", 1)).state == RunState.WAITING


def test_a_changed_key_says_so_and_shows_the_rows_that_share_it(four: Town) -> None:
    propose(four, **ANOTHER_KEY)
    found = ahead(four)
    assert "generation 2" in words(found)
    shared = next(one for one in found.notes if "shares the new key" in one.text)
    assert [one.position for one in shared.rows] == [3]
    shown = text_of(get(four.cataloguer, shared.rows[0].url))
    assert "0003" in shown
    assert "0002" not in shown
    approve(four)
    four.send(FILE)
    assert four.dataset.published_version is not None
    assert four.dataset.published_version.generation == 2


def test_rows_whose_new_key_no_index_holds_are_counted_apart(town: Town) -> None:
    """Both rows hold the same: neither has the key, so none shares it."""
    services.dataset_update(actor=town.cataloguer, dataset_id=town.dataset.pk, fields={"reject_limit_percent": 100})
    note = {"name": "备注", "field_name": "BZ", "type": "C", "length": 5000}
    propose(town, extra=[note])
    approve(town)
    long = "备" * 700
    text = HEADER.strip() + f",备注\n0001,王,,1,,{long}\n0002,李,,2,,{long}\n0003,张,,3,,短\n0004,赵,,4,,短\n"
    assert town.send(text).state == RunState.SUCCEEDED
    known = next(one.item for one in columns_wanted(town.entry) if one.field_name == "BZ")
    propose(town, DXBH={"is_key": False}, extra=[note | {"id": known, "is_key": True, "nullable": False}])
    found = ahead(town)
    told = next(one for one in found.notes if "longer than 2,000 bytes" in one.text)
    assert (told.tone, told.text) == (
        "bad", "The new keys of 2 rows are longer than 2,000 bytes; they would be rejected."
    )  # fmt: skip
    assert [one.position for one in told.rows] == [1, 2]
    assert "1 row shares the new key" in words(found)
    assert "Of the 4 rows as they stand 3 would be rejected." in words(found)
    approve(town)
    run = town.send(text)
    assert {(one.rule, one.count) for one in run.problems.all()} == {("key_length", 2), ("key_twice", 1)}


def test_whether_a_key_of_new_items_is_shared_is_not_told(four: Town) -> None:
    new = {"name": "证号", "field_name": "ZH", "type": "C", "length": 9, "is_key": True, "nullable": False}
    propose(four, extra=[new])
    assert "no row holds 证号 yet" in words(ahead(four))


def test_what_loads_in_part_and_rules_and_filters_that_end_are_named(four: Town) -> None:
    day = next(one.item for one in columns_wanted(four.entry) if one.field_name == "NRRQ")
    services.dataset_update(
        actor=four.cataloguer, dataset_id=four.dataset.pk, fields={"default_mode": "upsert", "filter_items": [day]}
    )
    rule = {"kind": "range", "severity": "warn", "item": day, "min": "2020-01-01"}
    services.quality_rule_add(actor=four.cataloguer, dataset_id=four.dataset.pk, fields=rule)
    propose(four, without="NRRQ", **ANOTHER_KEY)
    told = words(ahead(four))
    assert "which is how these load: files sent by hand." in told
    assert "1 quality rule no longer applies: 纳入日期." in told
    assert "no longer filter by: 纳入日期" in told


def test_more_than_the_limit_of_the_dataset_is_said(four: Town) -> None:
    services.dataset_update(actor=four.cataloguer, dataset_id=four.dataset.pk, fields={"reject_limit_percent": 20})
    propose(four, XM={"length": 2})
    assert "nothing would be published" in words(ahead(four))
    approve(four)
    assert four.send(FILE).state == RunState.REFUSED


def test_the_authority_is_told_places_and_no_values(four: Town) -> None:
    propose(four, DXBH={"type": "N", "length": None})
    page = get(four.world.reviewer, reverse("catalog:review_detail", args=[four.entry.ref]))
    text = text_of(page)
    assert "Data: 低保对象" in text
    assert "1 Not a number" in text
    assert "0164A" not in text
    assert "tab=rows&amp;after" not in page.content.decode()
    assert [one.url for one in item(ahead(four, four.world.reviewer), "对象编号").breaches[0].rows] == [""]


def test_the_page_of_the_dataset_shows_it_to_those_who_see_how_data_came(four: Town) -> None:
    address = f"/collection/datasets/{four.dataset.pk}/?tab=outlook"
    assert "Coming changes" not in text_of(get(four.cataloguer, address))
    propose(four, XM={"length": 2})
    assert "If revision 2 is approved" in text_of(get(four.cataloguer, address))
    approve(four)
    assert "the next file carries this out" in text_of(get(four.cataloguer, address))
    for stranger in (four.world.other_cataloguer, four.world.sysadmin, four.world.auditor):
        assert "Coming changes" not in text_of(get(stranger, address))
    four.send(FILE.replace("王小明", "王").replace("欧阳锋", "欧阳"))
    assert "Coming changes" not in text_of(get(four.cataloguer, address))


def test_files_beside_the_rows_have_no_coming_changes(four: Town) -> None:
    """A set of files has a version as well, which holds none of the items."""
    shelf = services.dataset_hook(actor=four.cataloguer, ref=four.entry.pk, name="影像", kind=DatasetKind.FILES)
    assert services.files_add(
        actor=four.cataloguer, dataset_id=shelf.pk, files=[ContentFile(b"text", name="a.txt")]
    )  # fmt: skip
    propose(four, XM={"length": 2})
    pages = {one.pk: text_of(get(four.cataloguer, f"/collection/datasets/{one.pk}/")) for one in (four.dataset, shelf)}
    assert "Coming changes" in pages[four.dataset.pk]
    for told in ("Coming changes", "The entry's items are changing"):
        assert told not in pages[shelf.pk]


def test_a_draft_is_no_news_for_the_authority_before_it_is_signed_off(four: Town) -> None:
    ids = {one.name: one.item for one in columns_wanted(four.entry)}
    items = [one | {"id": ids[one["name"]]} for one in ITEMS[:4]]
    catalog.entry_update(actor=four.cataloguer, ref=four.entry.pk, fields={}, items=items)
    address = f"/collection/datasets/{four.dataset.pk}/"
    assert "Coming changes" in text_of(get(four.cataloguer, address))
    assert "Coming changes" not in text_of(get(four.world.reviewer, address))


def test_what_takes_too_long_is_said_to_be_unknown(four: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_args: Any) -> None:
        raise tables.TooSlow

    monkeypatch.setattr(counting._Asking, "ask", slow)
    propose(four, XM={"length": 2})
    with nothing_changes():
        assert "There was no time to count" in words(ahead(four))
