"""A file that was loaded already adds its rows no second time where they have no key."""

from collections.abc import Iterator

import pytest

from collection import services
from collection.choices import RunState
from collection.models import Run
from collection.selectors.run import rows_corrected
from core.exceptions import InvalidTransition
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import approved, carry_out, original
from tests.factories.catalog import CatalogWorld

HEAD = "值,数\n"


@pytest.fixture
def keyless(world: CatalogWorld) -> Town:
    items = [{"name": "值", "type": "C"}, {"name": "数", "type": "N"}]
    entry = world.published(name="无主键", items=items)
    return Town(world, entry, services.dataset_hook(actor=world.cataloguer, ref=entry.pk))


def row_count(town: Town) -> int:
    assert town.dataset.published_version is not None
    return town.dataset.published_version.row_count


def correct(town: Town, run: Run, text: str) -> Run:
    fixed = services.run_resubmit(
        actor=town.cataloguer, run_id=run.pk, pieces=[(HEAD + text).encode()], file_name="fixed.csv"
    )
    return town.work(fixed)


def page_of(town: Town, run: Run) -> str:
    return text_of(get(town.cataloguer, f"/collection/runs/{run.pk}/"))


def test_corrected_rows_are_taken_once_and_the_run_says_so(keyless: Town) -> None:
    run = keyless.send(HEAD + "甲,1\n" * 40 + "乙,x\n丙,y\n")
    assert (run.rows_rejected, row_count(keyless)) == (2, 40)
    assert "Send the corrected rows" in page_of(keyless, run)
    assert correct(keyless, run, "乙,2\n").state == RunState.SUCCEEDED
    again = correct(keyless, run, "乙,2\n")
    assert (again.state, row_count(keyless)) == (RunState.UNCHANGED, 41)
    assert again.notes.filter(code="repeated").exists()
    page = page_of(keyless, run)
    assert "1 of 2 rejected rows were sent again and taken" in page
    assert "Send the corrected rows" in page
    assert correct(keyless, run, "丙,3\n").state == RunState.SUCCEEDED
    page = page_of(keyless, run)
    assert "2 of 2 rejected rows were sent again and taken" in page
    assert "Send the corrected rows" not in page


def test_corrections_that_a_return_took_back_can_be_sent_again(keyless: Town) -> None:
    run = keyless.send(HEAD + "甲,1\n" * 40 + "乙,x\n")
    correct(keyless, run, "乙,2\n")
    keyless.work(services.run_rollback(actor=keyless.cataloguer, dataset_id=keyless.dataset.pk, number=1))
    run.refresh_from_db()
    assert correct(keyless, run, "乙,2\n").state == RunState.SUCCEEDED
    assert row_count(keyless) == 41


def test_the_last_file_appended_again_by_itself_publishes_nothing_and_counts_as_current(keyless: Town) -> None:
    keyless.send(HEAD + "甲,1\n")
    assert keyless.send(HEAD + "乙,1\n", mode="append").state == RunState.SUCCEEDED
    before = keyless.dataset.confirmed_at
    again = keyless.send(HEAD + "乙,1\n", mode="append", is_confirmed=True)
    assert (again.state, row_count(keyless)) == (RunState.UNCHANGED, 2)
    assert keyless.dataset.confirmed_at > before
    assert keyless.send(HEAD + "丙,1\n", mode="append").state == RunState.SUCCEEDED
    assert keyless.send(HEAD + "乙,1\n", mode="append").state == RunState.SUCCEEDED
    keyless.work(services.run_rollback(actor=keyless.cataloguer, dataset_id=keyless.dataset.pk, number=3))
    assert keyless.send(HEAD + "乙,1\n", mode="append").state == RunState.SUCCEEDED
    assert row_count(keyless) == 4


def test_whoever_appends_the_last_file_again_is_asked_whether_he_means_it(keyless: Town) -> None:
    keyless.send(HEAD + "甲,1\n")
    keyless.send(HEAD + "乙,1\n", mode="append")
    again = keyless.send(HEAD + "乙,1\n", mode="append")
    assert (again.state, [one["code"] for one in again.found["doubts"]]) == (RunState.WAITING, ["repeated"])
    assert row_count(keyless) == 2
    services.run_confirm(actor=keyless.cataloguer, run_id=again.pk, layout=again.layout, mapping=again.mapping)
    assert keyless.work(again).state == RunState.SUCCEEDED
    assert row_count(keyless) == 3


def test_only_rows_that_answer_a_rejected_one_count_as_corrected(three: Town) -> None:
    good = "".join(f"1{number:03},甲,,1,2026-01-01\n" for number in range(40))
    bad = [f"2{number:03},乙,,viel,2026-01-01\n" for number in range(4)]
    run = three.send(HEADER + good + "".join(bad))
    whole = HEADER + good + bad[0].replace("viel", "1") + "".join(bad[1:])

    def send(text: str) -> Run:
        fixed = services.run_resubmit(
            actor=three.cataloguer, run_id=run.pk, pieces=[text.encode()], file_name="fixed.csv"
        )
        return three.work(fixed)

    scores = [three.dataset.quality_score]
    first = send(whole)
    scores.append(three.dataset.quality_score)
    assert (first.rows_read, first.rows_rejected, rows_corrected(run)) == (44, 3, 1)
    assert scores[0] < scores[1] < 100
    send(HEADER + bad[0].replace("viel", "1"))  # the same once more, as another file
    assert rows_corrected(run) == 1
    send(HEADER + "3000,丙,,1,2026-01-01\n")  # answers none
    assert rows_corrected(run) == 1
    again = services.run_resubmit(
        actor=three.cataloguer,
        run_id=first.pk,
        pieces=[(HEADER + bad[1].replace("viel", "1")).encode()],
        file_name="again.csv",
    )
    three.work(again)  # a correction of the correction
    assert (rows_corrected(first), rows_corrected(run)) == (1, 2)
    send(HEADER + "".join(line.replace("viel", "1") for line in bad[2:]))
    assert rows_corrected(run) == 4
    assert three.dataset.quality_score == 100


def test_corrected_rows_are_found_by_what_was_not_wrong_where_the_key_was(three: Town) -> None:
    good = "".join(f"1{number:03},甲,,1,2026-01-01\n" for number in range(40))
    run = three.send(HEADER + ROWS[0] + good + ",乙,,2,2026-01-01\n")
    assert run.rows_rejected == 1
    fixed = services.run_resubmit(
        actor=three.cataloguer,
        run_id=run.pk,
        pieces=[(HEADER + ROWS[0] + "0009,乙,,2,2026-01-01\n").encode()],
        file_name="fixed.csv",
    )
    assert three.work(fixed).answers["taken"] == [43]
    assert rows_corrected(run) == 1


def test_a_correction_published_while_another_is_sent_is_seen(keyless: Town) -> None:
    run = keyless.send(HEAD + "甲,1\n" * 40 + "乙,x\n")

    def pieces() -> Iterator[bytes]:
        correct(keyless, run, "乙,2\n")
        yield (HEAD + "乙,2\n").encode()

    with pytest.raises(InvalidTransition, match="corrected already"):
        services.run_resubmit(actor=keyless.cataloguer, run_id=run.pk, pieces=pieces(), file_name="second.csv")
    assert row_count(keyless) == 41


def erase(town: Town, value: str) -> None:
    item = str(town.entry.published_revision.items.get(name="值").item_id)  # type: ignore[union-attr]
    assert carry_out(approved(town, item=item, value=value)).state == "done"
    town.dataset.refresh_from_db()


def test_the_last_file_is_known_again_after_an_erasure_wrote_it_anew(keyless: Town) -> None:
    keyless.send(HEAD + "甲,1\n")
    text = HEAD + "乙,1\n丙,2\n丁,3\n"
    added = keyless.send(text, mode="append")
    erase(keyless, "丁")
    added.refresh_from_db()
    assert original(added) == HEAD + "乙,1\n丙,2\n"
    assert row_count(keyless) == 3
    doubted = keyless.send(text, mode="append")
    assert (doubted.state, [one["code"] for one in doubted.found["doubts"]]) == (RunState.WAITING, ["repeated"])
    services.run_cancel(actor=keyless.cataloguer, run_id=doubted.pk)
    again = keyless.send(text, mode="append", is_confirmed=True)
    assert (again.state, row_count(keyless)) == (RunState.UNCHANGED, 3)


def test_corrected_rows_are_known_again_after_an_erasure_wrote_them_anew(keyless: Town) -> None:
    run = keyless.send(HEAD + "甲,1\n" * 40 + "乙,x\n丙,y\n丁,z\n戊,w\n")
    assert correct(keyless, run, "乙,2\n丁,3\n").state == RunState.SUCCEEDED
    erase(keyless, "丁")
    assert row_count(keyless) == 41
    assert correct(keyless, run, "乙,2\n丁,3\n").state == RunState.UNCHANGED
    assert row_count(keyless) == 41


def test_a_corrected_row_that_was_erased_does_not_count_for_one_that_waits(keyless: Town) -> None:
    run = keyless.send(HEAD + "甲,1\n" * 40 + "乙,x\n丙,y\n丁,z\n")
    correct(keyless, run, "乙,2\n丁,3\n")
    assert rows_corrected(run) == 2
    erase(keyless, "丁")
    run.refresh_from_db()
    assert (run.rows_rejected, rows_corrected(run)) == (2, 1)
    assert "1 of 2 rejected rows were sent again and taken" in page_of(keyless, run)
    assert correct(keyless, run, "丙,3\n").state == RunState.SUCCEEDED
    assert rows_corrected(run) == 2
