"""The steps of the editor: which fields stand where, how far each is, and where a finding leads to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.choices import STRUCTURED_FORMATS
from catalog.diff import FIELD_LABELS, ITEM_LABELS
from catalog.models import Revision, RevisionItem
from catalog.rules import Findings
from core.exceptions import FieldError


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the editor.

    Attributes:
        fields: names as the services take them, in the order of the page.
        proof: fields that only a person fills in; while they are all empty, the step counts as not started.
    """

    key: str
    title: Any
    fields: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()


BASIC = Step(
    "basic",
    gettext_lazy("Basic information"),
    ("name", "summary", "department_unit", "source_system", "keywords", "related", "duty_change"),
    ("name", "summary"),
)
FORMAT = Step(
    "format",
    gettext_lazy("Category and format"),
    ("category", "library", "format_class", "format_type", "format_note", "cycle", "census"),
    ("category", "format_class", "cycle"),
)
ITEMS = Step("items", gettext_lazy("Items"), ("items",))
SHARING = Step(
    "sharing",
    gettext_lazy("Sharing and opening"),
    (
        "sharing", "sharing_scope", "sharing_purpose", "sharing_reason", "legal_basis", "sharing_note",
        "sharing_method", "use_conditions", "opening", "opening_condition",
    ),
    ("sharing", "sharing_scope", "sharing_purpose", "sharing_reason", "legal_basis"),
)  # fmt: skip
GRADING = Step(
    "grading",
    gettext_lazy("Grading and assessments"),
    ("data_level", "secrecy", "secrecy_assessment", "personal_information_assessment", "extra"),
    ("secrecy_assessment", "personal_information_assessment"),
)
CHECK = Step("check", gettext_lazy("Check and submit"))

STEPS = (BASIC, FORMAT, ITEMS, SHARING, GRADING, CHECK)
BY_KEY = {step.key: step for step in STEPS}
STEP_OF = {name: step for step in STEPS for name in step.fields}

LABELS: dict[str, Any] = {
    **FIELD_LABELS,
    "items": gettext_lazy("Items"),
    "secrecy": gettext_lazy("Secrecy"),
    "census": gettext_lazy("Census figures"),
    "extra": gettext_lazy("Fields of the region"),
    "duty_change": gettext_lazy("Change of law or duties"),
}

_ASSESSMENT = "assessments."
_PLACE = re.compile(r"^(?P<name>[a-z_]+)(?:\[(?P<index>\d+)\])?(?:\.(?P<inner>.+))?$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something said about a field stands: the step, the element, and how people call it.

    Attributes:
        field: the form field it belongs to; ``items`` for a row of the sheet.
        row: number of the row in the sheet, from 0; None for a field.
        column: the cell of that row.
    """

    step: Step
    field: str
    anchor: str
    label: str
    row: int | None = None
    column: str = ""


def place_of(where: str, items: Sequence[RevisionItem] = ()) -> Place:
    """Find the place of a finding, e.g. of ``items[2].length`` or ``assessments.secrecy``."""
    if where.startswith(_ASSESSMENT):
        where = f"{where.removeprefix(_ASSESSMENT)}_assessment"
    found = _PLACE.match(where)
    name = found["name"] if found else where
    step = STEP_OF.get(name, CHECK)
    if found and name == "items" and found["index"] is not None:
        return _row_place(int(found["index"]), found["inner"] or "", items)
    if found and name == "extra" and found["inner"]:
        field_name = f"extra_{found['inner'].partition('.')[0]}"
        return Place(step, field_name, f"id_{field_name}_field", found["inner"])
    anchor = "items-sheet" if name == "items" else f"id_{name}_field"
    return Place(step, name, anchor, str(LABELS.get(name, "")))


def _row_place(index: int, column: str, items: Sequence[RevisionItem]) -> Place:
    name = items[index].name if index < len(items) else ""
    label = _("Item %(row)d") % {"row": index + 1}
    if name:
        label = _("Item %(row)d, %(name)s") % {"row": index + 1, "name": name}
    return Place(ITEMS, "items", f"items-{index}", label, index, column)


def place_of_comment(name: str, item_id: UUID | None, items: Sequence[RevisionItem]) -> Place:
    """Find the place of a reviewer's comment: a field, an item, or a field of an item."""
    if item_id is None:
        return place_of(name or "name")
    row = next((index for index, one in enumerate(items) if one.item_id == item_id), None)
    if row is None:
        return Place(ITEMS, "items", "items-sheet", _("An item that is gone"))
    place = _row_place(row, name, items)
    if name in ITEM_LABELS:
        return Place(ITEMS, "items", place.anchor, f"{place.label} · {ITEM_LABELS[name]}", row, name)
    return place


@dataclass(slots=True)
class Progress:
    """How far one step is."""

    step: Step
    is_started: bool
    errors: list[FieldError] = field(default_factory=list)
    hints: list[FieldError] = field(default_factory=list)

    @property
    def state(self) -> str:
        if not self.is_started:
            return ""
        return "err" if self.errors else "done"

    @property
    def note(self) -> str:
        if not self.is_started:
            return _("Not started")
        parts = []
        if self.errors:
            count = len(self.errors)
            parts.append(ngettext("%(count)d error", "%(count)d errors", count) % {"count": count})
        if self.hints:
            count = len(self.hints)
            parts.append(ngettext("%(count)d hint", "%(count)d hints", count) % {"count": count})
        return " · ".join(parts) or _("Complete")


def progress_of(revision: Revision, items: Sequence[RevisionItem], findings: Findings) -> dict[str, Progress]:
    """Say for each step but the last whether it was started and what was found there."""
    result = {step.key: Progress(step, _is_started(step, revision, items)) for step in STEPS if step is not CHECK}
    for errors, kind in ((findings.errors, "errors"), (findings.hints, "hints")):
        for one in errors:
            step = place_of(one.field).step
            if step.key in result:
                getattr(result[step.key], kind).append(one)
    return result


def _is_started(step: Step, revision: Revision, items: Sequence[RevisionItem]) -> bool:
    if step is ITEMS:
        needs_none = bool(revision.format_class) and revision.format_class not in STRUCTURED_FORMATS
        return bool(items) or needs_none
    return any(
        getattr(revision, f"{name}_id", None) if name == "category" else getattr(revision, name) for name in step.proof
    )


def neighbours(step: Step) -> tuple[Step | None, Step | None]:
    """Return the step before and the step after."""
    at = STEPS.index(step)
    return (STEPS[at - 1] if at else None, STEPS[at + 1] if at + 1 < len(STEPS) else None)


def by_field(findings: Iterable[FieldError], step: Step) -> dict[str, list[str]]:
    """Return the messages that belong to the fields of one step; rows of the sheet are left to the sheet."""
    result: dict[str, list[str]] = {}
    for one in findings:
        place = place_of(one.field)
        if place.step is step and place.row is None:
            result.setdefault(place.field, []).append(str(one.message))
    return result
