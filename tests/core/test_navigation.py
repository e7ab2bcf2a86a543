import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from core import navigation
from core.actors import PUBLIC, Actor, ActorKind
from core.context_processors import Shell
from core.navigation import Count, Identity, Item

PERSON = Actor(kind=ActorKind.USER, id=1, name="林晓岚", roles=frozenset({"cataloguer"}))


def _page(request):
    return HttpResponse()


urlpatterns = [
    path("", _page, name="home"),
    path("things/", _page, name="things"),
    path("things/mine/", _page, name="mine"),
    path("other/", _page, name="other"),
]


@pytest.fixture(autouse=True)
def registry(settings):
    settings.ROOT_URLCONF = __name__
    state = navigation.snapshot()
    navigation.clear()
    navigation.register("home", label="Home", url_name="home", order=10, on_phone=True)
    navigation.register(
        "things",
        label="Things",
        url_name="things",
        order=20,
        children=[
            Item(key="things.all", label="All", url_name="things"),
            Item(key="things.mine", label="Mine", url_name="mine"),
            Item(key="things.late", label="Late", url_name="things", query="late=1"),
        ],
    )
    yield
    navigation.restore(state)


def build(address: str, actor: Actor = PERSON, **attributes: object) -> list[navigation.Place]:
    request = RequestFactory().get(address)
    for name, value in attributes.items():
        setattr(request, name, value)
    return navigation.build(request, actor)


def current(places: list[navigation.Place]) -> list[str]:
    return [place.item.key for top in places for place in [top, *top.children] if place.is_current]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", ["home"]),
        ("/things/", ["things.all"]),
        ("/things/12/", ["things.all"]),
        ("/things/mine/", ["things.mine"]),
        ("/things/?late=1", ["things.late"]),
        ("/elsewhere/", []),
    ],
)
def test_the_longest_matching_address_is_current(address, expected):
    assert current(build(address)) == expected


def test_a_view_may_name_its_place():
    assert current(build("/elsewhere/", nav_current="things.mine")) == ["things.mine"]


def test_children_show_in_the_current_section_only():
    assert [len(place.children) for place in build("/")] == [0, 0]
    assert [len(place.children) for place in build("/things/")] == [0, 3]


def test_hidden_items_and_missing_addresses_are_left_out_and_not_counted():
    def fail(actor):
        raise AssertionError("counted")

    navigation.register("secret", label="x", url_name="other", visible=lambda actor: False, count=fail)
    navigation.register("unbuilt", label="x", url_name="no-such-url", count=fail)

    assert [place.item.key for place in build("/")] == ["home", "things"]


def test_the_public_sees_no_navigation():
    assert build("/", PUBLIC) == []


def test_counts_are_shown_when_there_is_something_to_count():
    navigation.register("a", label="a", url_name="other", count=lambda actor: 0)
    navigation.register("b", label="b", url_name="other", count=lambda actor: 3)
    navigation.register("c", label="c", url_name="other", count=lambda actor: Count(2, "overdue", is_hot=True))

    counts = {place.item.key: place.count for place in build("/")}

    assert counts["a"] is None
    assert counts["b"] == Count(3)
    assert counts["c"].is_hot


def test_a_child_belongs_to_its_section():
    with pytest.raises(ValueError, match=r"other\.x"):
        navigation.register(
            "things", label="x", url_name="things", children=[Item(key="other.x", label="", url_name="")]
        )


def test_the_shell_knows_the_person_and_works_without_one():
    navigation.register_identity(lambda actor: Identity(region="云川市本级", roles=["Cataloguer"]))
    navigation.register_unread(lambda actor: 3)
    navigation.register_links(home="home", profile="no-such-url")
    request = RequestFactory().get("/")
    assert Shell(request).unread == 0
    assert Shell(request).base == "base_plain.html"

    request.actor = PERSON
    shell = Shell(request)

    assert shell.unread == 3
    assert shell.identity.region == "云川市本级"
    assert shell.base == "base.html"
    assert [place.item.key for place in shell.phone_places] == ["home"]
    assert shell.links["home"] == "/"
    assert shell.links["profile"] == ""
    assert shell.links["help"] == ""
