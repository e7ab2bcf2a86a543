"""What a run does about quality: rows that break a rule are rejected, the version is judged, the report is kept."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from collection.choices import PROOFS, RunState, Severity
from collection.exceptions import RunFailed
from collection.models import Dataset, DatasetVersion, QualityReport, Run
from collection.quality.conditions import Check
from collection.quality.judging import Circumstances, Judgement, Rejection, judge
from collection.quality.measuring import ALONE, NotComputed, Source, measure, rows_reject
from collection.quality.wording import refusal_reason, rule_reason
from collection.selectors.quality import ReadyRules, rules_ever
from collection.selectors.quality_limit import quality_limit_of
from collection.selectors.run import corrections_of
from collection.services.freshness import freshness_of
from collection.services.note import note
from collection.store.columns import Column
from collection.store.names import Stage
from core import clock
from core.reasons import Reason
from workflow import outbox
from workflow.selectors.calendar import calendar

RUNS_LOOKED_AT = 10
_USABLE = (RunState.SUCCEEDED, RunState.UNCHANGED)
EVENT = "collection.quality.judged"


def rows_check(run: Run, stage: Stage, rules: ReadyRules) -> None:
    """Reject the staged rows that break a rule.

    Raises:
        RunFailed: the store could not compute a rule: nothing may pass that was not asked.
    """
    checks = rules.of_rows(Severity.REJECT)
    try:
        rows_reject(stage, checks)
    except NotComputed:
        _reject_one_by_one(run, stage, rules, checks)


def _reject_one_by_one(run: Run, stage: Stage, rules: ReadyRules, checks: Sequence[Check]) -> None:
    keys = {check.code: rule for rule, check in rules.checks}
    for check in checks:
        try:
            rows_reject(stage, [check], timeout=ALONE)
        except NotComputed:
            rule = rules_ever(run.dataset_id)[keys[check.code]]
            raise RunFailed("rule_not_computed", rule=rule_reason(rule)) from None


def version_judge(
    run: Run,
    dataset: Dataset,
    columns: Sequence[Column],
    rules: ReadyRules,
    *,
    published: DatasetVersion | None,
    generation: int,
    number: int,
) -> Judgement | None:
    """Judge the rows that a run is about to publish; None where even counting them took too long.

    Args:
        dataset: as it stood when the run began.
        generation, number: of the rows that are judged.
    """
    try:
        measured = measure(Source(dataset.pk, generation, number, columns), [check for _rule, check in rules.checks])
    except NotComputed:
        note(run, "not_judged")
        return None
    # A try that failed or was cancelled brought no data, and readers kept theirs: it says nothing of the data. That
    # nothing came in time is told by freshness. Nor does what was put right by hand say how the data come.
    own = int(run.origin in PROOFS)
    ended = list(
        Run.objects.filter(dataset=dataset, state__in=(*_USABLE, RunState.REFUSED), origin__in=PROOFS)
        .order_by("-pk")
        .values_list("state", flat=True)[: RUNS_LOOKED_AT - own]
    )
    good = sum(state in _USABLE for state in ended)
    rows_read, rejected = delivered(run)
    circumstances = Circumstances(
        today=clock.today(),
        rows_read=rows_read,
        rejections=[Rejection(rule, label, count) for (rule, label), count in rejected.items()],
        freshness=freshness_of(run, dataset),
        runs_ended=len(ended) + own,
        runs_good=good + own,
        rows_before=published.row_count if published is not None else None,
        working_days=calendar().working_days_between,
    )
    return judge(measured, columns, rules.checks, rules.idle, circumstances)


def delivered(run: Run) -> tuple[int, dict[tuple[str, str], int]]:
    """Return the rows that a file brought and what of them is rejected still, by (rule, item).

    Corrected rows belong to the file that they correct: judged alone, one row of many that is still wrong would count
    more than all of them did before. What was not sent again stays rejected.
    """
    own = {(one.rule, one.label): one.count for one in run.problems.all()}
    if run.corrects is None:
        return run.rows_read, own
    rows_read, before = delivered(run.corrects)
    mended: Counter[tuple[str, str]] = Counter()
    told = [one.answers.get("mended", ()) for one in corrections_of(run.corrects) if one.pk != run.pk]
    told.append(run.answers.get("mended", ()))
    for rule, label, rows in chain(*told, run.answers.get("wrong", ())):
        mended[rule, label] += rows
    rejected = {key: own.get(key, 0) + max(before.get(key, 0) - mended[key], 0) for key in own | before}
    return rows_read, {key: count for key, count in rejected.items() if count}


def refusal_of(dataset: Dataset, judgement: Judgement) -> Reason:
    """Return why a version is not published."""
    return refusal_reason(judgement.refusals, rules_ever(dataset.pk))


def report_keep(run: Run, dataset: Dataset, judgement: Judgement | None, version: DatasetVersion | None) -> None:
    """Keep what was found; the score of a version that is readable becomes the dataset's.

    Called inside the transaction that ends the run, with both rows locked.

    Args:
        version: that was judged; None where it is not published.
    """
    if judgement is None:
        return
    QualityReport.objects.create(
        run=run,
        dataset=dataset,
        version=version,
        at=clock.now(),
        rows=judgement.rows,
        score=judgement.score,
        limit=quality_limit_of(dataset),
        dimensions=judgement.dimensions,
        findings=[one.as_dict() for one in judgement.findings],
        filled=judgement.filled,
    )
    if version is None:
        return
    dataset.quality_score = judgement.score
    dataset.save(update_fields=["quality_score"])
    outbox.put(EVENT, dataset_id=dataset.pk)
