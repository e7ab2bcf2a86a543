"""From what was measured to findings and scores. Pure: everything it needs is given."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from collection.choices import Dimension, FindingState, Rule, RuleKind, Severity
from collection.quality import scores
from collection.quality.conditions import Check
from collection.quality.finding import OF_CYCLE, OF_FORM, OF_KEY, OF_MANDATORY, OF_RUNS, Finding
from collection.quality.measuring import Measured
from collection.quality.scores import Score
from collection.store.columns import Column

DIMENSION_OF: Mapping[str, Dimension] = {
    OF_FORM: Dimension.NORMATIVITY,
    RuleKind.CODE_LIST: Dimension.NORMATIVITY,
    RuleKind.REGEX: Dimension.NORMATIVITY,
    OF_MANDATORY: Dimension.COMPLETENESS,
    RuleKind.COMPLETENESS: Dimension.COMPLETENESS,
    RuleKind.ROW_COUNT: Dimension.COMPLETENESS,
    OF_KEY: Dimension.ACCURACY,
    RuleKind.UNIQUE: Dimension.ACCURACY,
    RuleKind.RANGE: Dimension.ACCURACY,
    RuleKind.CHECKSUM: Dimension.ACCURACY,
    RuleKind.COMPARISON: Dimension.CONSISTENCY,
    RuleKind.REFERENCE: Dimension.CONSISTENCY,
    OF_CYCLE: Dimension.TIMELINESS,
    RuleKind.FRESHNESS: Dimension.TIMELINESS,
    RuleKind.DATE_ORDER: Dimension.TIMELINESS,
    OF_RUNS: Dimension.ACCESSIBILITY,
}
"""Where a rule counts; the assignment is ours (docs/adr/0057)."""

_ITEM_RULES: Mapping[str, str] = {
    Rule.MANDATORY: OF_MANDATORY,
    Rule.KEY_EMPTY: OF_MANDATORY,
    Rule.KEY_TWICE: OF_KEY,
    Rule.NUMBER: OF_FORM,
    Rule.WHOLE_NUMBER: OF_FORM,
    Rule.DATE: OF_FORM,
    Rule.MOMENT: OF_FORM,
    Rule.YES_OR_NO: OF_FORM,
    Rule.LENGTH: OF_FORM,
    Rule.KEY_LENGTH: OF_FORM,
    Rule.CELLS: OF_FORM,
}
"""The rules of items by what they count as. A key that is known is a matter of loading, not of the data."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """How often a rule rejected rows for an item."""

    rule: str
    item_name: str
    count: int


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a run beside the rows of its version.

    Attributes:
        rows_read: of the file.
        rejections: what the run rejected.
        freshness: where the dataset stood against its cycle when the run came; of built data, where it stands with it.
        runs_ended, runs_good: of the last runs of the dataset, this one among them.
        rows_before: of the version before, None where there was none.
        working_days: counts the working days from one day to another.
    """

    today: date
    rows_read: int
    rejections: Sequence[Rejection]
    freshness: str
    runs_ended: int
    runs_good: int
    rows_before: int | None
    working_days: Callable[[date, date], int]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result: what a report keeps.

    Attributes:
        refusals: the findings for which the run must not be published.
    """

    rows: int
    score: Decimal | None
    dimensions: dict[str, float | None]
    findings: list[Finding]
    refusals: list[Finding] = field(default_factory=list)
    filled: list[dict[str, object]] = field(default_factory=list)


def judge(
    measured: Measured,
    columns: Sequence[Column],
    checks: Sequence[tuple[int, Check]],
    idle: Iterable[Finding],
    circumstances: Circumstances,
) -> Judgement:
    """Judge a version.

    Args:
        checks: (key of the rule, the rule made ready).
        idle: what became of the rules that do not apply.
    """
    rejected = {one.rule: one.count for one in circumstances.rejections}
    scored = [*_of_items(columns, circumstances), *_of_circumstances(circumstances)]
    scored += [_of_check(rule, check, measured, rejected, circumstances) for rule, check in checks]
    dimensions = scores.dimension_scores((one.dimension, score, one.severity) for one, score in scored)
    findings = [one for one, _score in scored]
    refusals = [
        one
        for one, (_rule, check) in zip(findings[len(findings) - len(checks) :], checks, strict=True)
        if not check.is_of_rows and check.severity == Severity.REJECT and one.is_short
    ]
    return Judgement(
        rows=measured.rows,
        score=scores.shown(scores.overall_score(dimensions)),
        dimensions={name: _number(scores.shown(score)) for name, score in dimensions.items()},
        findings=[*findings, *idle],
        refusals=refusals,
        filled=[{"item": one.item, "name": one.name, "filled": measured.filled.get(one.item, 0)} for one in columns],
    )


def _number(score: Decimal | None) -> float | None:
    return None if score is None else float(score)


def _scored(finding: Finding, score: Score | None) -> tuple[Finding, Score | None]:
    """Put the score into a finding, and the state that follows from it."""
    state = FindingState.IDLE if score is None else FindingState.HELD if score == 100 else FindingState.BROKEN
    return replace(finding, state=state.value, score=_number(scores.shown(score))), score


def _of_all(kind: str, severity: Severity, score: Score | None, **counts: Any) -> tuple[Finding, Score | None]:
    """Return a finding about what every dataset is asked."""
    return _scored(Finding(kind, DIMENSION_OF[kind].value, severity.value, "", **counts), score)


def _of_items(columns: Sequence[Column], known: Circumstances) -> list[tuple[Finding, Score | None]]:
    """Judge what the run rejected for the items' own rules, one check for each sort of rule."""
    asks = {OF_FORM: True, OF_MANDATORY: any(not one.nullable for one in columns),
            OF_KEY: any(one.is_key for one in columns)}  # fmt: skip
    found = []
    for kind, is_asked in asks.items():
        if not is_asked:
            continue
        of_kind = [one for one in known.rejections if _ITEM_RULES.get(one.rule) == kind]
        broken = min(sum(one.count for one in of_kind), known.rows_read)
        worst = sorted(of_kind, key=lambda one: -one.count)
        names = list(dict.fromkeys(one.item_name for one in worst if one.item_name))[:3]
        score = scores.share_score(broken, known.rows_read)
        found.append(
            _of_all(kind, Severity.REJECT, score, items=names, checked=known.rows_read, broken=broken, rejected=broken)
        )
    return found


def _of_circumstances(known: Circumstances) -> list[tuple[Finding, Score | None]]:
    """Judge whether the data came in time, and whether runs end with data that readers can use."""
    ended, lost = known.runs_ended, known.runs_ended - known.runs_good
    return [
        _of_all(OF_CYCLE, Severity.WARN, scores.cycle_score(known.freshness)),
        _of_all(OF_RUNS, Severity.WARN, scores.share_score(lost, ended), checked=ended, broken=lost),
    ]


def _of_check(
    rule: int, check: Check, measured: Measured, rejected: Mapping[str, int], known: Circumstances
) -> tuple[Finding, Score | None]:
    names = [one.name for one in (check.column, check.other) if one is not None]
    found = Finding(
        kind=check.kind.value, dimension=DIMENSION_OF[check.kind].value, severity=str(check.severity),
        state=FindingState.FAILED.value, items=names, rule=rule,
    )  # fmt: skip
    if check.code in measured.failed:
        return found, None
    if check.is_of_rows or check.kind == RuleKind.UNIQUE:
        breaks, gone = measured.breaks[check.code], rejected.get(check.code, 0)
        found = replace(found, checked=breaks.checked + gone, broken=breaks.broken + gone, rejected=gone,
                        places=breaks.samples)  # fmt: skip
        return _scored(found, scores.share_score(found.broken, found.checked))
    return _of_version(found, check, measured, known)


def _of_version(found: Finding, check: Check, measured: Measured, known: Circumstances) -> tuple[Finding, Score | None]:
    """Judge a rule about the version as a whole by its number."""
    numbers, rows = check.numbers, measured.rows
    match check.kind:
        case RuleKind.COMPLETENESS if check.column is not None and rows:
            filled = measured.filled[check.column.item]
            found = replace(found, checked=rows, broken=rows - filled, figure=100 * filled / rows)
            return _scored(found, scores.wanted_share_score(filled, rows, numbers["percent"]))
        case RuleKind.ROW_COUNT if known.rows_before is not None:
            low = -(-known.rows_before * (100 - numbers["less"]) // 100)
            high = known.rows_before * (100 + numbers["more"]) // 100
            found = replace(found, checked=known.rows_before, figure=rows)
            return _scored(found, scores.band_score(rows, low, high))
        case RuleKind.FRESHNESS if (newest := measured.newest.get(check.code)) is not None:
            working = bool(numbers["working"])
            age = known.working_days(newest, known.today) if working else (known.today - newest).days
            return _scored(replace(found, figure=age), scores.age_score(age, numbers["days"]))
    return _scored(found, None)
