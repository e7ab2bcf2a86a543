"""From what was found to a score. Pure arithmetic: no tables, no present moment (docs/adr/0057).

A check gets 0 to 100. A dimension is the mean of its checks, weighted by their severity; the whole is the mean of the
dimensions that were measured. What nothing measured counts neither as good nor as bad. Scores are cut after their
first decimal, never rounded up: only what is perfect gets 100.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from collection.choices import Dimension, FreshnessState, Severity

WEIGHTS: Mapping[str, int] = {Severity.REJECT: 3, Severity.WARN: 2, Severity.NOTE: 1}
"""A check counts as much as what follows when it is broken. The items' own rules reject."""

_OF_CYCLE = {
    FreshnessState.FRESH: 100,
    FreshnessState.DUE_SOON: 100,
    FreshnessState.OVERDUE: 50,
    FreshnessState.OVERDUE_LONG: 0,
}

Score = Fraction


def share_score(broken: int, checked: int) -> Score | None:
    """Score the rows that keep a rule: their share. None where no row was checked.

    Args:
        broken: of them, those that break it.
    """
    if checked <= 0:
        return None
    return Fraction(100 * max(checked - broken, 0), checked)


def wanted_share_score(filled: int, rows: int, percent: int) -> Score | None:
    """Score how much of a wanted share is there: 100 from the share on, below it in proportion.

    Args:
        percent: the share that is wanted.
    """
    if rows <= 0:
        return None
    if percent <= 0:
        return Fraction(100)
    return min(Fraction(100), Fraction(100 * 100 * filled, rows * percent))


def band_score(rows: int, low: int, high: int) -> Score:
    """Score a number of rows against a band: 100 within it, outside in proportion to its nearer end.

    Args:
        low, high: the ends of the band, which belong to it.
    """
    if rows < low:
        return Fraction(100 * rows, low)
    if rows > high:
        return Fraction(100 * high, rows)
    return Fraction(100)


def age_score(age: int, limit: int) -> Score:
    """Score how old the newest value is: 100 up to the limit, then falling in proportion.

    Args:
        age, limit: in the same unit of days; the limit is 1 or more.
    """
    return Fraction(100) if age <= limit else Fraction(100 * limit, age)


def cycle_score(state: str) -> Score | None:
    """Score whether the run came in time: in time 100, within lateness 50, long overdue 0; None without a due time."""
    points = _OF_CYCLE.get(FreshnessState(state))
    return None if points is None else Fraction(points)


def dimension_score(checks: Iterable[tuple[Score | None, str]]) -> Score | None:
    """Return the mean of the checks, weighted by severity; None where none of them was measured."""
    total, weight = Fraction(0), 0
    for score, severity in checks:
        if score is not None:
            total += score * WEIGHTS[severity]
            weight += WEIGHTS[severity]
    return total / weight if weight else None


def overall_score(dimensions: Mapping[str, Score | None]) -> Score | None:
    """Return the mean of the dimensions that were measured; None where none was."""
    measured = [score for score in dimensions.values() if score is not None]
    return sum(measured, Fraction(0)) / len(measured) if measured else None


def dimension_scores(checks: Iterable[tuple[str, Score | None, str]]) -> dict[str, Score | None]:
    """Return the score of every dimension.

    Args:
        checks: (dimension, score, severity) of each.
    """
    found: dict[str, list[tuple[Score | None, str]]] = {one: [] for one in Dimension.values}
    for dimension, score, severity in checks:
        found[dimension].append((score, severity))
    return {dimension: dimension_score(of) for dimension, of in found.items()}


def shown(score: Score | None) -> Decimal | None:
    """Cut a score after its first decimal."""
    if score is None:
        return None
    return (Decimal(score.numerator) / Decimal(score.denominator)).quantize(Decimal("0.1"), ROUND_FLOOR)
