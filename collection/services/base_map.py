"""Loading and removing the base map of the installation."""

import hashlib
import json

from django.db import connection, transaction
from django.utils.translation import gettext as _

from audit import services as audit
from collection import policies
from collection.choices import CoordinateSystem
from collection.geojson import lines_read
from collection.models import BaseMap
from collection.selectors.base_map import base_map_in_use
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation

_LOCK = 0x626173656D6170
"""Key of the advisory lock: there may be no row to lock yet."""


@transaction.atomic
def base_map_load(
    *, actor: Actor, content: bytes, file_name: str, approval_number: str, coordinates: str = ""
) -> BaseMap:
    """Put a base map under the maps of data, in place of the one before.

    Args:
        content: GeoJSON of lines and areas.
        approval_number: 审图号, shown under every map that it is drawn in.

    Raises:
        NotAllowed: the actor is no system administrator.
        RuleViolation: the file is none of lines and areas, or the number is missing.

    Basis: internal rule: an approved map shows its number wherever it is shown (《地图管理条例》).
    """
    _lock()
    policies.require_keep_base_map(actor)
    number = " ".join(approval_number.split())
    if not number:
        raise RuleViolation([FieldError("approval_number", "required", _("Give the approval number of the map."))])
    if coordinates not in CoordinateSystem.values:
        raise RuleViolation([FieldError("coordinates", "invalid", _("Choose one of the list."))])
    lines = lines_read(content)
    before = base_map_in_use()
    if before is not None:
        _end(actor, before)
    loaded = BaseMap.objects.create(
        file_name=file_name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        approval_number=number[:100],
        coordinates=coordinates,
        lines=json.dumps(lines, separators=(",", ":")),
        line_count=len(lines),
        point_count=sum(len(one) for one in lines),
        loaded_at=clock.now(),
        loaded_by_id=actor.id if actor.is_person else None,
    )
    audit.record(
        actor, "collection.base_map.load", loaded, before=_snapshot(before) if before else None, after=_snapshot(loaded)
    )
    return loaded


@transaction.atomic
def base_map_remove(*, actor: Actor) -> BaseMap:
    """Take the base map away; maps of data show the graticule alone.

    Raises:
        NotAllowed: the actor is no system administrator. NotVisible: none is in use.
    """
    _lock()
    policies.require_keep_base_map(actor)
    found = base_map_in_use()
    if found is None:
        raise NotVisible
    _end(actor, found)
    audit.record(actor, "collection.base_map.remove", found, before=_snapshot(found))
    return found


def _lock() -> None:
    with connection.cursor() as run:
        run.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _end(actor: Actor, found: BaseMap) -> None:
    found.removed_at = clock.now()
    found.removed_by_id = actor.id if actor.is_person else None
    found.save(update_fields=["removed_at", "removed_by"])


def _snapshot(found: BaseMap) -> dict[str, object]:
    return {
        "approval_number": found.approval_number,
        "file": found.file_name,
        "sha256": found.sha256,
        "coordinates": found.coordinates,
        "points": found.point_count,
    }
