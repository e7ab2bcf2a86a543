"""What sharing shows beside a dataset: what is being verified, the grants of the reader's department, downloads."""

from typing import Any

from collection.models import Dataset
from collection.outlook import revision_ahead
from core.actors import Actor
from sharing import policies, service_policies
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.on_filing import Line, of_dataset
from sharing.selectors.grant import grant_list_for, open_grants_on
from sharing.selectors.objection import disputed_wholes
from sharing.selectors.reading import readable_grants


def panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return what is being verified of these data, and the grants that the reader's department holds on them, or
    gives on its own, and what of those would be cut by what is being changed of the entry."""
    disputed, grants = disputed_wholes(dataset.entry_id, dataset.pk), _held(actor, dataset)
    given = open_grants_on(dataset).count() if service_policies.can_see_service(actor, dataset) else None
    if not disputed and not grants and given is None:
        return None
    losing: list[Line] = []
    if given and (ahead := revision_ahead(actor, dataset.entry)) and ahead != dataset.entry.published_revision:
        losing = of_dataset(actor, dataset, ahead)
    return {"disputed": disputed, "grants": grants, "given": given, "losing": losing, "dataset": dataset}


def _held(actor: Actor, dataset: Dataset) -> list[dict[str, Any]]:
    if actor.department_id is None or not policies.can_see_sharing(actor):
        return []
    of_department = {"department": actor.department_id, "status__in": OPEN_GRANT_STATUSES}
    held = list(grant_list_for(actor).filter(dataset=dataset, **of_department))
    readable = set(readable_grants(actor).filter(dataset=dataset).values_list("pk", flat=True)) if held else set()
    return [{"grant": one, "is_readable": one.pk in readable} for one in held]
