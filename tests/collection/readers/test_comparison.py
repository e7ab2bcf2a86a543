"""Two versions side by side: every difference once, marked, and nothing that the reader may not see."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from catalog import services as catalog
from catalog.choices import Mask
from collection.comparison import Comparison, comparison_of
from collection.readers import Condition, Entitlement, Operator
from collection.readers.changes import Resync
from collection.readers.comparison import change_counts, common, row_changes
from collection.selectors import version_get
from collection.selectors.dataset import rows_loaded
from collection.services import dataset_hook
from collection.store import tables
from core.actors import Actor
from core.exceptions import NotAllowed, NotVisible
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, Town
from tests.collection.readers.test_page import everything, item, version_of
from tests.factories.catalog import ITEMS

FIRST = HEADER + "a,甲,,1,2026-01-01\nb,乙,,2,\nc,丙,,3,\nd,丁,,4,\n"
SECOND = HEADER + "a,甲,,1,2026-01-01\nb,乙,,20,\nc,,,3,\ne,戊,,5,\n"


@pytest.fixture
def two(town: Town) -> Town:
    town.send(FIRST)
    town.send(SECOND)
    return town


def told(entitlement: Entitlement, town: Town, **given: Any) -> list[tuple[str, str]]:
    old, new = common(version_of(town, 1), version_of(town, 2))
    with tables.cursor() as run:
        found = row_changes(run, entitlement, old, new, **{"limit": 10} | given)
        return [(one.kind, one.key) for one in found]


def page(actor: Actor, town: Town, query: str = "") -> Comparison:
    return comparison_of(actor, town.dataset, QueryDict(query))


def test_every_difference_is_told_once(two: Town) -> None:
    whole = everything(version_of(two))
    assert told(whole, two) == [("changed", "b"), ("changed", "c"), ("removed", "d"), ("added", "e")]
    assert told(whole, two, kind="changed", limit=1) == [("changed", "b")]
    assert told(whole, two, kind="changed", after="b") == [("changed", "c")]
    with tables.cursor() as run:
        counts = change_counts(run, whole, *common(version_of(two, 1), version_of(two, 2)))
    assert counts == {"added": 1, "changed": 2, "removed": 1}


def test_what_is_hidden_makes_no_difference(two: Town) -> None:
    version = version_of(two)
    keys_only = Entitlement(two.dataset.pk, (item(version, "DXBH"),))
    assert told(keys_only, two) == [("removed", "d"), ("added", "e")]
    masked = everything(version, masks={item(version, "YBZJE"): Mask.TEXT, item(version, "XM"): Mask.NAME})
    assert ("changed", "b") not in told(masked, two)
    few = everything(version, row_filter=(Condition(item(version, "YBZJE"), Operator.LTE, ("4",)),))
    assert told(few, two) == [("removed", "b"), ("changed", "c"), ("removed", "d")]


def test_changed_cells_are_marked_and_no_others(two: Town) -> None:
    found = page(two.cataloguer, two)
    changed = next(one for one in found.lines if one.cells[0].after == "b")
    assert [cell.is_changed for cell in changed.cells] == [False, False, False, True, False]
    assert (changed.cells[3].before, changed.cells[3].after) == ("2", "20")
    emptied = next(one for one in found.lines if one.cells[0].after == "c")
    assert (emptied.cells[1].before, emptied.cells[1].after) == ("丙", None)
    assert [(one.value, one.count) for one in found.kinds] == [("", 4), ("added", 1), ("changed", 2), ("removed", 1)]


def test_pages_follow_each_other_without_a_key_in_the_address(two: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collection.comparison.ROWS", 3)
    first = page(two.cataloguer, two)
    assert len(first.lines) == 3
    token = first.next_url.split("after=")[1]
    assert token not in ("", "d")
    last = page(two.cataloguer, two, first.next_url.split("?")[1])
    assert [one.kind for one in last.lines] == ["added"]
    assert last.next_url == ""
    assert len(page(two.world.head, two, f"after={token}").lines) == 3


def test_items_of_one_version_only_are_named_and_left_out(two: Town) -> None:
    entry, world = two.entry, two.world
    assert entry.published_revision is not None
    known = {one.name: {"id": str(one.item_id)} for one in entry.published_revision.items.all()}
    kept = [one | known[one["name"]] for one in ITEMS if one["field_name"] != "NRRQ"]
    added = {"name": "备注", "field_name": "BZ", "type": "C", "length": 20}
    catalog.entry_update(actor=two.cataloguer, ref=entry.pk, fields={}, items=[*kept, added])
    catalog.entry_submit(actor=two.cataloguer, ref=entry.pk)
    catalog.entry_approve(actor=world.head, ref=entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=entry.pk)
    run = two.send("对象编号,姓名,身份证号,月保障金额,备注\na,甲,,1,新\n", is_confirmed=True)
    assert run.state == "succeeded", run.message
    found = page(two.cataloguer, two)
    assert (found.gained, found.lost) == (["备注"], ["纳入日期"])
    assert [one.name for one in found.columns] == ["对象编号", "姓名", "身份证号", "月保障金额"]
    assert {one.kind for one in found.lines} == {"removed"}


def test_items_of_another_type_are_named_and_left_out(two: Town) -> None:
    entry, world = two.entry, two.world
    assert entry.published_revision is not None
    known = {one.name: {"id": str(one.item_id)} for one in entry.published_revision.items.all()}
    retyped = {"YBZJE": {"type": "C", "length": 20}}
    items = [one | known[one["name"]] | retyped.get(str(one["field_name"]), {}) for one in ITEMS]
    catalog.entry_update(actor=two.cataloguer, ref=entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=two.cataloguer, ref=entry.pk)
    catalog.entry_approve(actor=world.head, ref=entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=entry.pk)
    run = two.send(SECOND.replace(",20,", ",约20,"), is_confirmed=True)
    assert run.state == "succeeded", run.message
    found = page(two.cataloguer, two)
    assert (found.gained, found.lost, found.retyped) == ([], [], ["月保障金额"])
    assert "月保障金额" not in [one.name for one in found.columns]
    assert "Of another type since: 月保障金额." in text_of(
        get(two.cataloguer, f"/collection/datasets/{two.dataset.pk}/compare/")
    )


def test_versions_that_cannot_be_compared_are_refused(two: Town) -> None:
    old, new = version_of(two, 1), version_of(two, 2)
    with pytest.raises(Resync):
        common(old, replace(new, generation=2))
    for query in ("from=1&to=1", "from=7", "to=9999999", "from=2&to=2"):
        with pytest.raises(NotVisible):
            page(two.cataloguer, two, query)
    with pytest.raises(NotAllowed):
        page(two.world.other_head, two)
    assert page(two.cataloguer, two, "from=2&to=1").since.number == 1


def test_the_page_shows_what_each_may_see(two: Town) -> None:
    address = f"/collection/datasets/{two.dataset.pk}/compare/"
    assert "20" in text_of(get(two.cataloguer, address))
    versions = get(two.cataloguer, f"/collection/datasets/{two.dataset.pk}/?tab=versions").content.decode()
    assert "Compare version 2 with the one before it" in versions
    assert "Compare version 1" not in versions
    authority = text_of(get(two.world.reviewer, address))
    assert "戊" not in authority
    assert "Masked for you" in authority
    assert get(two.world.other_head, address).status_code == 403
    for text in ("\x00", "9" * 40, "-1", "x", "🚗"):
        for name in ("from", "to", "kind", "after"):
            assert get(two.cataloguer, address, {name: text}).status_code < 500


def test_a_comparison_that_takes_too_long_says_so(two: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_given: Any, **_named: Any) -> None:
        raise tables.TooSlow

    monkeypatch.setattr("collection.comparison.row_changes", slow)
    assert "differ too much" in page(two.cataloguer, two).problem


def test_versions_of_a_table_without_key_items_are_compared(town: Town) -> None:
    entry = town.world.published(items=[{"name": "姓名", "field_name": "XM", "type": "C", "length": 50}])
    keyless = Town(town.world, entry, dataset_hook(actor=town.cataloguer, ref=entry.pk, name="无主键"))
    keyless.send("姓名\n甲\n乙\n")
    keyless.send("姓名\n甲\n丙\n")
    for reader in (keyless.cataloguer, keyless.world.head, keyless.world.reviewer):
        assert [one.kind for one in page(reader, keyless).lines].count("added") == 1
        assert "丙" in text_of(get(reader, f"/collection/datasets/{keyless.dataset.pk}/compare/"))


@pytest.mark.parametrize("more", [1, 2])
def test_spans_of_keys_make_the_same_page(two: Town, monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    whole = everything(version_of(two))
    masked = everything(version_of(two), masks={item(version_of(two), "YBZJE"): Mask.TEXT})
    asked: list[dict[str, Any]] = [{}, {"after": "b"}, {"limit": 1}, {"limit": 2, "after": "c"}]
    asked += [{"kind": kind} for kind in ("added", "changed", "removed")]
    at_once = [told(reader, two, **given) for reader in (whole, masked) for given in asked]
    assert at_once[0] == [("changed", "b"), ("changed", "c"), ("removed", "d"), ("added", "e")]
    monkeypatch.setattr("collection.readers.comparison.FIRST_KEYS", 1)
    monkeypatch.setattr("collection.readers.comparison.MORE_KEYS", more)
    assert [told(reader, two, **given) for reader in (whole, masked) for given in asked] == at_once


def test_spans_end_at_keys_that_look_like_places_of_values(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["%%b", "%a", "1%s", "2%折", "3%%", "4% x", "5"]
    for amount in (1, 2):
        assert town.send(HEADER + "".join(f"{key},甲,,{amount},\n" for key in keys)).state == "succeeded"
    whole = everything(version_of(town))
    monkeypatch.setattr("collection.readers.comparison.FIRST_KEYS", 1)
    monkeypatch.setattr("collection.readers.comparison.MORE_KEYS", 1)
    for at, key in enumerate(keys):
        assert told(whole, town, after=key) == [("changed", one) for one in keys[at + 1 :]]


def test_a_page_whose_time_is_over_looks_at_no_further_span(two: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collection.readers.comparison.FIRST_KEYS", 1)
    with pytest.raises(tables.TooSlow):
        told(everything(version_of(two)), two, ends_at=0.0)
    monkeypatch.setattr("collection.comparison.MOST_MILLISECONDS", -(10**12))
    assert page(two.cataloguer, two).problem


def test_between_earlier_versions_rows_that_ended_since_differ_as_they_did(two: Town) -> None:
    whole = everything(version_of(two))
    before = told(whole, two)
    two.send(HEADER + "a,甲,,7,\nz,己,,9,\n", is_confirmed=True)
    assert told(whole, two) == before


def test_a_key_that_is_known_as_a_hash_is_told_whatever_the_span(two: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    version = version_of(two)
    hashed = everything(version, masks={item(version, "DXBH"): Mask.HASH}, hash_key=b"1" * 32)
    found = told(hashed, two)
    assert sorted(kind for kind, _key in found) == ["added", "changed", "changed", "removed"]
    monkeypatch.setattr("collection.readers.comparison.FIRST_KEYS", 1)
    assert told(hashed, two) == found
    [first, *rest] = found
    assert told(hashed, two, after=first[1]) == rest


def test_a_page_compares_no_more_rows_than_it_needs(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for amount in (1, 2):
        town.send(HEADER + "".join(f"{at:03d},甲,,{amount},\n" for at in range(60)))
    monkeypatch.setattr("collection.readers.comparison.FIRST_KEYS", 20)
    with CaptureQueriesContext(connections["store"]) as asked:
        found = told(everything(version_of(town)), town)
    assert found == [("changed", f"{at:03d}") for at in range(10)]
    spans, rows = (one["sql"] for one in asked)
    assert "LIMIT 20" in spans
    assert rows.count("t._key <= ") == 3, "each side is cut where the span ends"


def test_differences_are_counted_while_that_takes_no_waiting(two: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (version_get(two.dataset, number) for number in (1, 2))
    assert rows_loaded(first, second) == 4
    monkeypatch.setattr("collection.comparison.MOST_COUNTED", 3)
    found = page(two.cataloguer, two)
    assert len(found.lines) == 4
    assert {one.count for one in found.kinds} == {None}


def test_what_a_cell_holds_is_escaped(two: Town) -> None:
    two.send(HEADER + "a,<b>,,1,2026-01-01\n", is_confirmed=True)
    shown = get(two.cataloguer, f"/collection/datasets/{two.dataset.pk}/compare/").content.decode()
    assert "<del>甲</del> <ins>&lt;b&gt;</ins>" in shown
    rows = get(two.cataloguer, f"/collection/datasets/{two.dataset.pk}/rows/").content.decode()
    assert "<td>&lt;b&gt;</td>" in rows
