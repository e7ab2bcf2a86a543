"""The base map that a system administrator loads: what is taken, who loads it, who sees it, where it is drawn."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audit.models import AuditEvent
from collection import geojson, services
from collection.models import BaseMap
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import Town
from tests.unchanged import nothing_changes

ADDRESS = "/collection/base-map/"
RING = [[104, 30], [105, 30], [105, 31], [104, 30]]
CITY: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"name": "市界"}, "geometry": {"type": "Polygon", "coordinates": [RING]}},
        {"type": "Feature", "properties": {}, "geometry": None},
        {
            "type": "Feature",
            "geometry": {"type": "MultiLineString", "coordinates": [[[104.1234567, 30, 5], [104, 31]]]},
        },
    ],
}


def load(town: Town, content: Any = CITY, number: str = "GS（2024）0001号", coordinates: str = "") -> BaseMap:
    return services.base_map_load(
        actor=town.world.sysadmin,
        content=content if isinstance(content, bytes) else json.dumps(content).encode(),
        file_name="city.geojson",
        approval_number=number,
        coordinates=coordinates,
    )


def test_lines_and_outlines_are_kept_point_by_point(town: Town) -> None:
    loaded = load(town)
    assert json.loads(loaded.lines) == [RING, [[104.123457, 30], [104, 31]]]
    assert (loaded.line_count, loaded.point_count) == (2, 6)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b'{"type": "LineString", "coordinates": [[NaN, 1], [2, 3]]}', id="no number"),
        pytest.param(b'{"type": "LineString", "coordinates": [[1e999, 1], [2, 3]]}', id="endless"),
        pytest.param(b'{"type": "LineString", "coordinates": [[1' + b"0" * 400 + b", 1], [2, 3]]}", id="a huge number"),
        pytest.param([], id="a list"),
        pytest.param({"type": "Topology"}, id="another format"),
        pytest.param({"type": "Point", "coordinates": [1, 2]}, id="points"),
        pytest.param({"type": "FeatureCollection", "features": []}, id="empty"),
        pytest.param({"type": "FeatureCollection", "features": {}}, id="no list"),
        pytest.param({"type": "LineString", "coordinates": [[104, 30]]}, id="one point"),
        pytest.param({"type": "LineString", "coordinates": [[104], [30]]}, id="half a point"),
        pytest.param({"type": "LineString", "coordinates": [[True, 1], [2, 3]]}, id="a truth"),
        pytest.param({"type": "LineString", "coordinates": [["104", 1], [2, 3]]}, id="a text"),
        pytest.param({"type": "LineString", "coordinates": [[500_000, 3_300_000], [2, 3]]}, id="metres"),
        pytest.param({"type": "LineString", "coordinates": [[30, 104], [31, 105]]}, id="latitude first"),
        pytest.param({"type": "Polygon", "coordinates": [[*RING[:3], [104, 30.5]]]}, id="an open outline"),
    ],
)
def test_what_is_no_map_of_lines_is_refused(town: Town, content: Any) -> None:
    with nothing_changes(), pytest.raises(RuleViolation):
        load(town, content)


def test_what_is_too_large_or_not_approved_is_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with nothing_changes(), pytest.raises(RuleViolation):
        load(town, number=" \n ")
    with nothing_changes(), pytest.raises(RuleViolation):
        load(town, coordinates="mars")
    monkeypatch.setattr(geojson, "MOST_POINTS", 5)
    with nothing_changes(), pytest.raises(RuleViolation):
        load(town)
    monkeypatch.setattr(geojson, "MOST_BYTES", 10)
    with nothing_changes(), pytest.raises(RuleViolation):
        load(town)


def test_another_takes_its_place_and_all_of_it_is_in_the_trail(town: Town) -> None:
    first, second = load(town), load(town, number="GS（2025）0002号")
    first.refresh_from_db()
    assert first.removed_at is not None
    services.base_map_remove(actor=town.world.sysadmin)
    assert not BaseMap.objects.filter(removed_at__isnull=True).exists()
    events = AuditEvent.objects.filter(action__startswith="collection.base_map").order_by("pk")
    assert [one.action.rpartition(".")[2] for one in events] == ["load", "load", "remove"]
    assert [(one.before or {}).get("approval_number") for one in events] == [
        None, first.approval_number, second.approval_number,
    ]  # fmt: skip
    with nothing_changes(), pytest.raises(NotVisible):
        services.base_map_remove(actor=town.world.sysadmin)


def test_nobody_but_the_system_administrator_loads_or_removes_it(town: Town) -> None:
    load(town)
    world = town.world
    for stranger in (world.cataloguer, world.reviewer, world.secadmin, world.auditor):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.base_map_load(actor=stranger, content=b"{}", file_name="a", approval_number="GS")
        with nothing_changes(), pytest.raises(NotAllowed):
            services.base_map_remove(actor=stranger)


def test_its_lines_are_for_whoever_is_signed_in_while_it_is_in_use(town: Town) -> None:
    loaded = load(town)
    address = f"{ADDRESS}{loaded.pk}/"
    response = get(town.cataloguer, address)
    assert response.json() == [RING, [[104.123457, 30], [104, 31]]]
    assert "private" in response.headers["Cache-Control"]
    assert Client().get(address).status_code == 302
    load(town)
    assert get(town.cataloguer, address).status_code == 404


def test_the_page_loads_it_and_shows_its_number(town: Town) -> None:
    client = client_of(town.world.sysadmin)
    assert "No base map is loaded" in text_of(client.get(ADDRESS))
    assert client.post(ADDRESS, {"approval_number": "GS1"}).status_code == 422
    wrong = SimpleUploadedFile("a.geojson", b"{}")
    refused = client.post(ADDRESS, {"file": wrong, "approval_number": "GS1"})
    assert refused.status_code == 422
    assert "lines and areas only" in text_of(refused)
    right = SimpleUploadedFile("市界.geojson", json.dumps(CITY).encode())
    assert client.post(ADDRESS, {"file": right, "approval_number": "GS1", "coordinates": "cgcs2000"}).status_code == 302
    page = client.get(ADDRESS)
    assert "Map approval number: GS1" in text_of(page)
    assert f'data-base="{ADDRESS}{BaseMap.objects.get().pk}/"' in page.content.decode()
    assert client.post(f"{ADDRESS}remove/").status_code == 302
    assert "Earlier base maps" in text_of(client.get(ADDRESS))


@pytest.fixture
def places(town: Town) -> Town:
    """Data with places, as CGCS2000."""
    entry = town.world.published(
        name="站点", items=[{"name": "编号", "field_name": "BH", "type": "C", "length": 9, "is_key": True,
                             "nullable": False}, {"name": "经度", "field_name": "JD", "type": "F"},
                            {"name": "纬度", "field_name": "WD", "type": "F"}]
    )  # fmt: skip
    found = Town(town.world, entry, services.dataset_hook(actor=town.cataloguer, ref=entry.pk))
    found.send("编号,经度,纬度\n1,104.1,30.2\n2,104.3,30.4\n")
    services.dataset_update(actor=town.cataloguer, dataset_id=found.dataset.pk, fields={"coordinates": "cgcs2000"})
    return found


def test_maps_of_data_lie_over_it_with_its_number_and_say_when_it_is_shifted(places: Town) -> None:
    address = f"/collection/datasets/{places.dataset.pk}/?tab=map"
    assert "data-base" not in get(places.cataloguer, address).content.decode()
    loaded = load(places, coordinates="wgs84")
    page = get(places.cataloguer, address)
    assert f'data-base="{ADDRESS}{loaded.pk}/"' in page.content.decode()
    assert "Map approval number: GS（2024）0001号" in text_of(page)
    assert "The base map is in" not in text_of(page)
    load(places, coordinates="gcj02")
    assert "The base map is in GCJ-02" in text_of(get(places.cataloguer, address))
