"""Where the rows of a dataset lie: points over a graticule, and over the base map that an operator loaded.

None ships, and none is asked of another host: the browser fetches its lines from here.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalog.charts import Chart
from collection.choices import CoordinateSystem
from collection.models import BaseMap, Dataset, DatasetVersion
from collection.readers.entitlement import Entitlement
from collection.readers.points import places_of, points
from collection.selectors.base_map import base_map_in_use
from collection.selectors.dataset import pinned_version
from collection.store import tables
from core.components.figures import number

MOST_CELLS = 60
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_SHAPE = 0.6
"""Height of the drawing beside its width, about."""


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """What the page shows.

    Attributes:
        items: names of the items that say where a row lies.
        chart: None where no row has a place.
        problem: why nothing is drawn.
        is_shifted: whether the base map is in another coordinate system than the data, as far as both are declared.
    """

    items: list[str]
    chart: Chart | None
    count: int
    is_sample: bool
    system: str
    problem: str = ""
    base: BaseMap | None = None
    is_shifted: bool = False


def map_of(entitlement: Entitlement, version: DatasetVersion, dataset: Dataset) -> PlaceMap | None:
    """Return the map of what the entitlement shows of a version; None where no items say where rows lie."""
    pinned = pinned_version(version)
    places = places_of(entitlement, pinned.columns)
    if places is None:
        return None
    names = [one.name for one in places.columns]
    system = str(dataset.get_coordinates_display())
    try:
        found = points(entitlement, pinned, places, version.row_count)
    except tables.TooSlow:
        return PlaceMap(names, None, 0, False, system, _("It took too long to find the places of the rows."))
    chart = _chart(found.places) if found.places else None
    base = base_map_in_use()
    is_shifted = base is not None and _is_shifted(base.coordinates, dataset.coordinates)
    return PlaceMap(names, chart, len(found.places), found.is_sample, system, base=base, is_shifted=is_shifted)


def _is_shifted(one: str, other: str) -> bool:
    """Say whether two systems lie apart: GCJ-02 is shifted on purpose, the others differ by centimetres."""
    return bool(one and other) and CoordinateSystem.GCJ02 in (one, other) and one != other


def base_map_chart(lines: str) -> Chart:
    """Return the frame in which the base map is drawn alone, as wide as its lines reach."""
    places = [(x, y) for line in json.loads(lines) for x, y in line]
    frame = _chart(places)
    option = frame.option | {"series": []}
    return Chart(option, frame.summary, [], [], len(places))


def _chart(places: list[tuple[float, float]]) -> Chart:
    west, east = min(x for x, _y in places), max(x for x, _y in places)
    south, north = min(y for _x, y in places), max(y for _x, y in places)
    step = next((one for one in _STEPS if max(east - west, north - south) / one <= 8), _STEPS[-1])
    west, east, south, north = _extent(west, east, south, north, step)
    cells = Counter((math.floor(x / step), math.floor(y / step)) for x, y in places)
    rows = [
        [f"{_degrees(x * step, step)}–{_degrees((x + 1) * step, step)}, "
         f"{_degrees(y * step, step)}–{_degrees((y + 1) * step, step)}", number(count)]
        for (x, y), count in cells.most_common(MOST_CELLS)
    ]  # fmt: skip
    summary = _("%(count)s points between longitudes %(west)s and %(east)s, latitudes %(south)s and %(north)s") % {
        "count": number(len(places)),
        "west": _degrees(west, step),
        "east": _degrees(east, step),
        "south": _degrees(south, step),
        "north": _degrees(north, step),
    }

    def axis(first: float, last: float, name: str) -> dict[str, Any]:
        return {
            "type": "value",
            "name": name,
            "nameLocation": "middle",
            "nameGap": 26,
            "min": round(first, 6),
            "max": round(last, 6),
            "interval": step,
            "axisLabel": {"fontSize": 11, "hideOverlap": True},
            "splitLine": {"show": True, "lineStyle": {"color": "--line"}},
        }

    option = {
        "grid": {"left": 56, "right": 16, "top": 12, "bottom": 44},
        "xAxis": axis(west, east, _("Longitude")),
        "yAxis": axis(south, north, _("Latitude")) | {"nameGap": 42},
        "series": [
            {
                "type": "scatter",
                "symbolSize": 6,
                "itemStyle": {"color": "--accent-500", "opacity": 0.6},
                "data": [[round(x, 6), round(y, 6)] for x, y in places],
            }
        ],
    }
    return Chart(option, summary, [_("Longitudes, latitudes"), _("Points")], rows, len(places))


def _extent(west: float, east: float, south: float, north: float, step: float) -> tuple[float, float, float, float]:
    """Widen an extent to lines of the graticule, in about the shape that the ground has there."""
    narrowing = max(0.2, math.cos(math.radians((south + north) / 2)))
    wanted = max((north - south) / _SHAPE / narrowing, east - west, step)
    west, east = (west + east - wanted) / 2, (west + east + wanted) / 2
    tall = max(wanted * _SHAPE * narrowing, north - south, step)
    south, north = (south + north - tall) / 2, (south + north + tall) / 2
    return (
        max(-180.0, math.floor(west / step) * step),
        min(180.0, math.ceil(east / step) * step),
        max(-90.0, math.floor(south / step) * step),
        min(90.0, math.ceil(north / step) * step),
    )


def _degrees(value: float, step: float) -> str:
    return f"{value:.{2 if step < 0.1 else 1 if step < 1 else 0}f}°"
