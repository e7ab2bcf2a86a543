"""Charts of collecting: an ECharts option each, with the sentence and the table that say the same."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from catalog.charts import Chart
from collection.models import QualityReport
from collection.readers.profile import ColumnProfile
from collection.selectors.quality import Standing
from collection.selectors.quality_limit import QualityLimits
from core.components.figures import iso_day, number


def _limit_line(limit: int) -> dict[str, Any]:
    """Return the dashed line of the limit, with its words."""
    return {
        "symbol": "none",
        "silent": True,
        "lineStyle": {"type": "dashed", "color": "--ink-500"},
        "label": {"formatter": _("Limit %(limit)d") % {"limit": limit}, "position": "insideEndTop"},
        "data": [{"yAxis": limit}],
    }


def trend_chart(reports: Sequence[QualityReport], limit: int) -> Chart | None:
    """How the score moved from version to version.

    Args:
        reports: about published versions, the earliest first.
    """
    points = [one for one in reports if one.score is not None and one.version is not None]
    if len(points) < 2:
        return None
    names = [_("v%(number)d") % {"number": one.version.number} for one in points if one.version]
    rows = [
        [f"{name} · {iso_day(one.at)}", str(one.score), number(one.rows)]
        for name, one in zip(names, points, strict=True)
    ]
    summary = _("Score of the last %(count)d runs: from %(first)s to %(last)s; the limit is %(limit)d.") % {
        "count": len(points), "first": points[0].score, "last": points[-1].score, "limit": limit,
    }  # fmt: skip
    lowest = min(*(float(one.score or 0) for one in points), float(limit))
    option = {
        "grid": {"left": 36, "right": 24, "top": 16, "bottom": 24},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": names, "boundaryGap": False},
        "yAxis": {"type": "value", "min": max(int(lowest) // 10 * 10 - 10, 0), "max": 100, "splitNumber": 3},
        "series": [
            {
                "name": _("Score"),
                "type": "line",
                "symbolSize": 6,
                "itemStyle": {"color": "--accent-500"},
                "data": [float(one.score or 0) for one in points],
                "markLine": _limit_line(limit),
            }
        ],
    }
    return Chart(option, summary, [_("Version"), _("Score"), _("Rows")], rows, len(points))


MOST_BARS = 15


def department_chart(departments: Sequence[Standing], list_url: str, limits: QualityLimits) -> Chart | None:
    """The mean score of each department, the lowest first; red below the limit of its region."""
    judged = [one for one in departments if one.mean is not None]
    if len(judged) < 2:
        return None
    shown = judged[:MOST_BARS]
    means = [Decimal(one.mean or 0).quantize(Decimal("0.1")) for one in shown]
    rows = [
        [one.name, str(mean), number(one.judged), number(one.short)] for one, mean in zip(shown, means, strict=True)
    ]
    summary = _("Mean score of %(count)d departments, the lowest first: %(name)s %(mean)s") % {
        "count": len(judged), "name": shown[0].name, "mean": means[0],
    }  # fmt: skip
    bars = [
        {
            "value": float(mean),
            "url": f"{list_url}?{urlencode({'department': one.code})}",
            **({"itemStyle": {"color": "--bad-solid"}} if mean < limits.of_region(one.path) else {}),
        }
        for one, mean in zip(shown, means, strict=True)
    ]
    option = {
        "grid": {"left": 8, "right": 44, "top": 4, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "none"}},
        "xAxis": {"type": "value", "min": 0, "max": 100, "show": False},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [one.name for one in shown],
            "axisLabel": {"width": 150, "overflow": "truncate"},
        },
        "series": [
            {
                "name": _("Mean score"),
                "type": "bar",
                "barMaxWidth": 14,
                "label": {"show": True, "position": "right", "color": "--ink-800"},
                "itemStyle": {"color": "--accent-500"},
                "data": bars,
            }
        ],
    }
    head = [_("Department"), _("Mean score"), _("Datasets"), _("Under the limit")]
    return Chart(option, summary, head, rows, len(judged))


def spread_chart(name: str, profile: ColumnProfile) -> Chart | None:
    """Draw how the values of a number or date item are spread; None where there is nothing to draw."""
    bars = profile.bars
    if len(bars) < 2:
        return None
    is_number = profile.spread == "number"
    labels = [f"{bar.start} – {bar.end}" if is_number else bar.start for bar in bars]
    peak = max(range(len(bars)), key=lambda at: bars[at].count)
    values = {"item": name, "first": profile.least, "last": profile.most, "peak": labels[peak]}
    if is_number:
        summary = _("%(item)s from %(first)s to %(last)s, most rows in %(peak)s") % values
        head = [_("From – up to"), _("Rows")]
    else:
        by_month = _("%(item)s by month from %(first)s to %(last)s, most rows in %(peak)s")
        by_year = _("%(item)s by year from %(first)s to %(last)s, most rows in %(peak)s")
        summary = (by_month if profile.spread == "month" else by_year) % values
        head = [_("Month") if profile.spread == "month" else _("Year"), _("Rows")]
    option = {
        "grid": {"left": 2, "right": 8, "top": 10, "bottom": 2, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {
            "type": "category",
            "data": [bar.start for bar in bars],
            "axisLabel": {"hideOverlap": True, "fontSize": 11},
            "axisTick": {"show": False},
        },
        "yAxis": {"type": "value", "min": 0, "minInterval": 1, "splitNumber": 3, "axisLabel": {"fontSize": 11}},
        "series": [
            {
                "name": _("Rows"),
                "type": "bar",
                "barCategoryGap": "12%",
                "itemStyle": {"color": "--accent-500"},
                "data": [bar.count for bar in bars],
            }
        ],
    }
    rows = [[label, number(bar.count)] for label, bar in zip(labels, bars, strict=True) if bar.count]
    return Chart(option, summary, head, rows, sum(bar.count for bar in bars))
