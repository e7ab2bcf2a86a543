"""The pages of the classification and the libraries."""

import re
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog import reference, services
from catalog.models import Category, Library
from tests.catalog.views.reader import HTMX, client_of, get, text_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes

TREE = "/catalog/categories/"
LIBRARIES = "/catalog/libraries/"


@pytest.fixture(autouse=True)
def english(settings: Any, db: None) -> None:
    """Read the pages in the language of the sources, with the guide's classification."""
    settings.LANGUAGE_CODE = "en"
    reference.load()


def codes_in(body: str) -> list[str]:
    return re.findall(r'<span class="code">([0-9]+)</span>', body)


def test_tree_shows_every_level_with_the_entries_of_the_branch(world: CatalogWorld) -> None:
    world.published(name="甲")
    world.published(name="乙")
    world.entry(name="草稿")
    body = get(world.other_cataloguer, TREE).content.decode()
    assert {"1", "2", "3", "307", "307013", "101001"} <= set(codes_in(body))
    assert body.count("2 entries") == 3
    assert f'href="{TREE}307013/"' in body


def test_search_opens_the_branches_it_finds(world: CatalogWorld) -> None:
    body = get(world.cataloguer, TREE, {"q": "消防"}, **HTMX).content.decode()
    assert codes_in(body) == ["3", "307", "307043"]
    assert "<details open>" in body
    assert codes_in(get(world.cataloguer, TREE, {"q": "10100"}).content.decode()) == ["1", "101", "101001"]
    assert "No category fits" in text_of(get(world.cataloguer, TREE, {"q": "没有这样的"}))


def test_only_branches_with_entries_on_request(world: CatalogWorld) -> None:
    world.published()
    assert codes_in(get(world.cataloguer, TREE, {"used": "1"}).content.decode()) == ["3", "307", "307013"]


def test_tree_costs_the_same_however_large(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(world.reviewer)
    client.get(TREE)
    with django_assert_max_num_queries(12):
        client.get(TREE)


def test_forms_are_there_for_the_authority_only(world: CatalogWorld) -> None:
    assert "<form" in _main(get(world.reviewer, f"{TREE}307/").content.decode())
    assert "<form" not in _main(get(world.head, f"{TREE}307/").content.decode())


def _main(body: str) -> str:
    return body[body.index('<div class="cols">') : body.index("</main>")]


def test_a_category_is_added_below(world: CatalogWorld) -> None:
    client = client_of(world.reviewer)
    response = client.post(TREE, {"parent": "307013", "digits": "02", "name": "社会救助"})
    assert response.headers["Location"] == f"{TREE}30701302/"
    assert "社会救助" in text_of(client.get(f"{TREE}307013/"))


def test_a_refused_addition_stays_on_the_page_it_came_from(world: CatalogWorld) -> None:
    client = client_of(world.reviewer)
    with nothing_changes():
        response = client.post(TREE, {"parent": "307", "digits": "13", "name": "社会救助"})
    assert response.status_code == 422
    assert 'value="社会救助"' in response.content.decode()
    assert "The code of this level does not have this form" in text_of(response)
    assert client.post(TREE, {"parent": "999", "digits": "01", "name": "无"}).status_code == 404


def test_a_category_is_renamed_closed_and_opened_again(world: CatalogWorld) -> None:
    client = client_of(world.reviewer)
    address = f"{TREE}307013/"
    client.post(address, {"action": "rename", "name": "民政事务"})
    client.post(address, {"action": "close"})
    category = Category.objects.get(code="307013")
    assert (category.name, category.is_active) == ("民政事务", False)
    assert "Closed to new filings" in text_of(client.get(address))
    client.post(address, {"action": "reopen"})
    category.refresh_from_db()
    assert (category.name, category.is_active) == ("民政事务", True)
    with nothing_changes():
        assert client.post(address, {"action": "rename", "name": " "}).status_code == 422


def test_libraries_name_their_lead_and_count_their_entries(world: CatalogWorld) -> None:
    services.library_lead_set(actor=world.reviewer, code="population", department_code=world.provider.code)
    world.published(library="population")
    text = text_of(get(world.cataloguer, LIBRARIES))
    assert "人口基础库 Base library 市民政局 yours 1" in text
    assert text.count("not named yet") == 5


def test_the_authority_names_the_lead_and_the_lead_edits(world: CatalogWorld) -> None:
    address = f"{LIBRARIES}population/"
    reviewer, cataloguer = client_of(world.reviewer), client_of(world.cataloguer)
    assert 'name="department"' in reviewer.get(address).content.decode()
    assert 'name="description"' not in cataloguer.get(address).content.decode()
    reviewer.post(f"{address}lead/", {"department": world.provider.code})
    assert 'name="description"' in cataloguer.get(address).content.decode()
    assert 'name="description"' not in reviewer.get(address).content.decode()
    cataloguer.post(address, {"name": "人口库", "description": "全市人口基础信息。"})
    assert "全市人口基础信息。" in text_of(get(world.other_head, address))
    with nothing_changes():
        assert cataloguer.post(address, {"name": "", "description": "x"}).status_code == 422
        assert reviewer.post(f"{address}lead/", {"department": "nobody"}).status_code == 422


def test_a_theme_library_is_added_from_the_list(world: CatalogWorld) -> None:
    client = client_of(world.reviewer)
    response = client.post(LIBRARIES, {"name": "社会救助主题库", "code": "social-relief"})
    assert response.headers["Location"] == f"{LIBRARIES}social-relief/"
    assert Library.objects.get(code="social-relief").kind == "theme"
    with nothing_changes():
        refused = client.post(LIBRARIES, {"name": "重复", "code": "population"})
    assert refused.status_code == 422
    assert 'value="重复"' in refused.content.decode()
