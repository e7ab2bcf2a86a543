"""Which item of a source can fill which item of a library dataset."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from collection.matching import columns_match
from collection.readers import Entitlement
from collection.readers.page import shown_columns
from collection.readers.shown import Shown
from collection.store.columns import Column
from core.exceptions import FieldError


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
            errors.append(FieldError("mapping", "unknown_item", _("The library dataset has no such item any more.")))
        elif item == lineage_item:
            message = _("“%(item)s” keeps the sources of the row and is filled by the platform.")
            errors.append(FieldError(item, "lineage", message % {"item": target.name}))
        elif shown is None:
            message = _("What is to fill “%(item)s” is not among the items that the grant gives.")
            errors.append(FieldError(item, "not_granted", message % {"item": target.name}))
        elif target.is_key and source[taken].is_masked:
            errors.append(FieldError(item, "masked_key", _masked_key(target, shown)))
        elif not fits(shown, target):
            message = _("“%(source)s” is of another type than “%(item)s”.")
            values = {"source": shown.column.name, "item": target.name}
            errors.append(FieldError(item, "type", message % values))
    for one in columns:
        if one.is_key and one.item not in mapping:
            message = _("“%(item)s” is part of the key: every source must fill it.") % {"item": one.name}
            errors.append(FieldError(one.item, "key", message))
    return errors


def _masked_key(target: Column, shown: Shown) -> str:
    message = _("“%(source)s” is masked under the grant and cannot fill the key “%(item)s”. Ask for it unmasked.")
    return message % {"source": shown.column.name, "item": target.name}


def dataset_errors(columns: Sequence[Column], lineage_item: str = "") -> list[FieldError]:
    """Return what keeps a dataset from being built at all."""
    errors = []
    if not any(one.is_key for one in columns):
        message = _("A library dataset needs a key, by which the rows of several sources become one. Mark an item.")
        errors.append(FieldError("dataset", "no_key", message))
    if lineage_item:
        one = next((one for one in columns if one.item == lineage_item), None)
        if one is None or not one.is_text or one.is_key:
            message = _("The sources of a row are kept in a text item that is no part of the key.")
            errors.append(FieldError("lineage_item", "unfit", message))
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
    message = _("“%(item)s” takes %(length)d characters; the names of all sources need %(needed)d.")
    values = {"item": one.name, "length": one.length, "needed": needed}
    return [FieldError("lineage_item", "length", message % values)]
