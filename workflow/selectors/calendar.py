from dataclasses import dataclass

from django.db.models import Max

from core.clock import WorkdayCalendar
from workflow.models import CalendarOverride, CalendarYear


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
