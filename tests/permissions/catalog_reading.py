"""Who may read what of the catalog's pages."""

from typing import Any

from catalog import services
from tests.factories.catalog import FIELDS, ITEMS, make_categories
from tests.permissions.table import Route, everyone, only, people
from tests.permissions.world import World
from workflow import reference as workflow_reference

OPEN = {"name": "开放目录", "sharing": "unconditional", "opening": "open"}
OPEN_ITEMS = [{"name": "机构名称", "field_name": "JGMC", "type": "C", "length": 100}]


def extend(world: World) -> None:
    """A draft, a published entry with a revision in work, and one that is open to the public."""
    workflow_reference.load()
    make_categories()
    cataloguer = world.actor("cataloguer")
    world.things["read_draft"] = services.entry_create(actor=cataloguer, fields=FIELDS, items=ITEMS)
    published = _published(world, FIELDS | {"name": "已发布目录"}, ITEMS)
    services.entry_revise(actor=cataloguer, ref=published.pk)
    world.things["read_published"] = published
    world.things["read_open"] = _published(world, FIELDS | OPEN, OPEN_ITEMS)


def _published(world: World, fields: dict[str, Any], items: list[dict[str, Any]]) -> Any:
    entry = services.entry_create(actor=world.actor("cataloguer"), fields=fields, items=items)
    services.entry_submit(actor=world.actor("cataloguer"), ref=entry.pk)
    services.entry_approve(actor=world.actor("head"), ref=entry.pk)
    return services.entry_approve(actor=world.actor("reviewer"), ref=entry.pk)


def the(key: str, **others: str) -> Any:
    """Return a function that names an entry of the world in an address."""
    return lambda world: {"ref": world.things[key].ref, **others}


ROUTES = [
    Route("catalog:home", get=people(200)),
    Route("catalog:entry_list", get=people(200)),
    Route("catalog:entry_own_list", get=people(200)),
    Route("catalog:entry_export", get=people(200), query=lambda world: {"as": "csv", "list": "own"}),
    # A draft is there for the provider's cataloguer and head alone.
    Route("catalog:entry_detail", get=only(200, "cataloguer", "head"), kwargs=the("read_draft"), refused=404),
    # So is a revision in work, even of a published entry.
    Route(
        "catalog:revision_diff",
        get=only(200, "cataloguer", "head"),
        kwargs=the("read_published", before="published", after="working"),
        refused=404,
    ),
    Route("catalog:open_list", get=everyone(200)),
    Route("catalog:open_detail", get=everyone(200), kwargs=the("read_open")),
]
