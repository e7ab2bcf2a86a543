"""A month of due days as the calendar shows it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from collection.choices import FreshnessState
from collection.face import freshness_mark
from collection.models import Dataset
from collection.selectors import freshness as reading
from core import clock
from core.actors import Actor
from workflow.calendar_view import DayCell, MonthView, month_view, weekday_names
from workflow.selectors.calendar import calendar, holiday_names

EACH = 3
"""Datasets that a day shows; the others are counted and shown below."""


@dataclass(frozen=True, slots=True)
class Due:
    """A dataset on its day."""

    dataset: Dataset
    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the month with what is due on it."""

    cell: DayCell
    due: list[Due]
    count: int
    more: int
    query: str


class FreshnessMonth:
    """A month as the actor sees it.

    Args:
        month: its first day.
        day: a day whose datasets are shown whole.
        department: code of one department, "" for all that the actor answers for.
    """

    def __init__(self, actor: Actor, *, month: date, day: date | None, department: str) -> None:
        self._actor = actor
        self.first, self.day, self.department = month, day, department

    @property
    def last(self) -> date:
        return self.next - timedelta(days=1)

    @property
    def next(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def previous(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def is_now(self) -> bool:
        return clock.today().replace(day=1) == self.first

    @cached_property
    def view(self) -> MonthView:
        year = self.first.year
        return month_view(year, self.first.month, self._days, holiday_names(year), clock.today())

    @cached_property
    def is_published(self) -> bool:
        return self._days.is_published(self.first.year)

    @cached_property
    def weeks(self) -> list[list[Day | None]]:
        return [[self._day(cell) if cell else None for cell in week] for week in self.view.weeks]

    @property
    def count(self) -> int:
        return sum(one.count for one in self._due.values())

    @cached_property
    def late_before(self) -> int:
        """Overdue datasets whose due day no longer stands in the month of today."""
        return reading.freshness_late_before(self._actor, self.first, self.department) if self.is_now else 0

    @cached_property
    def departments(self) -> list[tuple[str, str]]:
        return list(reading.freshness_departments(self._actor))

    @property
    def weekdays(self) -> list[tuple[str, str]]:
        return weekday_names()

    @property
    def of_day(self) -> QuerySet[Dataset]:
        """The datasets of the day that is shown whole."""
        day = self.day or self.first
        return reading.freshness_due_for(self._actor, day, day, self.department)

    @property
    def previous_query(self) -> str:
        return self._query(month=f"{self.previous:%Y-%m}")

    @property
    def next_query(self) -> str:
        return self._query(month=f"{self.next:%Y-%m}")

    @property
    def now_query(self) -> str:
        return self._query()

    def _query(self, **values: Any) -> str:
        return urlencode(values | ({"department": self.department} if self.department else {}))

    @cached_property
    def _days(self) -> Any:
        return calendar()

    @cached_property
    def _due(self) -> dict[date, reading.DueDay]:
        return reading.freshness_due_days(self._actor, self.first, self.last, self.department, each=EACH)

    def _day(self, cell: DayCell) -> Day:
        due = self._due.get(cell.day) or reading.DueDay()
        shown = [Due(one, freshness_mark(one), self._words(one, cell.day)) for one in due.first]
        query = self._query(month=f"{self.first:%Y-%m}", day=cell.day.isoformat())
        return Day(cell, shown, due.count, due.more, query)

    def _words(self, dataset: Dataset, day: date) -> str:
        state = FreshnessState(dataset.freshness)
        if state == FreshnessState.DUE_SOON and day < clock.today():
            return _("Due, within its grace")
        return str(state.label)
