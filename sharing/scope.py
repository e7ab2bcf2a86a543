"""What is asked for and what is granted: items, rows, masks. Checked against the entry as it is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalog.choices import Mask, Sharing
from catalog.contention import is_weaker_mask
from catalog.models import RevisionItem
from collection.readers.entitlement import Operator
from collection.readers.filters import MOST_VALUES, read
from collection.store.columns import PG_TYPES, Column, columns_of
from core.exceptions import FieldError, RuleViolation

MOST_CONDITIONS = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """What a decision or a grant gives: items, item → mask, conditions on rows."""

    items: list[str]
    masks: dict[str, str]
    row_filter: list[dict[str, Any]]


def filterable(items: Sequence[RevisionItem], declared: Sequence[str]) -> list[RevisionItem]:
    """Return the items by which a requester may narrow the rows.

    Those that the provider declared for the dataset; sensitive, masked and withheld ones never, as counts and filters
    would tell of single persons.
    """
    open_ones = [
        one for one in items if not one.is_sensitive and one.mask == Mask.NONE and one.sharing != Sharing.WITHHELD
    ]
    return [one for one in open_ones if str(one.item_id) in declared] if declared else open_ones


def read_items(given: Any, items: Sequence[RevisionItem], field: str = "items") -> list[str]:
    """Return the identities of items that were named by identity, field name or name, in the entry's order.

    Raises:
        RuleViolation: one of them is none of the entry's.
    """
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise RuleViolation([FieldError(field, "not_a_list", _("Give a list of items."))])
    known: dict[str, str] = {}
    for one in items:
        known |= {one.name: str(one.item_id)} if one.name else {}
    for one in items:
        known |= {one.field_name: str(one.item_id)} if one.field_name else {}
    known |= {str(one.item_id): str(one.item_id) for one in items}
    unknown = [name for name in given if name not in known]
    if unknown:
        message = _("“%(item)s” is none of the entry's items.") % {"item": unknown[0][:100]}
        raise RuleViolation([FieldError(field, "unknown_item", message)])
    wanted = {known[name] for name in given}
    return [str(one.item_id) for one in items if str(one.item_id) in wanted]


def read_filter(given: Any, items: Sequence[RevisionItem], field: str = "row_filter") -> list[dict[str, Any]]:
    """Return conditions on rows as they are stored, after reading every value as its item's type, which they note.

    Raises:
        RuleViolation: a condition names no item, no operator, or values that do not fit; each is named.
    """
    if not isinstance(given, list | tuple):
        raise RuleViolation([FieldError(field, "not_a_list", _("Give a list of conditions."))])
    if len(given) > MOST_CONDITIONS:
        message = _("Give at most %(count)d conditions.") % {"count": MOST_CONDITIONS}
        raise RuleViolation([FieldError(field, "too_many", message)])
    columns = {one.item: one for one in columns_of(items)}
    stored: list[dict[str, Any]] = []
    errors: list[FieldError] = []
    for at, one in enumerate(given):
        try:
            stored.append(_condition(one, items, columns, f"{field}[{at}]"))
        except RuleViolation as error:
            errors += error.errors
    if errors:
        raise RuleViolation(errors)
    return stored


def _condition(given: Any, items: Sequence[RevisionItem], columns: Mapping[str, Column], place: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise RuleViolation([FieldError(place, "not_a_condition", _("Give item, operator and values."))])
    item = read_items([str(given.get("item", ""))], items, f"{place}.item")[0]
    operator = str(given.get("operator", ""))
    if operator not in list(Operator):
        raise RuleViolation([FieldError(f"{place}.operator", "unknown", _("Choose one of the comparisons."))])
    values = given.get("values")
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise RuleViolation([FieldError(f"{place}.values", "not_a_list", _("Give the values as a list of texts."))])
    most = MOST_VALUES if operator == Operator.IN else 1
    if not 1 <= len(values) <= most or any("\x00" in one or len(one) > 1000 for one in values):
        message = _("Give one value, or up to %(count)d for “one of”.") % {"count": MOST_VALUES}
        raise RuleViolation([FieldError(f"{place}.values", "values", message)])
    column = columns[item]
    try:
        for value in values:
            if operator == Operator.NULL and value not in ("true", "false"):
                raise RuleViolation([FieldError("", "bad_value", _("Write true or false."))])
            if operator not in (Operator.NULL, Operator.STARTS):
                read(column, value)
    except RuleViolation as error:
        message = error.errors[0].message
        raise RuleViolation([FieldError(f"{place}.values", "bad_value", message)]) from None
    return {"item": item, "operator": operator, "values": list(values), "type": column.type}


def added(conditions: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the conditions that say something else than each of the known ones.

    Types that are compared alike are one: a number with decimals and one without choose the same rows.
    """
    meanings = [_meaning(one) for one in known]
    return [dict(one) for one in conditions if _meaning(one) not in meanings]


def _meaning(condition: Mapping[str, Any]) -> tuple[str, str, list[str], str]:
    return str(condition["item"]), condition["operator"], condition["values"], PG_TYPES[condition["type"]]


def retyped(row_filter: Sequence[Mapping[str, Any]], items: Sequence[RevisionItem]) -> list[str]:
    """Return the names of items that are kept otherwise by now than when the conditions on them were written.

    The same words would choose other rows: 2000 is less than 500 where both are texts.
    """
    by_item = {one.item: one for one in columns_of(items)}
    found = [(by_item[str(one["item"])], one["type"]) for one in row_filter if str(one["item"]) in by_item]
    return list(dict.fromkeys(column.name for column, type_ in found if PG_TYPES[type_] != column.pg_type))


def default_masks(items: Sequence[RevisionItem], chosen: Sequence[str]) -> dict[str, str]:
    """Return the masks that the entry declares for items; a sensitive one without any is hidden."""
    masks = {}
    for one in items:
        if str(one.item_id) not in chosen:
            continue
        mask = one.mask if one.mask != Mask.NONE or not one.is_sensitive else Mask.TEXT
        if mask != Mask.NONE:
            masks[str(one.item_id)] = str(mask)
    return masks


def read_masks(
    given: Any, items: Sequence[RevisionItem], chosen: Sequence[str], standing: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return masks as they are stored: what holds otherwise, changed where the decision says so.

    Args:
        given: item (identity, field name or name) → mask; ``none`` shows the item whole.
        standing: item → mask of what holds otherwise; None for what the entry declares.

    Raises:
        RuleViolation: an item is not granted, or a mask does not exist or fit its type.
    """
    masks = default_masks(items, chosen) if standing is None else dict(standing)
    if not isinstance(given, Mapping):
        raise RuleViolation([FieldError("masks", "not_a_map", _("Give a mask for each item."))])
    by_item = {str(one.item_id): one for one in items}
    errors = []
    for name, mask in given.items():
        place = f"masks[{name}]"
        try:
            item = read_items([str(name)], items, place)[0]
        except RuleViolation as error:
            errors += error.errors
            continue
        if item not in chosen:
            errors.append(FieldError(place, "not_granted", _("This item is not granted.")))
        elif mask not in Mask.values:
            errors.append(FieldError(place, "unknown", _("Choose one of the masks.")))
        elif not Mask(mask).fits(by_item[item].type):
            message = _("Only a date can be cut to its month, and only a number to a band.")
            errors.append(FieldError(place, "type", message))
        elif mask == Mask.NONE:
            masks.pop(item, None)
        else:
            masks[item] = str(mask)
    if errors:
        raise RuleViolation(errors)
    return masks


def is_whole(scope: Scope, items: Sequence[RevisionItem]) -> bool:
    """Say whether a scope limits nothing that files cannot be limited in: items, rows, masks.

    Args:
        items: of the entry.
    """
    is_masked = any(mask != Mask.NONE for mask in scope.masks.values())
    return not scope.row_filter and not is_masked and {str(one.item_id) for one in items} <= set(scope.items)


def givable(items: Sequence[RevisionItem], attribute: str, *, is_decided: bool) -> set[str]:
    """Return the identities of the items that are not withheld from sharing; see ``followed``."""
    return {str(one.item_id) for one in items if is_decided or (one.sharing or attribute) != Sharing.WITHHELD}


def masked_more(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return the identities of items of which less is shown under the masks after than under those before, or
    something else."""
    return {item for item, mask in after.items() if _is_masked_more(before.get(item, Mask.NONE), mask)}


def _is_masked_more(before: str, after: str) -> bool:
    # Both hide a value whole, and still a hash tells which ones are equal, and a hidden text nothing.
    return is_weaker_mask(after, before) or (before, after) == (Mask.HASH, Mask.TEXT)


def followed(
    scope: Scope, items: Sequence[RevisionItem], attribute: str, earlier: Mapping[str, str], *, is_decided: bool
) -> Scope | None:
    """Return what of a decision can still be given as the entry is now; None where nothing of it can.

    Items that are gone or withheld are given no more. What the decision left out or set otherwise stays so; a new
    mask of the entry is set, and one that was the entry's follows. Rows that were chosen by an item which has another
    type by now are nobody's decision.

    Args:
        items, attribute: of the entry as it is published now.
        earlier: item → mask that the entry declared before.
        is_decided: the authority itself gave data that are withheld.
    """
    allowed = givable(items, attribute, is_decided=is_decided)
    kept = [item for item in scope.items if item in allowed]
    filters_on = {str(one["item"]) for one in scope.row_filter}
    if (scope.items and not kept) or not filters_on <= allowed or retyped(scope.row_filter, items):
        return None
    masks = {item: mask for item, mask in scope.masks.items() if item in kept}
    for item, mask in default_masks(items, kept).items():
        if (item not in masks and item not in earlier) or (item in masks and masks[item] == earlier.get(item)):
            masks[item] = mask
    return Scope(kept, masks, scope.row_filter)
