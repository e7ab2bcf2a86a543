"""What a reader sees: granted items, granted rows, masks that cannot be probed, one version to the end."""

import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from catalog.choices import Mask
from collection.readers import Condition, Entitlement, Operator, batches, page, parquet, stream
from collection.readers.masks import Parameters, masked
from collection.readers.page import PinnedVersion, count
from collection.selectors import pinned_version, version_get
from collection.services import dataset_hook
from collection.store import tables
from collection.store.columns import Column
from core.exceptions import NotAllowed, RuleViolation
from tests.collection.conftest import HEADER, ROWS, Town
from tests.factories.catalog import CatalogWorld


def version_of(town: Town, number: int | None = None) -> PinnedVersion:
    return pinned_version(version_get(town.dataset, number))


def item(version: PinnedVersion, field_name: str) -> str:
    return next(one.item for one in version.columns if one.field_name == field_name)


def read(entitlement: Entitlement, version: PinnedVersion, **given: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(page(entitlement, version, **{"limit": 100} | given).rows)
    return rows


def everything(version: PinnedVersion, **given: Any) -> Entitlement:
    return Entitlement(version.dataset_id, tuple(one.item for one in version.columns), **given)


def test_items_that_are_not_granted_neither_show_nor_filter(three: Town) -> None:
    version = version_of(three)
    part = Entitlement(three.dataset.pk, (item(version, "XM"), item(version, "YBZJE")))
    assert set(read(part, version)[0]) == {"XM", "YBZJE"}
    hidden = Condition(item(version, "SFZH"), Operator.EQUAL, ("990102199001011234",))
    with pytest.raises(RuleViolation):
        read(part, version, conditions=[hidden])
    assert read(part, version, fields=[item(version, "SFZH")]) == [{}, {}, {}]


def test_rows_are_counted_as_the_reader_sees_them(three: Town) -> None:
    version = version_of(three)
    few = everything(version, row_filter=(Condition(item(version, "YBZJE"), Operator.GTE, ("900",)),))
    assert (count(everything(version), version), count(few, version)) == (3, 2)
    asked = Condition(item(version, "DXBH"), Operator.EQUAL, ("0002",))
    assert count(few, version, [asked]) == 1
    part = Entitlement(three.dataset.pk, (item(version, "XM"),))
    with pytest.raises(RuleViolation):
        count(part, version, [asked])


def test_the_row_filter_holds_whatever_is_asked(three: Town) -> None:
    version = version_of(three)
    few = everything(version, row_filter=(Condition(item(version, "YBZJE"), Operator.GTE, ("900",)),))
    assert [row["DXBH"] for row in read(few, version)] == ["0002", "0164A"]
    asked = Condition(item(version, "DXBH"), Operator.EQUAL, ("0001",))
    assert read(few, version, conditions=[asked]) == []
    lost = everything(version, row_filter=(Condition("00000000-0000-0000-0000-000000000000", Operator.NULL, ("no",)),))
    with pytest.raises(RuleViolation):
        read(lost, version)


@pytest.mark.parametrize(
    ("mask", "field", "shown"),
    [
        (Mask.NAME, "XM", ["王**", "李*", "欧**"]),
        (Mask.ID_NUMBER, "SFZH", ["9***************34", "9***************21", "9***************77"]),
        (Mask.TEXT, "XM", ["***", "***", "***"]),
        (Mask.MONTH, "NRRQ", ["2026-01", "2026-02", "2026-03"]),
        (Mask.BAND, "YBZJE", ["800~900", "900~1000", "1000~2000"]),
        (Mask.BAND, "XM", ["***", "***", "***"]),
        (Mask.BANK_ACCOUNT, "DXBH", ["****", "****", "*164A"]),
    ],
)
def test_masks_show_what_they_keep(three: Town, mask: Mask, field: str, shown: list[str]) -> None:
    version = version_of(three)
    masked = everything(version, masks={item(version, field): mask})
    assert [row[field] for row in read(masked, version)] == shown


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (Mask.MOBILE, "18049531999", "180****1999"),
        (Mask.MOBILE, "1804953", "*******"),
        (Mask.MOBILE, "110", "***"),
        (Mask.PHONE, "0990-6812345", "0990******45"),
        (Mask.PHONE, "12345", "*****"),
        (Mask.PLATE, "苏D40000", "苏D4***0"),
        (Mask.PLATE, "新AD12345", "新AD****5"),
        (Mask.PLATE, "苏D40", "****"),
        (Mask.EMAIL, "wang.li@example.test", "w***@example.test"),
        (Mask.EMAIL, "@example.test", "***"),
        (Mask.EMAIL, "没有地址", "***"),
        (Mask.EMAIL, None, None),
        (Mask.PLATE, None, None),
    ],
)
def test_masks_of_numbers_and_addresses_keep_what_is_usual(
    three: Town, mask: Mask, value: str | None, shown: str | None
) -> None:
    text = Column("00000000-0000-0000-0000-000000000000", "文", "W", "C", "w")
    query = sql.SQL("SELECT {} FROM (SELECT %s::text AS {}) t").format(
        masked(text, mask, Parameters(), b""), text.identifier
    )
    with tables.bounded(5_000) as run:
        run.execute(query, [value])
        assert run.fetchone()[0] == shown


def band(value: Decimal) -> str:
    """Return the band of a number, reckoned with numbers where the statement cuts texts."""
    size = 10 ** max(len(str(int(abs(value)))) - 1, 1)
    low = int(abs(value)) // size * size
    if value >= 0:
        return f"{low}~{low + size}"
    return f"-{low + size}~-{low}" if low else f"-{size}~0"


def _band_of(pg_type: str, value: Any) -> Any:
    number = Column("00000000-0000-0000-0000-000000000000", "数", "N", ITEM_TYPE[pg_type], "n")
    expression = masked(number, Mask.BAND, Parameters(), b"")
    query = sql.SQL("SELECT {} FROM (SELECT %s::{} AS {}) t").format(expression, sql.SQL(pg_type), number.identifier)
    with tables.bounded(5_000) as run:
        run.execute(query, [None if value is None else str(value)])
        return run.fetchone()[0]


ITEM_TYPE = {"numeric": "N", "bigint": "I", "double precision": "B"}


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.integers(-(10**25), 10**25).map(Decimal))
@settings(max_examples=100)
def test_the_band_of_an_exact_number_is_that_of_the_model(three: Town, value: Decimal) -> None:
    assert _band_of("numeric", value) == band(value)


@given(value=st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=100)
def test_the_band_of_a_whole_number_is_that_of_the_model(three: Town, value: int) -> None:
    assert _band_of("bigint", value) == band(Decimal(value))


@given(value=st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=100)
def test_the_band_of_a_floating_number_is_that_of_the_model(three: Town, value: float) -> None:
    # A zero below nothing is no negative number to SQL.
    assert _band_of("double precision", value) == band(Decimal(repr(value)) + 0)


@pytest.mark.parametrize(
    ("pg_type", "value", "shown"),
    [
        ("numeric", None, None),
        ("bigint", None, None),
        ("double precision", float("nan"), "***"),
        ("double precision", float("-inf"), "***"),
        ("numeric", "0", "0~10"),
        ("numeric", "9.99", "0~10"),
        ("numeric", "-0.5", "-10~0"),
        ("bigint", -9, "-10~0"),
        ("numeric", "10", "10~20"),
        ("numeric", "99.9999999999999999999", "90~100"),
        ("double precision", 99.99999999999999, "90~100"),
        ("numeric", "-23456.7", "-30000~-20000"),
    ],
)
def test_a_band_tells_the_first_digit_at_most(three: Town, pg_type: str, value: Any, shown: str | None) -> None:
    assert _band_of(pg_type, value) == shown


def test_a_banded_number_is_no_yardstick(three: Town) -> None:
    version = version_of(three)
    pay = item(version, "YBZJE")
    banded = everything(version, masks={pay: Mask.BAND})
    with pytest.raises(RuleViolation) as refused:
        read(banded, version, conditions=[Condition(pay, Operator.EQUAL, ("850.50",))])
    assert [one.code for one in refused.value.errors] == ["masked_form"]
    assert len(read(banded, version, conditions=[Condition(pay, Operator.EQUAL, ("800~900",))])) == 1
    assert not banded.may_sort(pay)


def test_a_filter_on_a_masked_item_compares_what_is_seen(three: Town) -> None:
    version = version_of(three)
    name = item(version, "XM")
    masked = everything(version, masks={name: Mask.NAME})
    assert read(masked, version, conditions=[Condition(name, Operator.EQUAL, ("王小明",))]) == []
    assert len(read(masked, version, conditions=[Condition(name, Operator.EQUAL, ("王**",))])) == 1
    assert read(masked, version, conditions=[Condition(name, Operator.STARTS, ("王小",))]) == []
    assert len(read(masked, version, conditions=[Condition(name, Operator.IN, ("李*", "王小明"))])) == 1


def test_a_hash_joins_inside_a_grant_and_not_across(three: Town) -> None:
    version = version_of(three)
    number = item(version, "SFZH")
    one = everything(version, masks={number: Mask.HASH}, hash_key=b"one")
    other = everything(version, masks={number: Mask.HASH}, hash_key=b"other")
    first = [row["SFZH"] for row in read(one, version)]
    assert first == [row["SFZH"] for row in read(one, version)]
    assert not set(first) & {row["SFZH"] for row in read(other, version)}
    assert len(read(one, version, conditions=[Condition(number, Operator.EQUAL, (first[0],))])) == 1


def test_values_that_do_not_fit_are_named(three: Town) -> None:
    version = version_of(three)
    for field, value in (("YBZJE", "viel"), ("NRRQ", "gestern"), ("YBZJE", "NaN"), ("NRRQ", "2026-02-30")):
        with pytest.raises(RuleViolation) as refused:
            read(everything(version), version, conditions=[Condition(item(version, field), Operator.GTE, (value,))])
        assert refused.value.errors[0].field == field


def test_pages_follow_each_other_and_end_with_none(three: Town) -> None:
    version = version_of(three)
    whole = everything(version)
    first = page(whole, version, limit=2)
    assert first.count == 2
    assert first.next_after is not None
    last = page(whole, version, limit=2, after=first.next_after)
    assert (last.count, last.next_after) == (1, None)


def test_a_pinned_version_stays_while_others_are_published(three: Town) -> None:
    version = version_of(three)
    first = page(everything(version), version, limit=1)
    three.send(HEADER + "0007,新人,,1,2026-01-01\n")
    rest = json.loads(page(everything(version), version, limit=10, after=first.next_after or 0).rows)
    assert [row["DXBH"] for row in rest] == ["0002", "0164A"]


def test_streams_say_the_same_in_every_format(three: Town) -> None:
    version = version_of(three)
    whole = everything(version)
    rows = read(whole, version)
    assert json.loads(b"".join(stream(whole, version, "json"))) == rows
    lines = b"".join(stream(whole, version, "ndjson")).decode().splitlines()
    assert [json.loads(line) for line in lines] == rows
    text = b"".join(stream(whole, version, "csv")).decode()
    assert text.splitlines()[0] == "DXBH,XM,SFZH,YBZJE,NRRQ"
    assert text.splitlines()[3] == "0164A,欧阳锋,990102197707077777,1020.00,2026-03-01"
    assert b"".join(stream(whole, version, "xlsx")).startswith(b"PK")
    assert parquet_rows(whole, version)[2] == {
        "DXBH": "0164A", "XM": "欧阳锋", "SFZH": "990102197707077777", "YBZJE": Decimal("1020.00"),
        "NRRQ": date(2026, 3, 1),
    }  # fmt: skip


def parquet_table(entitlement: Entitlement, version: PinnedVersion, **given: Any) -> Any:
    return pq.read_table(io.BytesIO(b"".join(stream(entitlement, version, "parquet", **given))))


def parquet_rows(entitlement: Entitlement, version: PinnedVersion) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet_table(entitlement, version).to_pylist()
    return rows


TYPED = [
    {"name": "编号", "field_name": "BH", "type": "C", "length": 20, "is_key": True, "nullable": False},
    {"name": "金额", "field_name": "JE", "type": "Y"},
    {"name": "数量", "field_name": "SL", "type": "I"},
    {"name": "系数", "field_name": "XS", "type": "B"},
    {"name": "日期", "field_name": "RQ", "type": "D"},
    {"name": "时间", "field_name": "SJ", "type": "T"},
    {"name": "是否", "field_name": "SF", "type": "L"},
]
TYPED_HEADER = "编号,金额,数量,系数,日期,时间,是否\n"


def test_parquet_keeps_every_type_exact(world: CatalogWorld) -> None:
    entry = world.published(items=TYPED)
    town = Town(world, entry, dataset_hook(actor=world.cataloguer, ref=entry.pk, name="类型"))
    first = "000123456789012345,12345678901234567890.125,9007199254740993,0.1,1900-01-01,"
    first += "2026-01-01 00:00:00.000001,是\n"
    town.send(TYPED_HEADER + first + "2,-0.5,,,,,否\n3,,,,,,\n")
    version = version_of(town)
    table = parquet_table(everything(version), version)
    assert [str(one.type) for one in table.schema] == [
        "string", "decimal128(38, 3)", "int64", "double", "date32[day]", "timestamp[us, tz=Asia/Shanghai]", "bool",
    ]  # fmt: skip
    assert [list(row.values()) for row in table.to_pylist()] == [
        [
            "000123456789012345", Decimal("12345678901234567890.125"), 9007199254740993, 0.1, date(1900, 1, 1),
            datetime(2026, 1, 1, 0, 0, 0, 1, ZoneInfo("Asia/Shanghai")), True,
        ],
        ["2", Decimal("-0.500"), None, None, None, None, False],
        ["3", None, None, None, None, None, None],
    ]  # fmt: skip
    assert table.schema.field("JE").metadata[b"name"] == "金额".encode()


def test_parquet_writes_numbers_as_texts_where_no_decimal_holds_them(world: CatalogWorld) -> None:
    entry = world.published(items=TYPED)
    town = Town(world, entry, dataset_hook(actor=world.cataloguer, ref=entry.pk, name="大数"))
    large = "1" + "0" * 30
    town.send(TYPED_HEADER + f"1,{large},,,,,\n2,0.123456789,,,,,\n")
    version = version_of(town)
    table = parquet_table(everything(version), version)
    assert str(table.schema.field("JE").type) == "string"
    assert table.column("JE").to_pylist() == [large, "0.123456789"]
    few = everything(version, row_filter=(Condition(item(version, "BH"), Operator.EQUAL, ("2",)),))
    assert parquet_table(few, version).column("JE").to_pylist() == [Decimal("0.123456789")]


def test_parquet_is_written_in_groups_masked_and_without_rows(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    version = version_of(three)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 1)
    monkeypatch.setattr(batches, "FIRST_ROWS", 2)
    masked = everything(version, masks={item(version, "YBZJE"): Mask.TEXT, item(version, "XM"): Mask.NAME})
    pieces = list(stream(masked, version, "parquet"))
    assert len(pieces) == 3
    table = pq.read_table(io.BytesIO(b"".join(pieces)))
    assert table.column("YBZJE").to_pylist() == ["***"] * 3
    assert table.column("XM").to_pylist() == ["王**", "李*", "欧**"]
    nothing = Condition(item(version, "DXBH"), Operator.EQUAL, ("none",))
    empty = parquet_table(everything(version), version, conditions=[nothing])
    assert (empty.num_rows, empty.num_columns) == (0, 5)


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("format", ["ndjson", "csv", "json"])
def test_long_rows_come_in_small_batches_and_none_is_left_out(
    three: Town, monkeypatch: pytest.MonkeyPatch, format: str, filtered: bool
) -> None:
    """Also where rows between them have gone, and the grant gives a part of them."""
    for gone in ((), range(10, 30), (49,)):
        three.send(HEADER + "".join(f"1{n:03d},王,,{n % 2},2026-01-05\n" for n in range(50) if n not in gone))
    version = version_of(three)
    only_odd = [Condition(item(version, "YBZJE"), Operator.EQUAL, ("1",))] if filtered else []
    reader = everything(version, row_filter=tuple(only_odd))
    whole = b"".join(stream(reader, version, format))
    wanted = [f"1{n:03d}" for n in range(49) if n % 2 or not filtered]
    assert sorted(re.findall(r"1\d{3}(?=[,\"])", whole.decode())) == wanted
    monkeypatch.setattr(batches, "FIRST_ROWS", 3)
    monkeypatch.setattr(batches, "BATCH_CHARACTERS", 400)
    sizes: list[int] = []
    assert b"".join(stream(reader, version, format, counted=sizes.append)) == whole
    assert max(sizes) < 20
    assert len(sizes) > 2
    assert sum(sizes) == len(wanted)


def test_a_sheet_that_cannot_hold_the_rows_is_refused(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("collection.readers.stream"), "XLSX_MOST_ROWS", 2)
    version = version_of(three)
    with pytest.raises(RuleViolation) as refused:
        list(stream(everything(version), version, "xlsx"))
    assert [one.code for one in refused.value.errors] == ["too_many_rows"]


def test_a_stream_stops_when_the_right_ends(three: Town) -> None:
    version = version_of(three)
    with pytest.raises(NotAllowed):
        list(stream(everything(version), version, "csv", still_entitled=lambda: False))


def test_formulas_are_made_harmless_for_people_only(three: Town) -> None:
    three.send(HEADER + '0001,"=1+1,""x""",,1,2026-01-01\n')
    version = version_of(three)
    whole = everything(version)
    assert '"=1+1,""x"""' in b"".join(stream(whole, version, "csv")).decode()
    assert '"\'=1+1,""x"""' in b"".join(stream(whole, version, "csv", escape_formulas=True)).decode()


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@given(cells=st.lists(CELLS, min_size=1, max_size=8))
@settings(max_examples=25)
def test_any_text_comes_back_as_it_went_in(town: Town, cells: list[str]) -> None:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER.strip().split(","))
    for number, cell in enumerate(cells):
        writer.writerow([f"k{number}", cell, "", "", ""])
    run = town.send(out.getvalue(), mode="replace", is_confirmed=True)
    assert run.state in ("succeeded", "unchanged"), run.message
    version = version_of(town)
    kept = {row["DXBH"]: row["XM"] for row in read(everything(version), version)}
    blanks = " \t\r\n\u00a0\u3000"
    assert kept == {f"k{number}": cell.strip(blanks) or None for number, cell in enumerate(cells)}


def test_rows_of_the_three(three: Town) -> None:
    assert len(ROWS) == len(read(everything(version_of(three)), version_of(three)))


HUGE = [
    "1e999999", "-1e-99999", "1e1001", "1" * 1002, "0." + "1" * 20_000, "1." + "0" * 20_000, "0e99999", "NaN",
    "-Infinity",
]  # fmt: skip


def test_numbers_of_as_many_digits_as_are_compared_are(three: Town) -> None:
    version = version_of(three)
    for number in ("1e1000", "0." + "1" * 1000, "-1e-1000"):
        asked = Condition(item(version, "YBZJE"), Operator.GTE, (number,))
        assert len(read(everything(version), version, conditions=[asked])) in (0, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("YBZJE", number) for number in HUGE),
        ("XM", "王\x00"),
        ("XM", "\ud800"),
    ],
)
def test_values_that_the_store_cannot_take_are_refused_before_it_sees_them(three: Town, field: str, value: str) -> None:
    version = version_of(three)
    with pytest.raises(RuleViolation) as refused:
        read(everything(version), version, conditions=[Condition(item(version, field), Operator.EQUAL, (value,))])
    assert [one.code for one in refused.value.errors] == ["bad_value"]


@settings(max_examples=20)
@given(st.lists(st.text(st.sampled_from("a,\"\n\r\t\\.=+@ 税'%{"), max_size=6), min_size=1, max_size=5))
def test_both_ways_to_write_csv_write_the_same(town: Town, names: list[str]) -> None:
    """``COPY`` writes what nobody asked by values, SQL the rest: a client must not notice which."""
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([[f"{at:04d}", name, "", str(at), "2026-01-05"] for at, name in enumerate(names)])
    town.send(HEADER + out.getvalue())
    version = version_of(town)
    whole = everything(version, masks={item(version, "YBZJE"): Mask.TEXT})
    every = Condition(item(version, "DXBH"), Operator.GTE, ("",))
    for escape in (False, True):
        copied = b"".join(stream(whole, version, "csv", escape_formulas=escape))
        written = b"".join(stream(whole, version, "csv", escape_formulas=escape, conditions=[every]))
        assert copied == written
        assert len(list(csv.reader(io.StringIO(copied.decode(), newline="")))) == len(names) + 1
