import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from catalog.imports import reading
from catalog.imports.exceptions import Unreadable
from catalog.imports.reading import ReadingOptions, open_source
from catalog.imports.xlsx import Workbook
from tests.catalog.imports.files import REAL, real_file, write_json, write_xlsx

HEADER = ["編號", "資料名稱", "資料集提供機關", "更新頻率", "資料集描述"]
ROWS = [
    ["1", "臺北市停車場資訊", "臺北市停車管理工程處", "每月", "場名、\n地址"],
    ["2", "登革熱", "衛生局", "不定期", "個案"],
]


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    return "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows) + "\r\n"


def read(path: Path, **options: Any) -> tuple[reading.Source, list[reading.SourceRow]]:
    source = open_source(path, ReadingOptions(**options))
    return source, list(source.rows())


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp950", "cp950"),
        ("big5", "cp950"),
        ("gb18030", "gb18030"),
    ],
)
def test_the_encoding_of_a_csv_is_told_from_its_text(tmp_path: Path, encoding: str, told: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv([HEADER, *ROWS]).encode(encoding))
    source, rows = read(path)
    assert (source.kind, source.encoding) == ("csv", told)
    assert source.labels == HEADER
    assert [row.values["資料名稱"] for row in rows] == ["臺北市停車場資訊", "登革熱"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_characters_whose_other_half_is_zero_make_no_binary_file(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv([HEADER, ["一开最", *ROWS[0][1:]]]).encode(encoding))
    assert read(path)[0].encoding == encoding


@pytest.mark.parametrize("lines", [1, 300])
def test_a_quotation_mark_that_is_never_closed_is_refused_where_it_stands(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "list.csv"
    path.write_text(as_csv([HEADER, *ROWS]) + '3,"空氣品質,環保局\r\n' + "4,路名,民政局\r\n" * lines, encoding="utf-8")
    with pytest.raises(Unreadable, match="4"):
        read(path)


def test_big5_that_also_decodes_as_gb18030_is_not_turned_into_nonsense(tmp_path: Path) -> None:
    data = as_csv([HEADER, *ROWS]).encode("cp950")
    data.decode("gb18030")  # no error: that is the trap
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    assert read(path)[1][0].values["資料集提供機關"] == "臺北市停車管理工程處"


def test_an_encoding_can_be_laid_down(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv([["标题", "提供方"], ["甲", "乙"]]).encode("gb18030"))
    assert read(path, encoding="GBK")[0].encoding == "gb18030"
    with pytest.raises(Unreadable, match="klingon"):
        open_source(path, ReadingOptions(encoding="klingon"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(as_csv([["标题", "提供方", "更新周期"], ["甲,乙", "丙", "每年"]], delimiter), encoding="utf-8")
    source, rows = read(path)
    assert source.delimiter == delimiter
    assert rows[0].values["标题"] == "甲,乙"


def test_the_header_is_found_under_titles_and_footnotes_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = [["附件1：", "", "", ""], ["政务信息资源目录", "", "", ""], ["序号", "信息资源名称", "提供方", "更新周期"]]
    lines += [["1", "低保对象", "市民政局", "每月"], ["注：数据截至6月", "", "", ""]]
    path.write_text(as_csv(lines), encoding="utf-8")
    source, rows = read(path)
    assert source.header_row == 3
    assert [(row.number, row.values["信息资源名称"]) for row in rows] == [(4, "低保对象")]
    assert source.skipped == [(5, "注：数据截至6月")]
    assert source.address("信息资源名称", 4) == "B4"


@pytest.mark.parametrize(
    "content",
    [
        [{"标题": "甲", "提供方": "乙"}],
        {"records": [{"标题": "甲", "提供方": "乙"}], "total": 1},
        {"code": 0, "result": {"data": [{"标题": "甲", "提供方": "乙"}]}},
    ],
)
def test_json_lists_are_found_bare_and_wrapped(tmp_path: Path, content: Any) -> None:
    source, rows = read(write_json(tmp_path / "list.json", content))
    assert source.kind == "json"
    assert [(row.number, dict(row.values)) for row in rows] == [(1, {"标题": "甲", "提供方": "乙"})]
    assert source.address("标题", 1) == ""


def test_json_lines_and_nested_objects_are_laid_flat(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(
        '{"title": "A", "publisher": {"name": "B"}, "distribution": [{"format": "CSV"}, {"format": "XML"}]}\n\n'
        '{"title": "C", "keyword": ["x", "y"]}\n',
        encoding="utf-8",
    )
    source, rows = read(path)
    assert source.kind == "jsonl"
    assert rows[0].values["publisher.name"] == "B"
    assert rows[0].values["distribution.format"] == ["CSV", "XML"]
    assert rows[1].values["keyword"] == ["x", "y"]


def test_a_long_json_list_is_read_in_pieces(tmp_path: Path) -> None:
    records = [{"标题": f"第{number}条" * 50, "提供方": "市民政局", "n": number} for number in range(3000)]
    _source, rows = read(write_json(tmp_path / "list.json", records))
    assert [row.values["n"] for row in rows] == list(range(3000))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "空|empty"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>", "XLSX"),
        ("broken.json", b'[{"a": 1}, {"a":', "JSON"),
        ("numbers.json", b'{"a": 1}', "records|记录"),
        ("words.csv", "甲,乙\n丙,丁\n".encode(), "header"),
        ("broken.xlsx", b"PK\x03\x04 no archive", "damaged|损坏"),
        ("broken.xls", b"\xd0\xcf\x11\xe0 no workbook", "damaged|损坏"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=says):
        list(open_source(path).rows())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"nothing\.csv"):
        open_source(tmp_path / "nothing.csv")


def test_a_workbook_keeps_codes_dates_and_long_numbers(tmp_path: Path) -> None:
    rows = [
        ["信息资源名称", "信息资源代码", "提供方", "发布日期", "更新周期"],
        ["甲", "0164A", "市民政局", date(2025, 9, 1), "每年"],
        ["乙", "000123", "市民政局", date(2025, 12, 31), 5],
    ]
    source, found = read(write_xlsx(tmp_path / "list.xlsx", rows))
    assert (source.kind, source.sheet) == ("xlsx", "Sheet1")
    assert [row.values["信息资源代码"] for row in found] == ["0164A", "000123"]
    assert found[0].values["发布日期"] == date(2025, 9, 1)
    assert found[1].values["更新周期"] == 5


def test_an_eighteen_digit_number_survives(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "list.xlsx", [["标题", "提供方", "更新周期"], ["甲", "乙", 110105194912310000]])
    value = read(path)[1][0].values["更新周期"]
    assert reading.as_text(value) == "110105194912310000"


@pytest.mark.parametrize("merged", [["A1:A2", "B1:C1", "D1:E1", "A3:A4", "B3:B4"], ["A3:A4"]])
def test_two_header_rows_with_groups_and_merged_cells(tmp_path: Path, merged: list[str]) -> None:
    rows = [
        ["信息资源名称", "信息资源提供方", None, "信息项信息", None],
        [None, "信息资源提供方\n（必填）", "提供方内部部门", "信息项名称", "数据类型"],
        ["低保对象信息", "市民政局", "救助处", "姓名", "C"],
        [None, None, None, "身份证号", "C"],
    ]
    path = write_xlsx(tmp_path / "list.xlsx", rows, merged=merged)
    source, found = read(path)
    assert (source.header_row, source.header_rows) == ((2, 1) if "A1:A2" in merged else (1, 2))
    assert source.labels == ["信息资源名称", "信息资源提供方 （必填）", "提供方内部部门", "信息项名称", "数据类型"]
    assert [row.values["信息资源名称"] for row in found] == ["低保对象信息", "低保对象信息"]
    assert source.address("信息项名称", 4) == "D4"


def test_group_headings_between_rows_are_no_records(tmp_path: Path) -> None:
    rows = [["序号", "资源名称", "提供方", "更新周期"], ["北京市（92所）", None, None, None], [1, "甲", "乙", "每年"]]
    source, found = read(write_xlsx(tmp_path / "list.xlsx", rows, merged=["A2:D2"]))
    assert [row.values["资源名称"] for row in found] == ["甲"]
    assert source.skipped == [(2, "北京市（92所）")]


def test_reading_stops_after_many_empty_rows_and_says_so(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["标题", "提供方", "更新周期"],
        ["甲", "乙", "每年"],
        *[[None]] * 300,
        ["丙", "丁", "每年"],
    ]
    source, found = read(write_xlsx(tmp_path / "list.xlsx", rows))
    assert [row.values["标题"] for row in found] == ["甲"]
    assert "303" in source.remarks[0]
    assert len(read(tmp_path / "list.xlsx", blank_rows=500)[1]) == 2


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    rows = [["标题", "提供方"], *[[f"第{number}条", "乙"] for number in range(20)]]
    path = write_xlsx(tmp_path / "list.xlsx", rows)
    with pytest.raises(Unreadable, match="10"):
        read(path, max_rows=10)


def test_a_workbook_that_unpacks_to_an_absurd_size_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_xlsx(tmp_path / "list.xlsx", [["标题", "提供方", "更新周期"], ["甲", "乙", "每年"]])
    monkeypatch.setattr("core.archives.MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(Unreadable, match="4 GB"):
        read(path)


def test_the_sheet_that_looks_like_a_catalog_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("说明").write(0, 0, "填表说明")
    sheet = book.add_worksheet("目录")
    for at, label in enumerate(["信息资源名称", "提供方", "更新周期"]):
        sheet.write(0, at, label)
        sheet.write(1, at, "甲")
    book.close()
    source, found = read(path)
    assert (source.sheet, len(found)) == ("目录", 1)
    assert "说明" in source.remarks[0]
    with pytest.raises(Unreadable, match="附录"):
        open_source(path, ReadingOptions(sheet="附录"))


def test_a_document_type_declaration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/_rels/workbook.xml.rels", '<!DOCTYPE r [<!ENTITY a "b">]><Relationships/>')
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(Unreadable):
        open_source(path)


@pytest.mark.parametrize(
    "name",
    [
        "catalogs/intl/ar_justice_catalog.xlsx",
        "catalogs/tw/gov_agencies_and_portals.xlsx",
        "datasets/hk_street_names_2020.xlsx",
    ],
)
def test_our_reader_sees_what_another_one_sees(name: str) -> None:
    path = real_file(name)
    ours, theirs = Workbook(path), CalamineWorkbook.from_path(path)
    assert ours.sheet_names == theirs.sheet_names
    for sheet in ours.sheet_names:
        expected = theirs.get_sheet_by_name(sheet)
        top = expected.start[0] if expected.start else 0
        grid = dict(ours.rows(sheet))
        for at, row in enumerate(expected.to_python(skip_empty_area=False), start=1):
            cells = [reading.as_text(cell).strip() for cell in row]
            seen = [reading.as_text(cell).strip() for cell in grid.get(at, [])]
            seen += [""] * (len(cells) - len(seen))
            assert [_day(cell) for cell in seen] == [_day(cell) for cell in cells], (sheet, at, top)


def _day(text: str) -> str:
    return text.removesuffix(" 00:00:00")


@pytest.mark.parametrize(
    "name", ["nbs_province_gdp_gb18030.csv", "tainan_spray_schedule_201510.csv", "moe_colleges_list.xls"]
)
def test_files_that_are_no_catalogs_are_refused_with_advice(name: str) -> None:
    with pytest.raises(Unreadable):
        open_source(real_file(f"dirty/{name}"))


def test_a_mapping_opens_a_file_whose_columns_are_unknown() -> None:
    path = real_file("dirty/moe_colleges_list.xls")
    source, rows = read(path, labels=frozenset({"学校名称", "主管部门"}))
    assert source.header_row == 3
    assert len(rows) == 2631
    assert sum("所）" in text for _row, text in source.skipped) == 31
    assert REAL.is_dir()
