"""The arithmetic of scores: what always holds of it, whatever the figures."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from collection.choices import Dimension, FreshnessState, Severity
from collection.quality import scores

COUNTS = st.integers(min_value=0, max_value=10**10)
SCORES = st.fractions(min_value=0, max_value=100)
CHECKS = st.lists(
    st.tuples(st.sampled_from(Dimension.values), st.none() | SCORES, st.sampled_from(Severity.values)), max_size=12
)


@given(broken=COUNTS, checked=COUNTS)
def test_a_share_lies_between_0_and_100_and_only_what_is_perfect_gets_100(broken: int, checked: int) -> None:
    score = scores.share_score(broken, checked)
    if checked == 0:
        assert score is None
        return
    assert score is not None
    assert 0 <= score <= 100
    assert (scores.shown(score) == 100) == (broken == 0)


@given(broken=COUNTS, more=COUNTS, checked=COUNTS.filter(bool))
def test_more_broken_rows_never_score_higher(broken: int, more: int, checked: int) -> None:
    less, greater = scores.share_score(broken, checked), scores.share_score(broken + more, checked)
    assert less is not None
    assert greater is not None
    assert greater <= less


@given(filled=COUNTS, more=COUNTS, rows=COUNTS.filter(bool), percent=st.integers(1, 100))
def test_a_wanted_share_grows_with_what_is_there(filled: int, more: int, rows: int, percent: int) -> None:
    filled, greater = min(filled, rows), min(filled + more, rows)
    low, high = scores.wanted_share_score(filled, rows, percent), scores.wanted_share_score(greater, rows, percent)
    assert low is not None
    assert high is not None
    assert 0 <= low <= high <= 100
    assert (low == 100) == (100 * filled >= rows * percent)


@given(rows=COUNTS, further=COUNTS, low=COUNTS, width=COUNTS)
def test_a_band_scores_less_the_further_outside(rows: int, further: int, low: int, width: int) -> None:
    high = low + width
    score = scores.band_score(rows, low, high)
    assert 0 <= score <= 100
    assert (score == 100) == (low <= rows <= high)
    if rows > high:
        assert scores.band_score(rows + further, low, high) <= score
    if rows < low:
        assert scores.band_score(max(rows - further, 0), low, high) <= score


@given(age=st.integers(-(10**6), 10**6), older=st.integers(0, 10**6), limit=st.integers(1, 4000))
def test_older_values_never_score_higher(age: int, older: int, limit: int) -> None:
    score = scores.age_score(age, limit)
    assert 0 <= score <= 100
    assert scores.age_score(age + older, limit) <= score
    assert (score == 100) == (age <= limit)


@given(checks=CHECKS)
def test_a_mean_lies_between_its_parts_and_what_was_not_measured_does_not_count(checks: list) -> None:
    dimensions = scores.dimension_scores(checks)
    assert set(dimensions) == set(Dimension.values)
    for dimension, score in dimensions.items():
        parts = [one for name, one, _severity in checks if name == dimension and one is not None]
        assert (score is None) == (not parts)
        if score is not None:
            assert min(parts) <= score <= max(parts)
    overall = scores.overall_score(dimensions)
    assert (overall is None) == all(one is None for one in dimensions.values())
    assert scores.dimension_scores([*checks, (Dimension.ACCURACY, None, Severity.REJECT)]) == dimensions


@given(checks=CHECKS, at=st.integers(0, 11), worse=SCORES)
def test_a_worse_check_never_makes_the_whole_better(checks: list, at: int, worse: scores.Score) -> None:
    if at >= len(checks) or checks[at][1] is None:
        return
    dimension, score, severity = checks[at]
    changed = [*checks[:at], (dimension, min(score, worse), severity), *checks[at + 1 :]]
    before = scores.overall_score(scores.dimension_scores(checks))
    after = scores.overall_score(scores.dimension_scores(changed))
    assert before is not None
    assert after is not None
    assert after <= before


def test_what_follows_from_a_broken_rule_is_how_much_it_counts() -> None:
    broken, kept = scores.share_score(1, 1), scores.share_score(0, 1)
    heavy = scores.dimension_score([(broken, Severity.REJECT), (kept, Severity.NOTE)])
    light = scores.dimension_score([(kept, Severity.REJECT), (broken, Severity.NOTE)])
    assert (heavy, light) == (25, 75)


def test_lateness_is_told_in_three_steps() -> None:
    points = {state: scores.cycle_score(state) for state in FreshnessState}
    assert points == {
        FreshnessState.NONE: None, FreshnessState.UNKNOWN: None, FreshnessState.FRESH: 100,
        FreshnessState.DUE_SOON: 100, FreshnessState.OVERDUE: 50, FreshnessState.OVERDUE_LONG: 0,
    }  # fmt: skip


def test_scores_are_cut_never_rounded_up() -> None:
    assert scores.shown(scores.share_score(1, 10_000_000)) == Decimal("99.9")
    assert scores.shown(scores.share_score(0, 3)) == Decimal("100.0")
    assert scores.shown(None) is None
