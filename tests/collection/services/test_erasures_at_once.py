"""Of two erasures of one dataset one is carried out after the other, and neither undoes what the night let go of."""

import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from collection.duty_choices import ErasureState
from collection.models import Erasure, Run
from collection.services import erasure as asking
from collection.services import erasure_work as working
from collection.services import retention
from collection.store import erasing
from tests.catalog.views.reader import client_of, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import (
    NUMBER,
    Killed,
    approved,
    carry_out,
    everything_sealed,
    files,
    original,
    referred,
    stored,
)
from tests.unchanged import nothing_changes
from workflow.choices import JobState
from workflow.models import JobSlot, OutboxMessage
from workflow.services.job_slot import job_slot_claim, job_slot_finish

OTHER = "990102199001011234"
"""Of 张三, row 0001."""


def both(town: Town) -> tuple[Erasure, Erasure]:
    return approved(town), approved(town, value=OTHER, document_number="2026-11-21")


def asked() -> int:
    return OutboxMessage.objects.filter(event=asking.EVENT).count()


@pytest.mark.parametrize("at", ["before reading", "before keeping"])
def test_one_waits_for_the_other_and_both_people_are_gone(
    three: Town, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    first, second = both(three)
    real, looks = working.run_redact, []

    def meanwhile() -> None:
        looks.append(carry_out(second).state)

    def redact(run_id: int, item: str, subject: Any, *, keep: Any) -> None:
        if looks:
            return real(run_id, item, subject, keep=keep)
        if at == "before reading":
            meanwhile()
            return real(run_id, item, subject, keep=keep)

        def late(found: Any) -> bool:
            meanwhile()
            return bool(keep(found))

        return real(run_id, item, subject, keep=late)

    monkeypatch.setattr(working, "run_redact", redact)
    before = asked()
    assert carry_out(first).state == ErasureState.DONE
    assert looks == [ErasureState.APPROVED]
    assert asked() == before + 1, "the end of the first asks for the second"
    second = carry_out(second)
    assert (second.state, second.attempts) == (ErasureState.DONE, 0)
    run = Run.objects.get(dataset=three.dataset, version__number=1)
    assert original(run) == HEADER + ROWS[2]
    for left in (stored(three), everything_sealed(three)):
        assert NUMBER not in left
        assert OTHER not in left
    assert referred() == files()


def test_waiting_is_no_attempt_and_what_failed_lets_the_next_begin(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = both(three)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", lambda *args, **given: 1 / 0)
        for attempt in range(working.MOST_ATTEMPTS):
            first.refresh_from_db()
            assert first.slot is not None
            held = job_slot_claim(working.erasure_job_name(first.pk), first.slot)
            assert held is not None
            with pytest.raises(ZeroDivisionError):
                working.erasure_work(lease=held, erasure_id=first.pk)
            job_slot_finish(held, state=JobState.FAILED)
            if not attempt:
                assert carry_out(second).state == ErasureState.APPROVED
                assert second.slot is None
                shown = client_of(three.cataloguer).get(f"/collection/duties/erasures/{second.pk}/")
                assert "It waits for another erasure" in text_of(shown)
            working.erasures_sweep()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.attempts) == (ErasureState.FAILED, ErasureState.APPROVED, 0)
    assert second.slot is not None, "the end of the first has asked for it"
    assert carry_out(second).state == ErasureState.DONE
    assert OTHER not in everything_sealed(three)
    assert OTHER not in stored(three)


def test_the_sweep_asks_for_one_that_waits_where_none_is_carried_out(three: Town) -> None:
    erasure = approved(three)
    Erasure.objects.filter(pk=erasure.pk).update(slot=None)
    before = asked()
    assert working.erasures_sweep() == 1
    assert asked() == before + 1
    with nothing_changes():
        assert working.erasures_sweep() == 0
    assert carry_out(erasure).state == ErasureState.DONE


def test_the_sweep_leaves_what_waits_alone_while_another_is_carried_out(three: Town) -> None:
    first, second = both(three)
    Erasure.objects.filter(pk=first.pk).update(state=ErasureState.RUNNING)
    Erasure.objects.filter(pk=second.pk).update(slot=None)
    with nothing_changes():
        assert working.erasures_sweep() == 0


def test_the_command_says_that_one_waits_and_then_carries_it_out(
    three: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = both(three)
    Erasure.objects.filter(pk=first.pk).update(state=ErasureState.RUNNING)
    call_command("erase", str(second.pk))
    assert "waits for another erasure" in capsys.readouterr().out
    assert OTHER in stored(three)
    call_command("erase", str(second.pk))
    assert "waits for another erasure" in capsys.readouterr().out
    call_command("erase")
    assert not Erasure.objects.exclude(state=ErasureState.DONE).exists()
    assert OTHER not in stored(three)
    assert NUMBER not in stored(three)


def test_of_two_workers_at_the_same_moment_one_begins(committed: Town) -> None:
    pair = both(committed)
    gate, begun = threading.Barrier(2), []

    def begin(erasure: Erasure) -> None:
        try:
            assert erasure.slot is not None
            held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
            assert held is not None
            gate.wait(timeout=60)
            if working._begin(held, erasure.pk) is not None:
                begun.append(erasure.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=begin, args=[one]) for one in pair]
    for one in workers:
        one.start()
    for one in workers:
        one.join(timeout=120)
    states = Erasure.objects.order_by("pk").values_list("state", "slot")
    assert len(begun) == 1
    assert sorted(state for state, _slot in states) == ["approved", "running"]
    assert [slot for state, slot in states if state == "approved"] == [None]


@pytest.mark.parametrize("how", ["expired", "disposed of"])
def test_what_the_night_let_go_of_meanwhile_stays_away(three: Town, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    three.send(HEADER + "".join(ROWS) + f"0009,李四,{NUMBER},很多,2026-03-01\n", mode="upsert")
    run = Run.objects.filter(dataset=three.dataset).latest("pk")
    assert run.rejects
    monkeypatch.setattr(retention, "_expired", lambda: Run.objects.filter(pk=run.pk).exclude(original=""))
    real = working.run_redact

    def redact(run_id: int, item: str, subject: Any, *, keep: Any) -> None:
        def late(found: Any) -> bool:
            if found.run.pk == run.pk:
                names = [str(found.run.original.name), str(found.run.rejects.name)]
                if how == "expired":
                    retention.originals_expire()
                else:
                    retention.originals_drop(actor=retention.SWEEPER, run_ids=[run.pk])
                retention.files_drop([name for name in names if name in referred()])
            return bool(keep(found))

        return real(run_id, item, subject, keep=late)

    monkeypatch.setattr(working, "run_redact", redact)
    done = carry_out(approved(three))
    run.refresh_from_db()
    assert (str(run.original), str(run.rejects), "preview" in run.found) == ("", "", False)
    assert done.state == ErasureState.DONE
    assert not [one for one in done.report["runs"] if one["run"] == run.pk and {"original", "rejects"} & one.keys()]
    assert files() - referred() <= _dropped(run), "what was written for a run that has let go is deleted"


def _dropped(run: Run) -> set[str]:
    """Return the files that the night has asked to be deleted."""
    messages = OutboxMessage.objects.filter(event=retention.EVENT)
    return {name for one in messages for name in one.payload["names"]}


def test_a_run_is_read_when_its_turn_comes(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    three.send(HEADER + "".join(ROWS) + "0009,赵六,,1,2026-03-01\n", is_confirmed=True)
    last = Run.objects.filter(dataset=three.dataset).latest("pk")
    real = working.run_redact

    def redact(run_id: int, item: str, subject: Any, *, keep: Any) -> None:
        if run_id != last.pk:
            retention.originals_drop(actor=retention.SWEEPER, run_ids=[last.pk])
            for message in OutboxMessage.objects.filter(event=retention.EVENT):
                retention.files_drop(message.payload["names"])
        return real(run_id, item, subject, keep=keep)

    monkeypatch.setattr(working, "run_redact", redact)
    done = carry_out(approved(three))
    assert [one["run"] for one in done.report["runs"]] == [Run.objects.filter(dataset=three.dataset).earliest("pk").pk]


def test_one_that_waited_is_not_lost_with_its_worker(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = both(three)
    Erasure.objects.filter(pk=first.pk).update(state=ErasureState.RUNNING)
    assert second.slot is not None
    held = job_slot_claim(working.erasure_job_name(second.pk), second.slot)
    assert held is not None
    real = working._begin

    def die(*args: Any) -> Any:
        real(*args)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(working, "_begin", die)
        with pytest.raises(Killed):
            working.erasure_work(lease=held, erasure_id=second.pk)
    assert JobSlot.objects.get(pk=held.slot_id).state == JobState.RUNNING
    assert carry_out(first).state == ErasureState.DONE
    assert carry_out(second).state == ErasureState.DONE
