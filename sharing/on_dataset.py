"""What sharing shows beside a dataset: what is being verified, the grants of the reader's department, downloads."""

from typing import Any

from collection.models import Dataset
from core.actors import Actor
from sharing import policies
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.selectors.grant import grant_list_for
from sharing.selectors.objection import disputed_wholes
from sharing.selectors.reading import readable_grants


def panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return what is being verified of these data, and the grants that the reader's department holds on them."""
    disputed, grants = disputed_wholes(dataset.entry_id, dataset.pk), _held(actor, dataset)
    return {"disputed": disputed, "grants": grants} if disputed or grants else None


def _held(actor: Actor, dataset: Dataset) -> list[dict[str, Any]]:
    if actor.department_id is None or not policies.can_see_sharing(actor):
        return []
    of_department = {"department": actor.department_id, "status__in": OPEN_GRANT_STATUSES}
    held = list(grant_list_for(actor).filter(dataset=dataset, **of_department))
    readable = set(readable_grants(actor).filter(dataset=dataset).values_list("pk", flat=True)) if held else set()
    return [{"grant": one, "is_readable": one.pk in readable} for one in held]
