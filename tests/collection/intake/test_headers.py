"""No row of data is taken for a part of the header without a doubt that is asked about."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from collection.intake import Layout, open_intake
from collection.matching import names_known
from collection.store.columns import Column

NAMES = ["街道名称", "所在区", "编码", "人数"]


def read(
    path: Path, rows: Sequence[Sequence[str]], knows: Callable[[str], bool], layout: Layout | None = None
) -> tuple[int, set[str], tuple[int, ...]]:
    """Return how many rows are read, what is asked about whoever sends the file, and the header rows."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    with open_intake(path, layout=layout, columns_known=knows) as intake:
        count = len(list(intake.rows()))
        return count, {one.code for one in intake.doubts if one.is_of_rows}, intake.layout.header_rows


def known(label: str) -> bool:
    return label in NAMES


def test_a_row_of_codes_below_a_header_of_items_is_a_row(tmp_path: Path) -> None:
    rows = [["街道名称", "所在区", "编码"], ["A LANE", "甲巷", "0164A"], ["B LANE", "乙巷", "007"]]
    assert read(tmp_path / "f", rows, known) == (2, set(), (1,))


def test_a_row_that_may_belong_to_an_unknown_header_is_asked_about(tmp_path: Path) -> None:
    rows = [["street", "district", "code"], ["A LANE", "甲巷", "0164A"], ["B LANE", "2", "007"]]
    assert read(tmp_path / "f", rows, lambda label: False) == (1, {"second_header"}, (1, 2))


@pytest.mark.parametrize(
    ("upper", "lower", "names"),
    [
        (["a", "b", "c"], ["街道名称", "所在区", "编码"], [*NAMES, "a", "b", "c"]),
        (["街道", "街道", "人口"], ["名称", "编码", "人数"], ["街道·名称", "街道·编码", "人口·人数"]),
        (["街道名称", "人口", "", "", ""], ["", "男", "女", "共", "户"], ["人口·男", "人口·女"]),
    ],
)
def test_names_of_items_make_a_second_row_of_a_header(
    tmp_path: Path, upper: list[str], lower: list[str], names: list[str]
) -> None:
    rows = [upper, lower, ["甲", "1", "2"], ["乙", "3", "4"]]
    assert read(tmp_path / "f", rows, lambda label: label in names) == (2, set(), (1, 2))


def test_a_cell_merged_over_both_rows_makes_a_second_row_of_a_header(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.merge_range(0, 0, 1, 0, "地区")
        page.merge_range(0, 1, 0, 4, "人口")
        page.write_row(1, 1, ["男", "女", "共", "户"])
        page.write_row(2, 0, ["甲", 1, 2, 3, 4])
    with open_intake(path) as intake:
        assert intake.columns == ["地区", "人口·男", "人口·女", "人口·共", "人口·户"]
        assert [one.code for one in intake.doubts if one.is_of_rows] == []
        assert len(list(intake.rows())) == 1


def test_rows_above_a_header_are_asked_about_but_for_titles(tmp_path: Path) -> None:
    data, header = ["甲", "乙", "1", "2"], NAMES
    assert read(tmp_path / "a", [["名单"], [""], header, data], known) == (1, set(), (3,))
    assert read(tmp_path / "b", [data, header, data], known) == (1, {"above_header"}, (2,))


def test_the_lines_that_are_no_rows_are_told(tmp_path: Path) -> None:
    rows = [["名单"], NAMES, ["甲", "乙", "1", "2"], ["注：完"]]
    path = tmp_path / "f"
    path.write_text("\n".join(",".join(one) for one in rows), encoding="utf-8")
    with open_intake(path, columns_known=known) as intake:
        assert len(list(intake.rows())) == 1
        assert [(number, why, cells[0]) for number, why, cells in intake.lines_apart] == [
            (1, "above", "名单"),
            (2, "header", "街道名称"),
            (4, "footnote", "注：完"),
        ]


@pytest.mark.parametrize("last", ["说明书甲", "数据来源路", "备注一", "制表厂"])
def test_a_name_that_begins_as_a_remark_does_is_a_row(tmp_path: Path, last: str) -> None:
    rows = [NAMES, ["甲", "乙", "1", "2"], [last, "", "", ""]]
    assert read(tmp_path / "f", rows, known)[0] == 2


CELL = st.one_of(
    st.sampled_from(["0164A", "A LANE", "007", "甲巷", "", "台北市", "12.5", "2026-01-05", "1,020"]),
    st.text(st.sampled_from("甲乙丙ABC019 .-"), max_size=4).map(str.strip),
    st.integers(0, 10**6).map(str),
)
TITLES = st.sampled_from(["a", "b", "街道", "区", "x1", ""])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], int, set[str]]:
    """Draw a header of one row or two, rows, and the names that are items."""
    width = draw(st.integers(2, 5))
    names = [f"项{at}" for at in range(width)]
    header = [[name if draw(st.booleans()) else draw(TITLES) for name in names]]
    if draw(st.booleans()):
        header.insert(0, [draw(TITLES) for _name in names])
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width).filter(any), min_size=1, max_size=8))
    return [*header, *rows], len(rows), set(names)


@given(table=tables())
@settings(max_examples=300)
def test_no_row_of_any_small_table_is_lost_unasked(
    tmp_path: Path, table: tuple[list[list[str]], int, set[str]]
) -> None:
    """Below a header of two rows that is taken for one, its second row is one row too many, and no loss."""
    rows, count, names = table
    found, asked, header = read(tmp_path / "f", rows, lambda label: label in names)
    bound = sum(cell in names for at in header for cell in rows[at - 1])
    # A file of which no column is an item's is never loaded unasked.
    assert found >= count or asked or not bound


def test_names_are_known_whatever_their_blanks_and_units(tmp_path: Path) -> None:
    columns = [Column("1", "月保障金额", "YBZJE", "N", "c1"), Column("2", "姓名", "XM", "C", "c2")]
    knows = names_known(columns, ["户籍地"])
    assert all(map(knows, ["月保障金额", "月保障金额（元）", "月 保障 金额", "ybzje", "户籍地"]))
    assert not any(map(knows, ["金额", "0164A", "12.5", "2026-01-05", "户籍", ""]))
