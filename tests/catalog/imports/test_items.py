import pytest

from catalog.imports.items import ItemText, from_summary, from_text


def names(text: object) -> list[str]:
    return [one.name for one in from_text(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("統計期、統計項目、統計資料、更新日期。", ["統計期", "統計項目", "統計資料", "更新日期"]),
        ("「序號」、「工廠名稱」、「緯度」", ["序號", "工廠名稱", "緯度"]),
        ("行政區,路名,段", ["行政區", "路名", "段"]),
        ("編號\tX\tY\t電話\r\n", ["編號", "X", "Y", "電話"]),
        ("包含：項次，主辦機關，工程名稱等欄位", ["項次", "主辦機關", "工程名稱"]),
        ("排名 新聞標題 則數", ["排名", "新聞標題", "則數"]),
        ("實徵數", ["實徵數"]),
        ("公告現值(元/平方公尺)、地號", ["公告現值(元/平方公尺)", "地號"]),
        ("小計、大學、小計", ["小計", "大學", "小計 (2)"]),
        (["警戒原因", "地區"], ["警戒原因", "地區"]),
    ],
)
def test_lists_of_items_are_read(text: object, expected: list[str]) -> None:
    assert names(text) == expected


def test_field_names_and_meanings_are_told_apart() -> None:
    found = from_text("year(年度，預算所屬年度)、月份(month)、行政區(行政區名稱)、name:橫移門名稱")
    assert found == [
        ItemText("年度", "year", "預算所屬年度"),
        ItemText("月份", "month"),
        ItemText("行政區", "", "行政區名稱"),
        ItemText("橫移門名稱", "name"),
    ]


def test_lines_of_field_and_meaning_are_read() -> None:
    assert from_text("id\t主索引\r\nname\t站位名稱\r\n") == [ItemText("主索引", "id"), ItemText("站位名稱", "name")]
    assert [one.name for one in from_text("主類別：課程分類\n課名：數位課程名稱")] == ["主類別", "課名"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "無",
        "暂无",
        "請參閱交通部頒定標準",
        "詳各進度表",
        "本要點並非原始資料，並無欄位分類",
        "說明見 http://example.org/a,b",
    ],
)
def test_what_is_no_list_gives_no_items(text: str) -> None:
    assert from_text(text) == []


def test_items_are_read_out_of_a_summary() -> None:
    text = "邮政局所情况_1995\n年份,汽车邮路,邮路总长度(公里)"
    assert [one.name for one in from_summary(text)] == ["年份", "汽车邮路", "邮路总长度(公里)"]
    prose = "该数据是某局提供的许可证信息,包含编号、单位名称、注册地址等属性字段"
    assert [one.name for one in from_summary(prose)] == ["编号", "单位名称", "注册地址"]


def test_a_code_list_stays_with_its_item() -> None:
    found = from_summary("年报信息\n企业名称,状态:01录入,02录入完成,年度")
    assert [(one.name, one.description) for one in found] == [
        ("企业名称", ""),
        ("状态", "01录入,02录入完成"),
        ("年度", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "小学学校信息",
        "申请领取居民身份证。\n未满十六周岁的公民,由监护人代为申请。",
        "应当具备下列条件:\n(一)技术人员;(二)营业场所",
        "登记类型、申请主体、申请资料",
    ],
)
def test_prose_is_left_alone(text: str) -> None:
    assert from_summary(text) == []
