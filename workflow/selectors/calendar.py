from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from core import clock
from core.clock import WorkdayCalendar
from workflow.choices import OPEN_CLOCK_STATES
from workflow.models import CalendarOverride, CalendarYear, Clock


@dataclass(frozen=True, slots=True)
class CalendarState:
    """The working-day calendar and the revision it was read at."""

    calendar: WorkdayCalendar
    revision: int


def calendar_revision() -> int:
    """Return the number of the latest import; 0 before the first."""
    return CalendarYear.objects.aggregate(latest=Max("revision"))["latest"] or 0


def calendar_state() -> CalendarState:
    """Return the calendar for computing due days, in two queries.

    The revision is read first: an import that slips in between makes the result look older than it is, so that
    clocks computed with it are only computed once more.
    """
    years = dict(CalendarYear.objects.values_list("year", "revision"))
    days = dict(CalendarOverride.objects.values_list("date", "is_working_day"))
    return CalendarState(WorkdayCalendar(days, years), max(years.values(), default=0))


def calendar() -> WorkdayCalendar:
    """Return the working-day calendar with every notice that was entered."""
    return calendar_state().calendar


@dataclass(frozen=True, slots=True)
class YearState:
    """What is known of a year.

    Attributes:
        entry: the notice as entered here, or None.
        is_published: whether the days are known, from here or from the data the product ships with.
        provisional_clocks: open clocks that wait for the year's notice.
    """

    year: int
    entry: CalendarYear | None
    is_published: bool
    calendar: WorkdayCalendar
    names: dict[date, str]
    provisional_clocks: int


def holiday_names(year: int) -> dict[date, str]:
    """Return the names of the days that the notice of a year changes, as far as it was entered here."""
    return dict(CalendarOverride.objects.filter(date__year=year).values_list("date", "name"))


def calendar_year_state(year: int) -> YearState:
    """Return what is known of a year; five queries."""
    days = calendar()
    entry = CalendarYear.objects.filter(year=year).first()
    names = holiday_names(year)
    waiting = Clock.objects.filter(
        state__in=OPEN_CLOCK_STATES, is_provisional=True, started_on__year__lte=year, due_on__year__gte=year
    )
    return YearState(year, entry, days.is_published(year), days, names, waiting.count())


def calendar_days_of(year: int) -> list[CalendarOverride]:
    """Return the days of the notice of a year as entered here."""
    return list(CalendarOverride.objects.filter(calendar_year__year=year))


def published_until() -> int:
    """Return the last year whose notice is known without a gap from this year on; this year less one if unknown."""
    days = calendar()
    year = clock.today().year
    while days.is_published(year):
        year += 1
    return year - 1
