"""Who may do what in the audit app: the auditor reads, and nobody writes."""

from typing import Any

from django.db import transaction

from audit import services
from audit.services import Subject
from tests.permissions.table import Route, only
from tests.permissions.world import World


def extend(world: World) -> None:
    """A row of the trail."""
    with transaction.atomic():
        world.things["event"] = services.record(
            world.actor("cataloguer"), "catalog.entry.edit", Subject("catalog.entry", "1", "试验目录")
        )


def event(world: World) -> dict[str, Any]:
    return {"event_id": world.things["event"].pk}


ROUTES = [
    Route("audit:event_list", get=only(200, "auditor")),
    Route("audit:event_detail", get=only(200, "auditor"), kwargs=event),
    # An export is itself recorded.
    Route("audit:event_export", get=only(200, "auditor"), get_writes=True),
]
