"""The difference between two revisions, field by field and item by item; and word by word within a text."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import rjieba
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Revision, RevisionItem

FIELD_GROUPS: dict[str, tuple[Any, dict[str, Any]]] = {
    "basic": (
        _("Basic information"),
        {
            "name": _("Name"),
            "summary": _("Summary"),
            "department_unit": _("Unit of the provider"),
            "category": _("Category"),
            "library": _("Library"),
            "source_system": _("Source system"),
            "keywords": _("Keywords"),
            "related": _("Related entries"),
        },
    ),
    "format": (
        _("Format and update"),
        {
            "format_class": _("Format class"),
            "format_type": _("Format type"),
            "format_note": _("Format description"),
            "cycle": _("Update cycle"),
        },
    ),
    "sharing": (
        _("Sharing and opening"),
        {
            "sharing": _("Sharing attribute"),
            "sharing_scope": _("Sharing scope"),
            "sharing_purpose": _("Purpose of use"),
            "sharing_reason": _("Reason for withholding"),
            "legal_basis": _("Legal basis"),
            "sharing_note": _("Explanation of the attribute"),
            "sharing_method": _("Sharing method"),
            "use_conditions": _("Use conditions"),
            "opening": _("Opening attribute"),
            "opening_condition": _("Opening condition"),
        },
    ),
    "grading": (
        _("Grading and assessments"),
        {
            "data_level": _("Data grade"),
            "secrecy_assessment": _("Secrecy assessment"),
            "personal_information_assessment": _("Personal-information impact assessment"),
        },
    ),
}
"""Fields by section, in the order in which pages show them."""

FIELD_LABELS = {name: label for _title, fields in FIELD_GROUPS.values() for name, label in fields.items()}

ITEM_LABELS = {
    "name": _("Name"),
    "field_name": _("Field name"),
    "type": _("Type"),
    "length": _("Length"),
    "decimals": _("Decimals"),
    "is_key": pgettext_lazy("item", "Key"),
    "nullable": _("May be empty"),
    "sharing": _("Sharing attribute"),
    "sharing_condition": _("Sharing condition"),
    "opening": _("Opening attribute"),
    "is_sensitive": _("Sensitive"),
    "mask": _("Mask"),
    "description": _("Description"),
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. ``before`` and ``after`` are plain values, the ``_text`` ones what people read."""

    field: str
    label: str
    before: Any
    after: Any
    before_text: str
    after_text: str


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item that was added, removed, changed or only moved."""

    id: UUID
    kind: str
    name: str
    before: RevisionItem | None
    after: RevisionItem | None
    fields: list[FieldChange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RevisionDiff:
    fields: list[FieldChange]
    items: list[ItemChange]
    unchanged_items: int

    @property
    def is_empty(self) -> bool:
        return not self.fields and not self.items

    def changed_in(self, group: str) -> list[FieldChange]:
        """Return the changed fields of one section."""
        return [change for change in self.fields if change.field in FIELD_GROUPS[group][1]]


def value_of(revision: Revision, name: str) -> Any:
    """Return a field of a revision as a plain value."""
    if name == "related":
        return sorted(entry.ref for entry in revision.related.all())
    if name in ("category", "library"):
        found = getattr(revision, name)
        return found.code if found else ""
    if name == "source_system":
        return revision.source_system.name if revision.source_system else ""
    return getattr(revision, name)


def text_of(revision: Revision, name: str) -> str:
    """Return a field of a revision as people read it, in the language of the reader."""
    if name == "legal_basis":
        return "；".join(
            f"《{one.get('document', '').strip('《》')}》{one.get('article', '')}" for one in revision.legal_basis
        )
    if name == "related":
        return "、".join(str(entry) for entry in revision.related.all())
    if name in ("category", "library", "source_system"):
        return str(getattr(revision, name) or "")
    display = getattr(revision, f"get_{name}_display", None)
    return str(display()) if display else str(getattr(revision, name) or "")


def item_text_of(item: RevisionItem, name: str) -> str:
    """Return a field of an item as people read it."""
    value = getattr(item, name)
    display = getattr(item, f"get_{name}_display", None)
    if display:
        return str(display())
    if isinstance(value, bool):
        return str(_("Yes")) if value else str(_("No"))
    return "" if value is None else str(value)


def compare(before: Revision, after: Revision) -> RevisionDiff:
    """Compare two revisions of one entry whose content is loaded (``selectors.revision_content``)."""
    changes = [
        FieldChange(
            name, str(label), value_of(before, name), value_of(after, name), text_of(before, name), text_of(after, name)
        )
        for name, label in FIELD_LABELS.items()
        if value_of(before, name) != value_of(after, name)
    ]
    old, new = list(before.items.all()), list(after.items.all())
    items = _compare_items(old, new)
    touched = {change.id for change in items}
    return RevisionDiff(changes, items, sum(row.item_id not in touched for row in new))


def _compare_items(old: Sequence[RevisionItem], new: Sequence[RevisionItem]) -> list[ItemChange]:
    by_id = {row.item_id: row for row in old}
    kept_before = [row.item_id for row in old if row.item_id in {one.item_id for one in new}]
    kept_after = [row.item_id for row in new if row.item_id in by_id]
    stay = {
        kept_before[match.a + at]
        for match in difflib.SequenceMatcher(None, kept_before, kept_after, autojunk=False).get_matching_blocks()
        for at in range(match.size)
    }
    changes = []
    for row in new:
        earlier = by_id.get(row.item_id)
        if earlier is None:
            changes.append(ItemChange(row.item_id, "added", row.name, None, row))
            continue
        differing = [
            FieldChange(
                name, str(label), getattr(earlier, name), getattr(row, name), item_text_of(earlier, name),
                item_text_of(row, name),
            )
            for name, label in ITEM_LABELS.items()
            if getattr(earlier, name) != getattr(row, name)
        ]  # fmt: skip
        if differing:
            changes.append(ItemChange(row.item_id, "changed", row.name, earlier, row, differing))
        elif row.item_id not in stay:
            changes.append(ItemChange(row.item_id, "moved", row.name, earlier, row))
    present = {row.item_id for row in new}
    changes += [ItemChange(row.item_id, "removed", row.name, row, None) for row in old if row.item_id not in present]
    return changes


def word_spans(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Split two texts into (part, differs) spans, word by word, for marking what went and what came."""
    old, new = rjieba.cut(before), rjieba.cut(after)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            left.append(("".join(old[a:b]), False))
            right.append(("".join(new[c:d]), False))
            continue
        if b > a:
            left.append(("".join(old[a:b]), True))
        if d > c:
            right.append(("".join(new[c:d]), True))
    return left, right
