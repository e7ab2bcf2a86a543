"""What collecting shows of an entry: its datasets, beside it and in the API."""

from typing import Any

from catalog.choices import EntryStatus
from catalog.models import Entry
from collection import policies
from collection.choices import FreshnessState
from collection.face import freshness_rows
from collection.models import Dataset
from collection.selectors.dataset import datasets_of
from core.actors import Actor

_WORST_FIRST = (
    FreshnessState.OVERDUE_LONG,
    FreshnessState.OVERDUE,
    FreshnessState.DUE_SOON,
    FreshnessState.UNKNOWN,
    FreshnessState.FRESH,
    FreshnessState.NONE,
)


def panel(actor: Actor, entry: Entry) -> dict[str, Any] | None:
    """Return the datasets of an entry for the panel beside it; None where there is nothing to show or do."""
    datasets = list(datasets_of(entry))
    can_hook = policies.can_manage_dataset(actor, entry) and entry.status != EntryStatus.WITHDRAWN
    if not datasets and not can_hook:
        return None
    return {
        "entry": entry,
        "datasets": freshness_rows(datasets),
        "can_hook": can_hook,
    }


def members(actor: Actor, entry: Entry) -> dict[str, Any]:
    """Return what the API says of an entry's data: its datasets, and the state of the most overdue one.

    Figures of rows are told under a grant only, and the public is told nothing.
    """
    datasets = [] if actor.is_public else list(datasets_of(entry))
    states = {one.freshness for one in datasets}
    return {
        "datasets": [_short(one) for one in datasets],
        "freshness": next((str(state) for state in _WORST_FIRST if state in states), None),
    }


def _short(dataset: Dataset) -> dict[str, Any]:
    version = dataset.published_version
    return {
        "id": dataset.pk,
        "name": dataset.name,
        "version": version.number if version else None,
        "updated_at": dataset.changed_at,
        "next_due_at": dataset.due_at,
        "freshness": dataset.freshness,
        "quality": dataset.quality_score,
    }
