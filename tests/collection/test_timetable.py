"""When sources are read: worked out from the timetable and the working-day calendar alone."""

from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import Any

import pytest

from catalog.choices import Cycle
from collection.choices import Rhythm
from collection.timetable import Timetable, latest_slot, next_slot, slots_after, slots_between, timetable_in_force
from core.clock import REGION_ZONE, WorkdayCalendar
from core.exceptions import RuleViolation

DAYS = WorkdayCalendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=REGION_ZONE)


def following(timetable: Timetable, moment: str, count: int = 3) -> list[str]:
    return [slot.strftime("%m-%d %H:%M") for slot in islice(slots_after(timetable, at(moment), DAYS), count)]


@pytest.mark.parametrize(
    ("timetable", "moment", "slots"),
    [
        (Timetable(Rhythm.MINUTES, minutes=15), "2026-03-10 09:15", ["03-10 09:30", "03-10 09:45", "03-10 10:00"]),
        (Timetable(Rhythm.MINUTES, minutes=50), "2026-03-10 23:00", ["03-10 23:20", "03-11 00:00", "03-11 00:50"]),
        (Timetable(Rhythm.HOURLY, at=7), "2026-03-10 22:30", ["03-10 23:07", "03-11 00:07", "03-11 01:07"]),
        (Timetable(Rhythm.DAILY, at=125), "2026-03-10 02:05", ["03-11 02:05", "03-12 02:05", "03-13 02:05"]),
        # 2026-09-25 is Mid-Autumn, 26 and 27 a weekend, 20 September a make-up Sunday.
        (
            Timetable(Rhythm.DAILY, at=60, skips_rest_days=True),
            "2026-09-24 00:00",
            ["09-24 01:00", "09-28 01:00", "09-29 01:00"],
        ),
        (Timetable(Rhythm.WEEKLY, at=0, weekdays=(1, 5)), "2026-03-10 00:00", ["03-13 00:00", "03-16 00:00"]),
        (Timetable(Rhythm.MONTHLY, at=0, days=(31,)), "2026-01-31 00:00", ["02-28 00:00", "03-31 00:00"]),
        # 1 May to 5 May 2026 are days off, 1 August a Saturday.
        (
            Timetable(Rhythm.MONTHLY, at=0, days=(1,), skips_rest_days=True),
            "2026-04-02 00:00",
            ["05-06 00:00", "06-01 00:00", "07-01 00:00"],
        ),
        (Timetable(Rhythm.MONTHLY, at=0, months=(1, 7)), "2026-01-02 00:00", ["07-01 00:00", "01-01 00:00"]),
        (Timetable(Rhythm.BY_HAND), "2026-01-02 00:00", []),
    ],
)  # fmt: skip
def test_the_next_due_times(timetable: Timetable, moment: str, slots: list[str]) -> None:
    assert following(timetable, moment, len(slots) or 1) == slots


def test_the_latest_due_time_is_found_from_any_moment_up_to_the_next() -> None:
    daily = Timetable(Rhythm.DAILY, at=120)
    slot = at("2026-03-10 02:00")
    assert latest_slot(daily, slot, DAYS) == slot
    assert latest_slot(daily, at("2026-03-11 01:59"), DAYS) == slot
    assert latest_slot(daily, at("2026-03-11 01:59").astimezone(UTC), DAYS) == slot
    assert next_slot(daily, slot, DAYS) == at("2026-03-11 02:00")
    assert latest_slot(Timetable(Rhythm.BY_HAND), slot, DAYS) is None


def test_due_times_between_two_are_counted() -> None:
    quarter = Timetable(Rhythm.MINUTES, minutes=15)
    assert slots_between(quarter, at("2026-03-10 09:00"), at("2026-03-10 10:00"), DAYS) == 3
    assert slots_between(quarter, at("2026-03-10 09:45"), at("2026-03-10 10:00"), DAYS) == 0


@pytest.mark.parametrize("cycle", [one for one in Cycle if one not in (Cycle.IRREGULAR, Cycle.NEVER)])
def test_a_source_that_follows_the_cycle_is_read_within_it(cycle: Cycle) -> None:
    timetable = timetable_in_force(Timetable(), cycle)
    slots = list(islice(slots_after(timetable, at("2026-01-01 00:00"), DAYS), 3))
    longest = {"realtime": 0, "daily": 1, "weekly": 7, "ten_days": 11, "monthly": 38, "quarterly": 100,
               "half_yearly": 190, "yearly": 380}[cycle]  # fmt: skip
    assert all((after - before).days <= longest for before, after in pairwise(slots))
    assert len(slots) >= 2


def test_sources_that_follow_the_same_cycle_do_not_all_come_at_once() -> None:
    found = {timetable_in_force(Timetable(), Cycle.DAILY, spread=number).at for number in range(10)}
    assert len(found) == 10
    assert all(120 <= one < 180 for one in found)


def test_what_is_never_updated_is_never_read_by_itself() -> None:
    assert timetable_in_force(Timetable(), Cycle.NEVER).rhythm == Rhythm.BY_HAND
    assert next_slot(timetable_in_force(Timetable(), Cycle.IRREGULAR), at("2026-01-01 00:00"), DAYS) is None


def test_a_timetable_comes_back_as_it_was_kept() -> None:
    one = Timetable(Rhythm.WEEKLY, at=90, weekdays=(1, 3), skips_rest_days=True)
    assert Timetable.from_dict(one.to_dict()) == one


@pytest.mark.parametrize(
    "value",
    [
        {"rhythm": "sometimes"}, {"minutes": 4}, {"minutes": True}, {"at": -1}, {"at": "09:00"}, {"weekdays": [8]},
        {"weekdays": "1"}, {"days": [0]}, {"days": []}, {"months": [13]}, {"skips_rest_days": "no"}, {"else": 1},
        {"rhythm": "hourly", "at": 60},
    ],
)  # fmt: skip
def test_what_is_no_timetable_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(RuleViolation):
        Timetable.from_dict(value)
