"""What libraries show beside a dataset of theirs, and beside a grant from which one is built."""

from typing import Any

from collection.models import Dataset
from core.actors import Actor
from libraries import policies
from libraries.selectors import builds_of, composition_of, datasets_seen, library_of, parts_of, parts_under
from sharing.models import Grant


def dataset_panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return the sources of a library dataset for those who keep it; None for everybody else."""
    library = library_of(dataset)
    if library is None or not policies.can_keep_parts(actor, dataset, library):
        return None
    composition = composition_of(dataset.pk)
    return {
        "dataset": dataset,
        "library": library,
        "parts": parts_of(composition) if composition is not None else [],
        "build": builds_of(composition).first() if composition is not None else None,
    }


def grant_panel(actor: Actor, grant: Grant) -> dict[str, Any] | None:
    """Return the library datasets that are built from what a grant gives; None where there are none."""
    parts = parts_under(grant)
    if not parts:
        return None
    return {
        "parts": parts,
        "seen": datasets_seen(actor, parts),
        "can_answer": policies.can_answer_part(actor, grant),
    }
