"""The rows of the demo: keys that look like what their items say, and no row that another one would shut out."""

import csv
import io
import re
from datetime import date
from importlib import import_module
from pkgutil import iter_modules

import pytest

from accounts.uscc import is_uscc
from collection.store.columns import Column
from config.demo import datasets, entries, people
from config.demo.datasets import DATA, DemoData
from config.demo.entries.entry import DemoEntry
from config.demo.loading import item_values

ENTRIES = {
    one.name: one
    for module in iter_modules(entries.__path__)
    for group in vars(import_module(f"{entries.__name__}.{module.name}")).values()
    if isinstance(group, tuple)
    for one in group
    if isinstance(one, DemoEntry)
}
REGIONS = {code: name for code, name, _level, _above in people.REGIONS}


def columns_of(one: DemoData) -> list[Column]:
    lines = [item_values(line) for line in ENTRIES[one.entry].items.splitlines()]
    return [
        Column(
            item=line["field_name"], name=line["name"], field_name=line["field_name"], type=line["type"],
            column=line["field_name"], is_key=line["is_key"], length=line["length"],
        )
        for line in lines
    ]  # fmt: skip


def rows_of(one: DemoData, at: int) -> list[dict[str, str]]:
    """Return the rows of a file of an entry without any that are bad on purpose."""
    text = datasets._file(columns_of(one), one.rows[at], 0, one, at).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("one", DATA, ids=lambda one: one.entry)
def test_keys_are_different_and_look_like_what_their_items_say(one: DemoData) -> None:
    rows = rows_of(one, len(one.rows) - 1)
    keys = [column for column in columns_of(one) if column.is_key]
    assert len({tuple(row[key.name] for key in keys) for row in rows}) == len(rows)
    for key in keys:
        values = {row[key.name] for row in rows}
        assert all(value and len(value) <= (key.length or 20) for value in values)
        if "信用代码" in key.name:
            assert all(map(is_uscc, values))
            assert {value[2:8] for value in values} <= set(REGIONS)
        if key.name == "行政区划代码":
            assert values <= set(REGIONS)
        if key.name == "行政区划名称":
            assert {value.removeprefix("云川市") for value in values} <= set(REGIONS.values())
        if "月份" in key.name:
            months = [date(int(value[:4]), int(value[4:]), 1) for value in values]
            assert date(2000, 1, 1) < min(months) < max(months) < date(2026, 11, 1)
        if "年度" in key.name:
            assert all(re.fullmatch("20[0-9]{2}", value) for value in values)
            assert max(values) <= "2026"


def test_of_figures_by_region_and_month_each_region_has_every_month_under_its_name() -> None:
    rows = rows_of(next(one for one in DATA if one.entry == "低保金发放汇总信息"), 0)
    codes = {row["行政区划代码"] for row in rows}
    assert len(codes) > 1
    assert len(rows) == len(codes) * len({row["统计月份"] for row in rows})
    assert {(row["行政区划代码"], row["行政区划名称"].removeprefix("云川市")) for row in rows} == {
        (code, REGIONS[code]) for code in codes
    }


def test_two_registers_know_some_bodies_and_most_only_one_of_them() -> None:
    """What a library of both shows: rows of both sources, and rows of one."""
    sources = [next(one for one in DATA if one.entry == name) for name in ("社会组织登记信息", "企业登记基本信息")]
    codes = [{row["统一社会信用代码"] for row in rows_of(one, 1)} for one in sources]
    assert 0 < len(codes[0] & codes[1]) < len(codes[0]) / 5


def test_the_rows_are_the_same_on_every_start() -> None:
    for one in DATA:
        assert rows_of(one, 0) == rows_of(one, 0)


def test_data_of_a_county_name_no_other() -> None:
    for one in DATA:
        for code, name in REGIONS.items():
            if name in one.entry and name.endswith(("区", "县")):
                key = next(column.name for column in columns_of(one) if column.is_key)
                assert {row[key][:6] for row in rows_of(one, 0)} == {code}
