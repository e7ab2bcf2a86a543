"""Working days as calendar pages show them: months, weeks, days. Pure."""

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.dates import WEEKDAYS
from django.utils.translation import pgettext

from core.clock import WorkdayCalendar

WORK, REST, OFF, MADE_UP = "work", "rest", "off", "made_up"


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of a month.

    Attributes:
        kind: ``work``, ``rest`` (an ordinary weekend), ``off`` (a day off by holiday), ``made_up`` (a weekend that is
            worked).
        name: of the holiday, where it is known.
    """

    day: date
    kind: str
    name: str
    is_today: bool


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month: weeks from Monday, with None beside the month's own days."""

    number: int
    first: date
    weeks: list[list[DayCell | None]]
    working_days: int


def year_view(year: int, calendar: WorkdayCalendar, names: Mapping[date, str], today: date) -> list[MonthView]:
    """Return the twelve months of a year.

    Args:
        names: of the holidays, from the notices that were entered.
    """
    return [month_view(year, number, calendar, names, today) for number in range(1, 13)]


def month_view(year: int, number: int, calendar: WorkdayCalendar, names: Mapping[date, str], today: date) -> MonthView:
    """Return one month."""
    weeks: list[list[DayCell | None]] = []
    working_days = 0
    for week in months.Calendar().monthdatescalendar(year, number):
        cells: list[DayCell | None] = []
        for day in week:
            if day.month != number:
                cells.append(None)
                continue
            works = calendar.is_working_day(day)
            working_days += works
            cells.append(DayCell(day, _kind(day, works), names.get(day, ""), day == today))
        weeks.append(cells)
    return MonthView(number, date(year, number, 1), weeks, working_days)


def _kind(day: date, works: bool) -> str:
    if day.weekday() < 5:
        return WORK if works else OFF
    return MADE_UP if works else REST


def weekday_names() -> list[tuple[str, str]]:
    """Return short and full names of the days of the week, Monday first."""
    short = (
        pgettext("day of a calendar", "Mo"),
        pgettext("day of a calendar", "Tu"),
        pgettext("day of a calendar", "We"),
        pgettext("day of a calendar", "Th"),
        pgettext("day of a calendar", "Fr"),
        pgettext("day of a calendar", "Sa"),
        pgettext("day of a calendar", "Su"),
    )
    return [(name, str(WEEKDAYS[number])) for number, name in enumerate(short)]
