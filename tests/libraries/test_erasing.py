"""A person whose rows a source erases is erased in the libraries too: each is asked for, until nothing is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connections

from collection.models import DatasetVersion, Erasure, Run
from collection.selectors.erasure import erasure_concerns
from collection.services import erasure as asking
from collection.services import erasure_work as working
from core import clock
from core.actors import Actor
from libraries.models import Build
from libraries.selectors import parts_of, reason_to_build
from libraries.services import compose, erasing
from libraries.services.build import build_ask
from libraries.services.part import part_remove
from libraries.tasks import spread_erasure
from tests.libraries.conftest import LibraryTown, composed, make_two
from tests.sharing.factories import items_named
from tests.workflow.race import Beside
from workflow.choices import JobState
from workflow.models import JobSlot, Notification, OutboxMessage, Task
from workflow.outbox import OutboxEvent
from workflow.services.job_slot import job_slot_claim, job_slot_finish

ONE, OTHER = "990102199001011234", "990102198505054321"


def erased(dataset_id: int, cataloguer: Actor, head: Actor, item: str, value: str) -> Erasure:
    """Erase a person's rows as its people and a worker would, and let libraries know."""
    erasure = asking.erasure_ask(
        actor=cataloguer, dataset_id=dataset_id, item=item, value=value, ground="purpose_met",
        document_number="2026-11-20", reason="本人要求删除。", document=ContentFile(b"%PDF-1.7", name="申请书.pdf"),
        without_rows=True,
    )  # fmt: skip
    rows = erasure_concerns(erasure)
    assert rows is not None
    erasure = asking.erasure_approve(actor=head, erasure_id=erasure.pk, rows=rows)
    assert erasure.slot is not None
    held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert held is not None
    working.erasure_work(lease=held, erasure_id=erasure.pk)
    job_slot_finish(held)
    erasure.refresh_from_db()
    erasing.erasure_spread(erasure_id=erasure.pk)
    return erasure


def at_source(town: LibraryTown, value: str) -> Erasure:
    source = town.providers[0]
    (item,) = items_named(source.dataset, ["SFZH"])
    return erased(source.dataset.pk, source.cataloguer, source.head, item, value)


def in_library(town: LibraryTown, value: str) -> Erasure:
    (item,) = items_named(town.dataset, ["SFZH"])
    return erased(town.dataset.pk, town.cataloguer, town.head, item, value)


def waiting() -> set[int]:
    return set(Task.objects.filter(kind=erasing.TASK_ERASE, closed_at=None).values_list("subject_pk", flat=True))


def test_each_person_is_asked_for_until_he_is_erased_in_the_library(two: LibraryTown) -> None:
    two.built()
    first, second = at_source(two, ONE), at_source(two, OTHER)
    assert waiting() == {first.pk, second.pk}
    task = Task.objects.get(kind=erasing.TASK_ERASE, subject_pk=first.pk)
    assert (task.department_id, task.role, task.title) == (two.lead.pk, "cataloguer", two.dataset.name)
    assert "2026-11-20" in task.detail
    told = Notification.objects.filter(kind="libraries.part.leave")
    assert set(told.values_list("user", flat=True)) == {two.providers[0].head.id}
    assert two.lead.name in told[0].body
    in_library(two, OTHER)
    assert waiting() == {first.pk}
    in_library(two, ONE)
    assert waiting() == set()
    assert {row["SFZH"] for row in two.rows()} == {"990102197707077777"}


def test_a_library_from_which_the_source_was_removed_is_asked_too(two: LibraryTown) -> None:
    two.built()
    part_remove(actor=two.head, part_id=parts_of(Build.objects.get().composition)[0].pk)
    two.built()
    erasure = at_source(two, ONE)
    assert waiting() == {erasure.pk}
    DatasetVersion.objects.filter(dataset=two.dataset, number=1).update(purged_at=clock.now())
    erasing.erasures_settle()
    assert waiting() == {erasure.pk}  # the file that was loaded has the rows as well
    Run.objects.filter(version__number=1, dataset=two.dataset).update(original="", rejects="")
    erasing.erasures_settle()
    assert waiting() == set()


def test_what_was_built_after_the_erasure_is_nobodys_work(two: LibraryTown) -> None:
    at_source(two, ONE)
    two.built()
    erasing.erasures_settle()
    assert waiting() == set()


def test_rows_that_a_source_erased_meanwhile_are_not_published_again(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = compose.merged_lines

    def erasing(*given: object) -> object:
        yield from real(*given)  # type: ignore[arg-type]
        at_source(two, ONE)

    monkeypatch.setattr(compose, "merged_lines", erasing)
    build = two.built()
    assert (build.state, build.run) == ("failed", None)
    monkeypatch.undo()
    assert two.built().state == "sent"


def test_a_run_that_an_erasure_cut_off_is_made_up_for(two: LibraryTown) -> None:
    build = composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    in_library(two, ONE)
    assert reason_to_build(build.composition) == "repeated"


def test_an_erasure_that_ends_beside_a_hand_over_is_seen_or_finds_what_was_handed_over(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = make_two()
    real = compose._told
    beside: list[Beside] = []

    def erase() -> None:
        try:
            at_source(two, ONE)
        finally:
            connections["store"].close()

    def meanwhile(*given: object) -> object:
        if not beside:
            beside.append(Beside(erase))
            assert beside[0].is_waiting(3), "the end of an erasure waits for the hand-over"
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(compose, "_told", meanwhile)
    assert composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)).state == "sent"
    beside[0].end()
    erasure = Erasure.objects.get()
    assert erasure.state == "done"
    assert waiting() == {erasure.pk}, "what was handed over has the rows that were erased"


def test_what_was_read_before_an_erasure_is_told_by_versions_not_by_clocks(two: LibraryTown) -> None:
    build = two.built()
    Build.objects.filter(pk=build.pk).update(finished_at=clock.now() + timedelta(hours=1))
    erasure = at_source(two, ONE)
    assert waiting() == {erasure.pk}, "the machine that built it is ahead of the one that erased"


def test_what_an_erasure_that_broke_off_removed_is_asked_of_libraries(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.built()
    source = two.providers[0]
    (item,) = items_named(source.dataset, ["SFZH"])
    monkeypatch.setattr(working, "MOST_ATTEMPTS", 1)
    erasure = broken_off(source, item, monkeypatch, working, "run_redact")
    assert waiting() == {erasure.pk}
    asking.erasure_withdraw(actor=source.head, erasure_id=erasure.pk, reason="系统故障")
    erasing.erasures_settle()
    assert waiting() == {erasure.pk}, "who ends it does not bring the rows back"
    in_library(two, ONE)
    assert waiting() == set()


def test_an_erasure_that_removed_nothing_is_asked_of_nobody(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    two.built()
    source = two.providers[0]
    (item,) = items_named(source.dataset, ["SFZH"])
    monkeypatch.setattr(working, "MOST_ATTEMPTS", 1)
    broken_off(source, item, monkeypatch, working.erasing, "rows_delete")
    assert waiting() == set()


def broken_off(source: Any, item: str, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Erasure:
    """Let the only worker of an erasure break off at a step, and libraries know as they do of each that failed."""
    with monkeypatch.context() as broken:
        broken.setattr(module, name, lambda *args, **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erased(source.dataset.pk, source.cataloguer, source.head, item, ONE)
    erasure = Erasure.objects.get(dataset=source.dataset.pk)
    assert erasure.slot is not None
    JobSlot.objects.filter(slot=erasure.slot).update(state=JobState.FAILED, finished_at=clock.now())
    working.erasures_sweep()
    message = OutboxMessage.objects.get(event=working.FAILED_EVENT)
    spread_erasure(OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at))
    erasure.refresh_from_db()
    assert erasure.state == "failed"
    return erasure
