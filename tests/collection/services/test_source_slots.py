"""A due time brings one run, whoever looks and however often; none is lost without a word."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection

from audit.models import AuditEvent
from catalog.models import Entry
from collection import services
from collection.choices import RunOrigin, RunState, SlotOutcome
from collection.models import Run, Source, SourceSlot
from collection.services.notice import failure_announce
from collection.services.source_slot import sources_check
from collection.tasks import sources_check as tick
from core import clock
from core.clock import REGION_ZONE
from core.testing import clock_at
from tests.collection.conftest import Town
from tests.collection.sources import add, fields
from tests.workflow.race import in_threads
from workflow.models import Notification, OutboxMessage


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=REGION_ZONE)


def hourly(town: Town, **given: object) -> Source:
    return add(town, {"url": "http://data.example/"}, timetable={"rhythm": "hourly", "at": 30}, **given)


def slots() -> list[tuple[str, str, int]]:
    return [
        (one.slot.astimezone(REGION_ZONE).strftime("%d %H:%M"), one.outcome, one.missed)
        for one in SourceSlot.objects.order_by("slot")
    ]


def end(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, finished_at=clock.now())


def test_a_due_time_brings_one_run_however_often_beat_ticks(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        source = hourly(town)
        assert sources_check() == 0
        moved.move_to(at(10, 9, 29))
        assert sources_check() == 0
        moved.move_to(at(10, 9, 30))
        assert [sources_check() for _turn in range(3)] == [1, 0, 0]
        run = Run.objects.get()
        assert (run.source_id, run.origin, run.asked_by_id) == (source.pk, RunOrigin.SCHEDULE, None)
        assert OutboxMessage.objects.filter(event="collection.run.asked").count() == 1
        end(run)
        moved.move_to(at(10, 10, 29))
        assert sources_check() == 0
        moved.move_to(at(10, 10, 31))
        assert sources_check() == 1
    assert slots() == [("10 09:30", "started", 0), ("10 10:30", "started", 0)]


def test_after_downtime_only_the_latest_is_made_up_for_and_the_others_are_counted(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        hourly(town)
        moved.move_to(at(10, 9, 30))
        sources_check()
        end(Run.objects.get())
        moved.move_to(at(10, 14, 45))
        assert [sources_check(), sources_check()] == [1, 0]
    assert slots() == [("10 09:30", "started", 0), ("10 14:30", "started", 4)]
    assert Run.objects.count() == 2


def test_a_due_time_that_finds_a_run_open_is_skipped_and_noted(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        source = hourly(town)
        busy = services.source_run(actor=town.cataloguer, source_id=source.pk)
        moved.move_to(at(10, 9, 30))
        assert sources_check() == 1
        assert sources_check() == 0
    slot = SourceSlot.objects.get()
    assert (slot.outcome, slot.run_id, slot.busy_with_id) == (SlotOutcome.SKIPPED, None, busy.pk)
    assert Run.objects.count() == 1
    assert AuditEvent.objects.filter(action="collection.source.skip").count() == 1


def test_what_goes_wrong_with_one_source_holds_up_no_other(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        broken = hourly(town)
        other = town.world.published(name="另一条")
        dataset = services.dataset_hook(actor=town.cataloguer, ref=other.pk)
        sound = hourly(town, name="sound", dataset=dataset)
        Source.objects.filter(pk=broken.pk).update(timetable={"rhythm": "nonsense"})
        moved.move_to(at(10, 9, 30))
        assert sources_check() == 1
    assert Run.objects.get().source_id == sound.pk


def test_a_due_time_for_which_no_run_can_be_asked_says_why(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        hourly(town)
        Entry.objects.filter(pk=town.entry.pk).update(status="withdrawn")
        moved.move_to(at(10, 9, 30))
        assert [sources_check() for _turn in range(2)] == [1, 0]
    slot = SourceSlot.objects.get()
    assert (slot.outcome, slot.run) == (SlotOutcome.REFUSED, None)
    assert "withdrawn" in slot.reason or "撤" in slot.reason
    assert AuditEvent.objects.filter(action="collection.source.skip").get().after["reason"] == "run.entry_withdrawn"


def test_two_sources_of_one_dataset_take_turns(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        hourly(town)
        hourly(town, name="second")
        moved.move_to(at(10, 9, 30))
        assert sources_check() == 2
    assert sorted(outcome for _slot, outcome, _missed in slots()) == ["skipped", "started"]


def test_what_was_due_while_the_schedule_rested_is_not_made_up_for(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        source = hourly(town)
        services.source_pause(actor=town.cataloguer, source_id=source.pk)
        moved.move_to(at(10, 12, 45))
        assert sources_check() == 0
        services.source_resume(actor=town.cataloguer, source_id=source.pk)
        assert sources_check() == 0
        moved.move_to(at(10, 13, 30))
        assert sources_check() == 1
    assert slots() == [("10 13:30", "started", 0)]


def test_a_new_timetable_counts_from_when_it_was_entered(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        source = hourly(town)
        moved.move_to(at(10, 9, 29))
        services.source_update(
            actor=town.cataloguer,
            source_id=source.pk,
            fields=fields(source.settings, timetable={"rhythm": "hourly", "at": 10}),
            edit_version=1,
        )
        moved.move_to(at(10, 9, 45))
        assert sources_check() == 0
        moved.move_to(at(10, 10, 10))
        assert sources_check() == 1


def test_a_source_follows_the_cycle_of_its_entry(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        add(town, {"url": "http://data.example/"}, timetable={})
        moved.move_to(datetime(2026, 4, 1, 1, 59, tzinfo=REGION_ZONE))
        assert sources_check() == 0
        moved.move_to(datetime(2026, 4, 1, 3, tzinfo=REGION_ZONE))
        assert sources_check() == 1


def test_data_that_were_unhooked_are_not_read(town: Town) -> None:
    with clock_at(at(10, 9)) as moved:
        hourly(town)
        services.dataset_retire(actor=town.cataloguer, dataset_id=town.dataset.pk, reason="并入其他数据")
        moved.move_to(at(10, 9, 30))
        assert sources_check() == 0


def test_the_database_refuses_a_second_row_for_a_due_time(town: Town) -> None:
    source = hourly(town)
    values = {"source": source, "slot": at(10), "taken_at": at(10), "outcome": SlotOutcome.SKIPPED}
    SourceSlot.objects.create(**values)
    with pytest.raises(IntegrityError):
        SourceSlot.objects.create(**values)


def test_a_source_that_goes_on_failing_is_told_of_once(town: Town) -> None:
    told = []
    with clock_at(at(10, 9)) as moved:
        hourly(town)
        for hour in (9, 10, 11):
            moved.move_to(at(10, hour, 30))
            sources_check()
            run = Run.objects.latest("pk")
            end(run)
            failure_announce(run_id=run.pk, key=f"k{run.pk}")
            told.append(Notification.objects.count())
    assert told[0] > 0
    assert told == [told[0]] * 3


@pytest.mark.django_db(transaction=True, databases=["default", "store"])
def test_two_beats_at_the_same_moment_bring_one_run(committed: Town) -> None:
    source = hourly(committed)
    Source.objects.filter(pk=source.pk).update(scheduled_from=clock.now() - timedelta(hours=2))
    results = in_threads(tick, count=4)
    assert results == [None] * 4
    assert Run.objects.filter(source=source).count() == 1
    assert SourceSlot.objects.count() == 1
    connection.close()
