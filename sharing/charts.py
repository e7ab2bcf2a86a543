"""Charts of sharing: an ECharts option each, with the sentence and the table that say the same."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.charts import Chart
from core.components.figures import iso_day, number
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
    option = {
        "grid": {"left": 48, "right": 16, "top": 32, "bottom": 24},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 3},
        "series": [
            {"name": name, "type": "bar", "stack": "calls", "itemStyle": {"color": colour}, "data": data}
            for name, colour, data in series
        ],
    }
    rows = [
        [iso_day(one.day), number(one.pulls), number(one.cut), number(one.refused), number(one.rows)] for one in days
    ]
    head = [_("Day"), _("Pulls"), pgettext("pulls", "Not complete"), pgettext("pulls", "Refused"), _("Rows")]
    return Chart(option, summary, head, rows, pulls + troubles)
