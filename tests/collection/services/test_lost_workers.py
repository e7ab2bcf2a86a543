"""Workers die in every phase, come back too late, or never: readers never notice, and nothing surfaces later."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from redis.exceptions import ConnectionError as RedisConnectionError

from collection import notices, services
from collection.choices import RunPhase, RunState
from collection.models import Dataset, DatasetVersion, Run
from collection.services import ingest, sweep
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from collection.signals import rows_gone
from collection.store import loading, names, staging, tables
from core import clock
from core.testing import clock_at
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes
from workflow import outbox_delivery
from workflow.exceptions import LeaseLost
from workflow.models import Notification
from workflow.services.job_slot import JobLease, job_slot_claim, job_slots_sweep

NEXT = HEADER + ROWS[0] + "0003,赵六,,1,2026-04-01\n"


class Killed(BaseException):
    """What kill -9 looks like from inside: no code of ours runs any more."""


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, phase: RunPhase) -> Iterator[list[ingest.Work]]:
    """Let the worker die as it enters a phase; gives what it had in its hands."""
    died: list[ingest.Work] = []
    enter = ingest.Work.enter

    def die(work: Any, entered: RunPhase) -> None:
        enter(work, entered)
        if entered == phase:
            died.append(work)
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ingest.Work, "enter", die)
        yield died


def claim(run: Run) -> JobLease | None:
    return job_slot_claim(job_name(run.pk), run.slot)


def taken_over(run: Run) -> Run:
    """Let another worker go on with a run whose own was lost, and return it as it is then."""
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        lease = claim(run)
        assert lease is not None
        run_work(lease=lease, run_id=run.pk)
    run.refresh_from_db()
    return run


def sent(town: Town, text: str = NEXT) -> Run:
    return services.run_upload(
        actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[text.encode()], file_name="rows.csv"
    )


def stored(town: Town) -> list[tuple[str, int, int | None]]:
    with connections["store"].cursor() as cursor:
        cursor.execute(f"SELECT _key, _from, _to FROM store.d{town.dataset.pk}_g1 ORDER BY _key, _from")
        return list(cursor.fetchall())


def staging_tables() -> list[str]:
    with connections["store"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'store'::regnamespace AND relname ~ '^r[0-9]'"
        )
        return [name for (name,) in cursor.fetchall()]


def test_what_a_dead_run_loaded_never_surfaces_in_a_later_one(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    lease = claim(run)
    assert lease is not None
    with killed_at(monkeypatch, RunPhase.PUBLISH), pytest.raises(Killed):
        run_work(lease=lease, run_id=run.pk)
    assert ("0003", 2, None) in stored(three)
    services.run_cancel(actor=three.cataloguer, run_id=run.pk)
    after = three.send(HEADER + "".join(ROWS) + "0009,钱八,,1,2026-01-01\n")
    assert after.state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0009", "0164A"]


def test_a_worker_that_wakes_up_too_late_writes_nothing(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    first = claim(run)
    assert first is not None
    load = loading.load

    def overtaken(**given: Any) -> Any:
        with clock_at(clock.now() + timedelta(minutes=5)):
            second = claim(run)
            assert second is not None
            monkeypatch.setattr(loading, "load", load)
            run_work(lease=second, run_id=run.pk)
        return load(**given)

    monkeypatch.setattr(loading, "load", overtaken)
    with pytest.raises(LeaseLost):
        run_work(lease=first, run_id=run.pk)
    three.dataset.refresh_from_db()
    assert codes(three) == ["0001", "0003"]
    assert DatasetVersion.objects.count() == 2


def test_a_cancelled_run_stops_at_the_next_phase(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    lease = claim(run)
    assert lease is not None
    enter = ingest.Work.enter

    def cancelled(work: Any, phase: RunPhase) -> None:
        if phase == RunPhase.COMPARE:
            services.run_cancel(actor=three.cataloguer, run_id=run.pk)
        enter(work, phase)

    monkeypatch.setattr(ingest.Work, "enter", cancelled)
    with pytest.raises(LeaseLost):
        run_work(lease=lease, run_id=run.pk)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert codes(three) == ["0001", "0002", "0164A"]


def test_every_run_ends_whatever_became_of_its_worker(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    for minutes in (0, 5, 10):
        with clock_at(clock.now() + timedelta(minutes=minutes)):
            lease = claim(run)
            assert lease is not None
            with killed_at(monkeypatch, RunPhase.STAGE), pytest.raises(Killed):
                run_work(lease=lease, run_id=run.pk)
    with clock_at(clock.now() + timedelta(minutes=30)):
        job_slots_sweep()
        assert sweep.runs_sweep() == 1
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.notes.last().code == "worker_lost"
    assert three.send(NEXT).state == RunState.SUCCEEDED


def test_questions_that_nobody_answers_end_after_a_week(town: Town) -> None:
    run = town.send("姓名\n王小明\n")
    assert run.state == RunState.WAITING
    assert sweep.runs_sweep() == 0
    with clock_at(clock.now() + timedelta(days=8)):
        assert sweep.runs_sweep() == 1
        while outbox_delivery.deliver():
            pass
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    told = Notification.objects.filter(kind=notices.FAILURE, user=town.cataloguer.id)
    assert [one.url for one in told] == [f"/collection/runs/{run.pk}/"]


def test_nobody_is_told_of_what_he_cancelled_himself(town: Town) -> None:
    run = town.send("姓名\n王小明\n")
    services.run_cancel(actor=town.cataloguer, run_id=run.pk)
    while outbox_delivery.deliver():
        pass
    assert not Notification.objects.filter(kind=notices.FAILURE).exists()


def test_superseded_versions_are_kept_for_their_time_and_then_go(three: Town) -> None:
    three.send(NEXT)
    assert sweep.versions_purge() == 0
    with clock_at(clock.now() + timedelta(hours=25)):
        assert sweep.versions_purge() == 2
    assert stored(three) == [("0001", 1, None), ("0003", 2, None)]
    assert DatasetVersion.objects.get(number=1).purged_at is not None
    assert codes(three) == ["0001", "0003"]


def test_it_is_told_that_rows_went_in_the_nights_in_which_they_did(three: Town) -> None:
    told: list[Dataset] = []

    def note(sender: Any, dataset: Dataset, **kwargs: Any) -> None:
        told.append(dataset)

    rows_gone.connect(note)
    try:
        three.send(NEXT)
        sweep.versions_purge()
        assert told == []
        with clock_at(clock.now() + timedelta(hours=25)) as now:
            sweep.versions_purge()
            assert told == [three.dataset]
            now.advance(days=1)
            sweep.versions_purge()
            assert told == [three.dataset, three.dataset], "the night before may have been cut off"
            now.advance(days=3)
            sweep.versions_purge()
            assert len(told) == 2
    finally:
        rows_gone.disconnect(note)


def test_a_dataset_whose_followers_fail_keeps_no_other_from_being_purged(
    three: Town, caplog: pytest.LogCaptureFixture
) -> None:
    second = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="再次")
    first, three.dataset = three.dataset, second
    three.send(HEADER + "".join(ROWS))
    three.send(NEXT)
    three.dataset = first
    three.send(NEXT)

    def failing(sender: Any, **kwargs: Any) -> None:
        raise LookupError("9901021990" + "01011234")

    rows_gone.connect(failing)
    try:
        with clock_at(clock.now() + timedelta(hours=25)):
            sweep.versions_purge()
    finally:
        rows_gone.disconnect(failing)
    assert DatasetVersion.objects.filter(dataset__in=(first, second), purged_at__isnull=False).count() == 2
    assert len(stored(three)) == 2
    assert caplog.text.count("collection_purge_failed") == 2
    assert "990102199001011234" not in caplog.text


def test_what_cancelled_and_lost_runs_staged_goes_within_a_minute(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    lease = claim(run)
    assert lease is not None
    with killed_at(monkeypatch, RunPhase.COMPARE), pytest.raises(Killed):
        run_work(lease=lease, run_id=run.pk)
    assert tables.runs_staged() == {run.pk}
    sweep.staging_purge()
    assert tables.runs_staged() == {run.pk}
    services.run_cancel(actor=three.cataloguer, run_id=run.pk)
    sweep.staging_purge()
    assert tables.runs_staged() == set()


@pytest.mark.parametrize("at", ["keys_unique", "keys_new", "load"])
def test_what_a_run_staged_goes_with_it_also_where_it_failed_as_nobody_expected(
    three: Town, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    staged: list[set[int]] = []

    def broken(*_given: Any, **_named: Any) -> None:
        staged.append(tables.runs_staged())
        raise ValueError("王小明")

    monkeypatch.setattr(loading if at == "load" else staging, at, broken)
    run = sent(three)
    lease = claim(run)
    assert lease is not None
    with pytest.raises(RuntimeError) as raised:
        run_work(lease=lease, run_id=run.pk)
    assert staged == [{run.pk}]
    assert tables.runs_staged() == set()
    assert (raised.value.__context__, str(raised.value)) == (None, f"run {run.pk}")
    run.refresh_from_db()
    assert run.state == RunState.FAILED


def test_the_sweep_judges_a_run_as_it_stands_now(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question is answered between the list of runs and the judgement of this one."""
    run = town.send("姓名\n王小明\n")
    assert run.state == RunState.WAITING
    with clock_at(clock.now() + timedelta(days=8)):
        Run.objects.filter(pk=run.pk).update(state=RunState.QUEUED, slot=clock.now())
        assert sweep._run_end_if_lost(run.pk) == 0
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_a_worker_thought_dead_touches_nothing_of_its_successor(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    lost = claim(run)
    assert lost is not None
    with killed_at(monkeypatch, RunPhase.COMPARE) as died, pytest.raises(Killed):
        run_work(lease=lost, run_id=run.pk)
    with clock_at(clock.now() + timedelta(minutes=5)):
        lease = claim(run)
        assert lease is not None
        with killed_at(monkeypatch, RunPhase.COMPARE), pytest.raises(Killed):
            run_work(lease=lease, run_id=run.pk)
    stage = names.Stage(run.pk, lease.token)
    before = staging.rejected_count(stage)
    staging.raw_create(names.Stage(run.pk, lost.token), 1)
    assert staging.rejected_count(stage) == before
    run.refresh_from_db()
    with pytest.raises(LeaseLost):
        died[0].save("found")
    tables.staging_drop(run.pk)
    assert tables.runs_staged() == set()


def test_the_page_of_a_run_says_that_its_worker_does_not_answer(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sent(three)
    lease = claim(run)
    assert lease is not None
    with killed_at(monkeypatch, RunPhase.STAGE), pytest.raises(Killed):
        run_work(lease=lease, run_id=run.pk)
    page = f"/collection/runs/{run.pk}/"
    assert "does not answer" not in text_of(get(three.cataloguer, page))
    with clock_at(clock.now() + timedelta(seconds=70)):
        assert "The worker does not answer" in text_of(get(three.cataloguer, page))


def test_a_cache_that_is_away_fails_neither_the_run_nor_its_page(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is a convenience: its loss must not cost a load."""

    class Away:
        def __getattr__(self, _name: str) -> Any:
            raise RedisConnectionError("refused")

    monkeypatch.setattr("workflow.live.cache", Away())
    monkeypatch.setattr("collection.services.export.cache", Away())
    run = sent(three)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    assert get(three.cataloguer, f"/collection/runs/{run.pk}/").status_code == 200
    assert three.work(run).state == RunState.SUCCEEDED
    assert "赵六" in text_of(get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/"))
