"""What is doubtful about a file is asked about, also when the last one was read without a question."""

from pathlib import Path

import pytest
import xlsxwriter
from django.utils import translation

from collection import services
from collection.choices import RunState
from collection.models import Run
from collection.reasons import doubt_words
from collection.wording import advice, column_words
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes, rows_of

LABELS = HEADER.strip().split(",")


def send_file(town: Town, path: Path) -> Run:
    run = services.run_upload(
        actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[path.read_bytes()], file_name=path.name
    )
    return town.work(run)


def workbook(path: Path, rows: list[list[object]], *, sheet: str = "数据") -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate([LABELS, *rows]):
            page.write_row(number, 0, row)
    return path


def doubts_of(run: Run) -> set[str]:
    return {one["code"] for one in run.found["doubts"]}


@pytest.mark.parametrize("filler", [1, 60])
def test_digits_that_a_workbook_has_lost_are_asked_about_however_far_down(
    three: Town, tmp_path: Path, filler: int
) -> None:
    rows: list[list[object]] = [[f"1{n:03d}", "王", "990102199001011234", 1, "2026-01-05"] for n in range(filler)]
    run = send_file(three, workbook(tmp_path / "a.xlsx", [*rows, ["0009", "张", 990102199001011234, 1, "2026-01-05"]]))
    assert (run.state, doubts_of(run)) == (RunState.WAITING, {"digits_lost"})
    assert codes(three) == ["0001", "0002", "0164A"]
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    assert three.work(run).state == RunState.SUCCEEDED


def test_bytes_without_meaning_are_asked_about(three: Town) -> None:
    run = three.send(HEADER.encode() + "".join(ROWS).encode() * 30 + "0009,王小明,,1,\n".encode("gbk"))
    assert run.state == RunState.WAITING
    assert "undecodable" in doubts_of(run)
    assert codes(three) == ["0001", "0002", "0164A"]


def test_the_rows_below_many_empty_lines_are_read(three: Town) -> None:
    run = three.send(HEADER + ROWS[0] + "\n" * 1500 + ROWS[1] + ROWS[2])
    assert run.state == RunState.UNCHANGED
    assert run.rows_read == 3


def test_a_member_that_comes_late_in_a_long_file_is_loaded(three: Town) -> None:
    first = "".join(f'{{"DXBH": "1{n:04d}", "XM": "王"}}\n' for n in range(1200))
    last = '{"DXBH": "0009", "XM": "张", "SFZH": "990102199001011234", "YBZJE": 1, "NRRQ": "2026-01-05"}\n'
    run = three.send(first + last)
    assert run.state == RunState.SUCCEEDED, run.found
    assert {row["DXBH"]: row["SFZH"] for row in rows_of(three)}["0009"] == "990102199001011234"


def test_a_long_file_may_call_the_items_by_either_name(town: Town) -> None:
    run = town.send("".join(f'{{"对象编号": "1{n:04d}", "姓名": "王"}}\n' for n in range(1200)))
    assert run.state == RunState.SUCCEEDED, run.found["unknown"]
    assert run.rows_read == 1200


def test_an_unknown_member_that_comes_late_is_asked_about(three: Town) -> None:
    first = "".join(f'{{"DXBH": "1{n:04d}", "XM": "王"}}\n' for n in range(1200))
    run = three.send(first + '{"DXBH": "0009", "手机": "13900000000"}\n')
    assert (run.state, doubts_of(run)) == (RunState.WAITING, {"late_column"})


def test_a_sheet_named_after_the_month_is_the_same_table(town: Town, tmp_path: Path) -> None:
    row: list[object] = ["0001", "王", "990102199001011234", 1, "2026-01-05"]
    first = send_file(town, workbook(tmp_path / "a.xlsx", [row], sheet="2026年10月"))
    assert first.state == RunState.SUCCEEDED, first.message
    following = send_file(town, workbook(tmp_path / "b.xlsx", [row, ["0002", *row[1:]]], sheet="2026年11月"))
    assert following.state == RunState.SUCCEEDED, following.message


def test_a_header_that_is_not_where_it_was_is_asked_about_and_stops_nobody(town: Town) -> None:
    asked = town.send("最低生活保障对象名单\n" + HEADER + "".join(ROWS))
    assert asked.state == RunState.WAITING
    services.run_confirm(actor=town.cataloguer, run_id=asked.pk, layout=asked.layout, mapping=asked.mapping)
    assert town.work(asked).state == RunState.SUCCEEDED
    same = town.send("最低生活保障对象名单\n" + HEADER + "".join(ROWS))
    assert same.state == RunState.UNCHANGED
    moved = town.send("最低生活保障对象名单\n\n\n" + HEADER + "".join(ROWS))
    assert moved.state == RunState.WAITING, moved.message


def test_corrected_rows_come_back_as_they_were_sent(three: Town) -> None:
    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    bad = "-0010,+王,990102199001011234,很多,2026-01-01\n'=1,'-李,990102199001011234,很多,2026-01-01\n"
    run = three.send(HEADER + bad + ROWS[0])
    assert run.rows_rejected == 2
    from catalog.imports.text import escape_formula

    lines = [",".join(escape_formula(cell) for cell in line.split(",")) for line in bad.splitlines()]
    fixed = HEADER + "".join(line.replace("很多", "-5") + "\n" for line in lines)
    back = services.run_resubmit(actor=three.cataloguer, run_id=run.pk, pieces=[fixed.encode()], file_name="fixed.csv")
    assert three.work(back).rows_rejected == 0
    found = {row["DXBH"]: (row["XM"], row["YBZJE"]) for row in rows_of(three)}
    assert (found["-0010"], found["'=1"]) == (("+王", "-5"), ("'-李", "-5"))


def test_a_file_of_which_every_row_is_rejected_empties_nothing(three: Town) -> None:
    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    run = three.send(HEADER + "0009,张,9,很多,\n")
    assert run.state == RunState.FAILED
    assert codes(three) == ["0001", "0002", "0164A"]


def test_a_mapping_is_checked_also_when_the_file_is_read_another_way(town: Town) -> None:
    from core.exceptions import RuleViolation

    asked = town.send("名单\n" + HEADER + "".join(ROWS))
    twice = dict.fromkeys(asked.mapping, next(iter(asked.mapping.values())))
    layout = asked.layout | {"footnotes": False}
    with pytest.raises(RuleViolation) as refused:
        services.run_confirm(actor=town.cataloguer, run_id=asked.pk, layout=layout, mapping=twice)
    assert {one.code for one in refused.value.errors} == {"twice"}
    asked.refresh_from_db()
    assert asked.state == RunState.WAITING


def beyond(path: Path, at: int, *, rows: int = 60) -> Path:
    """A sheet of many rows, of which a few far down hold a value in a column without a heading."""
    return workbook(
        path,
        [
            [f"1{n:03d}", "王", "990102199001011234", 1, "2026-01-05", *([None] * (at - 6)), *(["解除"] * (n >= 50))]
            for n in range(rows)
        ],
    )


def test_columns_without_a_heading_are_asked_about_and_left_out_from_then_on(three: Town, tmp_path: Path) -> None:
    run = send_file(three, beyond(tmp_path / "a.xlsx", 8))
    assert (run.state, doubts_of(run)) == (RunState.WAITING, {"unnamed"})
    values = run.found["doubts"][0]["values"]
    assert values == {"columns": ["H"], "rows": 10, "first": 52}
    label = run.found["columns"][-1]
    assert run.mapping[label] == ""
    shown, _lines = services.preview_read(actor=three.cataloguer, run_id=run.pk)
    assert shown[-1][-1] == "解除"
    assert {len(row) for row in shown} == {len(run.found["columns"])}
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    done = three.work(run)
    assert (done.state, done.rows_read, done.rows_rejected) == (RunState.SUCCEEDED, 60, 0), done.message
    again = send_file(three, beyond(tmp_path / "b.xlsx", 8, rows=61))
    assert (again.state, again.rows_rejected) == (RunState.SUCCEEDED, 0)
    other = send_file(three, beyond(tmp_path / "c.xlsx", 9))
    assert (other.state, other.found["doubts"][0]["values"]["columns"]) == (RunState.WAITING, ["I"])


def test_columns_without_a_heading_have_names_of_no_language_that_pages_word(three: Town, tmp_path: Path) -> None:
    content = beyond(tmp_path / "a.xlsx", 8).read_bytes()
    labels = []
    for language in ("en", "zh-hans"):
        run = services.run_upload(
            actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[content], file_name="a.xlsx"
        )
        with translation.override(language):
            run = three.work(run)
        labels.append(run.found["columns"])
        page = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
        assert page.count("Column 8") == 2, "over the first rows and beside the choice"
        services.run_cancel(actor=three.cataloguer, run_id=run.pk)
    assert labels[0] == labels[1]
    assert labels[0][-1] == "#8"
    with translation.override("zh-hans"):
        assert column_words("#8 (2)") == "第 8 列 (2)"
        assert column_words("#8 楼") == "#8 楼"


def test_many_columns_without_a_heading_are_offered_all(three: Town, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [
        [f"1{n:03d}", "王", "990102199001011234", 1, "2026-01-05", *([None] * 2), *(["解除"] * 60 * (n >= 50))]
        for n in range(60)
    ]
    run = send_file(three, workbook(path, rows))
    assert (run.state, doubts_of(run)) == (RunState.WAITING, {"unnamed"})
    assert run.found["columns"][-60:] == [f"#{at}" for at in range(8, 68)]
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    assert three.work(run).state == RunState.SUCCEEDED


def test_a_column_without_a_heading_can_fill_an_item(three: Town, tmp_path: Path) -> None:
    run = send_file(three, beyond(tmp_path / "a.xlsx", 8))
    name = next(item for label, item in run.mapping.items() if label == "姓名")
    mapping = run.mapping | {"姓名": "", run.found["columns"][-1]: name}
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=mapping)
    assert three.work(run).state == RunState.SUCCEEDED
    cells = [row["XM"] for row in rows_of(three)]
    assert (cells.count("解除"), cells.count(None)) == (10, 50)


def test_whoever_confirmed_before_such_columns_were_known_is_asked_once_more(three: Town, tmp_path: Path) -> None:
    with_title = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(with_title) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["统计日期"])
        page.write_row(1, 0, [*LABELS, "另一列"])
        for n in range(60):
            row = [f"1{n:03d}", "王", "990102199001011234", 1, "2026-01-05", "x", None, *(["解除"] * (n >= 50))]
            page.write_row(n + 2, 0, row)
    run = send_file(three, with_title)
    assert run.state == RunState.WAITING
    assert "unnamed" not in doubts_of(run)
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    run = three.work(run)
    assert run.state == RunState.WAITING
    assert "unnamed" in doubts_of(run)
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    done = three.work(run)
    assert (done.state, done.rows_rejected) == (RunState.SUCCEEDED, 0)


def test_where_nobody_is_asked_rows_with_cells_beyond_the_header_are_rejected_with_advice_for_sheets(
    three: Town, tmp_path: Path
) -> None:
    path = beyond(tmp_path / "a.xlsx", 8)
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[path.read_bytes()], file_name=path.name,
        is_confirmed=True,
    )  # fmt: skip
    done = three.work(run)
    assert (done.state, done.rows_rejected) == (RunState.SUCCEEDED, 10)
    with translation.override("en"):
        assert "columns without a heading" in advice("cells", "xlsx")
        assert "delimiter" in advice("cells", "csv")


SHORT = "对象编号,姓名,身份证号,月保障金额\n0001,王小明,990102199001011234,850.50\n0002,李四,990102198505054321,920\n"


def test_a_column_that_vanished_is_asked_about_and_named(three: Town) -> None:
    run = three.send(SHORT)
    assert (run.state, doubts_of(run)) == (RunState.WAITING, {"emptied"})
    assert "纳入日期" in doubt_words(run.found["doubts"][0])
    page = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "would have none: 纳入日期" in page
    assert {row["NRRQ"] for row in rows_of(three)} != {None}
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    run = three.work(run)
    assert run.state == RunState.SUCCEEDED, run.message
    assert {row["NRRQ"] for row in rows_of(three)} == {None}
    # There is nothing left to lose.
    assert three.send(SHORT + "0003,赵六,,1\n").state == RunState.SUCCEEDED


def test_a_column_whose_cells_are_all_empty_is_asked_about_too(three: Town) -> None:
    assert three.send(HEADER + "0001,王小明,,1,\n").state == RunState.SUCCEEDED, "of few rows it says nothing"
    rows = [f"1{number:03d},王小明,,1,{{}}\n" for number in range(100)]
    assert three.send(HEADER + "".join(rows).format(*["2026-01-05"] * 100)).state == RunState.SUCCEEDED
    run = three.send(HEADER + "".join(rows).format(*[""] * 100))
    assert (run.state, doubts_of(run)) == (RunState.WAITING, {"emptied"})
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    assert three.work(run).state == RunState.SUCCEEDED


def test_some_rows_and_files_that_are_not_to_be_asked_about_go_on(three: Town) -> None:
    some = three.send(HEADER + "0001,王小明,990102199001011234,850.50,\n", mode="upsert")
    assert some.state == RunState.SUCCEEDED
    narrow = three.send("对象编号,姓名\n0002,李四\n", mode="upsert")
    assert (narrow.state, doubts_of(narrow)) == (RunState.WAITING, {"emptied"})
    services.run_cancel(actor=three.cataloguer, run_id=narrow.pk)
    told = three.send(SHORT, is_confirmed=True)
    assert told.state == RunState.SUCCEEDED
    assert told.notes.get(code="emptied").values == {"items": "纳入日期", "names": ["纳入日期"]}


def test_of_two_items_that_would_be_emptied_each_is_asked_about(three: Town) -> None:
    rows = [f"1{number:03d},王小明,990102199001011234,1,2026-01-05\n" for number in range(100)]
    assert three.send(HEADER + "".join(rows)).state == RunState.SUCCEEDED
    both = "对象编号,姓名,身份证号,月保障金额\n" + "".join(f"1{number:03d},王小明,,1\n" for number in range(100))
    run = three.send(both)
    assert run.found["doubts"][-1]["values"] == {"items": ["纳入日期"]}
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    run = three.work(run)
    assert (run.state, run.found["doubts"][-1]["values"]) == (RunState.WAITING, {"items": ["身份证号"]})
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    assert three.work(run).state == RunState.SUCCEEDED


@pytest.mark.parametrize("at", [8, 60, 1502])
def test_columns_without_a_heading_are_asked_about_once_wherever_they_are(three: Town, tmp_path: Path, at: int) -> None:
    run = send_file(three, beyond(tmp_path / "a.xlsx", at))
    assert run.state == RunState.WAITING
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    done = three.work(run)
    assert done.state == RunState.SUCCEEDED, done.message
    assert done.rows_rejected == (10 if at > 1500 else 0)
