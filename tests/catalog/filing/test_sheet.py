from typing import Any

import pytest

from catalog.choices import ItemType, Mask
from catalog.filing.sheet import (
    cells_of,
    length_of,
    length_text,
    mask_for,
    options_of,
    remarks_of,
    rows_of_post,
    rows_of_text,
)
from core.exceptions import FieldError

HEADED = (
    "信息项名称\t英文名\t数据类型\t数据长度\t是否主键\n身份证号\tSFZH\t字符型\t18\t是\n金额\tJE\t货币型\t10,2\t否\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("50", (50, None)),
        ("10,2", (10, 2)),
        ("10，2", (10, 2)),
        ("10.2", (10, 2)),
        ("(10,2)", (10, 2)),
        ("", (None, None)),
        ("0", None),
        ("abc", None),
        ("2,10", None),
        ("99999999999", None),
    ],
)
def test_a_length_carries_its_decimals(text: str, found: object) -> None:
    assert length_of(text) == found


def test_length_and_decimals_stand_in_one_cell() -> None:
    assert [length_text(10, 2), length_text(50, None), length_text(None, None)] == ["10,2", "50", ""]


def test_a_table_with_heads_is_read_by_its_heads() -> None:
    rows = rows_of_text(HEADED)
    assert [one["name"] for one in rows] == ["身份证号", "金额"]
    assert (rows[0]["type"], rows[0]["is_key"], rows[0]["length"]) == ("C", True, 18)
    assert (rows[1]["type"], rows[1]["length"], rows[1]["decimals"]) == ("Y", 10, 2)
    assert rows.problems == []


def test_a_table_without_heads_is_read_in_the_order_of_the_sheet() -> None:
    rows = rows_of_text("姓名,XM,varchar(50)\n出生日期,CSRQ,date\n")
    assert [(one["name"], one["field_name"], one["type"], one.get("length")) for one in rows] == [
        ("姓名", "XM", "C", 50),
        ("出生日期", "CSRQ", "D", None),
    ]


def test_a_cell_that_cannot_be_read_is_told_of_and_the_rest_is_taken() -> None:
    rows = rows_of_post([{"name": "姓名", "type": "字符型", "length": "五十", "mask": "打码"}])
    assert (rows[0]["name"], rows[0]["type"]) == ("姓名", "C")
    assert "length" not in rows[0]
    assert "mask" not in rows[0]
    assert [(one.row, one.column) for one in rows.problems] == [(0, "length"), (0, "mask")]


def test_the_words_of_databases_and_templates_are_types() -> None:
    words = {
        "bigint": "I",
        "numeric": "N",
        "字符型C": "C",
        "谜": None,
        "timestamp": "T",
        "布尔": "L",
        "decimal(10,2)": "N",
    }
    for word, expected in words.items():
        rows = rows_of_post([{"name": "甲", "type": word}])
        assert rows[0].get("type") == expected


def test_cells_are_the_same_from_values_and_from_what_was_sent() -> None:
    assert cells_of({"name": "甲", "length": 10, "decimals": 2, "is_key": True})["length"] == "10,2"
    assert cells_of({"name": "甲", "length": "10,2", "is_key": "1"}) == cells_of(
        {"name": "甲", "length": 10, "decimals": 2, "is_key": True}
    )


@pytest.mark.parametrize(
    ("name", "item_type", "mask"),
    [
        ("身份证号", ItemType.C, Mask.ID_NUMBER),
        ("户主姓名", ItemType.C, Mask.NAME),
        ("家庭住址", ItemType.C, Mask.ADDRESS),
        ("联系电话", ItemType.C, Mask.MOBILE),
        ("出生日期", ItemType.D, Mask.MONTH),
        ("月收入", ItemType.Y, Mask.BAND),
        ("备注", ItemType.M, Mask.TEXT),
    ],
)
def test_a_mask_is_suggested_by_what_the_item_holds(name: str, item_type: str, mask: str) -> None:
    assert mask_for(name, item_type) == mask


def test_remarks_stand_at_their_cell_with_a_remedy() -> None:
    found = [
        ("error", FieldError("items[1].length", "id_number_length", "太短")),
        ("error", FieldError("name", "required", "缺名称")),
    ]
    remarks = remarks_of(found, [{"name": "姓名"}, {"name": "身份证号", "type": "C"}])
    assert [(one["row"], one["field"], one["fix"]["value"]) for one in remarks] == [(1, "length", "18")]


def test_the_words_of_choices_are_looked_up_once_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(field: str) -> Any:
        asked.append(field)
        return options_of(field)

    monkeypatch.setattr("catalog.filing.sheet.options_of", counted)
    rows = rows_of_post([{"name": f"项{at}", "type": "字符型", "mask": "none", "sharing": "不予"} for at in range(40)])
    assert rows.problems == []
    assert {(one["type"], one["mask"], one["sharing"]) for one in rows} == {("C", "none", "withheld")}
    assert sorted(asked) == ["mask", "opening", "sharing", "type"]
