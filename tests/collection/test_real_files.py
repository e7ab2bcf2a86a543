"""Real files of many offices, loaded with the command: nobody of this project wrote them, and INDEX.md counts them."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from catalog.models import RevisionItem
from collection import services
from collection.intake import open_intake
from collection.models import Run
from tests.catalog.imports.files import REAL, real_file
from tests.collection.conftest import Town
from tests.collection.services.test_ingest import rows_of
from tests.factories.catalog import CatalogWorld

YEARS = r"20\d\d年?"


@dataclass(frozen=True)
class Real:
    """What a file is, and what the product has to make of it.

    Attributes:
        layout: how it is to be read; ``header_rows`` are lines, and what stands above them is a preamble.
        left_out: lines that are no data: footnotes, headings within, empty ones.
        types: pattern of a column's name → type of its item; all others are texts.
        rejected: rule → first row, number of rows.
        cells: row of the data, counted from 0 → some of its values by column.
    """

    name: str
    layout: Mapping[str, Any]
    left_out: int = 0
    types: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    cells: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def csv(encoding: str = "utf-8", *header_rows: int) -> dict[str, Any]:
    return {"format": "csv", "encoding": encoding, "delimiter": ",", "header_rows": list(header_rows)}


def sheet(form: str, name: str, header_row: int) -> dict[str, Any]:
    return {"format": form, "sheet": name, "header_rows": [header_row]}


NBS = {YEARS: "N"}

FILES = [
    Real(
        "datasets/cn_enterprise_fujian_1987.csv",
        csv("utf-8", 1),
        types={"注册日期": "D"},
        cells={
            0: {"统一社会信用代码": "91350583611520849K", "注册日期": "1987-01-06", "注册资金": "3,000(万元人民币)"}
        },
    ),
    Real(
        "datasets/cn_enterprise_heilongjiang_1986.csv",
        csv("utf-8", 1),
        types={"注册日期": "D"},
        # Eighteen digits are more than a number of a spreadsheet holds.
        cells={0: {"企业名称": "黑龙江省供销合作经济学会", "统一社会信用代码": "512300007369094286"}},
    ),
    Real(
        "datasets/hk_district_census.xlsx",
        sheet("xlsx", "Main", 1),
        types={".*(Male|Female|sexes)": "I", r"\d\d?-\d\d|65\+": "N"},
        cells={
            0: {"區議會分區 District Council district": "香港島 Hong Kong Island", "男性 Male": 541300, "65+": "17.5"}
        },
    ),
    Real(
        "datasets/hk_street_names_2020.xlsx",
        sheet("xlsx", "PSI", 1),
        cells={0: {"Chinese Name": "麒麟圍１巷"}, -1: {"Chinese Name": "蘇黎世大道", "Dist_Council1": "N"}},
    ),
    Real(
        "datasets/tw_birth_rate_by_town.csv",
        csv("utf-8", 1),
        types={YEARS: "N"},
        cells={0: {"區域": "全國", "2016": "8.87"}, -1: {"區域": "高雄市鼓山區", "2020": "6.68"}},
    ),
    Real(
        "datasets/tw_education_by_village_2020.csv",
        csv("utf-8-sig", 1, 2),
        types={"edu_.*": "I"},
        cells={
            0: {
                "district_code·區域別代碼": "65000010001",
                "village·村里名稱": "留侯里",
                "edu_doctor_graduated_m·博畢_男": 3,
            },
            -1: {"district_code·區域別代碼": "09007040002", "site_id·區域別": "連江縣東引鄉"},
        },
    ),
    Real(
        "datasets/tw_population_age_201501.csv",
        csv("utf-8", 1),
        types={".*數.*|.*歲.*": "I"},
        cells={0: {"統計年月": "2015-01", "代碼": "09007", "區域": "連江縣", "人口數": 12538}},
    ),
    Real(
        "datasets/uk_nhs_area_teams.geojson",
        {"format": "geojson", "encoding": "utf-8"},
        cells={0: {"Postcode": "SN15 1JW", "Phone": "0113 8251 500"}},
    ),
    Real(
        "datasets/us_seattle_weather.csv",
        csv("utf-8", 1),
        types={"date": "D", "precipitation|temp_.*|wind": "N"},
        cells={0: {"date": "2012-01-01", "temp_max": "12.8", "weather": "drizzle"}, -1: {"temp_min": "-2.1"}},
    ),
    Real(
        "datasets/us_unemployment_by_county_2009.csv",
        csv("utf-8"),
        types={"#[678]": "I", "#9": "N"},
        cells={0: {"#1": "CN010010", "#2": "01", "#3": "001", "#4": "Autauga County, AL", "#6": 23288, "#9": "9.7"}},
    ),
    Real(
        "dirty/moe_colleges_list.xls",
        sheet("xls", "sheet1", 3),
        left_out=31,  # one heading for each province
        types={"序号": "I"},
        cells={
            0: {"序号": 1, "学校名称": "北京大学", "学校标识码": "4111010001", "备注": None},
            -1: {"序号": 2631, "学校名称": "新疆工业职业技术学院", "所在地": "乌鲁木齐市"},
        },
    ),
    Real(
        "dirty/nbs_province_gdp.xls",
        sheet("xls", "分省年度数据", 4),
        left_out=3,
        types=NBS,
        cells={0: {"地区": "北京市", "2019年": "35371.28"}, -1: {"地区": "新疆维吾尔自治区", "2016年": "9649.7"}},
    ),
    Real(
        "dirty/nbs_province_gdp_gb18030.csv",
        csv("gb18030", 4),
        left_out=2,
        types=NBS,
        cells={0: {"地区": "北京市", "2024年": "49670.2"}, -1: {"地区": "新疆维吾尔自治区", "2006年": "2984.5"}},
    ),
    Real(
        "dirty/nbs_province_investment_growth_gb18030.csv",
        csv("gb18030", 4),
        left_out=1,
        types=NBS,
        cells={0: {"地区": "北京市", "2025年": None, "2024年": "-4.7"}},
    ),
    Real(
        "dirty/nbs_province_urban_employment_gb18030.csv",
        csv("gb18030", 4),
        left_out=4,
        types=NBS,
        cells={-1: {"地区": "新疆维吾尔自治区", "2016年": "320.5", "2006年": None}},
    ),
    Real(
        "dirty/tainan_dengue_district_1040825.xls",
        sheet("xls", "Sheet1", 2),
        left_out=2,  # the sheet claims two more lines than have cells
        types={".*個案數": "I"},
        # A column without a heading holds notes from row 239 on, and sentences stand in the last rows.
        rejected={"cells": (239, 41), "whole_number": (286, 2)},
        cells={0: {"區別": "關廟區", "己解除區別": "◎", "104年 全年個案數": 2, "里別": "南花里"}},
    ),
    Real(
        "dirty/tainan_spray_schedule_201510.csv",
        csv("utf-8", 1),
        types={"序號": "I", "經度|緯度": "N"},
        cells={
            0: {"日期": "10月01日", "集合時間": "08:15", "噴工數": "10/偉聖\n12/中群", "經度": "120.220"},
            -1: {"里別": "文平里", "中午休息地點": "安平區衛生所"},
        },
    ),
]


def counted(name: str) -> int:
    """Return how many lines, or features, INDEX.md counts in a file."""
    text = real_file("INDEX.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"^\| {re.escape(name)} \|.*$", text, re.MULTILINE)
    found = re.search(r"\| (?:(\d+) features|(\d+) rows × |\S+ (\d+)×)", line)
    assert found, line
    return int(next(filter(None, found.groups())))


def items_for(path: Path, types: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return items with the names of the columns of a file."""
    with open_intake(path) as intake:
        columns = intake.columns
    found = []
    for number, name in enumerate(columns, 1):
        kind = next((kind for pattern, kind in types.items() if re.fullmatch(pattern, name.split("·")[0])), "C")
        size = {"C": {"length": 2000}, "N": {"length": 20, "decimals": 6}}.get(kind, {})
        found.append({"name": name, "field_name": f"F{number}", "type": kind, **size})
    return found


def test_no_real_file_is_left_out() -> None:
    real_file("INDEX.md")
    there = {f"{kind}/{one.name}" for kind in ("datasets", "dirty") for one in (REAL / kind).iterdir()}
    assert there == {one.name for one in FILES}


@pytest.mark.parametrize("real", FILES, ids=lambda real: real.name)
def test_a_real_file_is_loaded_whole(world: CatalogWorld, real: Real) -> None:
    path = real_file(real.name)
    entry = world.published(items=items_for(path, real.types))
    dataset = services.dataset_hook(actor=world.cataloguer, ref=entry.pk, name=path.stem)
    out = io.StringIO()
    call_command("ingest", f"{dataset.pk}={path}", stdout=out)

    run = Run.objects.get(dataset=dataset)
    assert {name: run.layout[name] for name in real.layout} == real.layout, out.getvalue()
    header = real.layout.get("header_rows", [])
    above = header[-1] if header else 0
    assert run.rows_read == counted(real.name) - above - real.left_out
    rejected = {one.rule: (one.first_rows[0], one.count) for one in run.problems.all()}
    assert rejected == real.rejected, out.getvalue()
    assert run.rows_rejected == sum(count for _first, count in real.rejected.values())

    dataset.refresh_from_db()
    rows = rows_of(Town(world, entry, dataset))
    assert len(rows) == run.rows_read - run.rows_rejected
    assert "\ufffd" not in "".join(str(value) for row in rows for value in row.values())
    names = {one.name: one.field_name for one in RevisionItem.objects.filter(revision=entry.published_revision)}
    for at, cells in real.cells.items():
        assert {name: rows[at][names[name]] for name in cells} == cells
