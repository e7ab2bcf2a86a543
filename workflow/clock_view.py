"""What a clock looks like to people: days left in words, one tick per working day, due day, legal basis.

Pure: a clock with its pauses, a calendar and a moment go in, plain values come out. ``{% clock %}`` draws them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import REGION_ZONE, WorkdayCalendar
from core.components.figures import day as day_text
from workflow.choices import ClockState
from workflow.citations import citation_text
from workflow.clock_arithmetic import PauseSpan, counted_days
from workflow.models import Clock

WARN_DAYS = 2
MOST_OVERDUE_TICKS = 10
"""Longer lateness is told in words only."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock, ready to be drawn.

    Attributes:
        state: running, warn, overdue, extended, paused, provisional, done, done_late, none.
        days: working days left, or over when overdue; those used when done.
        words: the sentence beside the icon.
        ticks: per calendar week the days of the period: used, left, extended, provisional, over.
        label: the whole sentence, for those who do not see the ticks.
        due: the due day in words; due_on, due_at: as values.
        basis: the citation, empty where the limit is not statutory.
    """

    state: str
    days: int
    words: str
    ticks: list[list[str]]
    label: str
    due: str
    due_on: date | None
    due_at: datetime | None
    started: str
    basis: str
    name: str
    is_provisional: bool = False
    is_statutory: bool = False
    is_extended: bool = False


NO_CLOCK = ClockView("none", 0, "", [], "", "", None, None, "", "", "")


def clock_view(clock: Clock | None, calendar: WorkdayCalendar, moment: datetime) -> ClockView:
    """Turn a clock into its view.

    Args:
        clock: with ``pauses`` prefetched where many are drawn; None for something without a time limit.
    """
    if clock is None:
        text = _("No statutory limit")
        return ClockView("none", 0, text, [], text, "", None, None, "", "", "")
    today = moment.astimezone(REGION_ZONE).date()
    pauses = list(clock.pauses.all())
    spans = [PauseSpan(pause.paused_on, pause.resumed_on) for pause in pauses]
    total = clock.total_working_days
    period = list(islice(counted_days(calendar, clock.started_on, spans), total))
    stopped_on = next((pause.paused_on for pause in pauses if pause.resumed_on is None), None)
    until = _counted_until(clock, today, stopped_on)
    used = sum(day <= until for day in period)
    state, days = _state(clock, calendar, moment, today, used, total)
    first_extended = clock.working_days
    filled = _filled(state, used, total)
    ticks = [
        (day, _tick(day, index, filled, first_extended, clock, calendar, state)) for index, day in enumerate(period)
    ]
    if state == "overdue":
        late_days = islice(calendar.working_days_after(clock.due_on), min(days, MOST_OVERDUE_TICKS))
        ticks += [(day, "over") for day in late_days]
    words = _words(clock, state, days)
    basis = citation_text(clock.document, clock.article) if clock.is_statutory else ""
    due = day_text(clock.due_on)
    return ClockView(
        state=state,
        days=days,
        words=words,
        ticks=_by_week(ticks),
        label=_label(clock, words, due, basis),
        due=due,
        due_on=clock.due_on,
        due_at=clock.due_at,
        started=day_text(clock.started_on),
        basis=basis or _("Internal limit, not statutory"),
        name=clock.name,
        is_provisional=clock.is_provisional,
        is_statutory=clock.is_statutory,
        is_extended=bool(clock.extension_working_days),
    )


def clock_views(clocks: Iterable[Clock], calendar: WorkdayCalendar, moment: datetime) -> dict[int, ClockView]:
    """Return the views of many clocks by key."""
    return {clock.pk: clock_view(clock, calendar, moment) for clock in clocks}


def _counted_until(clock: Clock, today: date, stopped_on: date | None) -> date:
    """Return the last day that counts as used."""
    if clock.finished_at is not None:
        return min(clock.finished_at.astimezone(REGION_ZONE).date(), stopped_on or date.max)
    return stopped_on or today


def _state(
    clock: Clock, calendar: WorkdayCalendar, moment: datetime, today: date, used: int, total: int
) -> tuple[str, int]:
    """Return the state and its number of days."""
    if clock.state == ClockState.FINISHED and clock.finished_at is not None:
        ended_on = clock.finished_at.astimezone(REGION_ZONE).date()
        if clock.is_late:
            return "done_late", calendar.working_days_between(clock.due_on, ended_on)
        return "done", used
    if clock.state == ClockState.CANCELLED:
        return "none", 0
    if clock.state == ClockState.PAUSED:
        return "paused", total - used
    if moment > clock.due_at:
        return "overdue", calendar.working_days_between(clock.due_on, today)
    left = calendar.working_days_between(today, clock.due_on) if today >= clock.started_on else total
    if left <= WARN_DAYS:
        return "warn", left
    if clock.extension_working_days:
        return "extended", left
    return ("provisional" if clock.is_provisional else "running"), left


def _filled(state: str, used: int, total: int) -> int:
    """Return how many ticks are spent; the day on which a limit ends still shows one."""
    if state == "overdue":
        return total
    return min(used, total - 1) if state == "warn" else used


def _tick(
    day: date, index: int, filled: int, first_extended: int, clock: Clock, calendar: WorkdayCalendar, state: str
) -> str:
    if index < filled or state in ("overdue", "done_late"):
        return "used"
    if state not in ("done", "paused"):
        if not calendar.is_published(day.year):
            return "provisional"
        if index >= first_extended:
            return "extended"
    return "left"


def _by_week(ticks: Sequence[tuple[date, str]]) -> list[list[str]]:
    weeks: dict[tuple[int, int], list[str]] = {}
    for day, tick in ticks:
        weeks.setdefault(day.isocalendar()[:2], []).append(tick)
    return list(weeks.values())


def _words(clock: Clock, state: str, days: int) -> str:
    if state == "none":
        return _("Cancelled")
    if state == "overdue":
        if days == 0:
            return _("Overdue, less than a working day")
        return ngettext("Overdue by %(days)s working day", "Overdue by %(days)s working days", days) % {"days": days}
    if state == "done":
        if days == 0:
            return _("Done on time, the same day")
        return ngettext("Done on time, took %(days)s working day", "Done on time, took %(days)s working days", days) % {
            "days": days
        }
    if state == "done_late":
        if days == 0:
            return _("Ended late, by less than a working day")
        return ngettext("Ended late by %(days)s working day", "Ended late by %(days)s working days", days) % {
            "days": days
        }
    if state == "warn" and days == 0:
        return _("Due today")
    left = ngettext("%(days)s working day left", "%(days)s working days left", days) % {"days": days}
    if state == "paused":
        return _("Paused · %(left)s") % {"left": left}
    if clock.extension_working_days:
        return _("Extended · %(left)s") % {"left": left}
    return left


def _label(clock: Clock, words: str, due: str, basis: str) -> str:
    parts = [words]
    if clock.is_open and clock.state != ClockState.PAUSED:
        parts.append(_("due %(due)s") % {"due": due})
    if clock.is_provisional and clock.is_open:
        parts.append(_("provisional, the holiday notice is not out yet"))
    if basis:
        parts.append(basis)
    return ", ".join(parts)
