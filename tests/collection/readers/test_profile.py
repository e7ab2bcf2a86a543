"""Profiles: exact on small tables, told from what the reader sees, and of sensitive items no single value."""

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from catalog.choices import Mask
from collection.profiles import profile_of
from collection.readers import Condition, Entitlement, Operator, sample
from collection.readers import profile as reading
from collection.readers.page import PinnedVersion
from collection.readers.profile import ColumnProfile, profile
from collection.selectors import version_get
from collection.store import tables
from tests.collection.conftest import HEADER, Town
from tests.collection.readers.test_page import everything, item, version_of


def rows(count: int) -> str:
    """Rows with ten amounts, a month each, and a name for every other one."""
    return HEADER + "".join(
        f"{number:04d},{'王小明' if number % 2 else ''},9901{number:014d},{number % 10}.50,"
        f"2025-{number % 12 + 1:02d}-03\n"
        for number in range(count)
    )


@pytest.fixture
def hundred(town: Town) -> Town:
    assert town.send(rows(120)).state == "succeeded"
    return town


def of(entitlement: Entitlement, version: PinnedVersion, field: str, most: int = 120) -> ColumnProfile:
    found = profile(entitlement, version, most)
    return next(one for one in found.columns if one.item == item(version, field))


def test_figures_are_exact(hundred: Town) -> None:
    version = version_of(hundred)
    whole = everything(version)
    amount = of(whole, version, "YBZJE")
    assert (amount.filled, amount.empty, amount.distinct) == (120, 0, 10)
    assert (amount.least, amount.most) == ("0.50", "9.50")
    assert dict(amount.frequent)["3.50"] == 12
    assert sum(bar.count for bar in amount.bars) == 120
    assert amount.bars[0].start == "0.5"
    name = of(whole, version, "XM")
    assert (name.filled, name.empty, name.distinct) == (60, 60, 1)
    day = of(whole, version, "NRRQ")
    assert day.spread == "month"
    assert [(bar.start, bar.count) for bar in day.bars] == [(f"2025-{month:02d}", 10) for month in range(1, 13)]
    key = of(whole, version, "DXBH")
    assert (key.distinct, key.frequent) == (120, ())


def test_months_without_rows_are_filled_in_and_long_spans_go_by_year(town: Town) -> None:
    town.send(HEADER + "1,,,1,2025-01-01\n2,,,1,2025-04-01\n")
    version = version_of(town)
    assert [bar.count for bar in of(everything(version), version, "NRRQ").bars] == [1, 0, 0, 1]
    town.send(HEADER + "1,,,1,1990-01-01\n2,,,1,2005-04-01\n")
    version = version_of(town)
    found = of(everything(version), version, "NRRQ")
    assert (found.spread, len(found.bars)) == ("year", 16)
    town.send(HEADER + "1,,,1,1990-01-01\n2,,,1,9999-12-31\n")
    version = version_of(town)
    assert [bar.start for bar in of(everything(version), version, "NRRQ").bars] == ["1990", "9999"]


def test_a_sensitive_item_tells_no_single_value(hundred: Town) -> None:
    version = version_of(hundred)
    number = of(everything(version), version, "SFZH")
    assert (number.distinct, number.least, number.most, number.frequent, number.bars) == (120, None, None, (), ())
    name = of(everything(version), version, "XM")
    assert (name.least, name.frequent) == (None, (("王小明", 60),))
    hundred.send(HEADER + "".join(f"{number},{'王小明' if number < 4 else '李四'},,1,\n" for number in range(9)),
                 is_confirmed=True)  # fmt: skip
    version = version_of(hundred)
    assert of(everything(version), version, "XM").frequent == (("李四", 5),)


def test_a_masked_item_is_told_by_what_its_reader_sees(town: Town) -> None:
    town.send(HEADER + "".join(f"{number},王{number},,{number},\n" for number in range(8)))
    version = version_of(town)
    masked = everything(version, masks={item(version, "XM"): Mask.NAME, item(version, "YBZJE"): Mask.TEXT})
    name = of(masked, version, "XM")
    assert (name.distinct, name.frequent) == (1, (("王*", 8),))
    amount = of(masked, version, "YBZJE")
    assert (amount.distinct, amount.least, amount.most, amount.bars) == (1, "***", "***", ())


def test_items_and_rows_that_are_not_granted_do_not_count(hundred: Town) -> None:
    version = version_of(hundred)
    amount = item(version, "YBZJE")
    few = Entitlement(
        hundred.dataset.pk, (item(version, "NRRQ"),), row_filter=(Condition(amount, Operator.GTE, ("9",)),)
    )
    found = profile(few, version, 120)
    assert [one.item for one in found.columns] == [item(version, "NRRQ")]
    assert found.rows == 12


def test_a_large_version_is_sampled(hundred: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SAMPLE_ROWS", 60)
    monkeypatch.setattr(sample, "WINDOWS", 20)
    version = version_of(hundred)
    found = profile(everything(version), version, 120)
    assert found.is_sample
    assert found.rows == 60
    assert profile(everything(version), version, 120) == found


def test_the_ends_of_a_sampled_version_are_those_of_all_rows_or_said_to_be_the_samples(
    hundred: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SAMPLE_ROWS", 60)
    monkeypatch.setattr(sample, "WINDOWS", 1)
    version = version_of(hundred)
    whole = everything(version)
    masked = Entitlement(version.dataset_id, whole.items, masks={item(version, "NRRQ"): Mask.MONTH})
    for reader, least, most in ((whole, "2025-01-03", "2025-12-03"), (masked, "2025-01", "2025-12")):
        key, day = of(reader, version, "DXBH"), of(reader, version, "NRRQ")
        assert key.filled == 60
        assert (key.least, key.most, key.has_sampled_ends) == ("0000", "0119", False)
        assert (day.least, day.most) == (least, most)

    def too_slow(*_given: object) -> None:
        raise tables.TooSlow

    monkeypatch.setattr(reading, "_ends", too_slow)
    key = of(everything(version), version, "DXBH")
    assert key.has_sampled_ends
    assert key.most == "0059"


def test_what_there_is_no_time_for_is_unknown_and_not_kept(hundred: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_MILLISECONDS", 0)
    version = version_of(hundred)
    found = profile_of(everything(version), version_get(hundred.dataset))
    assert len(found.unknown) == 5
    monkeypatch.undo()
    assert profile_of(everything(version), version_get(hundred.dataset)).unknown == []


def test_what_was_worked_out_is_kept_for_the_same_entitlement_only(
    hundred: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, stored = version_of(hundred), version_get(hundred.dataset)
    first = profile_of(everything(version), stored)

    def never(*_given: Any) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr("collection.profiles.profile", never)
    assert profile_of(everything(version), stored) == first
    with pytest.raises(AssertionError):
        profile_of(everything(version, masks={item(version, "XM"): Mask.NAME}), stored)


@pytest.mark.parametrize(
    ("amounts", "bars"),
    [
        (["5", "5"], 0),
        (["-3", "-1"], 21),
        (["0.001", "0.002"], 21),
        (["1", "1" + "0" * 60], 0),
        (["-0.5", "100000000000000000.5"], 21),
        (["", ""], 0),
    ],
)
def test_any_numbers_can_be_drawn_or_are_left_alone(town: Town, amounts: list[str], bars: int) -> None:
    town.send(HEADER + "".join(f"{at},,,{amount},\n" for at, amount in enumerate(amounts)), is_confirmed=True)
    version = version_of(town)
    found = of(everything(version), version, "YBZJE")
    assert bool(found.bars) == bool(bars)
    assert sum(bar.count for bar in found.bars) == (len(amounts) if bars else 0)
    assert len(found.bars) <= 22


def test_a_statement_looks_at_many_columns_and_finds_what_it_would_of_each(
    hundred: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = version_of(hundred)
    masks = {item(version, "XM"): Mask.HASH, item(version, "NRRQ"): Mask.MONTH}
    for reader in (everything(version), everything(version, masks=masks, hash_key=b"1" * 32)):
        with CaptureQueriesContext(connections["store"]) as together:
            found = profile(reader, version, 120)
        monkeypatch.setattr(reading, "CELLS_TOGETHER", 1)
        with CaptureQueriesContext(connections["store"]) as apart:
            assert profile(reader, version, 120) == found
        monkeypatch.undo()
        assert sum("WITH seen" in one["sql"] for one in together) == 2
        assert sum("WITH seen" in one["sql"] for one in apart) > 5


def test_of_many_rows_a_statement_looks_at_one_column(hundred: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CELLS_TOGETHER", 120)
    version = version_of(hundred)
    with CaptureQueriesContext(connections["store"]) as asked:
        profile(everything(version), version, 120)
    assert sum("count(*) AS n" in one["sql"] for one in asked) == len(version.columns)
