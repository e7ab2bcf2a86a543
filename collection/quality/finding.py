"""What a run found about one rule, as a report keeps it: figures and places, never a value of somebody's data."""

from dataclasses import asdict, dataclass, field
from typing import Any

from collection.choices import FindingState, RuleKind

OF_FORM, OF_KEY, OF_MANDATORY, OF_CYCLE, OF_RUNS = "form", "key", "mandatory", "cycle", "runs"
"""What the items, the entry's cycle and the runs themselves ask for, beside the rules that were added."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report.

    Attributes:
        kind: one of ``RuleKind``, or of what every dataset is asked (``OF_FORM`` …).
        rule: key of the added rule, None for what every dataset is asked.
        items: names of the items concerned.
        checked, broken: rows, or cells; broken ones that were rejected are part of both.
        rejected: of the broken ones, those that were rejected.
        score: 0 to 100 with decimals, None where nothing was measured.
        figure: the measured number of a rule about the version: percent, rows, days.
        places: of a few broken rows, in the store.
    """

    kind: str
    dimension: str
    severity: str
    state: str
    items: list[str] = field(default_factory=list)
    rule: int | None = None
    checked: int = 0
    broken: int = 0
    rejected: int = 0
    score: float | None = None
    figure: float | None = None
    places: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_short(self) -> bool:
        """Whether it takes something off the score, or could not be computed."""
        return self.state in (FindingState.BROKEN, FindingState.FAILED)

    @property
    def is_of_rows(self) -> bool:
        return self.kind in _OF_ROWS


_OF_ROWS = {
    OF_FORM, OF_KEY, OF_MANDATORY, RuleKind.CODE_LIST, RuleKind.REGEX, RuleKind.RANGE, RuleKind.CHECKSUM,
    RuleKind.DATE_ORDER, RuleKind.COMPARISON, RuleKind.REFERENCE, RuleKind.UNIQUE,
}  # fmt: skip


def findings_from(stored: list[dict[str, Any]]) -> list[Finding]:
    """Return the findings that a report noted."""
    return [Finding(**one) for one in stored]
