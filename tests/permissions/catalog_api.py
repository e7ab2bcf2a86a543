"""Who may read and file entries through the API."""

from catalog import reference, services
from tests.factories.catalog import FIELDS, ITEMS
from tests.permissions.table import Route, only, people
from tests.permissions.world import World
from workflow import reference as workflow_reference


def extend(world: World) -> None:
    """A published entry of the department."""
    workflow_reference.load()
    reference.load()
    cataloguer, head, reviewer = (world.actor(who) for who in ("cataloguer", "head", "reviewer"))
    entry = services.entry_create(actor=cataloguer, fields=FIELDS | {"name": "接口目录"}, items=ITEMS)
    services.entry_submit(actor=cataloguer, ref=entry.pk)
    services.entry_approve(actor=head, ref=entry.pk)
    world.things["api_entry"] = services.entry_approve(actor=reviewer, ref=entry.pk)


def _entry(world: World) -> dict[str, object]:
    return {"ref": world.things["api_entry"].ref}


def _revisions(world: World) -> dict[str, object]:
    return {**_entry(world), "before": "1", "after": "1"}


ROUTES = [
    Route(
        "catalog_api:entry_list",
        get=people(200),
        post=only(201, "cataloguer", "other_department"),
        data=lambda world: {"name": "经接口填报"},
        as_json=True,
    ),
    Route(
        "catalog_api:entry_detail",
        get=people(200),
        patch=only(200, "cataloguer"),
        kwargs=_entry,
        data=lambda world: {"summary": "经接口修改"},
        as_json=True,
    ),
    # Nothing waits for a decision: those who may act hear that the state does not fit, the others that they may not.
    Route("catalog_api:entry_submit", post=only(409, "cataloguer"), kwargs=_entry, as_json=True),
    Route("catalog_api:entry_recall", post=only(409, "cataloguer"), kwargs=_entry, as_json=True),
    Route("catalog_api:entry_approve", post=only(409, "head", "reviewer"), kwargs=_entry, as_json=True),
    Route(
        "catalog_api:entry_return",
        post=only(409, "head", "reviewer"),
        kwargs=_entry,
        data=lambda world: {"opinion": "请补充"},
        as_json=True,
    ),
    Route(
        "catalog_api:entry_withdraw",
        post=only(200, "cataloguer"),
        kwargs=_entry,
        data=lambda world: {"reason": "职责调整"},
        as_json=True,
    ),
    Route("catalog_api:revision_list", get=people(200), kwargs=_entry),
    Route("catalog_api:revision_diff", get=people(200), kwargs=_revisions),
]
