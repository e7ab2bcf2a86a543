"""A difference as the review page draws it: sections of rows, each side split into parts that stayed, went or came.

Pure: revisions with their content go in (``selectors.revision_content``), plain values come out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from catalog.choices import Mask
from catalog.diff import FIELD_GROUPS, ITEM_LABELS, ItemChange, RevisionDiff, compare, text_of, word_spans
from catalog.models import Revision, RevisionItem

GONE, CAME, STAYED = "del", "ins", ""
Span = tuple[str, str]
"""A stretch of text, and whether it went (``del``), came (``ins``) or stayed (empty)."""

SECTION_ORDER = ("basic", "format", "items", "sharing", "grading")
ITEMS_TITLE = gettext_lazy("Items")

_CODED = ("format_class", "sharing", "sharing_method", "opening", "cycle", "data_level", "category", "library")
"""Values from a list: they are replaced whole, so their words are not compared."""


@dataclass(frozen=True, slots=True)
class ItemFace:
    """An item as one side shows it.

    Attributes:
        name, length: spans; type_letter, type_word: "C", "text".
        meta: further properties, each a list of spans.
    """

    name: list[Span]
    type_letter: str
    type_mark: str
    type_word: list[Span]
    length: list[Span]
    meta: list[list[Span]]


@dataclass(frozen=True, slots=True)
class Row:
    """One field or item.

    Attributes:
        key: what a comment on it names, e.g. ``summary`` or ``items.<id>``.
        anchor: the row's id on the page.
        op: changed, added, removed, moved, same, or only (there is nothing to compare with).
        before, after: spans of a field's text; None for the side on which it does not exist.
        old, new: an item's two faces.
        position: where a moved item stood and stands.
    """

    key: str
    anchor: str
    label: str
    op: str
    before: list[Span] | None = None
    after: list[Span] | None = None
    old: ItemFace | None = None
    new: ItemFace | None = None
    position: tuple[int, int] | None = None

    @property
    def is_item(self) -> bool:
        return self.old is not None or self.new is not None

    @property
    def is_empty(self) -> bool:
        return not self.is_item and not self.before and not self.after


@dataclass(slots=True)
class Section:
    """A part of the entry: what changed in it, and what did not."""

    key: str
    title: str
    changed: list[Row] = field(default_factory=list)
    same: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        return [*self.changed, *self.same]

    @property
    def ops(self) -> Counter[str]:
        """How many rows were changed, added, removed, moved."""
        return Counter(row.op for row in self.changed)

    @property
    def is_items(self) -> bool:
        return self.key == "items"


def anchor_of(key: str) -> str:
    """Return the id of a row on the page from what a comment on it names."""
    return "f-" + key.replace("_", "-").replace(".", "-")


def compared(before: Revision, after: Revision, difference: RevisionDiff | None = None) -> list[Section]:
    """Set two revisions of an entry side by side."""
    difference = difference or compare(before, after)
    differing = {change.field for change in difference.fields}
    sections = []
    for key in SECTION_ORDER:
        if key == "items":
            sections.append(_items_compared(before, after, difference.items))
            continue
        title, labels = FIELD_GROUPS[key]
        section = Section(key, str(title))
        for name, label in labels.items():
            row = _field_row(name, str(label), before, after, name in differing)
            (section.changed if row.op == "changed" else section.same).append(row)
        sections.append(section)
    return sections


def alone(revision: Revision) -> list[Section]:
    """Set out one revision that there is nothing to compare with; fields left empty count as unchanged."""
    sections = []
    for key in SECTION_ORDER:
        if key == "items":
            section = Section(key, str(ITEMS_TITLE))
            section.changed = [
                _item_row(row.item_id, row.name, "only", new=_face(row, None, STAYED)) for row in revision.items.all()
            ]
            sections.append(section)
            continue
        title, labels = FIELD_GROUPS[key]
        section = Section(key, str(title))
        for name, label in labels.items():
            text = text_of(revision, name)
            row = Row(name, anchor_of(name), str(label), "only", after=_whole(text, STAYED))
            (section.changed if text else section.same).append(row)
        sections.append(section)
    return sections


# --- Fields --------------------------------------------------------------------------------------------------------


def _whole(text: str, mark: str) -> list[Span]:
    return [(text, mark)] if text else []


def _field_row(name: str, label: str, before: Revision, after: Revision, differs: bool) -> Row:
    old, new = text_of(before, name), text_of(after, name)
    if not differs:
        return Row(name, anchor_of(name), label, "same", _whole(old, STAYED), _whole(new, STAYED))
    if name in _CODED:
        left, right = _whole(old, GONE), _whole(new, CAME)
    else:
        left, right = _marked(old, new)
    return Row(name, anchor_of(name), label, "changed", left, right)


def _marked(old: str, new: str) -> tuple[list[Span], list[Span]]:
    """Compare two texts word by word."""
    left, right = word_spans(old, new)
    return (
        [(text, GONE if differs else STAYED) for text, differs in left],
        [(text, CAME if differs else STAYED) for text, differs in right],
    )


# --- Items ---------------------------------------------------------------------------------------------------------

ITEM_OPS = ("changed", "added", "removed", "moved")


def _items_compared(before: Revision, after: Revision, changes: Sequence[ItemChange]) -> Section:
    section = Section("items", str(ITEMS_TITLE))
    touched = {change.id for change in changes}
    for change in sorted(changes, key=_place):
        positions = None
        if change.kind == "moved" and change.before and change.after:
            positions = (change.before.position, change.after.position)
        section.changed.append(
            _item_row(
                change.id,
                change.name,
                change.kind,
                old=_face(change.before, change.after, GONE) if change.before else None,
                new=_face(change.after, change.before, CAME) if change.after else None,
                position=positions,
            )
        )
    for row in after.items.all():
        if row.item_id not in touched:
            face = _face(row, row, STAYED)
            section.same.append(_item_row(row.item_id, row.name, "same", old=face, new=face))
    return section


def _place(change: ItemChange) -> tuple[int, int]:
    """Order as in the proposed list; what was removed stands where it was."""
    if change.after is not None:
        return (change.after.position, 0)
    assert change.before is not None  # noqa: S101  an item is on one side at least
    return (change.before.position, 1)


def _item_row(identity: UUID, name: str, op: str, **sides: Any) -> Row:
    key = f"items.{identity}"
    return Row(key, anchor_of(key), name, op, **sides)


def _face(item: RevisionItem, other: RevisionItem | None, mark: str) -> ItemFace:
    """Show an item beside its other side; what has no other side is marked whole, unless it stands alone."""
    mine, theirs = _properties(item), _properties(other) if other else {}
    type_differs = other is not None and item.type != other.type
    return ItemFace(
        name=_against(item.name, other.name if other else None, mark),
        type_letter=item.type,
        type_mark=mark if type_differs else STAYED,
        type_word=_whole(_type_word(item), mark if type_differs else STAYED),
        length=_against(_length(item), _length(other) if other else _length(item), mark),
        meta=[spans for name in mine if (spans := _part(name, mine[name], theirs.get(name) if other else None, mark))],
    )


_PROSE = ("sharing_condition", "description")
"""Properties whose words are compared; the others are replaced whole."""


def _part(name: str, text: str, other: str | None, mark: str) -> list[Span]:
    if name in _PROSE:
        return _against(text, other, mark)
    return _whole(text, STAYED if text == other else mark)


def _against(text: str, other: str | None, mark: str) -> list[Span]:
    """Return a text with what differs from the other side marked; without another side, marked whole."""
    if other is None:
        return _whole(text, mark)
    if text == other:
        return _whole(text, STAYED)
    left, _right = _marked(text, other)
    return [(part, mark if differs else STAYED) for part, differs in left]


def _type_word(item: RevisionItem) -> str:
    """Return the type's name without its letter, which stands before it."""
    return str(item.get_type_display()).partition(" ")[2] or item.type


def _length(item: RevisionItem) -> str:
    if not item.length:
        return ""
    return f"{item.length},{item.decimals}" if item.decimals else str(item.length)


def _properties(item: RevisionItem) -> dict[str, str]:
    """Return what else is said of an item, in words; empty where it says nothing of note."""
    return {
        "field_name": item.field_name,
        "is_key": _("key") if item.is_key else "",
        "nullable": "" if item.nullable else _("not empty"),
        "is_sensitive": pgettext("item", "sensitive") if item.is_sensitive else "",
        "mask": _mask_word(item),
        "sharing": str(item.get_sharing_display()) if item.sharing else "",
        "opening": _("opening: %(value)s") % {"value": item.get_opening_display()} if item.opening else "",
        "sharing_condition": item.sharing_condition,
        "description": item.description,
    }


def _mask_word(item: RevisionItem) -> str:
    if item.mask == Mask.NONE:
        return _("not masked") if item.is_sensitive else ""
    return _("masked: %(mask)s") % {"mask": item.get_mask_display()}


def item_field_choices(fields: Iterable[str] = ITEM_LABELS) -> list[tuple[str, str]]:
    """Return what of an item a comment may name, the whole item first."""
    return [("", _("The whole item")), *((name, str(ITEM_LABELS[name])) for name in fields)]
