"""Regions from the package into our table."""

import pytest

from accounts.models import Region
from accounts.reference import regions_load
from accounts.selectors import is_within, regions_above, regions_within
from audit.models import AuditEvent
from tests.factories.accounts import RegionFactory
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db


def test_regions_are_loaded_once_and_again_changes_nothing(django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        first = regions_load()
    assert first.created == Region.objects.count() > 3_100
    with nothing_changes():
        again = regions_load()
    assert (again.created, again.renamed, again.unchanged) == (0, 0, first.created)
    assert AuditEvent.objects.get(action="accounts.region.load").after["created"] == first.created


def test_codes_levels_and_paths():
    regions_load()
    rows = {
        "110000": ("北京市", "province", "110000"),
        "110101": ("东城区", "county", "110000/110101"),
        "330000": ("浙江省", "province", "330000"),
        "330100": ("杭州市", "city", "330000/330100"),
        "330114": ("钱塘区", "county", "330000/330100/330114"),
        "419001": ("济源市", "county", "410000/419001"),
        "441900": ("东莞市", "city", "440000/441900"),
        "710000": ("台湾省", "province", "710000"),
        "810000": ("香港特别行政区", "province", "810000"),
    }
    for code, expected in rows.items():
        region = Region.objects.get(code=code)
        assert (region.name, region.level, region.path) == expected
    assert Region.objects.get(code="330114").parent.code == "330100"
    assert Region.objects.get(code="110101").parent.code == "110000"
    assert set(Region.objects.filter(level="province").values_list("code", flat=True)) >= {"500000", "650000"}
    assert Region.objects.filter(level="province").count() == 34


def test_a_new_name_is_followed_and_our_own_regions_are_left_alone():
    own = RegionFactory(code="990100", name="云川市")
    regions_load()
    Region.objects.filter(code="330100").update(name="旧名")
    assert regions_load().renamed == 1
    assert Region.objects.get(code="330100").name == "杭州市"
    own.refresh_from_db()
    assert (own.name, own.path) == ("云川市", "990000/990100")


def test_what_lies_within_and_above():
    county = RegionFactory(code="990102", level="county")
    city = county.parent
    RegionFactory(code="990200")
    assert {region.code for region in regions_within(city.path)} == {"990100", "990102"}
    assert [region.code for region in regions_above(county.path)] == ["990000", "990100", "990102"]
    assert is_within(county.path, city.path)
    assert not is_within("990000/9901000", "990000/990100")
