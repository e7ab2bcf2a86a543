"""The one statement that makes one table of several sources, against a plain model of it; and that values survive."""

import csv
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collection.models import Dataset
from collection.readers import Entitlement
from collection.readers.page import PinnedVersion
from collection.store import names, tables
from collection.store.columns import Column
from collection.store.lineage import lineage_drop
from collection.store.names import Lineage
from libraries.giving import Given
from libraries.merging import Contribution, Figures, merge_of, merged_lines
from tests.factories.catalog import CatalogWorld
from tests.libraries.conftest import KEY, NAME, LibraryTown, rows_of, town_with


def column(number: int, type_letter: str = "C", *, is_key: bool = False) -> Column:
    item = UUID(int=number)
    return Column(
        str(item), f"项{number}", f"F{number}", type_letter, names.column(item, type_letter), is_key, not is_key
    )


LIBRARY = [column(1, is_key=True), column(2), column(3, "I"), column(4, "L"), column(5)]
LINEAGE = LIBRARY[-1].item
SOURCE = [column(11), column(12), column(13, "I"), column(14, "L")]
TARGETS = [one.item for one in LIBRARY[:4]]

Row = tuple[str | None, str | None, int | None, bool | None]


@dataclass(frozen=True)
class Source:
    """Rows of a source, and which of the library's items it fills beside the key."""

    rows: list[Row]
    fills: list[int]


texts = st.none() | st.sampled_from(["甲", "乙", 'a"b', "x,y", "多\n行", "0012", "'", "\\."])
rows = st.tuples(
    st.none() | st.sampled_from(["k1", "k2", "k3", "0164A", "k\"4,"]), texts, st.none() | st.integers(-3, 3),
    st.none() | st.booleans(),
)  # fmt: skip
sources = st.builds(Source, st.lists(rows, max_size=6), st.lists(st.sampled_from([1, 2, 3]), unique=True))


def stored(dataset_id: int, found: Source) -> Contribution:
    """Put rows into the store, and give them whole."""
    tables.schema_ensure()
    with tables.cursor() as run:
        run.execute(f"DROP TABLE IF EXISTS store.{names.table_name(dataset_id, 1)}")
    tables.table_ensure(dataset_id, 1, SOURCE)
    fields = ", ".join(one.column for one in SOURCE)
    with tables.cursor() as run:
        for number, row in enumerate(found.rows):
            run.execute(
                f"INSERT INTO store.{names.table_name(dataset_id, 1)} (_from, _key, {fields}) VALUES (1, %s, %s, %s,"
                " %s, %s)",
                [str(number), *row],
            )
    version = PinnedVersion(dataset_id, 1, 1, tuple(SOURCE))
    whole = Entitlement(dataset_id, tuple(one.item for one in SOURCE))
    mapping = {TARGETS[0]: SOURCE[0].item} | {TARGETS[at]: SOURCE[at].item for at in found.fills}
    return Contribution(f"d:{dataset_id}", Given(Dataset(pk=dataset_id), version, whole), mapping)


def told(kept: Lineage) -> dict[str, list[int]]:
    with tables.cursor() as run:
        run.execute(f"SELECT _key, _sources FROM store.{kept.name}")
        return dict(run.fetchall())


def written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def model(found: list[Source]) -> tuple[list[list[str]], int, list[int], list[int]]:
    """Return the rows, how many come from several sources, rows of each source, disagreements of each item."""
    groups: dict[Any, list[tuple[int, Row]]] = {}
    for rank, source in enumerate(found):
        for number, row in enumerate(source.rows):
            groups.setdefault(row[0] if row[0] is not None else (rank, number), []).append((rank, row))
    filled = sorted({0, *(at for source in found for at in source.fills)})
    lines, several, differing = [], 0, [0] * (len(filled) + 1)
    for members in groups.values():
        cells = []
        for place, at in enumerate(filled):
            said = [row[at] for rank, row in members if row[at] is not None and (at == 0 or at in found[rank].fills)]
            cells.append(written(said[0]) if said else "")
            if at and sum(at in source.fills for source in found) > 1:
                differing[place] += len(set(said)) > 1
        ranks = sorted({rank for rank, _row in members})
        several += len(ranks) > 1
        lines.append([*cells, ";".join(f"d:{900 + rank}" for rank in ranks)])
    return sorted(lines), several, [len(source.rows) for source in found], differing


@pytest.mark.django_db(databases=["default", "store"])
@settings(max_examples=80)
@given(found=st.lists(sources, min_size=1, max_size=4))
def test_the_statement_does_what_the_plain_model_does(found: list[Source]) -> None:
    contributions = [stored(900 + rank, source) for rank, source in enumerate(found)]
    merge = merge_of(LIBRARY, contributions, LINEAGE)
    figures, kept = Figures([0] * len(found), [0] * len(merge.columns)), Lineage(900, 1, 1)
    lineage_drop(kept)
    text = b"".join(merged_lines(merge, figures, kept, lambda: None)).decode()
    lines = sorted(csv.reader(io.StringIO(text, newline="")))
    expected, several, of_sources, differing = model(found)
    assert lines == expected
    assert figures == Figures(of_sources, differing, len(expected), several)
    assert told(kept) == {
        line[0]: [int(one.removeprefix("d:")) - 899 for one in line[-1].split(";")] for line in expected if line[0]
    }
    lineage_drop(kept)
    again = b"".join(
        merged_lines(merge, Figures([0] * len(found), [0] * len(merge.columns)), kept, lambda: None)
    ).decode()
    assert sorted(again.splitlines()) == sorted(text.splitlines())


@pytest.mark.django_db(databases=["default", "store"])
def test_the_order_of_the_rows_does_not_follow_the_key() -> None:
    found = Source([(f"k{number:03d}", "甲", 1, True) for number in range(200)], [1])
    merge = merge_of(LIBRARY, [stored(900, found)])
    lines = b"".join(merged_lines(merge, Figures([0], [0] * 2), Lineage(900, 1, 1), lambda: None)).decode().splitlines()
    assert sorted(lines) != lines
    assert sorted(lines, reverse=True) != lines


def test_numbers_that_are_equal_are_one_key(world: CatalogWorld) -> None:
    number = {
        "name": "编号",
        "field_name": "SFZH",
        "type": "N",
        "length": 10,
        "decimals": 2,
        "is_key": True,
        "nullable": False,
    }
    town = town_with(world, [number, NAME])
    for text in ("编号,姓名\n1.0,\n2,乙\n", "编号,姓名\n1,甲\n2.00,丙\n"):
        town.part(town.provider([number, NAME], text), SFZH="SFZH", XM="XM")
    build = town.built()
    assert (build.rows, build.rows_in_several) == (2, 2), build.message
    assert [row["XM"] for row in town.rows()] == ["甲", "乙"]


ALL_TYPES = [
    KEY,
    NAME | {"length": None},
    {"name": "数值", "field_name": "SZ", "type": "N", "length": 30, "decimals": 10},
    {"name": "整数", "field_name": "ZS", "type": "I"},
    {"name": "浮点", "field_name": "FD", "type": "F"},
    {"name": "日期", "field_name": "RQ", "type": "D"},
    {"name": "时刻", "field_name": "SK", "type": "T"},
    {"name": "是否", "field_name": "SF", "type": "L"},
    {"name": '名,"号"', "field_name": "BZ", "type": "M"},
]
VALUES = [
    ["000000000000000001", '他说“好”，"对"', "0.1000000000", "9223372036854775807", "1e-07", "1949-10-01",
     "1988-06-01T12:00:00.123456+08:00", "true", "第一行\n第二行"],
    ["0164A", "=1+1", "-12345678901234567890.0123456789", "-1", "0.1", "0001-01-01", "2026-01-01T00:00:00+08:00",
     "false", "末尾逗号,"],
    ["990102199001011234", "\\.", "100", "0", "1.7976931348623157e+308", "9999-12-31",
     "1900-01-01T08:05:43+08:00", None, None],
    ["单独", None, None, None, None, None, None, None, "说明：这不是脚注"],
]  # fmt: skip


@pytest.mark.parametrize("lines", [VALUES, VALUES[1:2], VALUES[3:]])
def test_every_value_comes_back_as_it_was(world: CatalogWorld, lines: list[list[str | None]]) -> None:
    town: LibraryTown = town_with(world, ALL_TYPES)
    names_of = [str(one["field_name"]) for one in ALL_TYPES]
    head = io.StringIO()
    writer = csv.writer(head)
    writer.writerow([one["name"] for one in ALL_TYPES])
    writer.writerows([["" if cell is None else cell for cell in line] for line in lines])
    provider = town.provider(ALL_TYPES, head.getvalue())
    town.part(provider, **{name: name for name in names_of})
    build = town.built()
    assert build.run is not None, build.message
    assert (build.run.state, build.run.rows_rejected) == ("succeeded", 0), build.run.message
    assert town.rows() == rows_of(provider.dataset)
    assert len(town.rows()) == len(lines)
    stored_texts = {row["SFZH"]: row for row in town.rows()}
    for line in lines:
        shown = stored_texts[str(line[0])]
        assert shown["XM"] == line[1]
        assert shown["BZ"] == line[8]
        assert shown["SK"] == line[6]
