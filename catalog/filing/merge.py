"""Two people save the same entry: what each of them touched, and what becomes of it.

A page carries fingerprints of what it showed (``values.base_of``). What differs from them was touched by whoever
sends the page; what differs from them in the table was touched by somebody else meanwhile.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from catalog.diff import ITEM_LABELS
from catalog.filing.sheet import text_of
from catalog.filing.steps import LABELS
from catalog.filing.values import item_stamp, stamp
from catalog.services.content import ITEM_FIELDS

THEIRS = "theirs"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One field, or one cell of an item, as the two of them left it."""

    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Clash:
    """One thing that both changed. ``name`` is the field, or ``item-<id>``."""

    name: str
    label: str
    lines: list[Line]


@dataclass(slots=True)
class Merge:
    """What is to be saved, and what somebody has to decide before it can be."""

    fields: dict[str, Any]
    items: list[dict[str, Any]] | None
    clashes: list[Clash] = field(default_factory=list)
    only_theirs: list[str] = field(default_factory=list)


def touched(fields: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that differ from what the page had shown."""
    return {name: value for name, value in fields.items() if name not in base or stamp(value) != base[name]}


def items_touched(items: Sequence[Row] | None, base: Mapping[str, Any]) -> bool:
    """Say whether the list of items differs from what the page had shown."""
    if items is None:
        return False
    if "items" not in base:
        return True
    return [[row.get("id"), item_stamp(row)] for row in items] != base["items"]


def merge(
    *,
    mine: Mapping[str, Any],
    my_items: Sequence[Row] | None,
    theirs: Mapping[str, Any],
    their_items: Sequence[Row],
    base: Mapping[str, Any],
    decided: Mapping[str, str],
    known: Collection[str],
    shown: Callable[[str, Any], str],
) -> Merge:
    """Put together what two people made of the same page.

    Args:
        mine: the fields that were sent; those that were not touched are left alone.
        theirs: the same fields as they are now.
        decided: names of clashes for which the sender takes over the other's text.
        known: further items the entry has, besides those of ``their_items``.
        shown: turns a value of a field into what people read.
    """
    result = Merge({}, None)
    for name, value in touched(mine, base).items():
        now = theirs.get(name)
        if value == now or decided.get(name) == THEIRS:
            continue
        result.fields[name] = value
        if name in theirs and (name not in base or stamp(now) != base[name]):
            label = str(LABELS.get(name, name))
            result.clashes.append(Clash(name, label, [Line(label, shown(name, value), shown(name, now))]))
    result.only_theirs = [
        str(LABELS.get(name, name))
        for name, now in theirs.items()
        if name in base and stamp(now) != base[name] and name not in touched(mine, base)
    ]
    if my_items is not None and items_touched(my_items, base):
        result.items, clashes = merge_items(my_items, their_items, base.get("items"), decided, known)
        result.clashes += clashes
    return result


def merge_items(
    mine: Sequence[Row],
    theirs: Sequence[Row],
    base: Sequence[Sequence[str]] | None,
    decided: Mapping[str, str],
    known: Collection[str] = (),
) -> tuple[list[dict[str, Any]], list[Clash]]:
    """Merge two lists of items by identity: rows that one side left alone follow the other."""
    if base is None:
        base = [[str(row["id"]), item_stamp(row)] for row in theirs]
    stamps: dict[str, str] = {str(key): str(value) for key, value in base}
    own = {str(row["id"]): row for row in mine if row.get("id")}
    other = {str(row["id"]): row for row in theirs}
    clashes: list[Clash] = []
    kept: dict[str, Row | None] = {}
    for key, before in stamps.items():
        row, now = own.get(key), other.get(key)
        if row is None and now is None:
            kept[key] = None
        elif row is not None and now is not None:
            kept[key] = _one_of(key, row, now, before, decided, clashes)
        else:
            kept[key] = _gone_or_kept(key, row, now, before, decided, clashes)
    result: list[dict[str, Any]] = []
    for row in mine:
        key = str(row.get("id") or "")
        chosen = kept.get(key, row) if key else row
        if chosen is not None:
            result.append(dict(chosen))
    placed = {str(row.get("id")) for row in result}
    previous: str | None = None
    for row in theirs:
        key = str(row["id"])
        if key not in placed and (key not in stamps or kept.get(key) is not None):
            at = next((index + 1 for index, one in enumerate(result) if str(one.get("id")) == previous), len(result))
            result.insert(at, dict(row))
            placed.add(key)
        previous = key
    for row in result:
        if row.get("id") and str(row["id"]) not in other and str(row["id"]) not in known:
            row["id"] = None
    return result, clashes


def _one_of(key: str, row: Row, now: Row, before: str, decided: Mapping[str, str], clashes: list[Clash]) -> Row:
    if item_stamp(row) == before or item_stamp(row) == item_stamp(now):
        return now
    if decided.get(f"item-{key}") == THEIRS:
        return now
    if item_stamp(now) != before:
        clashes.append(Clash(f"item-{key}", _item_label(row), _item_lines(row, now)))
    return row


def _gone_or_kept(
    key: str, row: Row | None, now: Row | None, before: str, decided: Mapping[str, str], clashes: list[Clash]
) -> Row | None:
    """One side deleted the item: it goes, unless the other side changed it meanwhile."""
    left = row if row is not None else now
    assert left is not None  # noqa: S101  the caller has one of the two
    if item_stamp(left) == before:
        return None
    if decided.get(f"item-{key}") == THEIRS:
        return now
    gone = _("deleted")
    text = _("changed and kept")
    mine, theirs = (gone, text) if row is None else (text, gone)
    clashes.append(Clash(f"item-{key}", _item_label(left), [Line(_("Item"), mine, theirs)]))
    return row


def _item_label(row: Row) -> str:
    return _("Item “%(name)s”") % {"name": row.get("name") or "—"}


def _item_lines(row: Row, now: Row) -> list[Line]:
    lines = []
    for name in ITEM_FIELDS:
        if name == "decimals" or (row.get(name) == now.get(name) and name != "length"):
            continue
        mine, theirs = text_of(name, row), text_of(name, now)
        if mine != theirs:
            lines.append(Line(str(ITEM_LABELS[name]), mine, theirs))
    return lines
