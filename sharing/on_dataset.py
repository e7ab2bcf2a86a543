"""What sharing shows beside a dataset: the grants under which the reader's department has it, and where to download."""

from typing import Any

from collection.models import Dataset
from core.actors import Actor
from sharing import policies
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.selectors.grant import grant_list_for
from sharing.selectors.reading import readable_grants


def panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return the grants of the reader's department on these data; None where it holds none."""
    if actor.department_id is None or not policies.can_see_sharing(actor):
        return None
    held = list(
        grant_list_for(actor).filter(
            dataset=dataset, department=actor.department_id, status__in=OPEN_GRANT_STATUSES
        )
    )  # fmt: skip
    if not held:
        return None
    readable = set(readable_grants(actor).filter(dataset=dataset).values_list("pk", flat=True))
    return {"grants": [{"grant": one, "is_readable": one.pk in readable} for one in held]}
