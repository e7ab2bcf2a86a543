"""How a file was read is remembered, and holds for a later one only while that begins the same."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from collection import services
from collection.choices import RunState
from collection.models import Dataset, Run
from collection.services.opening import is_answered
from collection.store.columns import columns_wanted
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_doubts import doubts_of
from tests.collection.services.test_ingest import codes

GROUPS = "对象,对象,证件,保障,保障\n"
LANES = ["A巷,王小明,0164A,甲,\n", "B巷,李四,007,1,\n", "C巷,张三,008,2,\n"]


def confirm(town: Town, run: Run, **layout: object) -> Run:
    services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=run.layout | layout, mapping=run.mapping)
    return town.work(run)


def ingest(town: Town, path: Path, text: str, **given: str) -> tuple[int, str]:
    """Load a file with the command; return its exit code and what it says."""
    path.write_text(text, encoding="utf-8")
    out = io.StringIO()
    try:
        call_command("ingest", f"{town.dataset.pk}={path}", stdout=out, **given)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    finally:
        town.dataset.refresh_from_db()
    return 0, out.getvalue()


def poisoned(town: Town) -> None:
    """Have a dataset remember two header rows as earlier releases did, of which the second was a row of data."""
    layout = {name: value for name, value in town.dataset.layout.items() if name != "header_print"}
    Dataset.objects.filter(pk=town.dataset.pk).update(layout=layout | {"header_rows": [1, 2]})
    town.dataset.refresh_from_db()


@pytest.mark.parametrize("mode", ["replace", "upsert"])
def test_rows_of_codes_are_loaded_by_the_command_and_one_header_row_is_remembered(
    town: Town, tmp_path: Path, mode: str
) -> None:
    code, told = ingest(town, tmp_path / "a.csv", HEADER + "A巷,王小明,0164A,,\nB巷,李四,007,1,\n", mode="replace")
    assert (code, codes(town)) == (0, ["A巷", "B巷"]), told
    assert town.dataset.layout["header_rows"] == [1]
    code, told = ingest(town, tmp_path / "b.csv", HEADER + "C巷,张三,0164B,,\n", mode=mode)
    assert code == 0, told
    assert "C巷" in codes(town)


def test_a_header_of_two_rows_that_an_earlier_release_guessed_takes_no_row_of_the_next_file(
    three: Town, tmp_path: Path
) -> None:
    poisoned(three)
    code, told = ingest(three, tmp_path / "a.csv", HEADER + "0009,张三,0164A,,\n", mode="upsert")
    run = Run.objects.first()
    assert run is not None
    assert (code, run.state, doubts_of(run)) == (3, RunState.WAITING, {"header_differs"})
    assert f"/collection/runs/{run.pk}/" in told
    assert "Exit code 3" in told
    assert codes(three) == ["0001", "0002", "0164A"]
    assert confirm(three, run).state == RunState.SUCCEEDED
    assert "0009" in codes(three)
    assert ingest(three, tmp_path / "b.csv", HEADER + "0010,张三,0164A,,\n", mode="upsert")[0] == 0
    assert "0010" in codes(three)


def test_a_header_of_two_rows_is_remembered_by_what_it_says(town: Town) -> None:
    asked = town.send(GROUPS + HEADER + "".join(ROWS))
    assert asked.state == RunState.WAITING
    assert confirm(town, asked, header_rows=[1, 2]).state == RunState.SUCCEEDED, asked.message
    again = town.send(GROUPS + HEADER + "".join(ROWS) + "0009,张三,,1,\n")
    assert (again.state, again.rows_read) == (RunState.SUCCEEDED, 4)
    bare = town.send(HEADER + "".join(ROWS) + "0009,张三,,1,\n0010,张三,,1,\n")
    assert (bare.state, doubts_of(bare)) == (RunState.WAITING, {"header_differs"})
    assert confirm(town, bare).rows_read == 5


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_second_row_that_may_be_data_is_asked_about_whoever_sends_it(town: Town, is_confirmed: bool) -> None:
    text = "对象编号,姓名,证件,\n" + "".join(LANES)
    run = town.send(text, is_confirmed=is_confirmed)
    assert run.state == RunState.WAITING
    assert "second_header" in doubts_of(run)
    page = text_of(get(town.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "A巷 │ 王小明 │ 0164A │ 甲" in page
    mapping = {"对象编号": run.mapping.get("对象编号") or next(iter(filter(None, run.mapping.values())))}
    services.run_confirm(
        actor=town.cataloguer, run_id=run.pk, layout=run.layout | {"header_rows": [1]}, mapping=mapping
    )
    again = town.work(run)
    if again.state == RunState.WAITING:
        again = confirm(town, again)
    assert (again.state, again.rows_read) == (RunState.SUCCEEDED, 3), again.message


def test_data_above_the_header_are_asked_about_whoever_sends_them(three: Town, tmp_path: Path) -> None:
    code, told = ingest(three, tmp_path / "a.csv", ROWS[0] + HEADER + ROWS[1] + ROWS[2], mode="upsert")
    run = Run.objects.first()
    assert run is not None
    assert (code, run.state) == (3, RunState.WAITING), told
    assert {"above_header", "header_differs"} <= doubts_of(run)


def test_a_file_of_which_no_line_is_a_row_is_not_the_same_as_before(three: Town, tmp_path: Path) -> None:
    before = three.dataset.confirmed_at
    code, _told = ingest(three, tmp_path / "a.csv", HEADER + "注：甲,,,,\n", mode="upsert")
    run = Run.objects.first()
    assert run is not None
    assert (code, run.state, doubts_of(run)) == (3, RunState.WAITING, {"no_data_rows"})
    assert three.dataset.confirmed_at == before
    assert confirm(three, run).state == RunState.UNCHANGED
    assert is_answered(run, "no_data_rows"), "a worker that takes over does not ask again"


def test_a_header_alone_brings_nothing_new_and_is_current(three: Town) -> None:
    assert three.send(HEADER, mode="upsert").state == RunState.UNCHANGED


def test_a_sheet_or_file_without_the_remembered_header_row_is_found_anew(town: Town) -> None:
    bare = town.send("".join(ROWS), layout={"format": "csv", "has_header": False}, mapping={}, is_confirmed=True)
    assert bare.state == RunState.FAILED  # nothing names the columns
    asked = town.send("".join(ROWS), layout={"format": "csv", "has_header": False})
    assert asked.state == RunState.WAITING
    items = [one.item for one in columns_wanted(town.entry)]
    mapping = dict(zip(asked.found["columns"], items, strict=False))
    services.run_confirm(actor=town.cataloguer, run_id=asked.pk, layout=asked.layout, mapping=mapping)
    assert town.work(asked).state == RunState.SUCCEEDED
    same = town.send("".join(ROWS))
    assert (same.state, same.rows_read) == (RunState.UNCHANGED, 3)
    headed = town.send(HEADER + "".join(ROWS))
    assert (headed.state, doubts_of(headed)) == (RunState.WAITING, {"header_differs"})
