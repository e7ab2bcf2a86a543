"""Every page of every role: it answers, stands in the window, and is open to everybody."""

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from django.urls import resolve

import tests.permissions
from accounts.models import Department, User
from catalog.formats import FORMAT_TYPES
from tests.browser.conftest import Open
from tests.browser.language import TEXTS, foreign_words
from tests.browser.pages import ELSEWHERE, PLACES, Place, routes
from tests.browser.visitor import DESK, PHONE, Visitor

HALVES = [(role, part) for role in PLACES for part in (0, 1)]


@pytest.mark.parametrize(("role", "part"), HALVES, ids=[f"{role or 'public'}-{part}" for role, part in HALVES])
def test_every_page_is_accessible_and_fits(open_browser: Open, role: str, part: int):
    """At the desk and on a phone: axe-core finds nothing, nothing sticks out, and no English is left over."""
    visitor = open_browser(role)
    names = names_in_data()
    problems = [
        f"{place.title}: {problem}" for place in PLACES[role][part::2] for problem in problems_of(visitor, place, names)
    ]
    assert not problems, "\n".join(["", *problems])


def problems_of(visitor: Visitor, place: Place, names: frozenset[str]) -> Iterator[str]:
    visitor.page.set_viewport_size(DESK)
    status = visitor.visit(place.path)
    if status != place.status:
        yield f"answers {status}"
    for text in foreign_words(visitor.value(TEXTS), names):
        yield f"not translated: {text}"
    for size in (DESK, PHONE):
        visitor.page.set_viewport_size(size)
        for found in [*visitor.accessibility(), visitor.sideways()]:
            if found:
                yield f"at {size['width']}: {found}"


def names_in_data() -> frozenset[str]:
    """Return the words in Latin letters that people of the demo city have chosen."""
    users = User.objects.values_list("username", flat=True)
    codes = Department.objects.values_list("code", flat=True)
    formats = {one for types in FORMAT_TYPES.values() for one in types}
    return frozenset(word for name in ["demo", *users, *codes, *formats] for word in re.split(r"[-_]", name))


def test_no_page_is_left_out():
    """Whatever answers a GET with 200 in the table of permissions is either visited here or named as no page."""
    answering = {
        route.name
        for table in iter_modules(tests.permissions.__path__)
        for route in getattr(import_module(f"tests.permissions.{table.name}"), "ROUTES", ())
        if 200 in (route.get or {}).values() and "_api:" not in route.name
    }
    assert answering - routes() - set(ELSEWHERE) == set()


def test_pages_are_named_after_their_routes(transactional_db: None):
    for places in PLACES.values():
        assert len({place.title for place in places}) == len(places)
        for place in places:
            assert resolve(place.path.partition("?")[0]).view_name == place.route
