"""What collecting shows of an entry: its datasets, beside it and in the API."""

from collections.abc import Sequence
from typing import Any

from catalog.choices import EntryStatus
from catalog.models import Entry
from collection import policies
from collection.choices import FreshnessState
from collection.face import freshness_rows, marks_of
from collection.models import Dataset
from collection.selectors.dataset import datasets_of, datasets_of_entries
from core.actors import Actor
from core.components.marks import Mark

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
        "datasets": freshness_rows(actor, datasets),
        "can_hook": can_hook,
        "is_told": policies.can_see_changes(actor),
    }


def row_marks(actor: Actor, entries: Sequence[Entry]) -> dict[int, list[Mark]]:
    """Return the marks of the entries' data for a list: the most overdue and the worst. The public is told nothing."""
    datasets = [] if actor.is_public or not entries else list(datasets_of_entries(entries))
    if not datasets:
        return {}
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in freshness_rows(actor, datasets):
        rows.setdefault(row["dataset"].entry_id, []).append(row)
    return {entry: _worst(of) for entry, of in rows.items()}


def _worst(rows: Sequence[dict[str, Any]]) -> list[Mark]:
    latest = min(rows, key=lambda row: _WORST_FIRST.index(FreshnessState(row["dataset"].freshness)))
    judged = [row for row in rows if row["quality"] is not None]
    poorest = min(judged, key=lambda row: row["dataset"].quality_score)["quality"] if judged else None
    return marks_of(latest["freshness"], poorest)


def members(actor: Actor, entry: Entry) -> dict[str, Any]:
    """Return what the API says of an entry's data: its datasets, and the state of the most overdue one.

    Figures of rows are told under a grant only, and the public is told nothing.
    """
    datasets = [] if actor.is_public else list(datasets_of(entry))
    states = {one.freshness for one in datasets}
    return {
        "datasets": [_short(actor, one) for one in datasets],
        "freshness": next((str(state) for state in _WORST_FIRST if state in states), None),
    }


def _short(actor: Actor, dataset: Dataset) -> dict[str, Any]:
    is_told = policies.can_see_changes(actor)
    version = dataset.published_version if is_told else None
    return {
        "id": dataset.pk,
        "name": dataset.name,
        "version": version.number if version else None,
        "updated_at": dataset.changed_at if is_told else None,
        "next_due_at": dataset.due_at,
        "freshness": dataset.freshness,
        "quality": dataset.quality_score if is_told else None,
    }
