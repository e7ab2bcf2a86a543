"""An item that readers see with values, and of which a file brings none, is asked about: its column was lost rather."""

from collections.abc import Collection, Mapping

from collection.choices import LoadMode, RunOrigin
from collection.intake import Doubt
from collection.models import Run, RunNote
from collection.services.losses import LEAST_ROWS
from collection.services.note import note
from collection.services.opening import memory_of
from collection.services.work import Work
from collection.store.columns import Column, columns_from, columns_wanted
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


def emptied_unanswered(work: Work, items: list[str]) -> list[str]:
    """Return about which items that would lose all their values a person has to be asked; note the others.

    Whoever confirmed how the file is read before it was known is asked. Of items that an earlier file of this kind
    lacked as well he is not: a file that holds some of the rows leaves values in the others, day by day.
    """
    run = work.run
    confirmed = _last_confirmed(run)
    if run.is_confirmed and confirmed is None:  # nobody is there to be asked
        unasked = items
    else:
        lacking = set() if run.mode == LoadMode.REPLACE else set(memory_of(run).absent)
        unasked = [one.name for one in work.columns if one.item in lacking and one.name in items]
    told = {name for one in run.notes.filter(code=_CODE) for name in _names(one)}
    if new := [one for one in unasked if one not in told]:
        _note(run, new)
    return [one for one in items if one not in {*unasked, *_agreed(confirmed)}]


def absent_items(run: Run) -> list[str]:
    """Return the items of which files like that of a run bring no column, as somebody agreed, to be remembered.

    A file that holds all rows leaves no values to be asked about again; if they come back, their loss is another one.
    """
    if run.mode == LoadMode.REPLACE:
        return []
    items = {one.name: one.item for one in columns_wanted(run.dataset.entry)}
    agreed = {items[name] for name in _agreed(_last_confirmed(run)) if name in items}
    return sorted({*memory_of(run).absent, *agreed} - set(run.mapping.values()))


def emptied_agreed(run: Run, mapping: Mapping[str, str]) -> list[str]:
    """Return the names of the items that whoever confirms lets lose their values, as far as he was asked.

    Where he names another column for one, that is no yes: it is asked about again if that one holds nothing either.

    Args:
        mapping: column of the file → identity of the item, as it is confirmed.
    """
    asked = [name for one in run.found.get("doubts", []) if one.get("code") == _CODE for name in one["values"]["items"]]
    items = {one.name: one.item for one in columns_wanted(run.dataset.entry)}
    names = dict.fromkeys([*_agreed(_last_confirmed(run)), *asked])
    return [one for one in names if one in items and _filler(run.mapping, items[one]) == _filler(mapping, items[one])]


def _filler(mapping: Mapping[str, str], item: str) -> str | None:
    return next((label for label, filled in mapping.items() if filled == item), None)


def _last_confirmed(run: Run) -> RunNote | None:
    return run.notes.filter(code="confirmed").order_by("pk").last()


def _agreed(confirmed: RunNote | None) -> list[str]:
    return list(confirmed.values.get(_CODE, [])) if confirmed is not None else []


def _names(told: RunNote) -> list[str]:
    """Return the items of a note; earlier releases kept them for the eye alone."""
    names: list[str] = told.values.get("names") or told.values["items"].split("、")
    return names


def emptied_note(run: Run, items: list[str]) -> None:
    """Add the question to what was found about the file, and to the log; the caller saves what was found."""
    if items:
        _note(run, items)
        run.found["doubts"] = [*run.found["doubts"], Doubt(_CODE, {"items": items}).as_dict()]


def _note(run: Run, items: list[str]) -> None:
    note(run, _CODE, items="、".join(items), names=items)
