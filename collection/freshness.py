"""Whether data keep the update cycle that their entry declares. Pure arithmetic: no tables, no present moment.

A period runs from the last time the data were known to be current. It is counted as the Civil Code counts (民法典
Art. 201 to 203): the starting day is left out; months and years end on the corresponding day, else on the last of the
month; an end on a rest day moves to the next working day. Grace follows before anybody is called late (docs/adr/0051).
"""

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

from accounts.choices import Role
from catalog.choices import Cycle
from core.clock import REGION_ZONE, WorkdayCalendar, end_of_day

HEARTBEAT_MINUTES = 60
"""The longest silence of a realtime source that still counts as running, where nothing else is set."""


class Freshness(StrEnum):
    """Where data stand against their cycle. The first two have no due time."""

    NONE = "none"
    UNKNOWN = "unknown"
    FRESH = "fresh"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    OVERDUE_LONG = "overdue_long"


class ReminderStage(StrEnum):
    """What is reminded of, in the order of time."""

    BEFORE = "before"
    DUE = "due"
    OVERDUE = "overdue"
    OVERDUE_LONG = "overdue_long"


ROLES_REMINDED: Mapping[ReminderStage, tuple[Role, ...]] = MappingProxyType(
    {
        ReminderStage.BEFORE: (Role.CATALOGUER,),
        ReminderStage.DUE: (Role.CATALOGUER,),
        ReminderStage.OVERDUE: (Role.CATALOGUER, Role.HEAD),
        ReminderStage.OVERDUE_LONG: (Role.CATALOGUER, Role.HEAD, Role.REVIEWER),
    }
)
"""Who hears of a stage: first who can mend it, then who answers for it, then who watches over it."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How a cycle is judged, in working days.

    Attributes:
        notice: before the due day from which data are due soon; None: not announced.
        grace: after the due day before data are overdue, 0 or more.
        long: after that before they are long overdue, 1 or more. For realtime, days of 24 hours.
    """

    notice: int | None
    grace: int
    long: int


TOLERANCES: Mapping[Cycle, Tolerance] = MappingProxyType(
    {
        # A machine's; its silence is judged by the heartbeat alone. A day of it is a failure nobody mends.
        Cycle.REALTIME: Tolerance(notice=None, grace=0, long=1),
        # A run at night, or a harvest that sees yesterday's file, may be a day behind without fault (udata 2941).
        # An announcement would come every day.
        Cycle.DAILY: Tolerance(notice=None, grace=1, long=5),
        # Somebody is ill or the source is down: a working week holds two days to mend it in.
        Cycle.WEEKLY: Tolerance(notice=1, grace=2, long=5),
        # Parts of a month (旬) have eight to eleven days, the period always ten.
        Cycle.TEN_DAYS: Tolerance(notice=1, grace=2, long=5),
        # Monthly figures come on different days of the month.
        Cycle.MONTHLY: Tolerance(notice=3, grace=5, long=10),
        # Figures are closed, signed and passed on before they are handed in; ten working days are also what the
        # regulation gives for updating a catalog.
        Cycle.QUARTERLY: Tolerance(notice=5, grace=10, long=20),
        Cycle.HALF_YEARLY: Tolerance(notice=10, grace=10, long=20),
        Cycle.YEARLY: Tolerance(notice=10, grace=20, long=20),
    }
)
"""Internal rule; a cycle that is not in it has no due time."""

LONGEST_HEARTBEAT_MINUTES = 24 * 60
"""Data that say nothing for a day are long overdue."""

_DAYS = {Cycle.DAILY: 1, Cycle.WEEKLY: 7, Cycle.TEN_DAYS: 10}
_MONTHS = {Cycle.MONTHLY: 1, Cycle.QUARTERLY: 3, Cycle.HALF_YEARLY: 6, Cycle.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Reminder:
    """A stage, and the moment from which it is reminded of."""

    stage: ReminderStage
    at: datetime

    @property
    def roles(self) -> tuple[Role, ...]:
        return ROLES_REMINDED[self.stage]


@dataclass(frozen=True, slots=True)
class FreshnessDue:
    """When data must be current again, and what follows if they are not.

    Attributes:
        on: the due day in the region.
        at: its end; for realtime the exact instant.
        notice_at: from then on they are due soon; None: only once ``at`` has passed.
        late_at: the end of the grace; after it they are overdue.
        long_at: after it they are long overdue.
        provisional: the notice of the due day's year is not published, so the day may still move. Whoever keeps a
            due time works it out again whenever the calendar changes, provisional or not.
        reminders: in the order of time, on working days except for realtime.
    """

    on: date
    at: datetime
    notice_at: datetime | None
    late_at: datetime
    long_at: datetime
    provisional: bool
    reminders: tuple[Reminder, ...]


def tolerance_of(cycle: Cycle, grace_days: int | None) -> Tolerance | None:
    """Return how a dataset is judged whose department has laid down a grace; None as usual for the cycle.

    It may be shorter than usual, never longer: nobody makes his own data late without its being seen.
    """
    usual = TOLERANCES.get(cycle)
    if usual is None or grace_days is None:
        return usual
    return replace(usual, grace=min(grace_days, usual.grace))


def next_due(
    cycle: Cycle | str,
    current_at: datetime | None,
    *,
    calendar: WorkdayCalendar,
    zone: tzinfo = REGION_ZONE,
    tolerance: Tolerance | None = None,
    heartbeat_minutes: int = HEARTBEAT_MINUTES,
) -> FreshnessDue | None:
    """Work out when data must be current again; None without a due time: no fixed cycle, or no data yet.

    Args:
        current_at: the last moment at which the data were known to be current: the last change, or the last run that
            found the source unchanged, whichever is later.
        tolerance: in place of the usual one of the cycle.
        heartbeat_minutes: for realtime, the longest silence that counts as running, 1 or more.
    """
    cycle = Cycle(cycle)
    if current_at is None or cycle not in TOLERANCES:
        return None
    if current_at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    tolerance = tolerance or TOLERANCES[cycle]
    if cycle == Cycle.REALTIME:
        return _silent_since(current_at, timedelta(minutes=heartbeat_minutes), timedelta(days=tolerance.long), zone)
    start = current_at.astimezone(zone).date()
    last = _period_end(start, cycle)
    on = last if calendar.is_working_day(last) else next(calendar.working_days_after(last))
    late_on = calendar.add_working_days(on, tolerance.grace).on if tolerance.grace else on
    long_on = calendar.add_working_days(late_on, tolerance.long).on
    notice_on = None if tolerance.notice is None else _working_day_before(calendar, on, tolerance.notice)
    if notice_on is not None and notice_on <= start:
        notice_on = None
    moments = {
        ReminderStage.BEFORE: notice_on,
        ReminderStage.DUE: next(calendar.working_days_after(on)) if tolerance.grace else None,
        ReminderStage.OVERDUE: next(calendar.working_days_after(late_on)),
        ReminderStage.OVERDUE_LONG: next(calendar.working_days_after(long_on)),
    }
    return FreshnessDue(
        on=on,
        at=end_of_day(on, zone),
        notice_at=_start_of_day(notice_on, zone) if notice_on else None,
        late_at=end_of_day(late_on, zone),
        long_at=end_of_day(long_on, zone),
        provisional=not all(calendar.is_published(year) for year in range(last.year, on.year + 1)),
        reminders=tuple(Reminder(stage, _start_of_day(day, zone)) for stage, day in moments.items() if day),
    )


def freshness(cycle: Cycle | str, due: FreshnessDue | None, *, now: datetime) -> Freshness:
    """Say where data stand.

    Args:
        due: what ``next_due`` gave for this cycle.
    """
    if Cycle(cycle) not in TOLERANCES:
        return Freshness.NONE
    if due is None:
        return Freshness.UNKNOWN
    if now > due.long_at:
        return Freshness.OVERDUE_LONG
    if now > due.late_at:
        return Freshness.OVERDUE
    if now > due.at or (due.notice_at is not None and now >= due.notice_at):
        return Freshness.DUE_SOON
    return Freshness.FRESH


def is_behind(cycle: Cycle | str, newest: date, *, today: date) -> bool:
    """Say whether the newest value of data is older than two of their cycles; without a fixed cycle it never is.

    Data that come as things happen are taken to bring something every day.
    """
    cycle = Cycle(cycle)
    if cycle not in TOLERANCES:
        return False
    period = Cycle.DAILY if cycle == Cycle.REALTIME else cycle
    return _period_end(_period_end(newest, period), period) < today if newest < today else False


def reminder_between(due: FreshnessDue, *, after: datetime | None, until: datetime) -> Reminder | None:
    """Return the reminder that a check must send: of the last stage reached after one moment and up to another.

    Checks whose times join on send each stage once per due time. After a gap only the stage that the data are in now
    is reminded of: it goes to all who would have heard of the earlier ones.

    Args:
        after: the ``until`` of the check before; None for a due time that no check has seen yet.
    """
    reached = [
        reminder for reminder in due.reminders if reminder.at <= until and (after is None or reminder.at > after)
    ]
    return reached[-1] if reached else None


def _silent_since(current_at: datetime, silence: timedelta, long: timedelta, zone: tzinfo) -> FreshnessDue:
    """Return the due time of a realtime source: no grace, no rest days."""
    if silence <= timedelta(0):
        raise ValueError("a heartbeat takes at least a minute")
    at = (current_at + silence).astimezone(zone)
    reminders = (Reminder(ReminderStage.OVERDUE, at), Reminder(ReminderStage.OVERDUE_LONG, at + long))
    return FreshnessDue(at.date(), at, None, at, at + long, False, reminders)


def _period_end(start: date, cycle: Cycle) -> date:
    """Return the last day of a period, before it moves off a rest day."""
    if cycle in _DAYS:
        return start + timedelta(days=_DAYS[cycle])
    years, month = divmod(start.month - 1 + _MONTHS[cycle], 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, months.monthrange(year, month + 1)[1]))


def _working_day_before(calendar: WorkdayCalendar, day: date, count: int) -> date:
    """Return the day from which ``count`` working days are left until a working day."""
    while count:
        day -= timedelta(days=1)
        count -= calendar.is_working_day(day)
    return day


def _start_of_day(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)
