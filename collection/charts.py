"""Charts of a dataset: an ECharts option each, with the sentence and the table that say the same."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from collection.readers.profile import ColumnProfile
from core.components.figures import number


@dataclass(frozen=True, slots=True)
class Chart:
    """An ECharts option with the sentence and the table that say the same."""

    option: dict[str, Any]
    summary: str
    head: list[str]
    rows: list[list[str]]


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
    return Chart(option, summary, head, rows)
