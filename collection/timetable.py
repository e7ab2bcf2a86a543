"""When a source is read. Pure arithmetic: no tables, no present moment.

A timetable has days and, on each of them, times; both are in the region's time zone. The slots of the past and of the
future are worked out from it alone, so that two processes that look at the same moment find the same slot.
"""

import calendar as months
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from catalog.choices import Cycle
from collection.choices import Rhythm
from core.clock import REGION_ZONE, WorkdayCalendar
from core.exceptions import FieldError, RuleViolation

LEAST_MINUTES, MOST_MINUTES = 5, 12 * 60
_MINUTES_OF_DAY = 24 * 60
_SPREAD_MINUTES = 7
_FARTHEST_DAYS = 800
"""Beyond two years nothing is looked for: no timetable is rarer than once a year."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a source is read.

    Attributes:
        minutes: for MINUTES, from midnight on.
        at: minute of the day, for DAILY, WEEKLY and MONTHLY; of the hour for HOURLY.
        weekdays: 1 (Monday) to 7, for WEEKLY.
        days: of the month, for MONTHLY; 31 is the last one of any month.
        months: 1 to 12, for MONTHLY; empty: every month.
        skips_rest_days: nothing happens on them; what is due on a day of the month waits for the next working day.
    """

    rhythm: Rhythm = Rhythm.CYCLE
    minutes: int = 60
    at: int = 2 * 60
    weekdays: tuple[int, ...] = (1,)
    days: tuple[int, ...] = (1,)
    months: tuple[int, ...] = ()
    skips_rest_days: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the timetable as JSON holds it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Timetable":
        """Read a timetable that was kept or sent.

        Raises:
            RuleViolation: a member is unknown, or out of bounds.
        """
        known = {one.name for one in fields(cls)}
        given: dict[str, Any] = {
            name: tuple(one) if isinstance(one, list) else one for name, one in value.items() if name in known
        }
        errors = _problems(given, set(value) - known)
        if errors:
            raise RuleViolation(errors)
        return cls(**{**given, "rhythm": Rhythm(given.get("rhythm", Rhythm.CYCLE))})


def _problems(given: Mapping[str, Any], unknown: set[str]) -> list[FieldError]:
    errors = [FieldError(name, "unknown", _("A timetable has no “%(name)s”.") % {"name": name}) for name in unknown]
    rhythm = given.get("rhythm", Rhythm.CYCLE)
    if rhythm not in Rhythm.values:
        errors.append(FieldError("rhythm", "unknown", _("Choose how often the source is read.")))
    if not _is_within(given.get("minutes", 60), LEAST_MINUTES, MOST_MINUTES):
        message = _("Between %(least)d and %(most)d minutes.") % {"least": LEAST_MINUTES, "most": MOST_MINUTES}
        errors.append(FieldError("minutes", "out_of_range", message))
    if not _is_within(given.get("at", 0), 0, 59 if rhythm == Rhythm.HOURLY else _MINUTES_OF_DAY - 1):
        errors.append(FieldError("at", "out_of_range", _("Give a time of day between 00:00 and 23:59.")))
    for name, most, message in (
        ("weekdays", 7, _("Choose at least one day of the week.")),
        ("days", 31, _("A day of the month lies between 1 and 31.")),
        ("months", 12, _("A month lies between 1 and 12.")),
    ):
        numbers = given.get(name, (1,))
        is_list = isinstance(numbers, tuple) and all(_is_within(one, 1, most) for one in numbers)
        if not is_list or (not numbers and name != "months"):
            errors.append(FieldError(name, "out_of_range", message))
    if not isinstance(given.get("skips_rest_days", False), bool):
        errors.append(FieldError("skips_rest_days", "unknown", _("Say yes or no.")))
    return errors


def _is_within(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_MONTH_START = Timetable(Rhythm.MONTHLY, skips_rest_days=True)

OF_CYCLE: Mapping[Cycle, Timetable] = MappingProxyType(
    {
        Cycle.REALTIME: Timetable(Rhythm.MINUTES, minutes=15),
        Cycle.DAILY: Timetable(Rhythm.DAILY),
        Cycle.WEEKLY: Timetable(Rhythm.WEEKLY, skips_rest_days=False),
        Cycle.TEN_DAYS: Timetable(Rhythm.MONTHLY, days=(1, 11, 21)),
        Cycle.MONTHLY: _MONTH_START,
        Cycle.QUARTERLY: replace(_MONTH_START, months=(1, 4, 7, 10)),
        Cycle.HALF_YEARLY: replace(_MONTH_START, months=(1, 7)),
        Cycle.YEARLY: replace(_MONTH_START, months=(1,)),
    }
)
"""What an update cycle means for a source; a cycle that is not in it has no slots: the source is read by hand."""


def timetable_in_force(timetable: Timetable, cycle: Cycle | str, spread: int = 0) -> Timetable:
    """Return the timetable that counts: where it follows the entry's cycle, what the cycle means.

    Args:
        spread: a number of the source; sources that follow a cycle are spread over the hour by it.
    """
    if timetable.rhythm != Rhythm.CYCLE:
        return timetable
    found = OF_CYCLE.get(Cycle(cycle), Timetable(Rhythm.BY_HAND))
    return replace(found, at=found.at + spread * _SPREAD_MINUTES % 60)


def latest_slot(timetable: Timetable, moment: datetime, calendar: WorkdayCalendar) -> datetime | None:
    """Return the last due time that is not after a moment; None for a timetable without slots."""
    return next(_slots_back(timetable, moment, calendar), None)


def next_slot(timetable: Timetable, moment: datetime, calendar: WorkdayCalendar) -> datetime | None:
    """Return the first due time after a moment."""
    return next(slots_after(timetable, moment, calendar), None)


def slots_after(timetable: Timetable, moment: datetime, calendar: WorkdayCalendar) -> Iterator[datetime]:
    """Yield the due times after a moment, of the next two years or so."""
    day = moment.astimezone(REGION_ZONE).date()
    for offset in range(_FARTHEST_DAYS):
        yield from (slot for slot in _slots_on(timetable, day + timedelta(days=offset), calendar) if slot > moment)


def slots_between(timetable: Timetable, after: datetime, until: datetime, calendar: WorkdayCalendar) -> int:
    """Count the due times after one moment and before another."""
    count = 0
    for slot in _slots_back(timetable, until, calendar):
        if slot <= after:
            break
        count += slot < until
    return count


def _slots_back(timetable: Timetable, moment: datetime, calendar: WorkdayCalendar) -> Iterator[datetime]:
    day = moment.astimezone(REGION_ZONE).date()
    for offset in range(_FARTHEST_DAYS):
        slots = _slots_on(timetable, day - timedelta(days=offset), calendar)
        yield from (slot for slot in reversed(slots) if slot <= moment)


def _slots_on(timetable: Timetable, day: date, calendar: WorkdayCalendar) -> list[datetime]:
    if timetable.rhythm in (Rhythm.CYCLE, Rhythm.BY_HAND) or not _is_due(timetable, day, calendar):
        return []
    start = datetime.combine(day, time.min, REGION_ZONE)
    return [start + timedelta(minutes=minute) for minute in _minutes(timetable)]


def _minutes(timetable: Timetable) -> range:
    match timetable.rhythm:
        case Rhythm.MINUTES:
            return range(0, _MINUTES_OF_DAY, timetable.minutes)
        case Rhythm.HOURLY:
            return range(timetable.at, _MINUTES_OF_DAY, 60)
    return range(timetable.at, timetable.at + 1)


def _is_due(timetable: Timetable, day: date, calendar: WorkdayCalendar) -> bool:
    if timetable.rhythm == Rhythm.MONTHLY:
        return _is_day_of_month(timetable, day, calendar)
    if timetable.rhythm == Rhythm.WEEKLY and day.isoweekday() not in timetable.weekdays:
        return False
    return not timetable.skips_rest_days or calendar.is_working_day(day)


def _is_day_of_month(timetable: Timetable, day: date, calendar: WorkdayCalendar) -> bool:
    """Say whether a day is named, or the working day to which named rest days before it have moved."""
    if not timetable.skips_rest_days:
        return _is_named(timetable, day)
    if not calendar.is_working_day(day):
        return False
    while not _is_named(timetable, day):
        day -= timedelta(days=1)
        if calendar.is_working_day(day):
            return False
    return True


def _is_named(timetable: Timetable, day: date) -> bool:
    last = months.monthrange(day.year, day.month)[1]
    is_day = day.day in timetable.days or (day.day == last and any(one > last for one in timetable.days))
    return is_day and (not timetable.months or day.month in timetable.months)
