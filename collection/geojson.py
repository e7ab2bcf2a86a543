"""Lines and outlines of areas out of GeoJSON (RFC 7946): every point is kept, nothing is simplified."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from core.exceptions import FieldError, RuleViolation

MOST_BYTES = 4 * 1024 * 1024
MOST_POINTS = 200_000
"""A browser draws them one by one."""

Line = list[list[float]]

_HOLDERS = {"FeatureCollection": "features", "GeometryCollection": "geometries"}


class _Unusable(Exception):
    """What is wrong, in words for people."""


def lines_read(content: bytes) -> list[Line]:
    """Return the lines and the outlines of areas that a file holds, as lists of [longitude, latitude].

    Raises:
        RuleViolation: it is no GeoJSON of lines and areas in degrees, or too large.
    """
    if len(content) > MOST_BYTES:
        raise _refused(_("The file is larger than 4 MB. Take an outline of fewer points."))
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
        lines = [_line(one, is_ring=is_ring) for one, is_ring in _paths(found)]
    except _Unusable as problem:
        raise _refused(str(problem)) from None
    except (ValueError, RecursionError):
        raise _refused(_("This is no JSON file in UTF-8.")) from None
    if not lines:
        raise _refused(_("The file holds neither a line nor an area."))
    if sum(len(one) for one in lines) > MOST_POINTS:
        raise _refused(_("The file holds more than 200,000 points. Take an outline of fewer points."))
    return lines


def _refused(message: str) -> RuleViolation:
    return RuleViolation([FieldError("file", "unusable", message)])


def _no_number(text: str) -> float:
    raise ValueError(text)


def _paths(found: Any) -> Iterator[tuple[Any, bool]]:
    """Yield each path with whether it is closed."""
    if not isinstance(found, dict):
        raise _Unusable(_("This is no GeoJSON."))
    match found.get("type"):
        case "FeatureCollection" | "GeometryCollection" as kind:
            for one in _list(found.get(_HOLDERS[kind])):
                yield from _paths(one)
        case "Feature":
            if found.get("geometry") is not None:
                yield from _paths(found["geometry"])
        case "LineString":
            yield found.get("coordinates"), False
        case "MultiLineString":
            yield from ((one, False) for one in _list(found.get("coordinates")))
        case "Polygon":
            yield from ((one, True) for one in _list(found.get("coordinates")))
        case "MultiPolygon":
            for area in _list(found.get("coordinates")):
                yield from ((one, True) for one in _list(area))
        case _:
            raise _Unusable(_("A base map holds lines and areas only: LineString, Polygon and several of them."))


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise _Unusable(_("This is no GeoJSON."))
    return found


def _line(found: Any, *, is_ring: bool) -> Line:
    line = [_place(one) for one in _list(found)]
    if len(line) < (4 if is_ring else 2) or (is_ring and line[0] != line[-1]):
        raise _Unusable(_("A line has at least two points, the outline of an area four, and it ends where it begins."))
    return line


def _place(found: Any) -> list[float]:
    place = _list(found)[:2]
    if len(place) < 2 or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in place):
        raise _Unusable(_("Every point needs a longitude and a latitude."))
    longitude, latitude = place
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise _Unusable(_("Places must be in degrees, longitude first. Convert the file to geographic coordinates."))
    return [round(longitude, 6), round(latitude, 6)]
