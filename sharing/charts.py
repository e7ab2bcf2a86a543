"""Charts of sharing: an ECharts option each, with the sentence and the table that say the same."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.charts import Chart
from core.components.figures import iso_day, number
from sharing.selectors.figures import DayOfUse, MonthInTime
from sharing.selectors.pull import DayOfPulls


def pulls_chart(days: Sequence[DayOfPulls]) -> Chart:
    """How often a client pulled on each day, and what went wrong."""
    names = [f"{one.day:%m-%d}" for one in days]
    pulls, troubles = sum(one.pulls for one in days), sum(one.troubles for one in days)
    summary = _("%(pulls)s pulls and %(troubles)s troubles in %(days)d days.") % {
        "pulls": number(pulls), "troubles": number(troubles), "days": len(days),
    }  # fmt: skip
    series = [
        (pgettext("pulls", "Complete"), "--accent-500", [one.pulls - one.cut for one in days]),
        (pgettext("pulls", "Not complete"), "--warn-solid", [one.cut for one in days]),
        (pgettext("pulls", "Refused"), "--bad-solid", [one.refused for one in days]),
    ]
    rows = [
        [iso_day(one.day), number(one.pulls), number(one.cut), number(one.refused), number(one.rows)] for one in days
    ]
    head = [_("Day"), _("Pulls"), pgettext("pulls", "Not complete"), pgettext("pulls", "Refused"), _("Rows")]
    return Chart(_bars(names, series), summary, head, rows, pulls + troubles)


def use_chart(days: Sequence[DayOfUse]) -> Chart:
    """How often data were pulled on each day, by who holds the grants and to build the datasets of libraries."""
    pulls, given = sum(one.pulls for one in days), sum(one.rows for one in days)
    summary = _("%(pulls)s pulls of %(rows)s rows in %(days)d days.") % {
        "pulls": number(pulls), "rows": number(given), "days": len(days),
    }  # fmt: skip
    series = [
        (_("By the holder"), "--accent-500", [one.pulls - one.built for one in days]),
        (_("For libraries"), "--warn-solid", [one.built for one in days]),
    ]
    rows = [[iso_day(one.day), number(one.pulls), number(one.built), number(one.rows)] for one in days]
    head = [_("Day"), _("Pulls"), _("For libraries"), _("Rows")]
    return Chart(_bars([f"{one.day:%m-%d}" for one in days], series), summary, head, rows, pulls)


def months_chart(months: Sequence[MonthInTime]) -> Chart:
    """What was finished in each month, in time and late."""
    met, late = sum(one.met for one in months), sum(one.late for one in months)
    summary = _("%(met)s in time and %(late)s late in %(months)d months.") % {
        "met": number(met), "late": number(late), "months": len(months),
    }  # fmt: skip
    series = [
        (_("In time"), "--accent-500", [one.met for one in months]),
        (pgettext("figures", "Late"), "--bad-solid", [one.late for one in months]),
    ]
    rows = [[f"{one.month:%Y-%m}", number(one.met), number(one.late)] for one in months]
    head = [_("Month"), _("In time"), pgettext("figures", "Late")]
    return Chart(_bars([f"{one.month:%Y-%m}" for one in months], series), summary, head, rows, met + late)


def _bars(names: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]]) -> dict[str, Any]:
    """Return stacked bars, one for each name."""
    return {
        "grid": {"left": 48, "right": 16, "top": 32, "bottom": 24},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": list(names)},
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 3},
        "series": [
            {"name": name, "type": "bar", "stack": "calls", "itemStyle": {"color": colour}, "data": list(data)}
            for name, colour, data in series
        ],
    }
