"""The one source of time, and working-day arithmetic.

Working days follow 民法典 Art. 201 and 203 (the starting day is not counted; a period that ends on a rest day
ends on the next working day) and the yearly holiday notice of the State Council with its make-up days.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays

_source: Callable[[], datetime] | None = None

REGION_ZONE = ZoneInfo("Asia/Shanghai")
"""Every region of the country keeps this one official time."""


def now() -> datetime:
    """Return the present moment, aware, in UTC. Tests move it with ``core.testing.clock_at``."""
    return _source() if _source else datetime.now(UTC)


def today(zone: tzinfo = REGION_ZONE) -> date:
    """Return the calendar day in the region's time zone."""
    return now().astimezone(zone).date()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Replace the source of time; None restores the real one. Only ``core.testing`` calls this."""
    global _source
    _source = source


def end_of_day(day: date, zone: tzinfo = REGION_ZONE) -> datetime:
    """Return the last moment of a day: a period in days runs until midnight of its last one."""
    return datetime.combine(day, time.max, zone)


def midnight_after(day: date, zone: tzinfo = REGION_ZONE) -> datetime:
    """Return the instant at which a day is over: what lasts until its end, itself left out, ends there."""
    return datetime.combine(day + timedelta(days=1), time.min, zone)


@dataclass(frozen=True, slots=True)
class Due:
    """A due day, and whether it crosses into a year whose holiday notice is not out yet."""

    on: date
    provisional: bool


@lru_cache(maxsize=32)
def _statutory_holidays(year: int) -> frozenset[date]:
    """Days off that 全国年节及纪念日放假办法 fixes for a year, without the moved days of its notice."""
    return frozenset(holidays.country_holidays("CN", years=year))


NOTICE_YEARS = frozenset(range(2004, 2027))
"""Years whose holiday notice ``chinesecalendar`` knows."""


class WorkdayCalendar:
    """Says which days are working days.

    Args:
        overrides: day → is it a working day; wins over everything else.
        published_years: years whose notice has been entered by hand, beyond those of ``chinesecalendar``.
    """

    def __init__(self, overrides: Mapping[date, bool] | None = None, published_years: Collection[int] = ()) -> None:
        self._overrides = dict(overrides or {})
        self._published = NOTICE_YEARS | frozenset(published_years)

    def is_published(self, year: int) -> bool:
        """Say whether the State Council's notice for the year is known; if not, due days are provisional."""
        return year in self._published

    def is_working_day(self, day: date) -> bool:
        if day in self._overrides:
            return self._overrides[day]
        if day.year in NOTICE_YEARS:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5 and day not in _statutory_holidays(day.year)

    def working_days_after(self, start: date) -> Iterator[date]:
        """Yield the working days that follow ``start``, without end."""
        day = start
        while True:
            day += timedelta(days=1)
            if self.is_working_day(day):
                yield day

    def add_working_days(self, start: date, days: int) -> Due:
        """Return the last day of a period of working days.

        Args:
            start: the day of the event, which is not counted.
            days: length in working days, 1 or more.
        """
        if days < 1:
            raise ValueError("a period has at least one working day")
        following = self.working_days_after(start)
        due = start
        for _number in range(days):
            due = next(following)
        return Due(due, not all(self.is_published(year) for year in range(start.year, due.year + 1)))

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after ``start`` up to and with ``end``; negative when ``end`` lies before."""
        if end < start:
            return -self.working_days_between(end, start)
        span = (end - start).days
        return sum(self.is_working_day(start + timedelta(days=offset)) for offset in range(1, span + 1))
