"""An entry on its way from the file to the catalog."""

from dataclasses import dataclass, field
from typing import Any

from catalog.imports.problems import Problem, Severity, Tally, TallyKind
from catalog.imports.reading import Source
from catalog.imports.values import Value

SHOWN = 120
"""Characters of a cell that a report repeats."""

_LONG_TEXTS = frozenset(["summary", "sharing_reason", "secrecy_assessment", "personal_information_assessment"])
"""Fields whose values differ from entry to entry; a tally counts their rule, not their values."""


@dataclass(slots=True)
class Draft:
    """What was read of one entry.

    Attributes:
        row, last_row: the rows it stands in.
        source_code: the code the file gives it.
        fields: values for ``catalog.services.content``.
        given: the fields that the file states; the others were assumed or follow from a rule.
        provenance: where the record comes from, kept under ``extra.source``.
    """

    source: Source
    tally: Tally
    row: int
    last_row: int
    name: str = ""
    provider: str = ""
    provider_label: str = ""
    provider_code: str = ""
    source_code: str = ""
    category_code: str = ""
    category_names: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    items: list[dict[str, Any]] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    provenance: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    assumptions: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        return any(one.severity == Severity.REJECTED for one in self.problems)

    def get(self, name: str) -> Any:
        return self.fields.get(name, "")

    def put(self, name: str, value: Any) -> None:
        """Set a field that follows from others."""
        self.fields[name] = value

    def give(self, name: str, value: Any) -> None:
        """Set a field to what the file states; an empty cell states nothing."""
        if value not in ("", None, [], {}):
            self.fields[name] = value
            self.given.add(name)

    def take(self, name: str, found: Value, said: str) -> None:
        """Set a field to the value of ours for what the file says; by a rule, it is an assumption."""
        if found.rule:
            self.assume(name, found.value, said, found.rule)
        else:
            self.give(name, found.value)

    def assume(self, name: str, value: str, said: str, rule: str) -> None:
        """Set a field by a rule and note it. ``name`` may be a part, like "extra.source.updated_on"."""
        if "." not in name and name not in ("items", "census", "department"):
            self.fields[name] = value
        self.note(name, value, said, rule)

    def note(self, name: str, value: str, said: str, rule: str) -> None:
        """Note an assumption without setting anything."""
        self.assumptions.append({"field": name, "value": value[:SHOWN], "source": said[:SHOWN], "rule": rule})
        if name == "items" or name in _LONG_TEXTS:
            value = said = ""
        self.tally.add(TallyKind.ASSUMED.value, rule, field=name, source=said, value=value, row=self.row)

    def reject(self, code: str, label: str, value: str, message: str, advice: str = "", *, row: int = 0) -> None:
        self._problem(Severity.REJECTED, code, label, value, message, advice, row)

    def check(self, code: str, label: str, value: str, message: str, advice: str = "", *, row: int = 0) -> None:
        self._problem(Severity.CHECK, code, label, value, message, advice, row)

    def keep_back(self, code: str, label: str, value: str, message: str, advice: str = "") -> None:
        """Say why the entry cannot be published; it stays a draft."""
        self._problem(Severity.NOT_PUBLISHED, code, label, value, message, advice, 0)

    def _problem(
        self, severity: Severity, code: str, label: str, value: str, message: str, advice: str, row: int
    ) -> None:
        number = row or self.row
        self.problems.append(
            Problem(
                severity=severity.value,
                code=code,
                row=number,
                column=label,
                cell=self.source.address(label, number),
                value=value[:SHOWN],
                message=message,
                advice=advice,
            )
        )

    def forget(self) -> None:
        """Drop everything read, so that a refused secret leaves no trace."""
        self.name = self.provider = self.provider_code = self.source_code = ""
        self.fields.clear()
        self.given.clear()
        self.items.clear()
        self.assumptions.clear()
        self.problems.clear()
        self.provenance.clear()
        self.extra.clear()
