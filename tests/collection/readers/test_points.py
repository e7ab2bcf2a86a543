"""Maps: items found by name, places seen whole only, and whatever is no place left out."""

from typing import Any

import pytest

from catalog.choices import Mask
from collection.maps import map_of
from collection.readers import Condition, Operator
from collection.readers import points as reading
from collection.readers.points import places_of, points
from collection.selectors import version_get
from collection.services import dataset_hook, dataset_update
from collection.store import tables
from core.exceptions import RuleViolation
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import Town
from tests.collection.readers.test_page import everything, item, version_of
from tests.factories.catalog import CatalogWorld

KEY = {"name": "编号", "field_name": "BH", "type": "C", "length": 20, "is_key": True, "nullable": False}
PLACED = [KEY, {"name": "经度", "field_name": "JD", "type": "F"}, {"name": "纬度", "field_name": "WD", "type": "N"}]
SHAPED = [KEY, {"name": "geometry", "field_name": "", "type": "M"}]


def town_of(world: CatalogWorld, items: Any) -> Town:
    entry = world.published(items=items)
    return Town(world, entry, dataset_hook(actor=world.cataloguer, ref=entry.pk, name="点位"))


@pytest.fixture
def placed(world: CatalogWorld) -> Town:
    town = town_of(world, PLACED)
    rows = "编号,经度,纬度\na,104.1,29.5\nb,104.3,29.7\nc,,29.7\nd,999,29.7\ne,1e300,1\nf,104.2,91\n"
    assert town.send(rows).state == "succeeded"
    return town


def test_rows_without_a_place_on_earth_are_left_out(placed: Town) -> None:
    version = version_of(placed)
    places = places_of(everything(version), version.columns)
    assert places is not None
    assert sorted(points(everything(version), version, places, 6).places) == [(104.1, 29.5), (104.3, 29.7)]
    few = everything(version, row_filter=(Condition(item(version, "BH"), Operator.EQUAL, ("b",)),))
    assert points(few, version, places, 6).places == [(104.3, 29.7)]


def test_masked_and_hidden_coordinates_are_not_drawn(placed: Town) -> None:
    version = version_of(placed)
    masked = everything(version, masks={item(version, "WD"): Mask.TEXT})
    assert places_of(masked, version.columns) is None
    assert map_of(masked, version_get(placed.dataset), placed.dataset) is None


def test_geometries_are_drawn_at_their_middle(world: CatalogWorld) -> None:
    town = town_of(world, SHAPED)
    geometries = [
        '{"type": "Point", "coordinates": [104.5, 29.5, 12]}',
        '{"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4], [1, 2]]]}',
        "no geometry",
        "[" * 5000,
        '{"coordinates": null}',
        '{"type": "GeometryCollection", "geometries": 7}',
        '{"type": "Point", "coordinates": [1' + "0" * 400 + ", 5]}",
        '{"type": "Point", "coordinates": [NaN, 5]}',
        '{"type": "Point", "coordinates": [1e999, 5]}',
        '{"type": "LineString", "coordinates": [[1, 2], [NaN, 5]]}',
        '{"type": "LineString", "coordinates": [[-Infinity, 2], [Infinity, 5]]}',
    ]
    rows = [f"""{at},"{one.replace('"', '""')}"\n""" for at, one in enumerate(geometries)]
    run = town.send("编号,geometry\n" + "".join(rows), is_confirmed=True)
    assert run.state == "succeeded", run.message
    version = version_of(town)
    places = places_of(everything(version), version.columns)
    assert places is not None
    assert places.is_geometry
    assert sorted(points(everything(version), version, places, 5).places) == [(2.0, 3.0), (104.5, 29.5)]
    assert "2 points" in text_of(get(town.cataloguer, f"/collection/datasets/{town.dataset.pk}/?tab=map"))


def test_many_points_are_a_sample(placed: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_POINTS", 1)
    version = version_of(placed)
    found = map_of(everything(version), version_get(placed.dataset), placed.dataset)
    assert found is not None
    assert found.is_sample
    assert found.count <= 1


def test_the_tab_is_there_where_there_are_places(placed: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    page = f"/collection/datasets/{placed.dataset.pk}/?tab=map"
    dataset_update(actor=placed.cataloguer, dataset_id=placed.dataset.pk, fields={"coordinates": "cgcs2000"})
    text = text_of(get(placed.cataloguer, page))
    assert "2 points" in text
    assert "Coordinate system: CGCS2000" in text
    assert 'data-chart="c-map"' in get(placed.cataloguer, page).content.decode()
    assert "c-map" not in get(placed.world.other_head, page).content.decode()

    def slow(*_given: Any) -> None:
        raise tables.TooSlow

    monkeypatch.setattr("collection.maps.points", slow)
    assert "took too long" in text_of(get(placed.cataloguer, page))


def test_an_unknown_coordinate_system_is_refused(placed: Town) -> None:
    with pytest.raises(RuleViolation):
        dataset_update(actor=placed.cataloguer, dataset_id=placed.dataset.pk, fields={"coordinates": "mars"})
    placed.dataset.refresh_from_db()
    assert placed.dataset.coordinates == ""
