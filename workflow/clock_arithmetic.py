"""From a start, a length and pauses to a due day. No tables, no present moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from core.clock import Due, WorkdayCalendar


@dataclass(frozen=True, slots=True)
class PauseSpan:
    """Working days after ``paused_on`` up to and with ``resumed_on`` do not count; None: still paused.

    The day of the pause is used, the day of the resumption is an event day like the start and not counted.
    """

    paused_on: date
    resumed_on: date | None

    def skips(self, day: date) -> bool:
        return self.resumed_on is not None and self.paused_on < day <= self.resumed_on


def counted_days(calendar: WorkdayCalendar, started_on: date, pauses: Sequence[PauseSpan]) -> Iterator[date]:
    """Yield the working days that count towards a period, without end."""
    return (day for day in calendar.working_days_after(started_on) if not any(span.skips(day) for span in pauses))


def due_for(calendar: WorkdayCalendar, started_on: date, working_days: int, pauses: Iterable[PauseSpan] = ()) -> Due:
    """Return the last day of a period.

    A clock paused on its very last day is due on the day it runs again, or the next working day.

    Args:
        started_on: the day of the event, which is not counted.
        working_days: length with extension, 1 or more.
    """
    if working_days < 1:
        raise ValueError("a period has at least one working day")
    spans = sorted(pauses, key=lambda span: span.paused_on)
    following = counted_days(calendar, started_on, spans)
    due = started_on
    for _number in range(working_days):
        due = next(following)
    for span in spans:
        if span.resumed_on is not None and span.paused_on <= due < span.resumed_on:
            due = _working_day_from(calendar, span.resumed_on)
    provisional = not all(calendar.is_published(year) for year in range(started_on.year, due.year + 1))
    return Due(due, provisional)


def _working_day_from(calendar: WorkdayCalendar, day: date) -> date:
    return day if calendar.is_working_day(day) else next(calendar.working_days_after(day))
