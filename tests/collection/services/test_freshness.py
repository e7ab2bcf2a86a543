"""Datasets are judged by the cycle of their entry, and reminded of once per stage, in turn of who answers."""

from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command

from collection import services
from collection.models import Dataset
from collection.notices import FRESHNESS
from collection.services import freshness as freshness_service
from collection.services.freshness import freshness_check
from core.clock import REGION_ZONE
from core.exceptions import RuleViolation
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town
from tests.unchanged import nothing_changes
from workflow.models import Notification


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=REGION_ZONE)


def reminded() -> list[tuple[int, str]]:
    found = Notification.objects.filter(kind=FRESHNESS).order_by("pk")
    return list(found.values_list("user_id", "dedupe_key"))


def test_a_monthly_dataset_is_reminded_of_once_per_stage(town: Town) -> None:
    with clock_at(at(3, 10)) as moved:
        town.send(HEADER + "".join(ROWS))
        assert town.dataset.freshness == "fresh"
        assert town.dataset.due_at is not None
        assert town.dataset.due_at.astimezone(REGION_ZONE).date().isoformat() == "2026-04-10"
        stages = []
        for moment in (at(3, 30), at(4, 8), at(4, 8, 10), at(4, 13), at(4, 20), at(5, 15), at(5, 16)):
            moved.move_to(moment)
            freshness_check()
            town.dataset.refresh_from_db()
            stages.append((town.dataset.freshness, len(reminded())))
    assert stages == [
        ("fresh", 0), ("due_soon", 1), ("due_soon", 1), ("due_soon", 2), ("overdue", 4), ("overdue_long", 8),
        ("overdue_long", 8),
    ]  # fmt: skip
    who = {user for user, _key in reminded()}
    assert who == {town.world.cataloguer.id, town.world.head.id, town.world.reviewer.id, town.world.second_reviewer.id}


def test_finding_the_source_unchanged_counts_as_current(town: Town) -> None:
    with clock_at(at(3, 10)) as moved:
        town.send(HEADER + "".join(ROWS))
        moved.move_to(at(4, 9))
        run = town.send(HEADER + "".join(ROWS))
        assert run.state == "unchanged"
    assert town.dataset.due_at is not None
    assert town.dataset.due_at.astimezone(REGION_ZONE).date().isoformat() == "2026-05-09"
    assert town.dataset.changed_at == at(3, 10)


def test_irregular_cycles_have_no_due_time(town: Town) -> None:
    entry = town.world.published(name="不定期", cycle="irregular")
    dataset = services.dataset_hook(actor=town.cataloguer, ref=entry.pk)
    Town(town.world, entry, dataset).send(HEADER + "".join(ROWS))
    freshness_check()
    dataset.refresh_from_db()
    assert (dataset.freshness, dataset.due_at) == ("none", None)


def test_the_command_does_what_the_hourly_job_does(town: Town, capsys: object) -> None:
    call_command("check_freshness")
    assert "1 datasets judged, 0 reminders sent" in capsys.readouterr().out  # type: ignore[attr-defined]
    assert Dataset.objects.get().freshness == "unknown"


def test_a_dataset_may_be_late_sooner_than_its_cycle_says_and_no_later(town: Town) -> None:
    with clock_at(at(3, 10)) as moved:
        town.send(HEADER + "".join(ROWS))
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            services.dataset_update(
                actor=town.cataloguer, dataset_id=town.dataset.pk, fields={"grace_days": 6, "heartbeat_minutes": 0}
            )
        assert {(one.field, one.code) for one in refused.value.errors} == {
            ("grace_days", "out_of_range"),
            ("heartbeat_minutes", "out_of_range"),
        }
        moved.move_to(at(4, 13))
        freshness_check()
        town.dataset.refresh_from_db()
        assert town.dataset.freshness == "due_soon"
        services.dataset_update(actor=town.cataloguer, dataset_id=town.dataset.pk, fields={"grace_days": 0})
        town.dataset.refresh_from_db()
        assert town.dataset.freshness == "overdue"


def test_data_in_real_time_have_a_longest_silence_of_their_own(town: Town) -> None:
    entry = town.world.published(name="实时", cycle="realtime")
    dataset = services.dataset_hook(actor=town.cataloguer, ref=entry.pk)
    with clock_at(at(3, 10, 9)) as moved:
        Town(town.world, entry, dataset).send(HEADER + "".join(ROWS))
        services.dataset_update(actor=town.cataloguer, dataset_id=dataset.pk, fields={"heartbeat_minutes": 180})
        for hour, state in ((11, "fresh"), (13, "overdue")):
            moved.move_to(at(3, 10, hour))
            freshness_check()
            dataset.refresh_from_db()
            assert dataset.freshness == state


def test_one_dataset_that_cannot_be_judged_keeps_no_other_from_it(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    other = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份")
    looked: list[int] = []

    def look(dataset_id: int, days: Any) -> int:
        looked.append(dataset_id)
        if dataset_id == three.dataset.pk:
            raise ZeroDivisionError
        return 0

    monkeypatch.setattr(freshness_service, "_dataset_check", look)
    judged, _reminded = freshness_service.freshness_check()
    assert {three.dataset.pk, other.pk} <= set(looked)
    assert judged == len(looked) - 1
