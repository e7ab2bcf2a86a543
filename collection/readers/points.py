"""Where rows lie: pairs of longitude and latitude, or GeoJSON geometries, of items that the reader sees whole."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from collection.readers.entitlement import Entitlement
from collection.readers.masks import Parameters
from collection.readers.page import PinnedVersion, visible_rows
from collection.readers.sample import sampled
from collection.store import names, tables
from collection.store.columns import Column

MOST_POINTS = 3_000
MOST_MILLISECONDS = 5_000
_LONGEST_GEOMETRY = 200_000
_NUMBERS = ("numeric", "double precision")
_LONGITUDE = re.compile(r"经度|longitude|\blng\b|\blon\b|^jd$|_jd$|_lng$|_lon$", re.IGNORECASE)
_LATITUDE = re.compile(r"纬度|latitude|\blat\b|^wd$|_wd$|_lat$", re.IGNORECASE)
_GEOMETRY = re.compile(r"^geometry$|^geom$|空间坐标|几何|geojson", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Places:
    """The items that say where a row lies: two numbers, or one geometry."""

    columns: tuple[Column, ...]

    @property
    def is_geometry(self) -> bool:
        return len(self.columns) == 1


@dataclass(frozen=True, slots=True)
class Points:
    """Places of rows.

    Attributes:
        places: (longitude, latitude) in degrees; of an area or a line the middle of its extent.
        is_sample: whether there are more rows than were looked at.
    """

    places: list[tuple[float, float]]
    is_sample: bool


def places_of(entitlement: Entitlement, columns: Sequence[Column]) -> Places | None:
    """Find the items that say where a row lies, by their names; None where there are none that are seen whole."""
    seen = [one for one in entitlement.columns(columns) if entitlement.mask_of(one.item) == "none"]

    def named(pattern: re.Pattern[str], *, is_text: bool) -> Column | None:
        kinds = ("text",) if is_text else _NUMBERS
        fitting = (one for one in seen if one.pg_type in kinds)
        return next((one for one in fitting if pattern.search(one.name) or pattern.search(one.field_name)), None)

    longitude, latitude = named(_LONGITUDE, is_text=False), named(_LATITUDE, is_text=False)
    if longitude and latitude:
        return Places((longitude, latitude))
    geometry = named(_GEOMETRY, is_text=True)
    return Places((geometry,)) if geometry else None


def points(entitlement: Entitlement, version: PinnedVersion, places: Places, rows: int) -> Points:
    """Return where rows lie, at most ``MOST_POINTS`` of them.

    Raises:
        TooSlow: it took too long.
    """
    parameters = Parameters()
    visible = visible_rows(entitlement, version, entitlement.columns(version.columns), (), parameters)
    cells = [sql.SQL("t.{}").format(one.identifier) for one in places.columns]
    usable = "{0} IS NOT NULL AND char_length({0}) <= {1}" if places.is_geometry else "{0} IS NOT NULL"
    with tables.bounded(MOST_MILLISECONDS) as run:
        run.execute(
            sql.SQL("SELECT {} FROM {} t WHERE {} AND {} AND {} LIMIT {}").format(
                sql.SQL(", ").join(cells),
                names.table(version.dataset_id, version.generation),
                visible,
                sql.SQL(" AND ").join(sql.SQL(usable).format(cell, sql.Literal(_LONGEST_GEOMETRY)) for cell in cells),
                sampled(version, rows, MOST_POINTS),
                sql.Literal(MOST_POINTS),
            ),
            parameters.values,
        )
        found = run.fetchall()
    located = _middles(found) if places.is_geometry else [(float(x), float(y)) for x, y in found]
    return Points([one for one in located if -180 <= one[0] <= 180 and -90 <= one[1] <= 90], rows > MOST_POINTS)


def _middles(rows: Sequence[tuple[str]]) -> list[tuple[float, float]]:
    """Return the middles of geometries; what is none is left out."""
    found = []
    for (text,) in rows:
        try:
            places = list(_positions(json.loads(text)))
        except (ValueError, OverflowError, RecursionError):
            continue
        # What Python reads as JSON may hold NaN and Infinity.
        if places and all(math.isfinite(one) for place in places for one in place):
            across, along = [x for x, _y in places], [y for _x, y in places]
            found.append(((min(across) + max(across)) / 2, (min(along) + max(along)) / 2))
    return found


def _positions(value: Any) -> Iterator[tuple[float, float]]:
    """Yield the positions of a GeoJSON geometry (RFC 7946): longitude first."""
    if isinstance(value, dict):
        yield from _positions(value.get("coordinates"))
        yield from _positions(value.get("geometries"))
    elif isinstance(value, list):
        if len(value) >= 2 and all(isinstance(one, int | float) for one in value[:2]):
            yield float(value[0]), float(value[1])
        else:
            for part in value:
                yield from _positions(part)
