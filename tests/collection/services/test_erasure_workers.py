"""An erasure is carried out to the end whatever dies, and shuts out whoever loads meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.files.storage import default_storage
from django.core.management import call_command

from audit.models import AuditEvent
from collection import notices, services, tasks
from collection.choices import RunState
from collection.duty_choices import ErasureState
from collection.models import Erasure, Run
from collection.services import erasure as asking
from collection.services import erasure_work as working
from collection.services import redaction
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from collection.store import erasing
from core import clock
from core.exceptions import InvalidTransition
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import (
    NUMBER,
    Killed,
    approve,
    approved,
    ask,
    carry_out,
    everything_sealed,
    files,
    referred,
    stored,
)
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.choices import JobState
from workflow.exceptions import LeaseLost
from workflow.models import JobSlot, Notification, OutboxMessage, Task
from workflow.services.job_slot import job_slot_claim, job_slot_finish, job_slots_sweep


def test_runs_under_way_are_cancelled_and_none_begins_meanwhile(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[(HEADER + ROWS[1]).encode()], file_name="a.csv"
    )
    erasure = approved(three)
    tried: list[type[BaseException]] = []
    delete = erasing.rows_delete

    def meanwhile(*args: Any, **given: Any) -> int:
        for attempt in (
            lambda: services.run_upload(
                actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[b"x"], file_name="a.csv"
            ),
            lambda: services.run_rollback(actor=three.cataloguer, dataset_id=three.dataset.pk, number=1),
        ):
            with pytest.raises(InvalidTransition) as refused:
                attempt()
            tried.append(refused.type)
        return delete(*args, **given)

    monkeypatch.setattr(erasing, "rows_delete", meanwhile)
    carry_out(erasure)
    assert len(tried) == 2
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert NUMBER not in everything_sealed(three)
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED


def test_a_worker_that_loads_is_shut_out(three: Town) -> None:
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[(HEADER + ROWS[1]).encode()], file_name="a.csv"
    )
    loading = job_slot_claim(job_name(run.pk), run.slot)
    assert loading is not None
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    carry_out(approved(three))
    run_work(lease=loading, run_id=run.pk)
    assert NUMBER not in stored(three)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    while outbox_delivery.deliver():
        pass
    [told] = Notification.objects.filter(kind=notices.FAILURE, user=three.cataloguer.id)
    assert "Send the file again" in told.body


# --- Workers that die ------------------------------------------------------------------------------------------------


PLACES = (
    (working, "_trash_empty"),
    (working.fence, "fence_take"),
    (working.erasing, "rows_delete"),
    (working, "run_redact"),
    (redaction, "_original"),
    (working, "_finish"),
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _module, name in PLACES])
def test_a_worker_that_dies_is_followed_by_one_that_finishes(
    three: Town, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: bool
) -> None:
    three.send(HEADER + "".join(ROWS) + f"0009,李四,{NUMBER},很多,2026-03-01\n", mode="upsert")
    erasure = approved(three)
    assert erasure.slot is not None
    first = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert first is not None
    do = getattr(module, name)

    def die(*args: Any, **given: Any) -> Any:
        if after:
            do(*args, **given)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, name, die)
        with pytest.raises(Killed):
            working.erasure_work(lease=first, erasure_id=erasure.pk)
    # Until another worker goes on, the number waits for it sealed and nowhere else.
    waiting = [str(list(model.objects.values())) for model in (AuditEvent, OutboxMessage, Task, Erasure, JobSlot)]
    assert not [one for one in waiting if NUMBER in one]
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        second = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
        assert second is not None
        working.erasure_work(lease=second, erasure_id=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.DONE
    assert erasure.rows_erased == 1
    assert NUMBER not in stored(three)
    assert NUMBER not in everything_sealed(three)
    assert erasure.trash == []
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, version.lineage, version.row_count) == (2, 1, 2)
    assert Run.objects.filter(rows_rejected=0).count() == 2
    assert referred() <= files()
    for name_left in files() - referred():
        assert NUMBER not in default_storage.open(name_left).read().decode("latin-1")


def test_a_worker_that_was_taken_for_dead_changes_nothing_any_more(three: Town) -> None:
    erasure = approved(three)
    assert erasure.slot is not None
    first = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert first is not None
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        second = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
        assert second is not None
        with pytest.raises(LeaseLost):
            working.erasure_work(lease=first, erasure_id=erasure.pk)
    assert NUMBER in stored(three)


def test_an_erasure_whose_worker_never_came_back_is_asked_for_anew(three: Town) -> None:
    erasure = approved(three)
    assert working.erasures_sweep() == 0
    assert erasure.slot is not None
    held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert held is not None
    job_slot_finish(held)
    asked = OutboxMessage.objects.filter(event=asking.EVENT).count()
    assert working.erasures_sweep() == 1
    assert OutboxMessage.objects.filter(event=asking.EVENT).count() == asked + 1
    carry_out(erasure)
    assert working.erasures_sweep() == 0


def test_the_command_carries_approved_ones_out_and_no_other(three: Town, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = ask(three)
    with pytest.raises(SystemExit):
        call_command("erase", str(waiting.pk))
    assert NUMBER in stored(three)
    approve(waiting, three.world.head)
    call_command("erase")
    out = capsys.readouterr().out
    assert "1 stored row" in out
    assert "Backups" in out
    assert NUMBER not in out
    assert NUMBER not in stored(three)


def test_the_command_tries_again_what_broke_off(
    three: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", lambda *args, **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call_command("erase", str(erasure.pk))
    assert JobSlot.objects.get(job=working.erasure_job_name(erasure.pk)).state == JobState.FAILED
    call_command("erase", str(erasure.pk))
    assert "1 stored row" in capsys.readouterr().out
    erasure.refresh_from_db()
    assert (erasure.state, erasure.attempts) == (ErasureState.DONE, 1)


def test_the_command_says_that_the_last_attempt_has_failed(
    three: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    erasure = approved(three)
    monkeypatch.setattr(working, "MOST_ATTEMPTS", 1)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", lambda *args, **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call_command("erase", str(erasure.pk))
    with pytest.raises(SystemExit) as ended:
        call_command("erase", str(erasure.pk))
    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert "Could not be carried out" in told
    assert "Every attempt of a worker broke off" in told
    assert "a worker is at it" not in told


def test_of_two_who_find_an_attempt_lost_one_asks_for_another(three: Town) -> None:
    erasure = approved(three)
    lost = erasure.slot
    assert lost is not None
    held = job_slot_claim(working.erasure_job_name(erasure.pk), lost)
    assert held is not None
    job_slot_finish(held, state=JobState.FAILED)
    assert working.erasure_ask_again(erasure_id=erasure.pk, slot=lost) == 1
    with nothing_changes():
        assert working.erasure_ask_again(erasure_id=erasure.pk, slot=lost) == 0
    erasure.refresh_from_db()
    assert erasure.attempts == 1
    assert JobSlot.objects.filter(job=working.erasure_job_name(erasure.pk)).count() == 1


def test_the_command_leaves_alone_what_a_worker_is_at(three: Town, capsys: pytest.CaptureFixture[str]) -> None:
    erasure = approved(three)
    assert erasure.slot is not None
    assert job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot) is not None
    call_command("erase", str(erasure.pk))
    assert "a worker is at it" in capsys.readouterr().out
    assert NUMBER in stored(three)


def test_the_command_has_as_long_as_a_worker_and_a_worker_goes_on_where_it_dies(
    three: Town, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    erasure = approved(three)
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs, **given: sent.append(name))

    def dies(*args: Any, **given: Any) -> None:
        held = JobSlot.objects.get(job=working.erasure_job_name(erasure.pk))
        assert held.deadline_at - held.claimed_at == tasks.RUN_DEADLINE
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(working, "run_redact", dies)
        with pytest.raises(Killed):
            call_command("erase", str(erasure.pk))
    with clock_at(clock.now() + timedelta(minutes=5)):
        with django_capture_on_commit_callbacks(execute=True):
            job_slots_sweep()
        assert sent == [tasks.erasure_carry_out.name]
        assert erasure.slot is not None
        tasks.erasure_carry_out(erasure.slot.isoformat())
    erasure.refresh_from_db()
    assert (erasure.state, erasure.attempts) == (ErasureState.DONE, 0)


@pytest.mark.parametrize(("is_over", "words"), [(True, "not done after 12 hours"), (False, "a worker has taken over")])
def test_the_command_says_why_it_stopped(
    three: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_over: bool, words: str
) -> None:
    erasure = approved(three)
    assert erasure.slot is not None

    def taken(*args: Any, **given: Any) -> None:
        with clock_at(clock.now() + (timedelta(hours=12) if is_over else timedelta(minutes=5))):
            job_slots_sweep()
            if not is_over:
                job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "_trash_empty", taken)
    call_command("erase", str(erasure.pk))
    assert words in capsys.readouterr().out
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.RUNNING
    assert NUMBER in stored(three)


# --- Asking and deciding ---------------------------------------------------------------------------------------------
