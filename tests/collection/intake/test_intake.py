"""Files as offices send them: encodings, preambles, footnotes, merged cells, no header, exact digits."""

import csv
import io
import json
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.imports.exceptions import Unreadable
from collection.intake import Layout, open_intake
from core.exceptions import RuleViolation

DATA = Path(__file__).parents[4] / "shared" / "data"


def opened(
    path: Path, content: str | bytes, encoding: str = "utf-8", **given: object
) -> tuple[list[str], list[list[str | None]]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    with open_intake(path, **given) as intake:  # type: ignore[arg-type]
        return intake.columns, [cells for _number, cells in intake.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [
        ["企业名称", "统一社会信用代码", "注册日期"],
        ["云川市甲商贸有限公司", "0164A", "2026-01-05"],
        ["乙公司", "00123", ""],
    ]
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    columns, found = opened(tmp_path / "f", text, encoding)
    assert columns == rows[0]
    assert found == [rows[1], ["乙公司", "00123", None]]


def test_big5_is_no_gb18030(tmp_path: Path) -> None:
    text = "機關名稱,聯絡電話,備註說明\n臺北市政府資訊局,02-27208889,開放資料聯絡窗口\n"
    columns, rows = opened(tmp_path / "f", text, "cp950")
    assert columns == ["機關名稱", "聯絡電話", "備註說明"]
    assert rows[0][0] == "臺北市政府資訊局"


def test_preambles_and_footnotes_are_left_out_and_said(tmp_path: Path) -> None:
    text = "数据库：分省年度数据\n指标：地区生产总值\n地区,2024年,2023年\n北京市,1,2\n天津市,3,\n"
    text += "注：1.按当年价格。\n2.修订数。\n"
    path = tmp_path / "f"
    path.write_bytes(text.encode("gb18030"))
    with open_intake(path) as intake:
        assert intake.columns == ["地区", "2024年", "2023年"]
        assert [number for number, _cells in intake.rows()] == [4, 5]
        assert intake.skipped == [(6, "footnote"), (7, "footnote")]
        assert intake.layout.header_rows == (3,)
        assert [one.code for one in intake.doubts] == ["header"]


def test_years_name_columns_and_numbers_make_no_header(tmp_path: Path) -> None:
    assert opened(tmp_path / "a", "區域,2015,2016\n全國,9.1,8.8\n甲,1,2\n")[0] == ["區域", "2015", "2016"]
    columns, rows = opened(tmp_path / "b", "01,001,9.7\n02,003,1.2\n01,005,3.1\n")
    assert len(columns) == 3
    assert len(rows) == 3


def test_known_names_tell_the_header(tmp_path: Path) -> None:
    text = "2024,甲,乙\n编码,名称,值\n0001,丙,丁\n"
    columns, rows = opened(tmp_path / "f", text, columns_known=lambda label: label in ("编码", "名称"))
    assert columns == ["编码", "名称", "值"]
    assert rows == [["0001", "丙", "丁"]]


def test_overlong_rows_are_told_and_short_ones_filled(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("a,b,c\n1,2,3\n" + "1,2,3\n" * 30 + "1,2,3,4\n1\n", encoding="utf-8")
    with open_intake(path) as intake:
        rows = list(intake.rows())
        assert intake.overlong == [33]
    assert rows[-1] == (34, ["1", None, None])


def test_a_layout_that_was_confirmed_is_followed(tmp_path: Path) -> None:
    text = "甲,乙\n丙,丁\n1,2\n"
    columns, rows = opened(tmp_path / "f", text, layout=Layout("csv", header_rows=(2,)))
    assert (columns, rows) == (["丙", "丁"], [["1", "2"]])
    columns, rows = opened(tmp_path / "f", text, layout=Layout("csv", has_header=False))
    assert len(rows) == 3


def test_layouts_travel_as_json_and_nonsense_is_named() -> None:
    layout = Layout("csv", "gb18030", ";", header_rows=(3, 4))
    assert Layout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout
    with pytest.raises(RuleViolation) as refused:
        Layout.from_dict({"format": "doc", "encoding": "klingon", "colour": 1, "header_rows": ["x"]})
    assert {one.field for one in refused.value.errors} == {"format", "encoding", "colour", "header_rows"}


def test_workbooks_keep_texts_dates_and_merged_cells_and_tell_of_lost_digits(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 3, "附件1")
    sheet.write_row(1, 0, ["区县", "编号", "身份证号", "日期"])
    sheet.merge_range(2, 0, 3, 0, "东湖区")
    sheet.write_row(2, 1, ["0164A", "990102199001011234"])
    sheet.write_row(3, 1, ["0002", 990102199001011234])
    from datetime import date

    sheet.write_datetime(2, 3, date(2026, 1, 5))
    sheet.merge_range(4, 0, 4, 3, "北岭县（1所）")
    sheet.write_row(5, 0, ["北岭县", 3, "x", None])
    book.close()
    with open_intake(path) as intake:
        rows = list(intake.rows())
        assert intake.columns == ["区县", "编号", "身份证号", "日期"]
        assert [cells for _number, cells in rows] == [
            ["东湖区", "0164A", "990102199001011234", "2026-01-05"],
            ["东湖区", "0002", "990102199001011200", None],
            ["北岭县", "3", "x", None],
        ]
        assert intake.skipped == [(5, "heading")]
        assert "digits_lost" in [one.code for one in intake.doubts]


def test_json_numbers_keep_every_digit(tmp_path: Path) -> None:
    text = '{"code": 0, "data": [{"a": 12345678901234567890, "b": 0.10, "c": null, "d": true, "e": {"f": 1}}]}'
    columns, rows = opened(tmp_path / "f", text)
    assert dict(zip(columns, rows[0], strict=True)) == {
        "a": "12345678901234567890", "b": "0.10", "c": None, "d": "true", "e.f": "1",
    }  # fmt: skip


def test_json_lines_and_geojson(tmp_path: Path) -> None:
    columns, rows = opened(tmp_path / "a", '{"a": "1"}\n{"a": "2", "b": "x"}\n')
    assert (columns, rows) == (["a", "b"], [["1", None], ["2", "x"]])
    feature = {
        "type": "Feature",
        "properties": {"名称": "甲"},
        "geometry": {"type": "Point", "coordinates": [110.5, 30.25]},
    }
    columns, rows = opened(tmp_path / "b", json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert columns == ["名称", "geometry"]
    assert json.loads(rows[0][1] or "") == feature["geometry"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"<html><body>no</body></html>", b"%PDF-1.4", b"PK\x03\x04rubbish", b'{"a": 1'),
        *(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"GIF89a\x01\x00"),
        *(b"MZ\x90\x00\x03\x00\x00\x00", b"\x7fELF\x02\x01\x01\x00", b"\x1f\x8b\x08\x00", b"a,b\n1,\x00\x002\n"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as refused, open_intake(path) as intake:
        list(intake.rows())
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "content",
    ["MZ,名称\n1,甲\n".encode(), "ID3,名称\n1,甲\n".encode("gb18030"), "BM,名称\n1,甲\n".encode("utf-16")],
)
def test_texts_that_begin_as_no_table_does_are_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    with open_intake(path) as intake:
        assert [cells[1] for _number, cells in intake.rows()] == ["甲"]


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("\ufeffa,b\r\n1,2\r\n", True),
        ('a,b\n"1,5",2\n', False),
        ('a,b\n5" pipe,1\n6" pipe,2\n', False),
        ("a,b,c\n1,2,3\n数据来源：统计局,,\n", False),
        ("a,b\n" + "1,2\n" * 40 + "1,2,3\n", False),
        ("a,b\n1\n", False),
        ("a,b\n1,\\.\n", False),
        ("标题\na,b\n1,2\n3,4\n", False),
        ('"a\nx",b\n1,2\n', False),
    ],
)
def test_only_a_clean_file_is_handed_to_the_database_as_it_is(tmp_path: Path, text: str, is_plain: bool) -> None:
    path = tmp_path / "f"
    path.write_bytes(text.encode())
    with open_intake(path) as intake:
        assert (intake.plain_copy() is not None) == is_plain


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=10).map(
    lambda text: f"文{text.strip()}"
)


@given(rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
@settings(max_examples=60)
def test_any_table_comes_back(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("名称", "地址", "备用"), *rows])
    columns, found = opened(
        tmp_path / "f", out.getvalue(), columns_known=lambda label: label in ("名称", "地址", "备用")
    )
    assert columns == ["名称", "地址", "备用"]
    assert found == [[cell.strip(" \t\r\n\u00a0\u3000") for cell in row] for row in rows]


REAL = {
    "datasets/cn_enterprise_fujian_1987.csv": 145,
    "datasets/cn_enterprise_heilongjiang_1986.csv": 10,
    "datasets/tw_birth_rate_by_town.csv": 391,
    "datasets/tw_education_by_village_2020.csv": 7760,
    "datasets/tw_population_age_201501.csv": 390,
    "datasets/hk_district_census.xlsx": 21,
    "datasets/hk_street_names_2020.xlsx": 4553,
    "datasets/us_unemployment_by_county_2009.csv": 3218,
    "datasets/uk_nhs_area_teams.geojson": 25,
    "datasets/us_seattle_weather.csv": 1461,
    "dirty/nbs_province_gdp_gb18030.csv": 31,
    "dirty/nbs_province_urban_employment_gb18030.csv": 31,
    "dirty/nbs_province_investment_growth_gb18030.csv": 31,
    "dirty/nbs_province_gdp.xls": 31,
    "dirty/moe_colleges_list.xls": 2631,
    "dirty/tainan_dengue_district_1040825.xls": 285,
    "dirty/tainan_spray_schedule_201510.csv": 655,
}
"""Rows of data in each file: without headers, preambles, headings and footnotes."""


@pytest.mark.parametrize("name", REAL)
def test_real_files_give_their_rows(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with open_intake(path) as intake:
        assert len(list(intake.rows())) == REAL[name]


def test_a_remark_among_the_rows_is_a_row_and_only_the_last_ones_are_footnotes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("编号,名称,值\n1,a,1\n说明书A,,\n2,b,2\n0003,,\n4,c,4\n注：完,,\n甲,,\n", encoding="utf-8")
    with open_intake(path) as intake:
        assert [cells[0] for cells in intake.preview] == ["1", "说明书A", "2", "0003", "4"]
        assert [cells[0] for _number, cells in intake.rows()] == ["1", "说明书A", "2", "0003", "4"]
        assert intake.skipped == [(7, "footnote"), (8, "footnote")]


@pytest.mark.parametrize("lines", [50, 6_000])
def test_a_quotation_mark_that_is_never_closed_swallows_nothing(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "f"
    path.write_text("a,b,c\n" + "0,0,0\n" * 60 + '1,"x,3\n' + "4,5,6\n" * lines, encoding="utf-8")
    with open_intake(path) as intake, pytest.raises(Unreadable) as refused:
        list(intake.rows())
    assert "row 62" in str(refused.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_an_encoding_that_shows_late_is_found_all_the_same(tmp_path: Path, encoding: str) -> None:
    text = "a,b\n" + "1,2\n" * 300_000 + "云川市民政局,最低生活保障\n"
    path = tmp_path / "f"
    path.write_bytes(text.encode(encoding))
    with open_intake(path) as intake:
        assert intake.layout.encoding == encoding
        *_others, last = intake.rows()
    assert last[1] == ["云川市民政局", "最低生活保障"]


def test_bytes_without_meaning_are_told(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes("编号,名称\n1,甲\n".encode() * 50_000 + b"2,\xff\xfe\x81\n")
    with open_intake(path) as intake:
        assert "undecodable" in [one.code for one in intake.doubts]


def test_a_feature_without_a_place_keeps_its_properties(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"名称": "甲"}, "geometry": None},
        {"type": "Feature", "properties": {"名称": "乙"}, "geometry": {"type": "Point", "coordinates": [1.5, 2.5]}},
    ]
    columns, rows = opened(tmp_path / "f", json.dumps({"type": "FeatureCollection", "features": features}))
    assert columns == ["名称", "geometry"]
    assert rows[0] == ["甲", None]
