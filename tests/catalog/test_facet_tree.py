import pytest

from catalog.choices import CategoryLevel
from catalog.facet_tree import BRANCHES_SHOWN, category_tree_options, plain_options, region_options
from catalog.models import Category
from catalog.selectors import FacetValue


def value(code: str, count: int, label: str = "", is_chosen: bool = False) -> FacetValue:
    return FacetValue(code, label or code, count, is_chosen)


def lines(options: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(one["value"], one["count"], one["depth"]) for one in options]


def test_values_of_a_scale_keep_its_order() -> None:
    options = plain_options("cycle", [value("yearly", 9), value("realtime", 1), value("monthly", 5)])
    assert [one["value"] for one in options] == ["realtime", "monthly", "yearly"]


def test_other_values_stay_by_count() -> None:
    assert [one["value"] for one in plain_options("department", [value("b", 5), value("a", 1)])] == ["b", "a"]


def test_regions_stand_below_the_city_they_belong_to() -> None:
    options = region_options([value("990102", 3), value("990100", 5), value("980100", 1)])
    assert lines(options) == [("980100", 1, 0), ("990100", 5, 0), ("990102", 3, 1)]


@pytest.mark.django_db
def test_single_group_of_a_class_gives_way_to_its_orders() -> None:
    options = category_tree_options([value("307013", 4), value("307020", 6)], [])
    assert lines(options) == [("3", 10, 0), ("307020", 6, 1), ("307013", 4, 1)]


@pytest.mark.django_db
def test_groups_of_a_class_are_listed_and_a_chosen_one_opens() -> None:
    values = [value("201001", 1), value("203001", 2), value("203002", 3)]
    assert lines(category_tree_options(values, [])) == [("2", 6, 0), ("203", 5, 1), ("201", 1, 1)]
    assert lines(category_tree_options(values, ["203"])) == [
        ("2", 6, 0),
        ("203", 5, 1),
        ("203002", 3, 2),
        ("203001", 2, 2),
        ("201", 1, 1),
    ]


@pytest.mark.django_db
def test_many_orders_are_cut_but_chosen_ones_stay() -> None:
    values = [value(f"3070{number:02d}", 100 - number) for number in range(10, 30)]
    few = category_tree_options(values, ["307029"])
    assert len(few) == 1 + BRANCHES_SHOWN + 1
    assert few[-1]["value"] == "307029"
    assert few[-1]["selected"]
    assert len(category_tree_options(values, [], whole=True)) == 1 + 20


@pytest.mark.django_db
def test_categories_bear_their_names() -> None:
    Category.objects.create(code="3", name="部门信息资源", level=CategoryLevel.CLASS)
    assert category_tree_options([value("307013", 1)], [])[0]["label"] == "部门信息资源"


@pytest.mark.django_db
def test_chosen_value_without_entries_stays_listed() -> None:
    assert lines(category_tree_options([], ["3"])) == [("3", 0, 0)]
    assert category_tree_options([], []) == []
