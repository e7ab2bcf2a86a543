"""The row that is objected to, as the provider's people see it without a grant."""

from dataclasses import dataclass

from django.db import transaction

from collection.models import DatasetVersion
from collection.policies import preview_entitlement
from collection.preview import cell_texts
from collection.readers import page
from collection.selectors.dataset import pinned_version
from collection.services.export import preview_record
from collection.store.columns import Column
from core.actors import Actor
from sharing.models import Objection


@dataclass(frozen=True, slots=True)
class ObjectedRow:
    """A row.

    Attributes:
        version: in which it is shown.
        cells: each item with its text; None for an empty cell.
        disputed: identity of the item that is objected to; "" for the whole row.
    """

    version: int
    cells: list[tuple[Column, str | None]]
    disputed: str


@transaction.atomic
def row_shown(actor: Actor, objection: Objection) -> ObjectedRow | None:
    """Return the row that is objected to, in the version that was looked at; the look is in the trail.

    None where none was found, its version is no longer kept, it was erased, or the actor reads such data under a grant
    only.
    """
    dataset, place = objection.dataset, objection.row_number
    if dataset is None or place is None or objection.version is None:
        return None
    version = DatasetVersion.objects.filter(dataset=dataset, number=objection.version).first()
    if version is None or not version.is_readable:
        return None
    pinned = pinned_version(version)
    entitlement = preview_entitlement(actor, dataset, list(pinned.columns))
    if entitlement is None:
        return None
    found = page(entitlement, pinned, limit=1, after=place - 1)
    if found.next_after != place:
        return None
    preview_record(actor=actor, dataset=dataset, version=version)
    columns = entitlement.columns(pinned.columns)
    [texts] = cell_texts(found.rows, columns)
    return ObjectedRow(version.number, list(zip(columns, texts, strict=True)), str(objection.item_id or ""))
