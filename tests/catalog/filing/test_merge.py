from typing import Any

from catalog.filing.merge import THEIRS, merge, merge_items, touched
from catalog.filing.values import base_of, item_stamp


def row(key: str | None, name: str, **cells: Any) -> dict[str, Any]:
    return {"id": key, "name": name, **cells}


def base_rows(*rows: dict[str, Any]) -> list[list[str]]:
    return [[one["id"], item_stamp(one)] for one in rows]


def merged(mine: dict[str, Any], theirs: dict[str, Any], shown: dict[str, Any], **decided: str):  # type: ignore[no-untyped-def]
    return merge(
        mine=mine,
        my_items=None,
        theirs=theirs,
        their_items=[],
        base=base_of(shown, None),
        decided=decided,
        known=(),
        shown=lambda _name, value: str(value),
    )


def test_only_what_was_touched_is_saved() -> None:
    shown = {"name": "甲", "summary": "旧"}
    assert touched({"name": "甲", "summary": "新"}, base_of(shown, None)) == {"summary": "新"}


def test_two_people_at_different_fields_do_not_clash() -> None:
    result = merged({"name": "甲", "summary": "我的"}, {"name": "乙", "summary": "旧"}, {"name": "甲", "summary": "旧"})
    assert (result.fields, result.clashes) == ({"summary": "我的"}, [])
    assert result.only_theirs == ["名称"]


def test_two_people_at_the_same_field_clash_and_both_texts_are_shown() -> None:
    result = merged({"summary": "我的"}, {"summary": "他的"}, {"summary": "旧"})
    assert [(one.name, one.lines[0].mine, one.lines[0].theirs) for one in result.clashes] == [
        ("summary", "我的", "他的")
    ]
    assert result.fields == {"summary": "我的"}


def test_the_same_text_from_both_is_no_clash() -> None:
    result = merged({"summary": "同"}, {"summary": "同"}, {"summary": "旧"})
    assert (result.fields, result.clashes) == ({}, [])


def test_taking_over_the_other_text_leaves_it_as_it_is() -> None:
    result = merged({"summary": "我的"}, {"summary": "他的"}, {"summary": "旧"}, summary=THEIRS)
    assert (result.fields, result.clashes) == ({}, [])


def test_rows_that_one_side_left_alone_follow_the_other() -> None:
    first, second = row("a", "姓名"), row("b", "电话")
    mine = [row("a", "户主姓名"), second]
    theirs = [first, row("b", "联系电话"), row("c", "地址")]
    rows, clashes = merge_items(mine, theirs, base_rows(first, second), {})
    assert [one["name"] for one in rows] == ["户主姓名", "联系电话", "地址"]
    assert clashes == []


def test_a_row_changed_by_both_is_a_clash_and_mine_stands_until_decided() -> None:
    old = row("a", "姓名", length=50)
    mine, theirs = [row("a", "姓名", length=80)], [row("a", "姓名", length=60)]
    rows, clashes = merge_items(mine, theirs, base_rows(old), {})
    assert rows[0]["length"] == 80
    assert [(line.mine, line.theirs) for line in clashes[0].lines] == [("80", "60")]
    rows, clashes = merge_items(mine, theirs, base_rows(old), {"item-a": THEIRS})
    assert (rows[0]["length"], clashes) == (60, [])


def test_a_row_deleted_by_one_and_untouched_by_the_other_goes() -> None:
    first, second = row("a", "姓名"), row("b", "电话")
    base = base_rows(first, second)
    assert merge_items([first], [first, second], base, {}) == ([first], [])
    assert merge_items([first, second], [first], base, {}) == ([first], [])


def test_a_row_deleted_by_one_and_changed_by_the_other_is_asked_about() -> None:
    old = row("a", "姓名")
    rows, clashes = merge_items([], [row("a", "新名")], base_rows(old), {})
    assert (rows, len(clashes)) == ([], 1)
    rows, clashes = merge_items([row("a", "新名")], [], base_rows(old), {})
    assert (rows[0]["name"], rows[0]["id"], len(clashes)) == ("新名", None, 1)


def test_a_deleted_row_that_comes_back_keeps_the_identity_the_published_revision_knows() -> None:
    old = row("a", "姓名")
    rows, _clashes = merge_items([old], [], [], {}, known={"a"})
    assert rows[0]["id"] == "a"
    rows, _clashes = merge_items([old], [], [], {}, known=())
    assert rows[0]["id"] is None


def test_a_line_end_that_a_cell_cannot_show_is_not_taken_for_a_change() -> None:
    stored = row("a", "姓名", description="第一行\n第二行")
    shown = row("a", "姓名", description="第一行第二行")
    rows, clashes = merge_items([shown, row(None, "新增")], [stored], base_rows(stored), {})
    assert rows[0]["description"] == "第一行\n第二行"
    assert clashes == []
