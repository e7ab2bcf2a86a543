"""Library datasets follow their sources: by the outbox, after open runs, at night, and past lost workers."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from collection.choices import LoadMode, RunOrigin
from collection.models import Run
from collection.services import orphans
from collection.services.run import run_add, run_cancel
from collection.services.sweep import runs_sweep
from core import clock
from core.testing import clock_at
from libraries import tasks
from libraries.models import Build, Composition
from libraries.selectors import parts_of, reason_to_build
from libraries.services import build as building
from libraries.services import compose
from libraries.services.part import part_move
from sharing.models import Grant, Pull
from sharing.services.grant import grant_resume, grant_suspend
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import work
from tests.factories.catalog import CatalogWorld
from tests.killed import killed_at
from tests.libraries.conftest import (
    AID,
    KEY,
    NAME,
    PEOPLE,
    LibraryTown,
    carried_out,
    composed,
    grant_over,
    make_two,
    town_with,
)
from workflow.models import Notification, OutboxMessage
from workflow.outbox import OutboxEvent, handlers_of
from workflow.services.job_slot import job_slot_claim, job_slots_sweep

MORE = AID + "990102200001010000,新人,1\n"


def published(number: int = 0) -> OutboxEvent:
    """Return the latest message that a version was published, as handlers get it."""
    message = OutboxMessage.objects.filter(event="collection.version.published").latest("pk")
    return OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at)


def delivered() -> None:
    """Let the handlers of this app take the latest message of a published version."""
    for one in handlers_of("collection.version.published"):
        if one.name.startswith("libraries."):
            one.function(published())


def waiting() -> list[Build]:
    return list(Build.objects.filter(state="asked"))


def test_a_source_that_publishes_has_its_library_datasets_built_anew(two: LibraryTown) -> None:
    two.built()
    two.providers[1].load(MORE)
    delivered()
    (build,) = waiting()
    assert (build.reason, build.asked_by) == ("published", None)
    assert carried_out(build).state == "sent"
    assert [row["SFZH"] for row in two.rows()][-1] == "990102200001010000"
    assert build.run is None or build.run.asked_by is None
    delivered()  # the library dataset's own version is nobody's source
    assert waiting() == []


def test_before_the_first_build_by_hand_nothing_follows(two: LibraryTown) -> None:
    two.providers[1].load(MORE)
    delivered()
    assert building.builds_catch_up() == 0
    assert not Build.objects.exists()


def test_a_source_that_publishes_while_the_dataset_loads_is_built_after_it(two: LibraryTown) -> None:
    first = composed(building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    two.providers[1].load(MORE)
    delivered()
    (build,) = waiting()
    messages = OutboxMessage.objects.filter(event=building.ASKED_EVENT).count()
    assert first.run is not None
    work(first.run)
    delivered()
    assert OutboxMessage.objects.filter(event=building.ASKED_EVENT).count() == messages + 1
    assert carried_out(build).state == "sent"
    assert len(two.rows()) == 4


def test_a_run_that_was_cancelled_lets_the_sweep_go_on(two: LibraryTown) -> None:
    first = composed(building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    build = building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    assert first.run is not None
    run_cancel(actor=two.cataloguer, run_id=first.run.pk)
    with clock_at(clock.now() + timedelta(hours=2)):
        assert building.builds_sweep() == 1
        assert carried_out(build).state == "sent"


def test_at_night_missed_publications_and_changed_parts_are_caught_up(two: LibraryTown) -> None:
    two.built()
    assert building.builds_catch_up() == 0
    two.providers[1].load(MORE)
    assert building.builds_catch_up() == 1
    (build,) = waiting()
    assert build.reason == "published"
    carried_out(build)
    part_move(actor=two.head, part_id=parts_of(Composition.objects.get(dataset=two.dataset))[1].pk, is_up=True, place=2)
    assert building.builds_catch_up() == 1
    (build,) = waiting()
    assert build.reason == "parts"
    carried_out(build)
    assert building.builds_catch_up() == 0


def test_a_grant_that_runs_again_is_read_again_and_its_failure_is_told_once(two: LibraryTown) -> None:
    two.built()
    provider = two.providers[1]
    grant = parts_of(Composition.objects.get(dataset=two.dataset))[1].grant
    grant_suspend(actor=provider.head, grant_id=grant.pk, reason="异常")
    for _turn in range(2):
        failed = two.built(two.head)
        assert failed.state == "failed"
    messages = OutboxMessage.objects.filter(event=building.FAILED_EVENT)
    assert messages.count() == 1
    tasks.tell_of_failure(OutboxEvent("", messages.get().payload, "key", 1, 1, clock.now()))
    told = Notification.objects.filter(kind="libraries.build.failed")
    assert set(told.values_list("user", flat=True)) == {two.cataloguer.id, two.head.id}
    assert str(provider.dataset) in told[0].body
    assert len(two.rows()) == 3
    grant_resume(actor=provider.head, grant_id=grant.pk)
    assert building.builds_catch_up() == 1
    (build,) = waiting()
    assert build.reason == "repeated"
    assert carried_out(build).state == "sent"


def test_a_renewed_grant_is_read_under_once_the_former_is_over(two: LibraryTown) -> None:
    two.built()
    provider = two.providers[1]
    part = parts_of(Composition.objects.get(dataset=two.dataset))[1]
    former = part.grant
    later = two.grant(provider, previous=former)
    two.built()
    part.refresh_from_db()
    assert part.grant_id == former.pk
    grant_over(former)
    shown = text_of(get(two.head, f"/libraries/datasets/{two.dataset.pk}/"))
    assert f"The next build reads under grant {later.pk}" in shown
    assert "Its rows have to be disposed of" not in shown
    latest = two.grant(provider, previous=later)
    Grant.objects.filter(pk=later.pk).update(valid_to=clock.now())
    assert two.built().state == "sent"
    part.refresh_from_db()
    assert part.grant_id == latest.pk


def test_what_was_unhooked_is_followed_no_more(two: LibraryTown) -> None:
    two.built()
    two.dataset.retired_at = clock.now()
    two.dataset.save(update_fields=["retired_at"])
    two.providers[0].load(PEOPLE + "1,甲,\n")
    delivered()
    assert building.builds_catch_up() == 0
    assert waiting() == []


def test_two_publications_at_once_are_one_build(two: LibraryTown) -> None:
    two.built()
    two.providers[0].load(PEOPLE + "1,甲,\n")
    delivered()
    two.providers[1].load(MORE)
    delivered()
    (build,) = waiting()
    carried_out(build)
    assert len(two.rows()) == 5


@pytest.mark.parametrize(
    "place", ["libraries.services.compose.merged_lines", "libraries.services.compose._hand_over",
              "libraries.services.compose.audit.record"]
)  # fmt: skip
def test_a_worker_that_is_killed_leaves_nothing_and_another_finishes(transactional_db: None, place: str) -> None:
    two = make_two()
    build = building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    held = job_slot_claim(building.job_name(build.pk), build.slot)
    assert held is not None
    killed_at(place, lambda: compose.build_work(lease=held, build_id=build.pk))
    build.refresh_from_db()
    assert (build.state, build.run, build.rows) == ("composing", None, 0)
    assert not Run.objects.filter(dataset=two.dataset).exists()
    assert set(Pull.objects.values_list("outcome", flat=True)) == {"started"}
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        assert carried_out(build).state == "sent"
    assert len(two.rows()) == 3
    assert Pull.objects.filter(outcome="done").count() == 2
    with clock_at(clock.now() + timedelta(days=2)):
        orphans.orphans_purge()
    folder = f"{compose.FOLDER}/{clock.today():%Y/%m}"
    assert [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]] == [
        Run.objects.get(dataset=two.dataset).original.name
    ]


def test_a_build_whose_workers_are_all_lost_fails_and_is_tried_again_at_night(two: LibraryTown) -> None:
    two.built()
    build = building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    held = job_slot_claim(building.job_name(build.pk), build.slot)
    assert held is not None
    Build.objects.filter(pk=build.pk).update(state="composing")
    with clock_at(clock.now() + timedelta(days=1)):
        job_slots_sweep()
        assert building.builds_sweep() == 1
        build.refresh_from_db()
        assert build.state == "failed"
        assert building.builds_catch_up() == 1


def test_a_build_that_no_worker_took_up_is_asked_for_again(two: LibraryTown) -> None:
    build = building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    assert building.builds_sweep() == 0
    with clock_at(clock.now() + timedelta(hours=2)):
        assert building.builds_sweep() == 1
        assert OutboxMessage.objects.filter(event=building.ASKED_EVENT).count() == 2
        assert building.builds_sweep() == 1
    with clock_at(clock.now() + timedelta(hours=2, minutes=11)):
        assert building.builds_sweep() == 0, "not with every sweep"
    assert Build.objects.get().slot == build.slot, "it keeps its place with the workers"


def test_a_build_that_was_taken_up_and_left_waiting_gets_another_slot(two: LibraryTown) -> None:
    build = building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    held = job_slot_claim(building.job_name(build.pk), build.slot)
    assert held is not None
    assert building.build_go_on(dataset_id=two.dataset.pk)
    assert Build.objects.get().slot > build.slot


def test_a_run_that_came_meanwhile_is_carried_out_first(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    two.built()
    two.providers[1].load(MORE)
    two.built()
    real = compose.merged_lines
    runs: list[Run] = []

    def sending(*given: object) -> object:
        yield from real(*given)  # type: ignore[arg-type]
        runs.append(run_add(two.cataloguer, two.dataset.pk, origin=RunOrigin.ROLLBACK, mode=LoadMode.REPLACE))

    monkeypatch.setattr(compose, "merged_lines", sending)
    build = composed(building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    assert build.state == "failed"
    (again,) = waiting()
    assert not OutboxMessage.objects.filter(event=building.FAILED_EVENT).exists()
    monkeypatch.undo()
    run_cancel(actor=two.cataloguer, run_id=runs[0].pk)
    assert building.build_go_on(dataset_id=two.dataset.pk)
    assert carried_out(again).state == "sent"


def test_a_run_whose_worker_was_lost_is_made_up_for(two: LibraryTown) -> None:
    build = building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    for day in range(2, 6, 2):
        composed(build)
        with clock_at(clock.now() + timedelta(days=day)):
            assert runs_sweep() == 1
        assert reason_to_build(build.composition) == "repeated"
        assert building.builds_catch_up() == 1
        (build,) = waiting()
    composed(build)
    with clock_at(clock.now() + timedelta(days=6)):
        assert runs_sweep() == 1
    assert building.builds_catch_up() == 0  # it would be lost every night
    two.providers[1].load(MORE)
    assert building.builds_catch_up() == 1


def test_a_run_that_a_person_cancelled_is_left(two: LibraryTown) -> None:
    build = composed(building.build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    assert build.run is not None
    run_cancel(actor=two.cataloguer, run_id=build.run.pk)
    assert reason_to_build(build.composition) is None
    assert building.builds_catch_up() == 0
    two.providers[1].load(MORE)
    assert building.builds_catch_up() == 1


def test_what_a_run_rejects_it_would_reject_again_and_nobody_sends_it_anew(world: CatalogWorld) -> None:
    town = town_with(world, [KEY, NAME | {"length": 2}])
    town.dataset.reject_limit_percent = 100
    town.dataset.save(update_fields=["reject_limit_percent"])
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,李四\n2,欧阳锋\n")
    town.part(provider, SFZH="SFZH", XM="XM")
    run = town.built().run
    assert run is not None
    assert (run.state, run.rows_rejected) == ("succeeded", 1)
    page = client_of(town.cataloguer).get(f"/collection/runs/{run.pk}/")
    assert page.status_code == 200
    assert f"/collection/runs/{run.pk}/resubmit/" not in page.content.decode()
    provider.load("身份证号,姓名\n2,欧阳锋\n")
    build = town.built()
    assert build.run is not None
    assert (build.run.state, build.run.version) == ("failed", None)
    assert reason_to_build(build.composition) is None
    assert building.builds_catch_up() == 0
    assert "Every row was rejected" in text_of(get(town.head, f"/libraries/datasets/{town.dataset.pk}/"))
