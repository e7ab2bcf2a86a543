"""An item that readers see with values, and of which a file brings none, is asked about: its column was lost rather."""

from collections.abc import Collection

from collection.choices import LoadMode, RunOrigin
from collection.intake import Doubt
from collection.services.losses import LEAST_ROWS
from collection.services.note import note
from collection.services.work import Work
from collection.store.columns import Column, columns_from
from collection.store.filled import filled_in_stage, filled_in_version

_UNASKED = frozenset({RunOrigin.ROLLBACK, RunOrigin.RESUBMISSION, RunOrigin.LIBRARY})
_CODE = "emptied"


def emptied_by_columns(work: Work, filled: Collection[str]) -> list[str]:
    """Return the names of the items with values for which a file has no column.

    Args:
        filled: identities of the items that have one.
    """
    return _with_values(work, [one for one in _at_stake(work) if one.item not in filled])


def emptied_by_rows(work: Work) -> list[str]:
    """Return the names of the items with values of which no staged row has one.

    Of a file that holds some of the rows only, and of few rows, that says nothing.
    """
    if work.run.mode != LoadMode.REPLACE or work.published is None or work.published.row_count < LEAST_ROWS:
        return []
    columns = _at_stake(work)
    filled = filled_in_stage(work.stage, columns)
    return _with_values(work, [one for one in columns if one.item not in filled])


def _at_stake(work: Work) -> list[Column]:
    """Return the columns that a file may empty: those of before, but for the key."""
    if work.published is None or work.run.origin in _UNASKED or work.run.mode == LoadMode.APPEND:
        return []
    before = {one.item for one in columns_from(work.published.columns)}
    return [one for one in work.columns if one.item in before and one.nullable]


def _with_values(work: Work, columns: list[Column]) -> list[str]:
    if not columns or work.published is None:
        return []
    lost = {one.item for one in columns}
    before = [one for one in columns_from(work.published.columns) if one.item in lost]
    held = filled_in_version(work.dataset.pk, work.published.generation, work.published.number, before)
    return [one.name for one in columns if one.item in held]


def emptied_told(work: Work, items: list[str]) -> bool:
    """Say which items would lose all their values; return whether a person has to be asked about one anew.

    A question is answered where its run was confirmed after it; whoever confirmed before it was known is asked.
    """
    asked: set[str] = set()
    answered: set[str] = set()
    notes = list(work.run.notes.filter(code__in=("confirmed", _CODE)).order_by("pk"))
    for one in notes:
        if one.code == _CODE:
            asked.update(one.values["names"])
        else:
            answered.update(asked)
    is_unattended = work.run.is_confirmed and all(one.code == _CODE for one in notes)
    items = [one for one in items if one not in (asked if is_unattended else answered)]
    if not items:
        return False
    note(work.run, _CODE, items="、".join(items), names=items)
    if is_unattended:
        return False
    work.run.found["doubts"] = [*work.run.found["doubts"], Doubt(_CODE, {"items": items}).as_dict()]
    work.save("found")
    return True
