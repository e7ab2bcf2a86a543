import json

import pytest

from catalog.imports import columns
from catalog.imports.layout import COLUMNS, GUIDE_COLUMNS
from tests.catalog.imports.files import real_file


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("信息资源名称（必填）", "name"),
        ("信息资源\n摘要", "summary"),
        ("提供方：", "provider"),
        ("資料集提供機關", "provider"),
        ("資料來源(部會單位)", "provider"),
        ("標籤/關鍵字", "keywords"),
        ("共享条件（不予共享依据）", "sharing_condition"),
        ("dataset_accrualPeriodicity", "cycle"),
        ("publisher.name", "provider"),
        ("*更新周期", "cycle"),
        ("数据存储总量（G）", "census.storage_gb"),
        ("資料集提供機關聯絡人電子郵件", "-contact"),
        ("今天天气", ""),
    ],
)
def test_labels_are_recognised_in_any_dress(label: str, meaning: str) -> None:
    assert columns.recognise(label) == meaning


def test_contact_data_is_known_and_left_out() -> None:
    found, left_out = columns.guess(["标题", "提供方", "联系电话", "部门邮箱", "天气"])
    assert found == {"name": ["标题"], "provider": ["提供方"]}
    assert left_out == {"联系电话": "contact", "部门邮箱": "contact", "天气": "unknown"}


def test_the_data_type_is_the_format_where_there_are_no_items() -> None:
    assert columns.guess(["标题", "数据类型"])[0]["format"] == ["数据类型"]
    assert columns.guess(["标题", "信息项名称", "数据类型"])[0]["item.type"] == ["数据类型"]


def test_of_two_columns_the_preferred_comes_first() -> None:
    found, _left_out = columns.guess(["資料名稱", "資料來源", "資料集提供機關"])
    assert found["provider"] == ["資料集提供機關", "資料來源"]


def test_the_guide_has_31_columns_and_every_one_of_ours_is_read_back() -> None:
    assert len(GUIDE_COLUMNS) == 31
    labels = [column.label for column in COLUMNS]
    assert len(set(labels)) == len(labels)
    found, left_out = columns.guess(labels)
    assert left_out == {}
    assert found["sharing"] == ["资源共享属性", "共享类型"]


def test_the_known_variants_of_the_portals_are_recognised() -> None:
    """Their list was compiled by somebody else; ours knows nearly all of it, and means the same."""
    data = json.loads(real_file("catalogs/cn/portal_field_name_variants.json").read_text(encoding="utf-8"))
    same = {
        "title": {"name"}, "department": {"provider", "department_unit"}, "description": {"summary"},
        "update_frequency": {"cycle"}, "is_open": {"opening", "opening_condition", "sharing_method"},
        "data_formats": {"format", "item.type", "format_type"}, "category": {"theme"},
        "industry": {"industry", "theme"},
        "tags": {"keywords"}, "publish_time": {"published_on"}, "update_time": {"updated_on"}, "url": {"url"},
        "telephone": {"-contact"}, "email": {"-contact"}, "data_volume": {"-count"},
    }  # fmt: skip
    missed = {
        label: columns.recognise(label)
        for label, meaning in data["common"].items()
        if columns.recognise(label) not in same[meaning]
    }
    assert len(data["common"]) > 140
    assert len(missed) <= 8, missed
