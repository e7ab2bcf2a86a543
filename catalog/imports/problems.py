"""What an import has to say about a file: problems of single rows, and counts of what was assumed or cleaned."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    """What a problem means for its row."""

    REJECTED = "rejected", _("Row not taken")
    NOT_PUBLISHED = "not_published", _("Taken as a draft, not published")
    CHECK = "check", _("Taken, please check")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one row.

    Attributes:
        row: number of the row as a person counts; 0 for the file as a whole.
        cell: address in a spreadsheet, "" elsewhere.
        value: what stands there, shortened.
        message: what is wrong. advice: what to do.
    """

    severity: str
    code: str
    row: int
    column: str
    cell: str
    value: str
    message: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class TallyKind(models.TextChoices):
    ASSUMED = "assumed", _("Assumed")
    CLEANED = "cleaned", _("Cleaned")
    REPEATED = "repeated", _("Repeated")


@dataclass(slots=True)
class Count:
    count: int = 0
    first_row: int = 0


MAX_DISTINCT = 200
"""Different values kept per rule and column; beyond that they count as one."""


@dataclass(slots=True)
class Tally:
    """Counts of what happened to many rows in the same way."""

    counts: dict[tuple[str, str, str, str, str], Count] = field(default_factory=dict)
    _distinct: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, kind: str, rule: str, *, field: str = "", source: str = "", value: str = "", row: int = 0) -> None:
        """Count one case of a rule; cases that differ in the value of the file or of ours count apart."""
        group = (kind, rule, field)
        key = (kind, rule, field, source[:60], value[:60])
        if key not in self.counts:
            if self._distinct.get(group, 0) >= MAX_DISTINCT:
                key = (kind, rule, field, "…", "…")
            else:
                self._distinct[group] = self._distinct.get(group, 0) + 1
        found = self.counts.setdefault(key, Count(first_row=row))
        found.count += 1

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the counts, the largest first within each kind."""
        for (kind, rule, field_name, source, value), found in sorted(
            self.counts.items(), key=lambda one: (one[0][0], -one[1].count, one[0])
        ):
            yield {
                "kind": kind,
                "rule": rule,
                "field": field_name,
                "source": source,
                "value": value,
                "count": found.count,
                "first_row": found.first_row,
            }

    def total(self, kind: str) -> int:
        return sum(found.count for key, found in self.counts.items() if key[0] == kind)


RULES = {
    "sharing_from_opening": _("Openly available without condition, so shared without condition"),
    "sharing_default": _("The file states no sharing attribute; conditional sharing taken"),
    "scope_default": _("Scope of sharing not stated; a general wording taken"),
    "purpose_default": _("Purpose of use not stated; a general wording taken"),
    "reason_default": _("Reason for withholding taken from the sharing condition"),
    "opening_default": _("The file states no opening attribute; not open taken"),
    "opening_from_sharing_words": _("The opening column speaks of sharing; taken for its like"),
    "opening_from_licence": _("Under an open licence, so open"),
    "opening_condition_default": _("Condition of opening not stated; a general wording taken"),
    "cycle_default": _("Update cycle not stated; irregular taken"),
    "cycle_other": _("“Other” cycle; irregular taken"),
    "cycle_no_word": _("Cycle without an equal; the nearest taken, the file's word kept in the note"),
    "cycle_several": _("Several cycles in one cell; irregular taken, the file's word kept in the note"),
    "cycle_detail": _("Cycle with details; the details kept in the note"),
    "cycle_unknown": _("Cycle not understood; irregular taken"),
    "format_word": _("Name of a program or an interface, taken for a format type"),
    "format_class_only": _("Only the class of the format is stated"),
    "format_vague": _("Format stated vaguely; self-described class taken, the file's words kept"),
    "format_unknown": _("Format not in the list; self-described class taken, the file's words kept"),
    "format_default": _("Format not stated; self-described class taken"),
    "category_from_provider": _("Category taken from the provider's name"),
    "category_default": _("No category fits the provider's name; “other departments” taken"),
    "category_from_names": _("Category found by the names of its levels"),
    "summary_from_name": _("No summary; the name taken"),
    "level_default": _("Grade of the data not stated; the standard's default taken"),
    "level_general": _("“General data” without a grade; grade 2 taken"),
    "assessment_default": _("Assessment not in the file; the import assumed that it was made"),
    "items_from_text": _("Items read from running text"),
    "item_type_default": _("Type of items not stated; text taken"),
    "item_type_unknown": _("Type of an item not understood; text taken"),
    "provider_missing": _("No provider in the row; filed under the importing department"),
    "provider_prefix": _("Provider found by its name without the region"),
    "unit_dropped": _("Number with a unit; the unit dropped"),
    "republic_year": _("Year counted from 1912; turned into the common era"),
    "strictest_of_items": _("Items differ; the strictest taken for the entry"),
    "null_word": _("A word for “nothing” taken as empty"),
    "blanks": _("Line ends, tabs or double blanks removed"),
    "quotes": _("Quotation marks around the value removed"),
    "literal_line_end": _("“\\n” written out, taken for a line end"),
    "date_padded": _("Date brought into the form CCYY-MM-DD"),
    "same_name_elsewhere": _("The name stands for other providers too; kept"),
    "cut": _("Text longer than the field; cut"),
}
"""What each rule does, for reports."""


def rule_text(rule: str) -> str:
    return str(RULES.get(rule, rule))
