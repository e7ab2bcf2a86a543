"""A dataset and a grant as the API gives them."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.choices import Mask
from collection.selectors.dataset import columns_of_dataset
from collection.store.columns import Column
from sharing.models import Grant
from sharing.selectors.objection import disputed_items, is_disputed_whole
from sharing.selectors.reading import Reading

_TYPES = {
    "text": "string",
    "numeric": "number",
    "bigint": "integer",
    "double precision": "number",
    "date": "date",
    "timestamptz": "datetime",
    "boolean": "boolean",
}


def dataset_values(reading: Reading) -> dict[str, Any]:
    """Return what a dataset is to who reads it under a grant."""
    dataset = reading.grant.dataset
    values: dict[str, Any] = {
        "id": dataset.pk,
        "name": dataset.name,
        "entry": dataset.entry.ref,
        "kind": dataset.kind,
        "grant": reading.grant.pk,
        "schema": _schema(reading),
        "version": reading.version.number,
        "updated_at": dataset.changed_at,
        "next_due_at": dataset.due_at,
        "freshness": dataset.freshness,
    }
    if reading.entitlement.sees_all_rows:
        values["row_count"] = reading.row_count
    return values


def _schema(reading: Reading) -> dict[str, Any]:
    shown = reading.columns
    disputed = disputed_items(reading.grant.dataset.entry_id)
    schema: dict[str, Any] = {
        "fields": [
            {**_field(one, reading.entitlement.mask_of(one.item)), "disputed": one.item in disputed} for one in shown
        ],
        "disputed": is_disputed_whole(reading.grant.dataset.entry_id, reading.grant.dataset_id),
    }
    keys = [one for one in reading.version.columns if one.is_key]
    if keys and all(one in shown and reading.entitlement.mask_of(one.item) == Mask.NONE for one in keys):
        schema["primaryKey"] = [one.label for one in keys]
    return schema


def _field(column: Column, mask: Mask) -> dict[str, Any]:
    is_masked = mask != Mask.NONE
    values: dict[str, Any] = {
        "name": column.label,
        "title": column.name,
        "type": "string" if is_masked else _TYPES[column.pg_type],
        "item": column.item,
        "mask": str(mask),
    }
    constraints: dict[str, Any] = {}
    if not column.nullable:
        constraints["required"] = True
    if column.length and column.is_text and not is_masked:
        constraints["maxLength"] = column.length
    if constraints:
        values["constraints"] = constraints
    return values


def conditions_named(row_filter: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return conditions on rows as callers write them; items by the names that rows have."""
    return [
        {"item": labels.get(one["item"], one["item"]), "operator": one["operator"], "values": one["values"]}
        for one in row_filter
    ]


def grant_values(grant: Grant) -> dict[str, Any]:
    """Return a grant to who sees it; items by the names that rows have."""
    labels = {one.item: one.label for one in columns_of_dataset(grant.dataset)}
    return {
        "id": grant.pk,
        "dataset": grant.dataset_id,
        "dataset_name": grant.dataset.name,
        "entry": grant.dataset.entry.ref,
        "department": grant.department.code,
        "provider": grant.dataset.entry.department.code,
        "items": [labels.get(item, item) for item in grant.items],
        "row_filter": conditions_named(grant.row_filter, labels),
        "masks": {labels.get(item, item): mask for item, mask in grant.masks.items()},
        "methods": grant.methods,
        "quota": {"rows_per_day": grant.rows_per_day, "calls_per_minute": grant.calls_per_minute},
        "edition": grant.edition,
        "valid_from": grant.valid_from,
        "valid_to": grant.valid_to,
        "status": grant.status,
    }
