"""A file that would take away most rows is asked about."""

from typing import Any

import pytest

from collection import services
from collection.choices import RunState
from collection.models import Run
from collection.reasons import doubt_words
from collection.services import ending, ingest
from collection.wording import sentence
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.outgoing.conftest import Server
from tests.collection.services.test_assignments import named, staff_of
from tests.collection.services.test_lost_workers import Killed, claim, taken_over
from tests.collection.sources import add, allow, url_of, web
from tests.collection.sources import run as read_source

__all__ = ["web"]

MANY = 120


def lines(numbers: range) -> str:
    return HEADER + "".join(f"{number:04d},王,,1,2026-01-05\n" for number in numbers)


@pytest.fixture
def many(town: Town) -> Town:
    assert town.send(lines(range(MANY))).state == RunState.SUCCEEDED
    return town


def rows_now(town: Town) -> int:
    assert town.dataset.published_version is not None
    return town.dataset.published_version.row_count


def confirm(town: Town, run: Run) -> Run:
    services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    return town.work(run)


@pytest.mark.parametrize(("numbers", "gone"), [(range(1), 119), (range(70, 190), 70)])
def test_the_loss_of_most_rows_is_asked_about_with_both_numbers(many: Town, numbers: range, gone: int) -> None:
    run = many.send(lines(numbers))
    assert run.state == RunState.WAITING
    [doubt] = [one for one in run.found["doubts"] if one["code"] == "loss"]
    assert doubt_words(doubt).startswith(f"{gone} of the {MANY} rows")
    said = [sentence(one, names_source=True) for one in run.notes.filter(code="loss")]
    assert said == [f"{gone} of the {MANY} rows that readers see would go: is it meant?"]
    assert rows_now(many) == MANY
    assert confirm(many, run).state == RunState.SUCCEEDED
    assert rows_now(many) == len(numbers)


def test_people_of_a_contractor_are_asked_without_the_numbers(many: Town) -> None:
    staff = staff_of(many)
    named(many, staff)
    run = services.run_upload(
        actor=staff, dataset_id=many.dataset.pk, pieces=[lines(range(70, 190)).encode()], file_name="a.csv",
        mode="replace",
    )  # fmt: skip
    assert many.work(run).state == RunState.WAITING
    page = text_of(get(staff, f"/collection/runs/{run.pk}/"))
    assert "Most of the rows that readers see now would go: does this file hold everything?" in page
    assert "Most of the rows that readers see would go: is it meant?" in page
    assert f"of the {MANY} rows" not in page
    assert f"of the {MANY} rows" in text_of(get(many.cataloguer, f"/collection/runs/{run.pk}/"))


def test_who_confirmed_the_layout_alone_is_asked_about_the_loss(many: Town) -> None:
    run = many.send((HEADER + ROWS[0]).replace("姓名", "名字"))
    assert run.state == RunState.WAITING
    assert confirm(many, run).state == RunState.WAITING
    assert "loss" in {one["code"] for one in run.found["doubts"]}
    assert confirm(many, run).state == RunState.SUCCEEDED


def test_a_worker_killed_while_it_asks_leaves_nothing_that_looks_like_an_answer(
    many: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = many.send((HEADER + ROWS[0]).replace("姓名", "名字"))
    services.run_confirm(actor=many.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    end = ending.run_end

    def die(work: ingest.Work, action: str, **given: Any) -> None:
        if action == "ask":
            raise Killed
        end(work, action, **given)

    run.refresh_from_db()
    first = claim(run)
    assert first is not None
    with monkeypatch.context() as patched:
        patched.setattr(ending, "run_end", die)
        with pytest.raises(Killed):
            ingest.run_work(lease=first, run_id=run.pk)
    taken_over(run)
    assert run.state == RunState.WAITING
    assert rows_now(many) == MANY
    assert [one["code"] for one in run.found["doubts"]].count("loss") == 1


def test_what_is_confirmed_beforehand_or_loses_no_more_than_half_goes_on(many: Town) -> None:
    assert many.send(lines(range(60))).state == RunState.SUCCEEDED
    assert many.send(lines(range(MANY))).state == RunState.SUCCEEDED
    assert many.send(lines(range(1)), is_confirmed=True).state == RunState.SUCCEEDED
    assert rows_now(many) == 1


def test_rows_without_a_key_that_all_change_are_no_loss_but_fewer_are(many: Town) -> None:
    entry = many.world.published(name="无主键", items=[{"name": "值", "type": "C"}])
    other = Town(many.world, entry, services.dataset_hook(actor=many.cataloguer, ref=entry.pk))
    assert other.send("值\n" + "甲\n" * MANY).state == RunState.SUCCEEDED
    assert other.send("值\n" + "乙\n" * MANY).state == RunState.SUCCEEDED
    assert other.send("值\n" + "乙\n" * 50).state == RunState.WAITING


def test_a_run_of_a_source_is_asked_about_too(many: Town, web: Server) -> None:
    allow(many.world.secadmin, web.server_address[1])
    web.replies["/rows.csv"] = lambda handler: handler.give(200, lines(range(1)).encode())
    run = read_source(many, add(many, {"url": url_of(web, "/rows.csv")}))
    assert (run.state, [one["code"] for one in run.found["doubts"]]) == (RunState.WAITING, ["loss"])
