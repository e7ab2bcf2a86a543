"""How the permission table is written.

Each app has a module in this folder with a list ``ROUTES`` and, where its routes need objects, a function
``extend(world)`` that puts them into ``world.things``. ``test_routes.py`` finds both by itself: nothing to register.

    from tests.permissions.table import Route, everyone, only, people
    from tests.permissions.world import World

    def extend(world: World) -> None:
        world.things["entry"] = ...                       # runs once; the accounts part of the world exists already

    def entry(world: World) -> dict[str, object]:
        return {"ref": world.things["entry"].pk}

    ROUTES = [
        Route("catalog:entry_list", get=people(200)),
        Route("catalog:entry_edit", get=only(200, "cataloguer"), post=only(302, "cataloguer"), kwargs=entry,
              data=lambda world: {"name": "新名称"}),
        Route("catalog:entry_detail", get=people(200) | {"no_role": 404}, kwargs=entry, refused=404),
        Route("catalog_api:entry-list", get=people(200), post=only(201, "cataloguer"), as_json=True, data=...),
    ]

A method maps callers to the status they get. Whoever is not named is refused: the public is led to the sign-in page
(401 under ``/api/``), everybody else gets ``refused`` (403 unless the row says 404). A method that is not named must
answer 405, or refuse. The runner proves that refusals and GETs together change no row of any table (the record of
the refusal itself apart). Every request is taken back, so rows need not care about each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.permissions.world import World

CALLERS = (
    "anonymous",
    "other_department",
    "no_role",
    "cataloguer",
    "head",
    "reviewer",
    "sysadmin",
    "secadmin",
    "auditor",
)
"""``other_department`` is cataloguer and head elsewhere; ``no_role`` sits in the right department without a role."""

METHODS = ("get", "post", "put", "patch", "delete")


def everyone(status: int) -> dict[str, int]:
    """The same answer for all, the public among them."""
    return dict.fromkeys(CALLERS, status)


def people(status: int) -> dict[str, int]:
    """The same answer for whoever is signed in."""
    return {caller: status for caller in CALLERS if caller != "anonymous"}


def only(status: int, *callers: str) -> dict[str, int]:
    """An answer for these callers; the others are refused."""
    return dict.fromkeys(callers, status)


@dataclass(frozen=True, slots=True)
class Route:
    """One address and who gets what there.

    Attributes:
        kwargs, query, data: worked out from the world; ``data`` is sent with every method but GET.
        refused: status for callers who are signed in and not named.
        as_json: send ``data`` as JSON.
        get_writes: a GET may leave a trace here, e.g. the log of who read what.
        headers: further headers of every request.
    """

    name: str
    get: Mapping[str, int] | None = None
    post: Mapping[str, int] | None = None
    put: Mapping[str, int] | None = None
    patch: Mapping[str, int] | None = None
    delete: Mapping[str, int] | None = None
    kwargs: Callable[["World"], Mapping[str, Any]] = lambda world: {}
    query: Callable[["World"], Mapping[str, Any]] = lambda world: {}
    data: Callable[["World"], Any] = lambda world: {}
    refused: int = 403
    as_json: bool = False
    get_writes: bool = False
    headers: Mapping[str, str] | None = None

    def statuses(self, method: str) -> Mapping[str, int] | None:
        """Return the answers of a method, None where the route does not take it."""
        statuses: Mapping[str, int] | None = getattr(self, method)
        return statuses

    def __post_init__(self) -> None:
        for method in METHODS:
            unknown = set(self.statuses(method) or ()) - set(CALLERS)
            if unknown:
                raise ValueError(f"{self.name}: no such caller: {sorted(unknown)}")
