"""What a rule says: what people give is read here, and read again whenever the items may have changed.

``parameters`` by kind, as they are stored:

    code_list     {"values": ["a", …]} or {"list": one of KnownList}
    regex         {"pattern": …}
    range         {"min": text, "max": text}, one of them may be left out; for dates "today" is the day of the run
    checksum      {"checksum": one of Checksum}
    comparison    {"operator": one of OPERATORS}
    reference     {"item": identity of the item in the other dataset, "item_name": its name}
    completeness  {"percent": 1 to 100}
    row_count     {"less": percent, "more": percent}
    freshness     {"days": number, "working": true or false}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from catalog.choices import Mask
from collection.choices import Checksum, KnownList, RuleKind, Severity
from collection.quality.conditions import FITS, OPERATORS, same_family
from collection.readers.filters import read
from collection.store.columns import Column
from collection.store.patterns import pattern_problem
from core import clock
from core.exceptions import FieldError, RuleViolation

MOST_VALUES = 2000
MOST_VALUE_CHARACTERS = 200
MOST_PERCENT = 10_000
MOST_DAYS = 3660
TODAY = ("today", "今天")


@dataclass(frozen=True, slots=True)
class Definition:
    """A rule as it was given, read and found sound.

    Attributes:
        parameters: as they are stored.
    """

    kind: RuleKind
    severity: Severity
    column: Column | None
    other: Column | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


def fits(kind: RuleKind, column: Column) -> bool:
    """Say whether a kind of rule can be asked of an item.

    The age of the newest value is told to everybody who sees the report, so it is not asked of items that are
    sensitive or masked.
    """
    is_plain = not column.is_sensitive and column.mask == Mask.NONE
    return column.pg_type in FITS.get(kind, frozenset()) and (kind != RuleKind.FRESHNESS or is_plain)


def definition_read(
    fields: Mapping[str, Any], columns: Sequence[Column], *, pattern_is_known: bool = False
) -> Definition:
    """Read a rule.

    Args:
        fields: ``kind``, ``severity``, ``item``, ``other_item`` and what the kind asks for, as people give it:
            ``values`` (one a line), ``list``, ``pattern``, ``min``, ``max``, ``checksum``, ``operator``, ``percent``,
            ``less``, ``more``, ``days``, ``working``.
        pattern_is_known: the server was asked about the pattern when the rule was written; a busy one may not answer
            in time.

    Raises:
        RuleViolation: names every field that has to be corrected.
    """
    errors: list[FieldError] = []
    kind, severity = str(fields.get("kind", "")), str(fields.get("severity", ""))
    if kind not in RuleKind.values:
        raise RuleViolation([FieldError("kind", "unknown", _("Choose one of the kinds of rule."))])
    if severity not in Severity.values:
        errors.append(FieldError("severity", "unknown", _("Say what follows when the rule is broken.")))
    reading = _Reading(RuleKind(kind), fields, columns, errors, pattern_is_known)
    column = reading.column("item") if kind != RuleKind.ROW_COUNT else None
    other = reading.other(column) if kind in (RuleKind.DATE_ORDER, RuleKind.COMPARISON) else None
    parameters = reading.parameters(column)
    if errors:
        raise RuleViolation(errors)
    return Definition(RuleKind(kind), Severity(severity), column, other, parameters)


class _Reading:
    """The fields of one rule."""

    def __init__(
        self,
        kind: RuleKind,
        fields: Mapping[str, Any],
        columns: Sequence[Column],
        errors: list[FieldError],
        pattern_is_known: bool,
    ) -> None:
        self.kind = kind
        self.fields = fields
        self.columns = {one.item: one for one in columns}
        self.errors = errors
        self.pattern_is_known = pattern_is_known

    def refuse(self, name: str, code: str, message: str) -> None:
        self.errors.append(FieldError(name, code, message))

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return "" if value is None else str(value).strip()

    def number(self, name: str, low: int, high: int) -> int:
        text = self.text(name)
        if text.isascii() and text.isdecimal() and len(text) < 9 and low <= int(text) <= high:
            return int(text)
        message = _("Write a whole number between %(low)d and %(high)d.") % {"low": low, "high": high}
        self.refuse(name, "out_of_range", message)
        return low

    def column(self, name: str) -> Column | None:
        found = self.columns.get(self.text(name))
        if found is None:
            self.refuse(name, "unknown", _("Choose one of the items."))
        elif not fits(self.kind, found):
            self.refuse(name, "type", _("This kind of rule cannot be asked of an item of this type."))
        return found

    def other(self, column: Column | None) -> Column | None:
        found = self.column("other_item")
        if column is None or found is None:
            return None
        if found.item == column.item:
            self.refuse("other_item", "same", _("Choose another item than the first."))
        elif not same_family(column, found):
            self.refuse("other_item", "type", _("The two items hold values that cannot be compared."))
        return found

    def parameters(self, column: Column | None) -> dict[str, Any]:
        match self.kind:
            case RuleKind.CODE_LIST:
                return self._codes()
            case RuleKind.REGEX:
                pattern = self.text("pattern")
                problem = "" if self.pattern_is_known else pattern_problem(pattern)
                if problem:
                    self.refuse("pattern", "bad_pattern", problem)
                return {"pattern": pattern}
            case RuleKind.RANGE:
                return self._range(column)
            case RuleKind.CHECKSUM:
                checksum = self.text("checksum")
                if checksum not in Checksum.values:
                    self.refuse("checksum", "unknown", _("Choose one of the codes."))
                return {"checksum": checksum}
            case RuleKind.COMPARISON:
                operator = self.text("operator")
                if operator not in OPERATORS:
                    self.refuse("operator", "unknown", _("Choose one of the comparisons."))
                elif column is not None and column.pg_type == "boolean" and operator not in ("=", "<>"):
                    self.refuse("operator", "type", _("Yes and no can only be equal or different."))
                return {"operator": operator}
            case RuleKind.COMPLETENESS:
                return {"percent": self.number("percent", 1, 100)}
            case RuleKind.ROW_COUNT:
                return {"less": self.number("less", 0, 100), "more": self.number("more", 0, MOST_PERCENT)}
            case RuleKind.FRESHNESS:
                return {"days": self.number("days", 1, MOST_DAYS), "working": bool(self.fields.get("working"))}
        return {}

    def _codes(self) -> dict[str, Any]:
        known = self.text("list")
        if known:
            if known not in KnownList.values:
                self.refuse("list", "unknown", _("Choose one of the lists."))
            return {"list": known}
        given = self.fields.get("values") or ""
        lines = given.splitlines() if isinstance(given, str) else [str(one) for one in given]
        values = list(dict.fromkeys(one.strip() for one in lines if one.strip()))
        if not values:
            self.refuse("values", "required", _("Write the codes, one a line, or choose a list."))
        elif len(values) > MOST_VALUES:
            self.refuse("values", "too_many_values", _("Give at most %(count)d values.") % {"count": MOST_VALUES})
        elif any(len(one) > MOST_VALUE_CHARACTERS or "\x00" in one for one in values):
            self.refuse("values", "too_long", _("A code is too long. Write one code a line."))
        return {"values": values}

    def _range(self, column: Column | None) -> dict[str, Any]:
        ends = {name: self.text(name) for name in ("min", "max") if self.text(name)}
        if not ends:
            self.refuse("min", "required", _("Write at least one end of the range."))
        if column is None:
            return ends
        read_ends = {}
        for name, text in ends.items():
            try:
                read_ends[name] = end_read(column, text)
            except RuleViolation as refused:
                self.refuse(name, "bad_value", refused.errors[0].message)
        if len(read_ends) == 2 and read_ends["min"] > read_ends["max"]:
            self.refuse("max", "out_of_range", _("The upper end lies below the lower one."))
        return ends


def end_read(column: Column, text: str) -> Any:
    """Read an end of a range as a value of a column's type.

    Raises:
        RuleViolation: it is none.
    """
    if text in TODAY and column.pg_type in ("date", "timestamptz"):
        return clock.today() if column.pg_type == "date" else clock.end_of_day(clock.today())
    return read(column, text)
