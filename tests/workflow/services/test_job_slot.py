"""A scheduled thing happens once per slot, even with two beats and a dead worker."""

import threading
import time as wall
import traceback
from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from core.testing import clock_at
from tests.factories.workflow import moment, values
from tests.workflow.race import in_threads
from workflow import services
from workflow.choices import JobState
from workflow.exceptions import LeaseLost
from workflow.models import JobSlot
from workflow.scheduled import once_per_slot
from workflow.services.job_slot import JobLease, job_slot_claim, job_slot_finish, job_slot_run, job_slots_purge
from workflow.slots import Every

SLOT = moment("2026-11-24 09:00")
LEASE = timedelta(minutes=2)


def claim(**options: object) -> JobLease | None:
    return job_slot_claim("example", SLOT, **options)  # type: ignore[arg-type]


def test_a_slot_is_claimed_once(db: None) -> None:
    lease = claim()
    assert lease is not None
    assert claim() is None
    job_slot_finish(lease)
    assert claim() is None
    assert values(JobSlot.objects.get(), "state")["state"] == "succeeded"


def test_another_slot_and_another_job_are_free(db: None) -> None:
    assert claim()
    assert job_slot_claim("example", SLOT + timedelta(hours=1))
    assert job_slot_claim("other", SLOT)


def test_a_slot_whose_worker_is_silent_is_taken_over_under_a_higher_token(db: None) -> None:
    with clock_at("2026-11-24 09:00") as now:
        first = claim(worker="a")
        now.advance(minutes=1, seconds=59)
        assert claim(worker="b") is None
        now.advance(seconds=2)
        second = claim(worker="b")
        assert first is not None
        assert second is not None
        assert second.token > first.token
        for late in (first.heartbeat, lambda: job_slot_finish(first)):
            with pytest.raises(LeaseLost):
                late()
        with transaction.atomic(), pytest.raises(LeaseLost):
            first.fence()
        with transaction.atomic():
            second.fence()
        job_slot_finish(second)
    assert values(JobSlot.objects.get(), "state", "worker", "attempts") == {
        "state": "succeeded",
        "worker": "b",
        "attempts": 2,
    }


def test_a_heartbeat_keeps_the_slot(db: None) -> None:
    with clock_at("2026-11-24 09:00") as now:
        lease = claim()
        assert lease is not None
        for _beat in range(5):
            now.advance(minutes=1, seconds=50)
            lease.heartbeat()
            assert claim() is None
            assert services.job_slots_sweep() == (0, 0)


def test_a_fence_needs_a_transaction(transactional_db: None) -> None:
    lease = claim()
    assert lease is not None
    with pytest.raises(RuntimeError):
        lease.fence()


def test_the_sweep_hands_a_lost_slot_on_and_ends_it_after_the_last_attempt(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    sent: list[tuple[str, object]] = []
    monkeypatch.setattr(
        "workflow.services.job_slot.current_app.send_task",
        lambda name, **options: sent.append((name, options["kwargs"])),
    )
    with clock_at("2026-11-24 09:00") as now:
        for attempt in (1, 2, 3):
            assert claim(task_name="example.task")
            now.advance(minutes=3)
            with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
                assert services.job_slots_sweep() == ((0, 1) if attempt < 3 else (1, 0))
        assert claim() is None
    assert sent == [("example.task", {"slot": SLOT.astimezone(UTC).isoformat()})] * 2
    row = JobSlot.objects.get()
    assert (row.state, row.result) == ("expired", "worker lost")
    assert row.finished_at is not None


def test_every_run_ends_at_its_deadline_however_lively(db: None) -> None:
    with clock_at("2026-11-24 09:00") as now:
        lease = claim(deadline=timedelta(minutes=10))
        assert lease is not None
        for _beat in range(9):
            now.advance(minutes=1)
            lease.heartbeat()
        now.advance(minutes=1)
        with pytest.raises(LeaseLost):
            lease.heartbeat()
        assert services.job_slots_sweep() == (1, 0)
        with pytest.raises(LeaseLost):
            job_slot_finish(lease)
    assert values(JobSlot.objects.get(), "state", "result") == {"state": "expired", "result": "deadline passed"}


def test_a_run_brings_its_slot_to_an_end(db: None) -> None:
    with job_slot_run("example", SLOT) as lease:
        assert lease is not None
    with job_slot_run("example", SLOT) as lease:
        assert lease is None
    with pytest.raises(ZeroDivisionError), job_slot_run("other", SLOT):
        raise ZeroDivisionError
    assert dict(JobSlot.objects.values_list("job", "state")) == {"example": "succeeded", "other": "failed"}
    assert JobSlot.objects.get(job="other").result.startswith("ZeroDivisionError")


def _stored_twice() -> None:
    """Do what the database refuses with the row in its words."""
    with transaction.atomic(), connection.cursor() as run:
        run.execute("CREATE TEMPORARY TABLE person (number text PRIMARY KEY) ON COMMIT DROP")
        run.execute("INSERT INTO person VALUES ('990102199001011234'), ('990102199001011234')")


def _not_found() -> None:
    try:
        _stored_twice()
    except IntegrityError as error:
        raise LookupError("no person") from error


@pytest.mark.parametrize(
    ("fails", "result"), [(_stored_twice, "IntegrityError 23505"), (_not_found, "LookupError: no person")]
)
def test_what_the_database_says_of_rows_stands_neither_in_a_slot_nor_in_what_is_raised(
    db: None, caplog: pytest.LogCaptureFixture, fails: Callable[[], None], result: str
) -> None:
    with pytest.raises(RuntimeError) as raised, job_slot_run("example", SLOT):
        fails()
    assert JobSlot.objects.get().result == result
    assert "job_failed" in caplog.text
    assert "990102199001011234" not in "".join(traceback.format_exception(raised.value)) + caplog.text


def test_a_task_runs_once_per_slot_of_its_schedule(db: None) -> None:
    runs: list[JobLease] = []

    @once_per_slot(Every(300))
    def example(lease: JobLease) -> None:
        runs.append(lease)

    with clock_at("2026-11-24 09:01") as now:
        example()
        example()
        now.advance(minutes=3)
        example()
        now.advance(minutes=1)
        example()
        example(slot="2026-11-24T09:00:00+08:00")
    assert [lease.slot for lease in runs] == [moment("2026-11-24 09:00"), moment("2026-11-24 09:05")]


def test_old_slots_are_deleted(db: None) -> None:
    with clock_at("2026-08-01 09:00") as now:
        with job_slot_run("example", SLOT):
            pass
        now.advance(days=89)
        assert job_slots_purge() == 0
        now.advance(days=2)
        assert job_slots_purge() == 1


def test_of_several_claimers_at_once_one_wins(transactional_db: None) -> None:
    results = in_threads(claim, 4)
    assert sum(isinstance(result, JobLease) for result in results) == 1
    assert not [result for result in results if isinstance(result, Exception)]


def test_of_several_heirs_at_once_one_takes_over(transactional_db: None) -> None:
    first = claim(lease=timedelta(seconds=-1))
    assert first is not None
    heirs = [result for result in in_threads(claim, 4) if isinstance(result, JobLease)]
    assert len(heirs) == 1
    assert heirs[0].token > first.token


def test_a_stale_worker_cannot_commit_behind_its_successor(transactional_db: None) -> None:
    first = claim(lease=timedelta(seconds=-1))
    assert first is not None
    heirs = in_threads(claim, 1)
    assert isinstance(heirs[0], JobLease)
    with pytest.raises(LeaseLost), transaction.atomic():
        first.fence()
    with transaction.atomic():
        heirs[0].fence()


def test_a_thread_can_give_the_heartbeats(transactional_db: None) -> None:
    with job_slot_run("example", SLOT, lease=timedelta(seconds=0.6), keep_alive=True) as lease:
        assert lease is not None
        before = JobSlot.objects.get().heartbeat_at
        wall.sleep(1)
        assert JobSlot.objects.get().heartbeat_at > before
    assert JobSlot.objects.get().state == JobState.SUCCEEDED


def test_a_beat_that_misses_the_database_is_not_the_last(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat, missed = JobLease.heartbeat, threading.Event()

    def away_once(lease: JobLease) -> None:
        if not missed.is_set():
            missed.set()
            raise OperationalError
        heartbeat(lease)

    monkeypatch.setattr(JobLease, "heartbeat", away_once)
    with job_slot_run("example", SLOT, lease=timedelta(seconds=0.6), keep_alive=True):
        before = JobSlot.objects.get().heartbeat_at
        wall.sleep(1)
        assert missed.is_set()
        assert JobSlot.objects.get().heartbeat_at > before
