"""What sharing shows beside the button that unhooks a dataset: the grants that stand against it."""

from typing import Any

from collection.models import Dataset
from core.actors import Actor
from sharing.models import Grant, GrantNotice
from sharing.selectors.grant import grant_list_for, open_grants_on

SHOWN = 20


def panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return the open grants on these data, as far as the actor sees them; None where nothing stands against it."""
    count = open_grants_on(dataset).count()
    if not count:
        return None
    seen = list(grant_list_for(actor).filter(pk__in=open_grants_on(dataset)).order_by("valid_to", "pk")[:SHOWN])
    announced = GrantNotice.objects.filter(grant__in=seen, closed_at=None, change__isnull=True)
    by_grant = {one.grant_id: one for one in announced}
    rows: list[tuple[Grant, GrantNotice | None]] = [(one, by_grant.get(one.pk)) for one in seen]
    return {"count": count, "rows": rows, "more": count - len(rows), "dataset": dataset}
