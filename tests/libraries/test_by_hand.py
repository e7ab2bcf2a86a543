"""Rows that people load into a library after its last source was taken out stay, and rows of its sources do not."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from collection import evidence
from collection.choices import RunState
from collection.models import DatasetVersion, Run
from collection.services import ingest, sweep
from collection.services.run import run_confirm, run_rollback, run_upload
from core import clock
from core.exceptions import InvalidTransition
from libraries.choices import BuildReason
from libraries.keeping import builds_of_versions, datasets_holding
from libraries.models import Build, Composition, Part
from libraries.selectors import builds_given, library_datasets_for, library_rows, parts_of, reason_to_build
from libraries.services.build import build_ask, builds_catch_up
from libraries.services.leaving import TASK_LEAVE, parts_left
from libraries.services.part import part_remove
from tests.catalog.views.reader import get, text_of
from tests.collection.worker import work
from tests.libraries.conftest import KEY, NAME, LibraryTown, carried_out, grant_over, part_answer
from tests.libraries.test_erasing import in_library
from tests.unchanged import nothing_changes
from workflow.selectors import subjects_waiting

BY_HAND = "SFZH,XM\n990102199001011234,手工\n990102198505054321,手工\n"


def composition(town: LibraryTown) -> Composition:
    return Composition.objects.get(dataset=town.dataset)


def sourceless(town: LibraryTown) -> list[Part]:
    """Build once, and take all sources out."""
    town.built()
    parts = list(parts_of(composition(town)))
    for part in parts:
        part_remove(actor=town.cataloguer, part_id=part.pk)
    town.dataset.refresh_from_db()
    return parts


def by_hand(town: LibraryTown, text: str = BY_HAND, mode: str = "replace") -> Run:
    sent = run_upload(
        actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[text.encode()], file_name="rows.csv",
        mode=mode, is_confirmed=True,
    )  # fmt: skip
    run = work(sent)
    town.dataset.refresh_from_db()
    return run


def leaving() -> list[int]:
    """Return the sources whose rows have to leave."""
    return sorted(subjects_waiting(TASK_LEAVE))


def night(town: LibraryTown) -> None:
    builds_catch_up()
    for build in Build.objects.filter(state="asked"):
        carried_out(build)
    town.dataset.refresh_from_db()


@pytest.mark.parametrize("when", ["it waits", "it is read", "it is found unchanged"])
def test_a_file_that_waited_while_the_first_source_was_named_is_not_published(
    town: LibraryTown, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n990102199001011234,王小明\n")
    before = by_hand(town)
    text = BY_HAND if when == "it is found unchanged" else BY_HAND.replace("手工", "又一次")
    sent = run_upload(
        actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[text.encode()], file_name="rows.csv",
        mode="replace", is_confirmed=True,
    )  # fmt: skip

    def name_it(*_given: object, **_named: object) -> None:
        town.part(provider, SFZH="SFZH", XM="XM")

    if when == "it waits":
        name_it()
    else:
        monkeypatch.setattr(ingest, "returned_note", name_it)
    run = work(sent)
    assert run.state == RunState.FAILED
    assert "a build would replace what is loaded here" in run.message
    assert "Nothing was published" in run.message
    assert run.original, "the file is kept as evidence"
    town.dataset.refresh_from_db()
    assert town.dataset.published_version == before.version
    page = text_of(get(town.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "a build would replace what is loaded here" in page
    with translation.override("zh-hans"):
        assert "would replace" not in run.message, "it is said in the reader's language"
    assert town.built().state == "sent"
    assert [row["XM"] for row in town.rows()] == ["王小明"]


@pytest.mark.parametrize("mode", ["upsert", "append", "changes"])
def test_nothing_is_added_to_rows_that_are_to_leave(two: LibraryTown, mode: str) -> None:
    parts = sourceless(two)
    row = "SFZH,XM\n990102199001019999,手工\n"
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        by_hand(two, row, mode)
    assert "replaces everything" in str(refused.value.message)
    for part in parts:
        assert part.grant is not None
        grant_over(part.grant)
    night(two)
    assert two.rows() == []
    if mode != "changes":
        assert by_hand(two, row, mode).state == "succeeded"
        night(two)
        assert len(two.rows()) == 1


def test_a_run_that_waits_for_an_answer_is_not_turned_into_an_addition(two: LibraryTown) -> None:
    sourceless(two)
    sent = run_upload(
        actor=two.cataloguer, dataset_id=two.dataset.pk, pieces=["SFZH,XM\n1,甲\n".encode()], file_name="rows.csv",
        mode="replace",
    )  # fmt: skip
    run = work(sent)
    assert run.state == "waiting"
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        run_confirm(actor=two.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping, mode="upsert")
    assert "replaces everything" in str(refused.value.message)


@pytest.mark.parametrize("is_added", [False, True])
def test_what_an_erasure_leaves_of_rows_loaded_by_hand_stays(two: LibraryTown, is_added: bool) -> None:
    sourceless(two)
    by_hand(two)
    if is_added:
        by_hand(two, "SFZH,XM\n990102197707077777,手工\n", "upsert")
    in_library(two, "990102199001011234")
    left = len(two.rows())
    assert left == 1 + is_added
    assert reason_to_build(composition(two)) is None
    night(two)
    assert len(two.rows()) == left


def test_a_file_that_holds_what_is_published_takes_it_over(two: LibraryTown) -> None:
    sourceless(two)
    assert reason_to_build(composition(two)) == BuildReason.PARTS
    rows = two.rows()
    file = io.StringIO()
    sheet = csv.DictWriter(file, list(rows[0]))
    sheet.writeheader()
    sheet.writerows(rows)
    assert by_hand(two, file.getvalue()).state == "unchanged"
    night(two)
    assert two.rows() == rows


def test_data_loaded_by_hand_dispose_of_a_grant_and_return_to_their_own_versions(two: LibraryTown) -> None:
    grants = [part.grant for part in sourceless(two)]
    assert len(builds_given(composition(two))) == 1
    by_hand(two)
    assert builds_given(composition(two)) == [], "nothing of the sources binds what the entry may give"
    first = two.dataset.published_version
    assert first is not None
    by_hand(two, BY_HAND.replace("手工", "又"))
    assert all(datasets_holding(one) == [two.dataset] for one in grants if one is not None), "the version before does"
    for one in grants:
        assert one is not None
        grant_over(one)
    DatasetVersion.objects.filter(dataset=two.dataset, superseded_at__isnull=False).exclude(pk=first.pk).update(
        superseded_at=clock.now() - timedelta(days=9)
    )
    sweep.versions_purge()
    assert builds_of_versions(two.dataset.pk) == {}
    assert not any(datasets_holding(one) for one in grants if one is not None)
    back = run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=first.number)
    assert work(back).state == "succeeded"
    night(two)
    assert [row["XM"] for row in two.rows()] == ["手工", "手工"]


def test_after_the_rows_have_left_there_is_nothing_to_build(two: LibraryTown) -> None:
    sourceless(two)
    night(two)
    assert two.rows() == []
    assert builds_catch_up() == 0
    with nothing_changes(), pytest.raises(InvalidTransition):
        build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)


def test_lists_ask_nothing_of_each_library_that_has_no_sources(
    two: LibraryTown, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sourceless(two)
    night(two)
    datasets = list(library_datasets_for(two.cataloguer))
    with django_assert_num_queries(2):
        assert [one.reason for one in library_rows(datasets)] == [None]


def test_who_returns_to_rows_loaded_by_hand_has_let_the_others_leave(two: LibraryTown) -> None:
    parts = list(parts_of(composition(two)))
    Part.objects.update(removed_at=clock.now())
    by_hand(two)
    Part.objects.update(removed_at=None)
    two.built()
    refused = part_answer(actor=two.providers[0].head, part_id=parts[0].pk, is_agreed=False, reason="停止共享")
    assert leaving() == [refused.pk]
    for part in parts:
        part_remove(actor=two.cataloguer, part_id=part.pk)
    parts_left(dataset_id=two.dataset.pk)
    assert leaving() == [refused.pk], "its rows are published still"
    Build.objects.filter(state="asked").update(state="failed", finished_at=clock.now())
    work(run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=1))
    assert [row["XM"] for row in two.rows()] == ["手工", "手工"]
    parts_left(dataset_id=two.dataset.pk)
    assert leaving() == []
    assert builds_given(composition(two)) == [], "nor do the rows that have left bind what the entry may give"


def test_a_file_that_is_sent_as_the_first_source_is_named_is_not_loaded_over_it(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.built()
    Part.objects.update(removed_at=clock.now())
    kept = evidence.keep

    def keep_and_name(*given: object, **named: object) -> object:
        Part.objects.update(removed_at=None)  # between the questions that sending asks, and the run
        return kept(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(evidence, "keep", keep_and_name)
    with pytest.raises(InvalidTransition) as refused:
        by_hand(two)
    assert "a build would replace" in str(refused.value.message)
    assert not Run.objects.filter(dataset=two.dataset, origin="upload").exists()
    assert len(two.rows()) == 3


def test_a_file_that_waits_for_an_answer_is_not_loaded_over_a_source_named_since(two: LibraryTown) -> None:
    two.built()
    Part.objects.update(removed_at=clock.now())
    run = work(
        run_upload(
            actor=two.cataloguer, dataset_id=two.dataset.pk, pieces=["SFZH,XM\n1,甲\n".encode()],
            file_name="rows.csv", mode="replace",
        )
    )  # fmt: skip
    assert run.state == "waiting"
    Part.objects.update(removed_at=None)
    with nothing_changes(), pytest.raises(InvalidTransition, match="a build would replace"):
        run_confirm(actor=two.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping, mode="replace")
