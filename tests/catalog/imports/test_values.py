from datetime import date

import pytest

from catalog.choices import FormatClass
from catalog.imports import values


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("每年", "yearly", ""),
        ("按年更新", "yearly", ""),
        ("‘每年’", "yearly", ""),
        ("每天", "daily", ""),
        ("每季", "quarterly", ""),
        ("3個月", "quarterly", ""),
        ("1次/月", "monthly", ""),
        ("每年2次", "half_yearly", ""),
        ("R/P1M", "monthly", ""),
        ("Annually", "yearly", ""),
        ("即時", "realtime", ""),
        ("不需更新", "never", ""),
        ("每旬", "ten_days", ""),
        ("每两年", "irregular", "cycle_no_word"),
        ("6年", "irregular", "cycle_no_word"),
        ("異動時更新", "irregular", "cycle_no_word"),
        ("其他", "irregular", "cycle_other"),
        ("每月、年", "irregular", "cycle_several"),
        ("每年2月底", "yearly", "cycle_detail"),
    ],
)
def test_cycles_are_read_in_both_scripts(text: str, value: str, rule: str) -> None:
    found = values.cycle(text)
    assert (found.value, found.rule, found.is_known) == (value, rule, True)


@pytest.mark.parametrize("text", ["牲畜饲养", "1", "0", "美日"])
def test_what_is_no_cycle_is_not_guessed(text: str) -> None:
    assert not values.cycle(text).is_known


@pytest.mark.parametrize(
    ("cell", "format_class", "format_type", "rule"),
    [
        ("['api']", "service", "rest", "format_word"),
        ("['file']", "self_described", "other", "format_vague"),
        ("XLS,CSV", "spreadsheet", "xls", ""),
        (["csv", "csv"], "spreadsheet", "csv", ""),
        ("['xls', 'xml', 'json', 'csv', 'rdf']", "spreadsheet", "xls", ""),
        ("SHX, DBF, SHP", "image", "shp", ""),
        ("ZIP,CSV", "spreadsheet", "csv", ""),
        ("EXCEL", "spreadsheet", "xls", "format_word"),
        ("DB数据库", "database", "", "format_class_only"),
        ("rar", "self_described", "zip", "format_vague"),
        ("application/vnd.ms-excel", "spreadsheet", "xls", "format_word"),
        ("['其他']", "self_described", "other", "format_vague"),
    ],
)
def test_formats_are_read_from_lists_and_words(cell: object, format_class: str, format_type: str, rule: str) -> None:
    found = values.format_of(cell)
    assert (found.format_class, found.format_type, found.rule) == (format_class, format_type, rule)


def test_further_formats_are_kept_as_a_note() -> None:
    assert values.format_of("XLS,CSV").note == "CSV"
    assert values.format_of("utf-8,CSV").not_formats == ("utf-8",)
    assert values.format_of("").format_class == ""
    assert not values.format_of("wibble").is_known
    assert values.format_of("wibble").format_class == FormatClass.SELF_DESCRIBED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-6-16", "2023-06-16"),
        ("2023/06/16 10:00", "2023-06-16"),
        ("2023年6月16日", "2023-06-16"),
        ("20230616", "2023-06-16"),
        ("104/04/26", "2015-04-26"),
        (date(2025, 9, 1), "2025-09-01"),
        ("04/26", ""),
        ("2023-13-40", ""),
        ("昨天", ""),
    ],
)
def test_dates_are_padded_and_never_invented(value: object, expected: str) -> None:
    assert values.day(value).value == expected


def test_sharing_and_opening_go_by_words_never_by_codes() -> None:
    assert values.sharing("有条件共享").value == "conditional"
    assert values.sharing("有條件共享").value == "conditional"
    assert not values.sharing("1").is_known
    assert values.opening("依申请开放").value == "conditional"
    assert values.opening("无条件共享").rule == "opening_from_sharing_words"
    assert values.opening_from_licence("政府資料開放授權條款－第1版").value == "open"


def test_an_unclear_word_counts_as_secret() -> None:
    assert values.secrecy("非涉密").value == "none"
    assert values.secrecy("机密").value == "state"
    assert values.secrecy("内部资料").value == "work"
    assert values.secrecy("看情况").value == "state"


@pytest.mark.parametrize(
    ("text", "type_", "length"),
    [
        ("C", "C", None),
        ("字符型C", "C", None),
        ("varchar(50)", "C", 50),
        ("decimal(10,2)", "N", 10),
        ("日期时间型", "T", None),
    ],
)
def test_declared_types_are_read_with_their_length(text: str, type_: str, length: int | None) -> None:
    found, said, _decimals = values.item_type(text)
    assert (found.value, said) == (type_, length)


def test_an_unknown_type_is_not_guessed() -> None:
    assert not values.item_type("姓名类")[0].is_known


def test_units_in_number_cells_are_dropped_and_noted() -> None:
    assert (values.whole_number("18位").value, values.whole_number("18位").rule) == ("18", "unit_dropped")
    assert not values.whole_number("十八").is_known
    assert values.plain_number("1,200.5").value == "1200.5"


def test_a_mapping_wins_over_the_vocabulary() -> None:
    assert values.override({"每两年": "yearly"}, "每兩年") == "yearly"
    assert values.override({"牲畜饲养": ""}, "牲畜饲养") is None
