"""What a run asks of people: once and of whoever can answer, whatever becomes of the worker that asks."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collection import services
from collection.choices import RunState
from collection.forms import column_field
from collection.models import Run
from collection.selectors.run import question_of
from collection.services import ending
from collection.services.ingest import run_work
from collection.services.note import note
from collection.store.columns import columns_wanted
from core.exceptions import StaleEdit
from tests.catalog.views.reader import client_of, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.outgoing.conftest import Server
from tests.collection.services.test_doubts import LABELS, SHORT, beyond, doubts_of
from tests.collection.services.test_lost_workers import Killed, claim, taken_over
from tests.collection.sources import add, allow, url_of, web
from tests.collection.sources import run as read_source

__all__ = ["web"]

FULL = [f"1{number:03d},王小明,990102199001011234,1,2026-01-05\n" for number in range(120)]
BARE = [f"1{number:03d},王小明,990102199001011234,1,\n" for number in range(120)]

ASKING: dict[str, Callable[[Path], bytes]] = {
    "unknown": lambda _path: (HEADER.strip() + ",户籍地\n" + "".join(FULL).replace("\n", ",东城\n")).encode(),
    "emptied": lambda _path: SHORT.encode(),
    "emptied_rows": lambda _path: (HEADER + "".join(BARE)).encode(),
    "unnamed": lambda path: beyond(path, 8).read_bytes(),
    "loss": lambda _path: (HEADER + ROWS[0]).encode(),
}
"""Files that are asked about, each of another cause."""


def sent(town: Town, content: bytes, name: str) -> Run:
    return services.run_upload(actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[content], file_name=name)


@pytest.fixture
def full(town: Town) -> Town:
    assert town.send(HEADER + "".join(FULL)).state == RunState.SUCCEEDED
    return town


@pytest.mark.parametrize("cause", ASKING)
def test_a_worker_killed_while_it_asks_asks_again(
    full: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    name = "a.xlsx" if cause == "unnamed" else "a.csv"
    run = sent(full, ASKING[cause](tmp_path / name), name)
    first = claim(run)
    assert first is not None

    def die(*_given: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ending, "run_end", die)
        with pytest.raises(Killed):
            run_work(lease=first, run_id=run.pk)
    taken_over(run)
    assert run.state == RunState.WAITING, run.message
    assert doubts_of(run) == {cause.removesuffix("_rows")} - {"unknown"}
    assert ("" in run.mapping.values()) is (cause in ("unknown", "unnamed"))


LOCKED = re.compile(r'FROM "collection_(dataset|run)" .*FOR UPDATE')


@pytest.mark.parametrize("cause", ASKING)
def test_a_question_locks_the_dataset_before_the_run_as_its_people_do(full: Town, tmp_path: Path, cause: str) -> None:
    """Whoever cancels at the same moment would else hold what the worker waits for."""
    name = "a.xlsx" if cause == "unnamed" else "a.csv"
    run = sent(full, ASKING[cause](tmp_path / name), name)
    with CaptureQueriesContext(connection) as captured:
        assert full.work(run).state == RunState.WAITING
    depth, block, asking = 0, list[str](), list[str]()
    for one in captured.captured_queries:
        block.append(one["sql"])
        depth += one["sql"].startswith("SAVEPOINT") - one["sql"].startswith("RELEASE")
        if depth == 0:
            if any("'waiting'" in line for line in block):
                asking = block
            block = []
    locked = [found[1] for line in asking if (found := LOCKED.search(line))]
    assert locked[:2] == ["dataset", "run"]


def answered(town: Town, run: Run, *, layout: dict[str, Any] | None = None, **filled: str) -> Run:
    """Confirm the question of a run and let a worker go on.

    Args:
        filled: column of the file → name of the item that it is said to fill.
    """
    items = {one.name: one.item for one in columns_wanted(town.entry)}
    mapping = run.mapping | {label: items[name] for label, name in filled.items()}
    services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=run.layout | (layout or {}), mapping=mapping)
    return town.work(run)


def emptied_of(run: Run) -> list[str]:
    return [name for one in run.found["doubts"] if one["code"] == "emptied" for name in one["values"]["items"]]


def test_whoever_names_another_sheet_has_not_agreed_that_items_of_the_first_are_emptied(
    full: Town, tmp_path: Path
) -> None:
    cells = [line.strip().split(",") for line in FULL]
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name, width in (("汇总", 2), ("明细", 4)):
            page = book.add_worksheet(name)
            for number, row in enumerate([LABELS, *cells]):
                page.write_row(number, 0, row[:width])
    content = (tmp_path / "a.xlsx").read_bytes()
    run = full.work(sent(full, content, "a.xlsx"))
    assert emptied_of(run) == ["身份证号", "月保障金额", "纳入日期"]
    run = answered(full, run, layout={"sheet": "明细"})
    assert (run.state, emptied_of(run)) == (RunState.WAITING, ["纳入日期"])
    assert answered(full, run).state == RunState.SUCCEEDED


def test_whoever_names_a_column_for_an_item_is_asked_again_where_it_holds_nothing(full: Town) -> None:
    short = HEADER.replace("纳入日期", "日期二") + "".join(BARE)
    run = full.send(short)
    assert emptied_of(run) == ["纳入日期"]
    run = answered(full, run, 日期二="纳入日期")
    assert (run.state, emptied_of(run)) == (RunState.WAITING, ["纳入日期"])
    assert answered(full, run).state == RunState.SUCCEEDED


def test_a_run_that_an_earlier_release_began_goes_on(full: Town) -> None:
    run = sent(full, SHORT.encode(), "a.csv")
    Run.objects.filter(pk=run.pk).update(is_confirmed=True)
    note(run, "emptied", items="纳入日期、身份证号")
    assert full.work(run).state == RunState.SUCCEEDED, run.message
    assert run.notes.filter(code="emptied").count() == 1


def shown(town: Town, run: Run, **chosen: str) -> dict[str, str]:
    """Return what the form on the page of a run sends, with what is chosen for columns."""
    items = {one.name: one.item for one in columns_wanted(town.entry)} | {"": ""}
    mapping = run.mapping | {label: items[name] for label, name in chosen.items()}
    columns = {column_field(label): item for label, item in mapping.items()}
    reading = {"mode": "replace", "header": "1", "encoding": "utf-8", "delimiter": ",", "footnotes": "on"}
    return reading | columns | {"question": question_of(run), "csrfmiddlewaretoken": "a"}


def test_an_older_page_answers_no_later_question(full: Town) -> None:
    run = full.send(HEADER.replace("姓名", "名称甲") + ROWS[0])
    page = shown(full, run)
    client, address = client_of(full.cataloguer), f"/collection/runs/{run.pk}/confirm/"
    with pytest.raises(StaleEdit):
        services.run_confirm(actor=full.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping, question="1")
    assert client.post(address, page).status_code == 302
    assert doubts_of(full.work(run)) == {"loss"}
    second = shown(full, run, 名称甲="姓名", 纳入日期="") | {"question": page["question"]}
    late = client.post(address, second)
    assert late.status_code == 409
    assert "the run asks anew" in text_of(late)
    assert "119 of the 120 rows" in text_of(late)
    chosen = late.context["page"].layout_form
    assert chosen[column_field("名称甲")].value() == second[column_field("名称甲")] != ""
    run.refresh_from_db()
    assert run.state == RunState.WAITING
    assert client.post(address, second | {"question": chosen["question"].value()}).status_code == 302


def test_whoever_answers_when_another_has_keeps_what_he_chose(full: Town) -> None:
    run = full.send(HEADER.replace("姓名", "名称甲") + "".join(FULL))
    client, address = client_of(full.cataloguer), f"/collection/runs/{run.pk}/confirm/"
    first, second = shown(full, run), shown(full, run, 名称甲="姓名")
    assert client.post(address, first).status_code == 302
    again = client.post(address, first, follow=True)
    assert "This was sent twice and carried out once." in text_of(again)
    late = client.post(address, second)
    assert late.status_code == 409
    assert "The run does not ask any more" in text_of(late)
    assert late.context["page"].layout_form[column_field("名称甲")].value() == second[column_field("名称甲")] != ""
    assert "every 1s" not in late.content.decode(), "the page would take away what was chosen"


def test_an_item_that_files_of_some_rows_lack_is_asked_about_once(three: Town) -> None:
    """The rows that such a file does not hold keep their values, so that the question would come back every day."""
    narrow = "对象编号,姓名\n{}\n"
    run = three.send(narrow.format("0002,李四"), mode="upsert")
    assert emptied_of(run) == ["身份证号", "月保障金额", "纳入日期"]
    assert answered(three, run).state == RunState.SUCCEEDED
    again = three.send(narrow.format("0001,王二"), mode="upsert")
    assert (again.state, again.found["doubts"]) == (RunState.SUCCEEDED, [])
    assert again.notes.get(code="emptied").values["names"] == ["身份证号", "月保障金额", "纳入日期"]
    assert three.send(HEADER + ROWS[0], mode="upsert").state == RunState.SUCCEEDED
    lost = three.send(narrow.format("0002,李五"), mode="upsert")
    assert (lost.state, emptied_of(lost)) == (RunState.WAITING, ["身份证号", "月保障金额", "纳入日期"])


def test_a_source_of_changes_that_lacks_a_column_for_good_is_asked_about_once(three: Town, web: Server) -> None:
    allow(three.world.secadmin, web.server_address[1])
    names = iter(["王二", "王三"])
    web.replies["/rows.csv"] = lambda handler: handler.give(200, f"对象编号,姓名\n0002,{next(names)}\n".encode())
    source = add(three, {"url": url_of(web, "/rows.csv")}, mode="upsert")
    assert answered(three, read_source(three, source)).state == RunState.SUCCEEDED
    assert read_source(three, source).state == RunState.SUCCEEDED


@pytest.mark.parametrize("beyond", [[1502], range(8, 60)])
def test_columns_without_a_heading_are_asked_about_once_beside_many_other_doubts(
    three: Town, tmp_path: Path, beyond: Sequence[int]
) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        page.write_row(0, 0, LABELS)
        for n in range(1, 71):
            number: str | int = 990102199001011234 if n > 45 else "990102199001011234"
            page.write_row(n, 0, [f"1{n:03d}", "王", number, 1, "2026-01-05"])
        for at in beyond:
            page.write(60, at - 1, "解除")
    run = three.work(sent(three, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx"))
    assert doubts_of(run) == {"unnamed", "digits_lost"}
    assert answered(three, run).state == RunState.SUCCEEDED
