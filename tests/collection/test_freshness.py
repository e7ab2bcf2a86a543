"""When data must be current again, where they stand, and who is reminded of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.choices import Role
from catalog.choices import Cycle
from collection.freshness import (
    TOLERANCES,
    Freshness,
    FreshnessDue,
    Reminder,
    ReminderStage,
    Tolerance,
    freshness,
    next_due,
    reminder_between,
)
from core.clock import REGION_ZONE, WorkdayCalendar

CALENDAR = WorkdayCalendar()
DUE_CYCLES = [cycle for cycle in Cycle if cycle in TOLERANCES and cycle != Cycle.REALTIME]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=REGION_ZONE)


def due_of(cycle: Cycle | str, current_at: str, **more: object) -> FreshnessDue:
    due = next_due(cycle, at(current_at), calendar=CALENDAR, **more)  # type: ignore[arg-type]
    assert due is not None
    return due


# --- The due day ---


@pytest.mark.parametrize(
    ("cycle", "current", "due", "late"),
    [
        (Cycle.DAILY, "2026-03-02", "2026-03-03", "2026-03-04"),
        (Cycle.DAILY, "2026-03-06", "2026-03-09", "2026-03-10"),  # Saturday is no day to be late on
        (Cycle.WEEKLY, "2026-03-04", "2026-03-11", "2026-03-13"),
        (Cycle.TEN_DAYS, "2026-03-10", "2026-03-20", "2026-03-24"),
        (Cycle.MONTHLY, "2026-03-05", "2026-04-07", "2026-04-14"),  # 04-05 is Qingming, its Monday a day off
        (Cycle.QUARTERLY, "2026-01-15", "2026-04-15", "2026-04-29"),
        (Cycle.HALF_YEARLY, "2025-12-30", "2026-06-30", "2026-07-14"),
        (Cycle.YEARLY, "2025-03-31", "2026-03-31", "2026-04-29"),
    ],
)
def test_a_period_runs_from_the_last_proof_of_currency(cycle: Cycle, current: str, due: str, late: str) -> None:
    found = due_of(cycle, f"{current} 10:30")

    assert found.on == date.fromisoformat(due)
    assert found.at.isoformat() == f"{due}T23:59:59.999999+08:00"
    assert found.late_at.isoformat() == f"{late}T23:59:59.999999+08:00"
    assert not found.provisional


@pytest.mark.parametrize(
    ("cycle", "current", "due"),
    [
        (Cycle.MONTHLY, "2025-01-31", "2025-02-28"),
        (Cycle.MONTHLY, "2024-01-31", "2024-02-29"),
        (Cycle.MONTHLY, "2025-03-31", "2025-04-30"),
        (Cycle.MONTHLY, "2025-02-28", "2025-03-28"),  # the corresponding day, not the end of the month
        (Cycle.MONTHLY, "2024-12-31", "2025-02-05"),  # 01-31 lies in Spring Festival
        (Cycle.QUARTERLY, "2024-11-30", "2025-02-28"),
        (Cycle.HALF_YEARLY, "2025-08-31", "2026-02-28"),  # a Saturday made up for
        (Cycle.YEARLY, "2024-02-29", "2025-02-28"),
        (Cycle.YEARLY, "2023-02-28", "2024-02-28"),
    ],
)
def test_months_end_on_the_corresponding_day_or_on_the_last(cycle: Cycle, current: str, due: str) -> None:
    assert due_of(cycle, f"{current} 09:00").on == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("cycle", "current", "due", "late"),
    [
        (Cycle.DAILY, "2026-02-13", "2026-02-14", "2026-02-24"),  # a Saturday that is a working day
        (Cycle.DAILY, "2026-02-14", "2026-02-24", "2026-02-25"),
        (Cycle.WEEKLY, "2026-02-13", "2026-02-24", "2026-02-26"),
        (Cycle.TEN_DAYS, "2026-02-06", "2026-02-24", "2026-02-26"),
        (Cycle.MONTHLY, "2026-01-16", "2026-02-24", "2026-03-02"),  # 02-28 is made up for as well
    ],
)
def test_spring_festival_2026_moves_the_due_day(cycle: Cycle, current: str, due: str, late: str) -> None:
    found = due_of(cycle, f"{current} 16:00")

    assert (found.on.isoformat(), found.late_at.date().isoformat()) == (due, late)


@pytest.mark.parametrize(
    ("due", "working_days", "late"),
    [
        ("2025-09-26", 1, "2025-09-28"),
        ("2025-09-26", 10, "2025-10-16"),
        ("2025-09-26", 20, "2025-10-30"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-13", 10, "2026-03-05"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-04-30", 1, "2026-05-06"),
        ("2026-04-30", 5, "2026-05-11"),
        ("2026-04-30", 10, "2026-05-18"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-18", 10, "2026-10-09"),
        ("2026-09-18", 20, "2026-10-22"),
    ],
)
def test_grace_is_counted_in_working_days(due: str, working_days: int, late: str) -> None:
    before = date.fromisoformat(due) - timedelta(days=1)

    found = due_of(Cycle.DAILY, f"{before} 12:00", tolerance=Tolerance(None, working_days, 1))

    assert (found.on.isoformat(), found.late_at.date().isoformat()) == (due, late)


def test_the_day_is_that_of_the_region() -> None:
    evening = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # 3 March, one o'clock in the morning, in the region

    in_region = next_due(Cycle.DAILY, evening, calendar=CALENDAR)
    in_utc = next_due(Cycle.DAILY, evening, calendar=CALENDAR, zone=ZoneInfo("UTC"))

    assert in_region is not None
    assert in_utc is not None
    assert (in_region.on, in_utc.on) == (date(2026, 3, 4), date(2026, 3, 3))
    assert in_utc.at.isoformat() == "2026-03-03T23:59:59.999999+00:00"


def test_the_region_has_one_offset_all_year() -> None:
    ends = [due_of(Cycle.MONTHLY, f"2026-{month:02}-03 08:00").at.astimezone(UTC) for month in range(1, 12)]

    assert {(end.hour, end.minute, end.second) for end in ends} == {(15, 59, 59)}


def test_a_due_day_in_a_year_without_notice_is_provisional() -> None:
    assert due_of(Cycle.MONTHLY, "2026-12-03 08:00").provisional  # 2027-01-04
    assert due_of(Cycle.YEARLY, "2026-01-15 08:00").provisional
    assert not due_of(Cycle.MONTHLY, "2026-11-30 08:00").provisional
    # The grace runs into 2027, the due day does not.
    assert not due_of(Cycle.MONTHLY, "2026-11-28 08:00").provisional


def test_a_notice_that_comes_moves_the_day_and_settles_it() -> None:
    calendar = WorkdayCalendar({date(2027, 1, 4): False}, published_years=[2027])

    before = due_of(Cycle.MONTHLY, "2026-12-04 08:00")
    after = next_due(Cycle.MONTHLY, at("2026-12-04 08:00"), calendar=calendar)

    assert after is not None
    assert (before.on, before.provisional) == (date(2027, 1, 4), True)
    assert (after.on, after.provisional) == (date(2027, 1, 5), False)


def test_new_year_of_an_unpublished_year_is_no_due_day() -> None:
    assert due_of(Cycle.MONTHLY, "2026-12-01 08:00").on == date(2027, 1, 4)  # 01-01 is a holiday, then a weekend


@pytest.mark.parametrize("cycle", [Cycle.IRREGULAR, Cycle.NEVER, "irregular"])
def test_without_a_fixed_cycle_nothing_is_due(cycle: Cycle | str) -> None:
    assert next_due(cycle, at("2020-01-01"), calendar=CALENDAR) is None
    assert freshness(cycle, None, now=at("2026-01-01")) == Freshness.NONE


@pytest.mark.parametrize("cycle", [*DUE_CYCLES, Cycle.REALTIME])
def test_without_data_nothing_is_known(cycle: Cycle) -> None:
    assert next_due(cycle, None, calendar=CALENDAR) is None
    assert freshness(cycle, None, now=at("2026-01-01")) == Freshness.UNKNOWN


def test_every_cycle_is_decided_on() -> None:
    assert set(TOLERANCES) == set(Cycle) - {Cycle.IRREGULAR, Cycle.NEVER}


def test_a_moment_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_due(Cycle.DAILY, datetime(2026, 1, 1), calendar=CALENDAR)  # noqa: DTZ001


# --- Where data stand ---


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-03-05 10:00", Freshness.FRESH),
        ("2026-04-01 23:59", Freshness.FRESH),
        ("2026-04-02 00:00", Freshness.DUE_SOON),
        ("2026-04-07 23:59", Freshness.DUE_SOON),
        ("2026-04-08 00:00", Freshness.DUE_SOON),
        ("2026-04-14 23:59", Freshness.DUE_SOON),
        ("2026-04-15 00:00", Freshness.OVERDUE),
        ("2026-04-28 23:59", Freshness.OVERDUE),
        ("2026-04-29 00:00", Freshness.OVERDUE_LONG),
        ("2026-08-01 00:00", Freshness.OVERDUE_LONG),
    ],
)
def test_a_monthly_dataset_ages(now: str, state: Freshness) -> None:
    due = due_of(Cycle.MONTHLY, "2026-03-05 10:00", tolerance=Tolerance(notice=2, grace=5, long=10))

    assert due.on == date(2026, 4, 7)
    assert freshness(Cycle.MONTHLY, due, now=at(now)) == state


def test_a_daily_dataset_that_lags_a_day_behind_is_not_called_late() -> None:
    """A harvest at night sees yesterday's file (udata 2941)."""
    due = due_of(Cycle.DAILY, "2026-03-03 02:00")

    assert freshness(Cycle.DAILY, due, now=at("2026-03-04 23:00")) == Freshness.FRESH
    assert freshness(Cycle.DAILY, due, now=at("2026-03-05 03:00")) == Freshness.DUE_SOON
    assert freshness(Cycle.DAILY, due, now=at("2026-03-06 00:00")) == Freshness.OVERDUE


def test_what_was_just_updated_is_never_due_soon() -> None:
    due = due_of(Cycle.WEEKLY, "2026-02-14 09:00")  # the last working day before Spring Festival

    assert due.on == date(2026, 2, 24)
    assert due.notice_at is None
    assert freshness(Cycle.WEEKLY, due, now=at("2026-02-14 09:01")) == Freshness.FRESH


def test_realtime_is_judged_by_its_heartbeat() -> None:
    due = due_of(Cycle.REALTIME, "2026-02-17 10:00", heartbeat_minutes=15)  # a holiday: machines know none

    assert due.at == at("2026-02-17 10:15")
    assert not due.provisional
    assert freshness(Cycle.REALTIME, due, now=at("2026-02-17 10:15")) == Freshness.FRESH
    assert freshness(Cycle.REALTIME, due, now=at("2026-02-17 10:16")) == Freshness.OVERDUE
    assert freshness(Cycle.REALTIME, due, now=at("2026-02-18 10:16")) == Freshness.OVERDUE_LONG


def test_a_heartbeat_takes_time() -> None:
    with pytest.raises(ValueError, match="at least a minute"):
        due_of(Cycle.REALTIME, "2026-02-17 10:00", heartbeat_minutes=0)


# --- Reminders ---


def test_who_is_reminded_when() -> None:
    due = due_of(Cycle.MONTHLY, "2026-03-05 10:00")

    assert due.reminders == (
        Reminder(ReminderStage.BEFORE, at("2026-04-01 00:00")),
        Reminder(ReminderStage.DUE, at("2026-04-08 00:00")),
        Reminder(ReminderStage.OVERDUE, at("2026-04-15 00:00")),
        Reminder(ReminderStage.OVERDUE_LONG, at("2026-04-29 00:00")),
    )
    assert [reminder.roles for reminder in due.reminders] == [
        (Role.CATALOGUER,),
        (Role.CATALOGUER,),
        (Role.CATALOGUER, Role.HEAD),
        (Role.CATALOGUER, Role.HEAD, Role.REVIEWER),
    ]


def test_nobody_is_reminded_on_a_rest_day() -> None:
    due = due_of(Cycle.WEEKLY, "2026-09-23 10:00")  # due on 09-30, before National Day

    assert {reminder.stage: reminder.at.date().isoformat() for reminder in due.reminders} == {
        ReminderStage.BEFORE: "2026-09-29",
        ReminderStage.DUE: "2026-10-08",
        ReminderStage.OVERDUE: "2026-10-10",  # a Saturday made up for
        ReminderStage.OVERDUE_LONG: "2026-10-16",
    }


def test_what_is_updated_daily_is_not_announced_daily() -> None:
    stages = [reminder.stage for reminder in due_of(Cycle.DAILY, "2026-03-03 02:00").reminders]

    assert stages == [ReminderStage.DUE, ReminderStage.OVERDUE, ReminderStage.OVERDUE_LONG]


def test_a_heartbeat_is_reminded_of_at_once() -> None:
    due = due_of(Cycle.REALTIME, "2026-02-17 10:00")

    assert due.reminders == (
        Reminder(ReminderStage.OVERDUE, at("2026-02-17 11:00")),
        Reminder(ReminderStage.OVERDUE_LONG, at("2026-02-18 11:00")),
    )


@pytest.mark.parametrize("cycle", DUE_CYCLES)
@pytest.mark.parametrize("minutes", [60, 7, 24 * 60])
def test_joining_checks_send_each_stage_once(cycle: Cycle, minutes: int) -> None:
    due = due_of(cycle, "2026-01-29 10:00")
    checked, sent = at("2026-01-29 10:00"), []
    while checked < due.long_at + timedelta(days=40):
        until = checked + timedelta(minutes=minutes)
        reminder = reminder_between(due, after=checked, until=until)
        sent += [reminder] if reminder else []
        checked = until

    assert tuple(sent) == due.reminders


def test_after_a_gap_only_the_present_stage_is_reminded_of() -> None:
    due = due_of(Cycle.MONTHLY, "2026-03-05 10:00")

    reminder = reminder_between(due, after=at("2026-03-31 10:00"), until=at("2026-04-20 10:00"))

    assert reminder is not None
    assert reminder.stage == ReminderStage.OVERDUE
    assert reminder_between(due, after=at("2026-04-20 10:00"), until=at("2026-04-20 11:00")) is None


def test_a_due_time_that_lay_in_the_past_when_it_was_made_is_reminded_of() -> None:
    """The cycle was changed from yearly to daily, say."""
    due = due_of(Cycle.DAILY, "2026-01-05 10:00")

    reminder = reminder_between(due, after=None, until=at("2026-04-20 10:00"))

    assert reminder is not None
    assert reminder.stage == ReminderStage.OVERDUE_LONG


# --- What holds for every day ---


@given(
    cycle=st.sampled_from(DUE_CYCLES),
    moment=st.datetimes(datetime(2004, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001
)
def test_moments_are_in_order_and_on_working_days(cycle: Cycle, moment: datetime) -> None:
    current_at = moment.replace(tzinfo=UTC)
    due = next_due(cycle, current_at, calendar=CALENDAR)
    assert due is not None

    assert current_at < due.at <= due.late_at < due.long_at
    assert CALENDAR.is_working_day(due.on)
    assert due.notice_at is None or current_at < due.notice_at <= due.at
    assert freshness(cycle, due, now=current_at) == Freshness.FRESH
    moments = [reminder.at for reminder in due.reminders]
    assert moments == sorted(set(moments))
    assert all(CALENDAR.is_working_day(moment.date()) for moment in moments)
    states = [freshness(cycle, due, now=moment) for moment in moments]
    assert states[-2:] == [Freshness.OVERDUE, Freshness.OVERDUE_LONG]
    assert set(states[:-2]) <= {Freshness.DUE_SOON}


@given(
    cycle=st.sampled_from(DUE_CYCLES),
    moments=st.tuples(*[st.datetimes(datetime(2004, 1, 1), datetime(2026, 6, 30))] * 2),  # noqa: DTZ001
)
def test_a_later_update_is_never_due_earlier(cycle: Cycle, moments: tuple[datetime, datetime]) -> None:
    earlier, later = (next_due(cycle, moment.replace(tzinfo=UTC), calendar=CALENDAR) for moment in sorted(moments))

    assert earlier is not None
    assert later is not None
    assert earlier.at <= later.at
    assert earlier.late_at <= later.late_at
