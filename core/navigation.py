"""What stands in the shell around every page: sections, the person's place, unread notices, links.

Apps register in ``AppConfig.ready``; nothing here knows an app by name.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from core.actors import Actor

Label = Any
"""A translatable string (``gettext_lazy``)."""


def everyone(actor: Actor) -> bool:
    """Show to whoever is signed in."""
    return not actor.is_public


@dataclass(frozen=True, slots=True)
class Count:
    """A number beside a navigation label; hot ones (overdue work) are red and say a word."""

    value: int
    word: Label = ""
    is_hot: bool = False

    def __bool__(self) -> bool:
        return self.value > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One registered place.

    Attributes:
        key: unique name, ``section`` or ``section.child``.
        url_name: reversed at each request; an item whose URL does not exist is left out.
        query: fixed query string, e.g. ``"mine=1"``; the item is current only when the request carries it.
        visible: whether this actor sees the item.
        count: number beside the label; called once per page for visible items only, so keep it to one query.
        shortcut: the key that goes there after ``g``.
        on_phone: whether it stands in the phone's bottom bar (the first four do).
        is_apart: set off by a line, for places outside the actor's own work.
        is_external: opens a part of the site with another shell.
    """

    key: str
    label: Label
    url_name: str
    icon: str = ""
    query: str = ""
    order: int = 100
    visible: Callable[[Actor], bool] = everyone
    count: Callable[[Actor], Count | int | None] | None = None
    shortcut: str = ""
    on_phone: bool = False
    short_label: Label = ""
    is_apart: bool = False
    is_external: bool = False

    @property
    def section(self) -> str:
        return self.key.partition(".")[0]

    @property
    def is_child(self) -> bool:
        return "." in self.key


@dataclass(slots=True)
class Place:
    """An item as this actor sees it on this page."""

    item: Item
    url: str
    count: Count | None
    is_current: bool = False
    is_open: bool = False
    children: list["Place"] = field(default_factory=list)

    @property
    def label(self) -> Label:
        return self.item.label

    @property
    def short_label(self) -> Label:
        return self.item.short_label or self.item.label

    @property
    def icon(self) -> str:
        return self.item.icon


@dataclass(frozen=True, slots=True)
class Identity:
    """How the bar names the person's place: region and roles in words."""

    region: str = ""
    roles: Sequence[Label] = ()
    shortcuts_enabled: bool = True


_items: dict[str, Item] = {}
_LINK_NAMES = ("home", "search", "notifications", "profile", "logout", "login", "open", "help")
_links: dict[str, str] = {"set_language": "set_language"}
_identity: Callable[[Actor], Identity] = lambda actor: Identity()  # noqa: E731
_unread: Callable[[Actor], int] = lambda actor: 0  # noqa: E731


def register(key: str, *, children: Iterable[Item] = (), **attributes: Any) -> None:
    """Add a section and its children to the side navigation; the same key again replaces the entry.

    Args:
        key: name of the section; children are given as ``Item(key="section.child", ...)``.
        attributes: the attributes of ``Item``.
    """
    _items[key] = Item(key=key, **attributes)
    for child in children:
        if child.section != key:
            raise ValueError(f"{child.key} is not a child of {key}")
        _items[child.key] = child


def add(*items: Item) -> None:
    """Add children to a section that another app registered."""
    _items.update({item.key: item for item in items})


def register_links(**url_names: str) -> None:
    """Say which URL names stand behind the shell's fixed places.

    Args:
        url_names: for ``home``, ``search``, ``notifications``, ``profile``, ``logout``, ``login``, ``open``, ``help``.
    """
    _links.update(url_names)


def register_identity(function: Callable[[Actor], Identity]) -> None:
    """Set the function that names the actor's region and roles."""
    global _identity
    _identity = function


def register_unread(function: Callable[[Actor], int]) -> None:
    """Set the function that counts the actor's unread notices."""
    global _unread
    _unread = function


def identity(actor: Actor) -> Identity:
    return _identity(actor) if actor.is_person else Identity()


def unread(actor: Actor) -> int:
    return _unread(actor) if actor.is_person else 0


def _reverse(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def links() -> dict[str, str]:
    """Return the address of each fixed place, empty where the installation has none."""
    return dict.fromkeys(_LINK_NAMES, "") | {name: _reverse(url_name) for name, url_name in _links.items()}


def _fit(item: Item, url: str, request: HttpRequest) -> int:
    """Say how closely the item's address fits the request's: 0 not at all, larger is closer."""
    path = url.partition("?")[0]
    if request.path != path and (path == "/" or not request.path.startswith(path)):
        return 0
    wanted = parse_qsl(item.query)
    if any(value not in request.GET.getlist(name) for name, value in wanted):
        return 0
    return len(path) * 10 + len(wanted) + 1


def _as_count(value: Count | int | None) -> Count | None:
    count = Count(value) if isinstance(value, int) else value
    return count or None


def build(request: HttpRequest, actor: Actor) -> list[Place]:
    """Return the sections this actor sees, in order, with the children of the current one.

    A view may name its place itself with ``request.nav_current = "catalog.mine"``; otherwise the
    longest matching address counts as current.
    """
    if actor.is_public:
        return []
    seen: list[tuple[Item, str]] = []
    for item in sorted(_items.values(), key=lambda item: (item.is_child, item.order, item.key)):
        url = _reverse(item.url_name)
        if url and item.visible(actor):
            seen.append((item, f"{url}?{item.query}" if item.query else url))

    current = getattr(request, "nav_current", None)
    if current is None:
        fits = [(_fit(item, url, request), item.is_child, item.key) for item, url in seen]
        best = max(fits, default=(0, False, ""))
        current = best[2] if best[0] else ""
    section = current.partition(".")[0]

    places: dict[str, Place] = {}
    for item, url in seen:
        if item.is_child:
            if item.section in places and item.section == section:
                count = _as_count(item.count(actor)) if item.count else None
                places[item.section].children.append(Place(item, url, count, is_current=item.key == current))
        else:
            count = _as_count(item.count(actor)) if item.count else None
            places[item.key] = Place(item, url, count, is_current=item.key == current, is_open=item.key == section)
    return list(places.values())


def clear() -> None:
    """Forget every section, for tests."""
    _items.clear()


def snapshot() -> tuple[Any, ...]:
    """Return the registry's state, for tests that change it."""
    return dict(_items), dict(_links), _identity, _unread


def restore(state: tuple[Any, ...]) -> None:
    """Put a state back that ``snapshot`` returned."""
    global _identity, _unread
    items, urls, _identity, _unread = state
    _items.clear()
    _items.update(items)
    _links.clear()
    _links.update(urls)


__all__ = [
    "Count",
    "Identity",
    "Item",
    "Place",
    "add",
    "build",
    "clear",
    "everyone",
    "identity",
    "links",
    "register",
    "register_identity",
    "register_links",
    "register_unread",
    "restore",
    "snapshot",
    "unread",
]
