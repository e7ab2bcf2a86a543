"""Which item of a source can fill which item of a library dataset."""

from collections.abc import Mapping, Sequence

from collection.matching import columns_match
from collection.readers import Entitlement
from collection.readers.page import shown_columns
from collection.readers.shown import Shown
from collection.store.columns import Column
from core.exceptions import FieldError
from libraries.exceptions import misfit


def items_shown(entitlement: Entitlement, available: Sequence[Column]) -> dict[str, Shown]:
    """Return identity → how a grant shows it, of the items that it gives of a version."""
    return {one.column.item: one for one in shown_columns(entitlement, entitlement.columns(available))}


def fits(source: Shown, target: Column) -> bool:
    """Say whether an item can fill another without loss: of the same type, or as a text, or a whole number as a number.

    A key takes no masked item: a mask gives one text to several rows, and a hash is another one under every grant.
    """
    if target.is_key and source.is_masked:
        return False
    return (
        target.is_text
        or source.pg_type == target.pg_type
        or (source.pg_type, target.pg_type)
        == (
            "bigint",
            "numeric",
        )
    )


def mapping_guess(columns: Sequence[Column], source: Mapping[str, Shown], lineage_item: str = "") -> dict[str, str]:
    """Return identity of the library's item → identity of the source's, by name, where they fit."""
    targets = [one for one in columns if one.item != lineage_item]
    by_item = {one.item: one for one in targets}
    found: dict[str, str] = {}
    for name_of in (lambda one: one.name, lambda one: one.field_name):
        labels = {name_of(one.column): one for one in source.values() if name_of(one.column)}
        left = [one for one in targets if one.item not in found]
        for label, item in columns_match(list(labels), left).items():
            shown = labels[label]
            if fits(shown, by_item[item]) and shown.column.item not in found.values():
                found[item] = shown.column.item
    return found


def mapping_errors(
    columns: Sequence[Column], source: Mapping[str, Shown], mapping: Mapping[str, str], lineage_item: str = ""
) -> list[FieldError]:
    """Return what is wrong with a mapping; the fields are identities of the library's items.

    Args:
        source: the items that the grant gives, as it shows them.
    """
    by_item = {one.item: one for one in columns}
    errors = []
    for item, taken in mapping.items():
        target, shown = by_item.get(item), source.get(taken)
        if target is None:
            errors.append(misfit("mapping", "unknown_item"))
        elif item == lineage_item:
            errors.append(misfit(item, "lineage", item=target.name))
        elif shown is None:
            errors.append(misfit(item, "not_granted", item=target.name))
        elif target.is_key and source[taken].is_masked:
            errors.append(misfit(item, "masked_key", source=shown.column.name, item=target.name))
        elif not fits(shown, target):
            errors.append(misfit(item, "type", source=shown.column.name, item=target.name))
    for one in columns:
        if one.is_key and one.item not in mapping:
            errors.append(misfit(one.item, "key", item=one.name))
    return errors


def dataset_errors(columns: Sequence[Column], lineage_item: str = "") -> list[FieldError]:
    """Return what keeps a dataset from being built at all."""
    errors = []
    if not any(one.is_key for one in columns):
        errors.append(misfit("dataset", "no_key"))
    if lineage_item:
        one = next((one for one in columns if one.item == lineage_item), None)
        if one is None or not one.is_text or one.is_key:
            errors.append(misfit("lineage_item", "unfit"))
    return errors


def lineage_label(department_code: str, dataset_id: int) -> str:
    """Return how a source is named in the rows that came from it. It says no version: rows would change with each."""
    return f"{department_code}:{dataset_id}"


LINEAGE_SEPARATOR = ";"


def lineage_errors(columns: Sequence[Column], labels: Sequence[str], lineage_item: str) -> list[FieldError]:
    """Return what is wrong where the names of all sources do not go into the item that keeps them."""
    one = next((one for one in columns if one.item == lineage_item), None)
    needed = len(LINEAGE_SEPARATOR.join(dict.fromkeys(labels)))
    if one is None or one.length is None or needed <= one.length:
        return []
    return [misfit("lineage_item", "length", item=one.name, length=one.length, needed=needed)]
