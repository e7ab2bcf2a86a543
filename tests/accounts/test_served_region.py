"""After which region the platform is named, and what that costs."""

import pytest
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client
from django.utils import translation

from accounts import selectors, served_region
from core.platform_name import platform_name
from tests.factories.accounts import DepartmentFactory, RegionFactory

pytestmark = pytest.mark.django_db


def authority(name: str, **region: str):
    return DepartmentFactory(region=RegionFactory(name=name, **region), authority=True)


def test_the_region_of_the_highest_authority_is_served():
    authority("东湖区", level="county")
    authority("云川市")
    DepartmentFactory(region=RegionFactory(name="云川省", level="province"))

    assert str(selectors.region_served()) == "云川市"


def test_a_county_below_a_province_does_not_count_as_a_city():
    county = RegionFactory(
        name="直管县", code="701198", level="county", parent=RegionFactory(code="700000", level="province")
    )
    DepartmentFactory(region=county, authority=True)
    authority("云川市")

    assert str(selectors.region_served()) == "云川市"


def test_no_region_speaks_for_two_that_stand_equally_high():
    authority("云川市")
    authority("海门市")

    assert selectors.region_served() is None


def test_an_authority_that_has_ended_serves_nobody():
    authority("云川市")
    ended = authority("云川省", level="province")
    type(ended).objects.filter(pk=ended.pk).update(valid_to="2026-01-01")

    assert str(selectors.region_served()) == "云川市"


@pytest.mark.parametrize(
    ("language", "name", "without"),
    [
        ("zh-hans", "云川市政务数据目录", "政务数据目录"),
        ("zh-hant", "云川市政務數據目錄", "政務數據目錄"),
        ("en", "云川市 Government Data Catalog", "Government Data Catalog"),
    ],
)
def test_the_platform_is_named_in_each_language(language, name, without):
    with translation.override(language):
        assert platform_name() == without
        authority("云川市")
        caches["process"].clear()
        assert platform_name() == name


def test_pages_carry_the_name_and_ask_for_it_once(client: Client, django_assert_num_queries):
    authority("云川市")
    page = client.get("/open/").content.decode()
    assert "云川市政务数据目录</title>" in page
    assert "<span>云川市政务数据目录</span>" in page

    with django_assert_num_queries(0):
        assert served_region.served_region_name() == "云川市"


def test_a_database_that_is_away_costs_the_name_not_the_page(monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(served_region, "region_served", away)
    assert served_region.served_region_name() == ""

    monkeypatch.undo()
    authority("云川市")
    assert served_region.served_region_name() == "云川市"
