"""A naive client that applies the changes keeps an exact replica of what it is granted."""

import json
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.choices import Mask
from collection.readers import Condition, Entitlement, Operator
from collection.readers import changes as reader
from collection.readers.changes import Resync, changes
from collection.readers.page import PinnedVersion
from collection.services import dataset_hook
from collection.store import names
from tests.collection.conftest import HEADER, Town
from tests.collection.readers.test_page import everything, item, read, version_of
from tests.collection.services.test_reshaped import revise
from tests.factories.catalog import CatalogWorld


def apply(replica: dict[str, Any], entitlement: Entitlement, since: PinnedVersion | None, until: PinnedVersion) -> None:
    """Do as a client that knows no better."""
    after = None
    while True:
        found = changes(entitlement, since, until, limit=2, after=after)
        for change in json.loads(found.changes):
            if change["op"] == "delete":
                replica.pop(change["key"])
            else:
                replica[change["key"]] = change["row"]
        after = found.next_after
        if after is None:
            return


ROW = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["甲", "乙", "丙"]), st.integers(0, 3))
FILE = st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: row[0])


@pytest.mark.parametrize("looked_at", [1, 3, 100_000])
@given(files=st.lists(FILE, min_size=2, max_size=4), least=st.integers(0, 3), hides=st.booleans())
@settings(max_examples=10)
def test_a_replica_stays_exact(
    town: Town, looked_at: int, files: list[list[tuple[str, str, int]]], least: int, hides: bool
) -> None:
    replica: dict[str, Any] = {}
    since: PinnedVersion | None = None
    for rows in files:
        run = town.send(HEADER + "".join(f"{key},{name},,{amount},\n" for key, name, amount in rows))
        if run.state == "unchanged":
            continue
        version = version_of(town)
        amount = item(version, "YBZJE")
        shown = tuple(one.item for one in version.columns if not (hides and one.item == amount))
        entitlement = Entitlement(
            town.dataset.pk,
            shown,
            row_filter=(Condition(amount, Operator.GTE, (str(least),)),),
            masks={item(version, "XM"): Mask.NAME},
        )
        with mock.patch.object(reader, "MOST_LOOKED_AT", looked_at):
            apply(replica, entitlement, since, version)
        expected = read(entitlement, version)
        assert sorted(map(str, replica.values())) == sorted(map(str, expected))
        since = version


def test_leaving_the_filter_is_a_delete_and_a_hidden_change_nothing(town: Town) -> None:
    town.send(HEADER + "a,甲,,5,\nb,乙,,5,\n")
    first = version_of(town)
    town.send(HEADER + "a,甲,,1,\nb,乙,,6,\n")
    second = version_of(town)
    amount = item(second, "YBZJE")
    entitlement = Entitlement(
        town.dataset.pk,
        (item(second, "DXBH"), item(second, "XM")),
        row_filter=(Condition(amount, Operator.GTE, ("5",)),),
    )
    found = changes(entitlement, first, second, limit=10)
    assert json.loads(found.changes) == [{"op": "delete", "key": "a"}]


def test_no_difference_is_told_where_the_item_that_chooses_rows_got_another_type(town: Town) -> None:
    """By the new column no row of the earlier version would have been seen, so none would be told as gone."""
    town.send(HEADER + "a,甲,,5,\nb,乙,,5,\n")
    first = version_of(town)
    revise(town, YBZJE={"type": "C", "length": 20, "decimals": None})
    assert town.send(HEADER + "a,甲,,5,\n", is_confirmed=True).state == "succeeded"
    second = version_of(town)
    key, amount = item(second, "DXBH"), item(second, "YBZJE")
    seen = Entitlement(town.dataset.pk, (key,), row_filter=(Condition(amount, Operator.GTE, ("5",)),))
    with pytest.raises(Resync):
        changes(seen, first, second, limit=10)
    assert json.loads(changes(Entitlement(town.dataset.pk, (key,)), first, second, limit=10).changes) == [
        {"op": "delete", "key": "b"}
    ]


def test_pages_come_to_every_change_once_whatever_they_end_with(town: Town) -> None:
    town.send(HEADER + "".join(f"{key},甲,,5,\n" for key in "abcdefg"))
    first = version_of(town)
    town.send(HEADER + "".join(f"{key},乙,,5,\n" for key in "bdf") + "a,甲,,5,\nh,甲,,5,\n")
    second = version_of(town)
    told = ["upsert b", "upsert d", "upsert f", "upsert h", "delete c", "delete e", "delete g"]
    for limit in range(1, 9):
        found, after = [], None
        while True:
            page = changes(everything(second), first, second, limit=limit, after=after)
            found += [f"{one['op']} {one['key']}" for one in json.loads(page.changes)]
            assert page.count <= limit
            after = page.next_after
            if after is None:
                break
        assert found == told


def test_a_page_ends_where_it_has_looked_at_enough(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_LOOKED_AT", 2)
    town.send(HEADER + "".join(f"{key},甲,,5,\n" for key in "abcde"))
    first = version_of(town)
    town.send(HEADER + "".join(f"{key},甲,,6,\n" for key in "abcd") + "e,乙,,6,\n")
    second = version_of(town)
    seen = Entitlement(town.dataset.pk, (item(second, "DXBH"), item(second, "XM")))
    pages, after = [], None
    while True:
        page = changes(seen, first, second, limit=10, after=after)
        pages.append([one["key"] for one in json.loads(page.changes)])
        after = page.next_after
        if after is None:
            break
    assert [one for one in pages if one] == [["e"]]
    assert len(pages) > 3


def test_rows_that_left_are_found_by_an_index(town: Town) -> None:
    """A page of deletions must not compare all with all, also right after a load, before the server looks by itself."""
    town.send(HEADER + "".join(f"{n},甲,,5,\n" for n in range(3000)))
    first = version_of(town)
    town.send(HEADER + "".join(f"{n},甲,,1,\n" for n in range(3000)))
    second = version_of(town)
    amount = item(second, "YBZJE")
    seen = everything(second, row_filter=(Condition(amount, Operator.GTE, ("5",)),))
    with CaptureQueriesContext(connections[names.ALIAS]) as asked:
        assert changes(seen, first, second, limit=10, after="d0").count == 10
    (statement,) = [one["sql"] for one in asked.captured_queries if "NOT EXISTS" in one["sql"]]
    with connections[names.ALIAS].cursor() as run:
        run.execute("EXPLAIN " + statement.replace("%", "%%"))
        plan = "\n".join(line for (line,) in run.fetchall())
    assert "Index Cond: (_key = " in plan, plan
    assert "Hash" not in plan


@pytest.mark.parametrize("after", ["", "a", "5", "x5", "u", "d-1", "u" + "1" * 30, "d²"])
def test_a_place_that_no_page_of_changes_gave_asks_for_a_snapshot(three: Town, after: str) -> None:
    first = version_of(three)
    three.send(HEADER + "a,乙,,60,\n")
    with pytest.raises(Resync):
        changes(everything(first), first, version_of(three), limit=10, after=after)


def test_keys_that_are_masked_are_told_as_a_hash(town: Town) -> None:
    town.send(HEADER + "a,甲,,5,\n")
    version = version_of(town)
    hidden = everything(version, masks={item(version, "DXBH"): Mask.TEXT}, hash_key=b"secret")
    (change,) = json.loads(changes(hidden, None, version, limit=10).changes)
    assert len(change["key"]) == 64
    assert change["row"]["DXBH"] == "***"


def test_a_snapshot_is_read_by_page_without_a_look_at_other_versions(town: Town) -> None:
    town.send(HEADER + "c,甲,,5,\na,乙,,6,\nb,丙,,7,\n")
    town.send(HEADER + "a,乙,,60,\nd,丁,,8,\n")
    masked = {item(version_of(town), "DXBH"): Mask.TEXT}
    for rights in ({}, {"masks": masked, "hash_key": b"secret"}):
        for number, amounts in ((1, ["5.00", "6.00", "7.00"]), (2, ["60.00", "8.00"])):
            version = version_of(town, number)
            with CaptureQueriesContext(connections[names.ALIAS]) as asked:
                replica: dict[str, Any] = {}
                apply(replica, everything(version, **rights), None, version)
            assert sorted(row["YBZJE"] for row in replica.values()) == sorted(
                row["YBZJE"] for row in read(everything(version), version)
            )
            assert len(replica) == len(amounts)
            assert not [one for one in asked.captured_queries if "JOIN" in one["sql"]]


@pytest.mark.parametrize("after", ["", "a", "-1", "1" * 30, "²", "\x00"])
def test_a_place_that_no_snapshot_gave_asks_for_another_snapshot(three: Town, after: str) -> None:
    version = version_of(three)
    with pytest.raises(Resync):
        changes(everything(version), None, version, limit=10, after=after)


KEYLESS = [{"name": "姓名", "field_name": "XM", "type": "C", "length": 50},
           {"name": "金额", "field_name": "JE", "type": "N"}]  # fmt: skip


@pytest.fixture
def keyless(world: CatalogWorld) -> Town:
    """Two versions of a table without key items."""
    entry = world.published(items=KEYLESS)
    town = Town(world, entry, dataset_hook(actor=world.cataloguer, ref=entry.pk, name="无主键"))
    town.send("姓名,金额\n甲,1\n乙,2\n")
    town.send("姓名,金额\n甲,1\n丙,3\n")
    return town


def test_rows_without_key_items_are_known_by_the_key_of_the_store_where_all_is_seen(keyless: Town) -> None:
    old, new = version_of(keyless, 1), version_of(keyless, 2)
    found = json.loads(changes(everything(new), old, new, limit=10).changes)
    assert sorted(one["op"] for one in found) == ["delete", "upsert"]
    whole = {one["key"] for one in json.loads(changes(everything(new), None, new, limit=10).changes)}
    assert {one["key"] for one in found if one["op"] == "upsert"} <= whole
    hashed = everything(new, hash_key=b"secret")
    for entitlement in (hashed, Entitlement(new.dataset_id, hashed.items[:1], hash_key=b"secret")):
        told = {one["key"] for one in json.loads(changes(entitlement, None, new, limit=10).changes)}
        assert len(told) == 2
        assert not told & whole
