"""Charts of the work page: an ECharts option each, with the sentence and the table that say the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from catalog.choices import Sharing
from catalog.models import Entry, Revision
from catalog.selectors import LIVE_STATUSES
from core import clock
from core.actors import Actor
from core.components.figures import day as day_text
from core.components.figures import number
from workflow.choices import OPEN_CLOCK_STATES
from workflow.models import Clock

WorkingDays = Callable[[date, int], Sequence[date]]
"""Gives the next working days after a day, from the calendar in force."""

DAYS_AHEAD = 10
MONTHS_BACK = 12
URGENT_DAYS = 2
"""Working days within which a due day is drawn in amber."""


@dataclass(frozen=True, slots=True)
class Share:
    """One sharing attribute with its number, and where its bar begins and how long it is, in percent."""

    value: str
    label: str
    count: int
    url: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """An ECharts option with the sentence and the table that say the same."""

    option: dict[str, Any]
    summary: str
    head: list[str]
    rows: list[list[str]]
    total: int


def midnight(day: date) -> datetime:
    """Return the first moment of a day in the region's zone."""
    return clock.end_of_day(day - timedelta(days=1)) + timedelta(microseconds=1)


def narrowed(list_url: str, **query: Any) -> str:
    """Return the address of a list with filters."""
    return f"{list_url}?{urlencode(query, doseq=True)}"


def live(list_url: str, **query: Any) -> str:
    """Return the address of the published entries of a list, with further filters."""
    return narrowed(list_url, status=[str(one) for one in LIVE_STATUSES], **query)


def due_chart(actor: Actor, list_url: str, working_days: WorkingDays) -> Chart:
    """What falls due on each of the next working days, of all the department answers for; one query."""
    today = clock.today()
    days = [today, *working_days(today, DAYS_AHEAD)]
    counts = dict(
        Clock.objects.filter(
            Q(department=actor.department_id),
            state__in=OPEN_CLOCK_STATES,
            due_on__gte=today,
            due_on__lte=days[-1],
        )
        .order_by()
        .values("due_on")
        .annotate(count=Count("pk"))
        .values_list("due_on", "count")
    )
    total = sum(counts.values())
    bars: list[Any] = []
    for at, one in enumerate(days):
        count = counts.get(one, 0)
        if not count:
            bars.append(None)
            continue
        bar: dict[str, Any] = {"value": count, "url": narrowed(list_url, due=one.isoformat())}
        if at <= URGENT_DAYS:
            bar["itemStyle"] = {"color": "--warn-solid"}
        bars.append(bar)
    labels = [pgettext("axis", "Now"), *(_axis_day(one, before) for before, one in pairwise(days))]
    rows = [[day_text(one), number(counts[one])] for one in days if counts.get(one)]
    named = pgettext("between names", ", ").join(f"{when} {count}" for when, count in rows)
    if total:
        summary = _("Due in the next %(days)s working days: %(named)s") % {"days": DAYS_AHEAD, "named": named}
    else:
        summary = _("Nothing is due in the next %(days)s working days.") % {"days": DAYS_AHEAD}
    option = {
        "grid": {"left": 2, "right": 2, "top": 20, "bottom": 22, "containLabel": False},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "none"}},
        "xAxis": {"type": "category", "data": labels, "axisLabel": {"interval": 0, "fontSize": 11}},
        "yAxis": {"show": False, "min": 0},
        "series": [
            {
                "name": _("Due"),
                "type": "bar",
                "barWidth": 14,
                "label": {"show": True, "position": "top", "color": "--ink-800", "fontSize": 12},
                "itemStyle": {"color": "--accent-500"},
                "data": bars,
            }
        ],
    }
    return Chart(option, summary, [_("Day"), _("Due")], rows, total)


def _axis_day(day: date, before: date) -> str:
    """Write the day of the month, with the month where it changes."""
    return f"{day.month}/{day.day}" if day.month != before.month else str(day.day)


def sharing_shares(list_url: str, counted: Mapping[str, int]) -> tuple[list[Share], int]:
    """Split the published entries by sharing attribute, with the places of the bars in a row of 100 percent."""
    counts = {value: counted[f"sharing_{value}"] for value in Sharing.values}
    total = sum(counts.values())
    if not total:
        return [], 0
    start, result = 0.0, []
    for value, label in Sharing.choices:
        width = counts[value] / total * 100
        url = live(list_url, sharing=value)
        result.append(Share(value, str(label), counts[value], url, round(start, 2), round(max(width - 0.5, 0), 2)))
        start += width
    return result, total


def month_chart(list_url: str, scope: QuerySet[Entry]) -> Chart | None:
    """How many entries were published, first or anew, in each of the last months; one query."""
    this = clock.today().replace(day=1)
    months = [this]
    while len(months) < MONTHS_BACK:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    months.reverse()
    counts = {
        month.date(): count
        for month, count in Revision.objects.filter(entry__in=scope.values("pk"), published_at__gte=midnight(months[0]))
        .order_by()
        .annotate(month=TruncMonth("published_at", tzinfo=clock.REGION_ZONE))
        .values("month")
        .annotate(count=Count("entry", distinct=True))
        .values_list("month", "count")
    }
    total = sum(counts.values())
    if not total:
        return None
    rows = [[f"{month:%Y-%m}", number(counts.get(month, 0))] for month in months]
    summary = _("Entries published in each of the last %(months)s months; %(count)s this month.") % {
        "months": MONTHS_BACK,
        "count": number(counts.get(this, 0)),
    }
    bars = [
        {"value": counts[month], "url": narrowed(list_url, published=f"{month:%Y-%m}")} if counts.get(month) else 0
        for month in months
    ]
    option = {
        "grid": {"left": 2, "right": 2, "top": 18, "bottom": 22, "containLabel": False},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "none"}},
        "xAxis": {
            "type": "category",
            "data": [_month_name(month) for month in months],
            "axisLabel": {"interval": 0, "fontSize": 11, "hideOverlap": True},
        },
        "yAxis": {"show": False, "min": 0},
        "series": [
            {
                "name": pgettext("column", "Published"),
                "type": "bar",
                "barWidth": 12,
                "label": {"show": True, "position": "top", "color": "--ink-600", "fontSize": 11},
                "itemStyle": {"color": "--accent-500"},
                "data": bars,
            }
        ],
    }
    return Chart(option, summary, [_("Month"), pgettext("column", "Published")], rows, total)


def _month_name(month: date) -> str:
    return f"{month.month}月" if (get_language() or "").startswith("zh") else f"{month:%b}"
