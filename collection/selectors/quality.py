"""The rules of a dataset, the reports about it, and how the datasets one answers for stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Min, Q, QuerySet

from accounts.models import Department, Region
from accounts.selectors import actor_for_user
from catalog.models import Category
from catalog.selectors import LIVE_STATUSES
from collection import policies
from collection.choices import Checksum, Dimension, FindingState, KnownList, RuleKind
from collection.models import Dataset, QualityReport, QualityRule
from collection.quality.conditions import Check, Target
from collection.quality.definition import Definition, definition_read, end_read
from collection.quality.finding import Finding
from collection.quality.judging import DIMENSION_OF
from collection.selectors.dataset import dataset_get_for, dataset_list_for, own_datasets, pinned_version
from collection.selectors.quality_limit import limit_in_force
from collection.store.columns import Column
from core.actors import Actor
from core.exceptions import NotVisible, RuleViolation

# --- Rules ------------------------------------------------------------------------------------------------------------


def rules_of(dataset: Dataset) -> QuerySet[QualityRule]:
    """Return the rules in force of a dataset."""
    return (
        QualityRule.objects.filter(dataset=dataset, retired_at__isnull=True)
        .select_related("target__entry", "target__published_version", "created_by__department__region")
        .order_by("pk")
    )


def rules_ever(dataset_id: int) -> dict[int, QualityRule]:
    """Return every rule that a dataset ever had, by key: reports and rejected rows name old ones too."""
    return {one.pk: one for one in QualityRule.objects.filter(dataset=dataset_id).select_related("target")}


def quality_rule_get_for(actor: Actor, rule_id: int, *, for_update: bool = False) -> QualityRule:
    """Return one rule in force.

    Args:
        for_update: lock the rows of dataset and rule, in this order, until the end of the transaction.

    Raises:
        NotVisible: there is none, or the actor does not see its dataset.
        NotAllowed: he sees the dataset, but not its quality.
    """
    found = QualityRule.objects.filter(pk=rule_id, retired_at__isnull=True)
    dataset_id = found.values_list("dataset_id", flat=True).first()
    if dataset_id is None:
        raise NotVisible
    dataset = dataset_get_for(actor, dataset_id, for_update=for_update)
    policies.require_see_quality(actor, dataset.entry)
    if for_update:
        found = found.select_for_update(of=("self",))
    rule = found.select_related("target").first()
    if rule is None:
        raise NotVisible
    rule.dataset = dataset
    return rule


def reference_datasets(actor: Actor, dataset: Dataset) -> list[Dataset]:
    """Return the datasets that a rule of this one may refer to, as far as the actor sees them."""
    near = Q(entry__department=dataset.entry.department_id) | Q(pk__in=own_datasets(actor).values("pk"))
    seen = dataset_list_for(actor).filter(near, published_version__isnull=False, entry__status__in=LIVE_STATUSES)
    return [
        one
        for one in seen.exclude(pk=dataset.pk).order_by("name", "pk")
        if any(policies.can_refer(actor, dataset, one, column) for column in columns_published(one))
    ]


def columns_published(dataset: Dataset) -> list[Column]:
    """Return the columns of the published version; none where there is none."""
    version = dataset.published_version
    return list(pinned_version(version).columns) if version is not None else []


def reference_column(actor: Actor, dataset: Dataset, target_id: int, item: str) -> tuple[Dataset, Column]:
    """Return the dataset and the item that a rule is to refer to.

    Raises:
        NotVisible: the actor sees no such dataset, or nothing is published of it, or it has no such item.
        NotAllowed: he sees it, but may not read the item whole.
    """
    target = dataset_get_for(actor, target_id)
    if target.pk == dataset.pk or target.published_version is None or target.entry.status not in LIVE_STATUSES:
        raise NotVisible
    column = next((one for one in columns_published(target) if one.item == item), None)
    if column is None:
        raise NotVisible
    policies.require_refer(actor, dataset, target, column)
    return target, column


# --- Rules made ready -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadyRules:
    """The rules of a dataset for the columns of a version.

    Attributes:
        checks: (key of the rule, the rule made ready).
        idle: a finding for each rule that does not apply: an item is gone or has another type, or the other dataset
            may not be read (any more).
    """

    checks: list[tuple[int, Check]]
    idle: list[Finding]

    def of_rows(self, severity: str) -> list[Check]:
        """Return the rules about rows of a severity."""
        return [check for _rule, check in self.checks if check.is_of_rows and check.severity == severity]


def rules_ready(dataset: Dataset, columns: Sequence[Column]) -> ReadyRules:
    """Make the rules in force ready."""
    ready = ReadyRules([], [])
    for rule in rules_of(dataset):
        rule.dataset = dataset
        check = rule_ready(rule, columns)
        if check is None:
            ready.idle.append(
                Finding(
                    kind=rule.kind, dimension=DIMENSION_OF[RuleKind(rule.kind)].value, severity=rule.severity,
                    state=FindingState.IDLE.value, items=[one for one in (rule.item_name, rule.other_name) if one],
                    rule=rule.pk,
                )
            )  # fmt: skip
        else:
            ready.checks.append((rule.pk, check))
    return ready


def rule_ready(rule: QualityRule, columns: Sequence[Column]) -> Check | None:
    """Make a rule ready for the columns of a version; None where it does not apply to them."""
    try:
        definition = definition_read(stored_fields(rule), columns, pattern_is_known=True)
    except RuleViolation:
        return None
    check = check_of(rule.code, definition)
    if definition.kind != RuleKind.REFERENCE:
        return check
    target = _target_ready(rule, definition.column)
    return None if target is None else replace(check, target=target)


def stored_fields(rule: QualityRule) -> dict[str, Any]:
    """Return a rule as it was given, to be read again or shown in its form."""
    return {
        "kind": rule.kind,
        "severity": rule.severity,
        "item": str(rule.item) if rule.item else "",
        "other_item": str(rule.other_item) if rule.other_item else "",
        **{name: value for name, value in rule.parameters.items() if name not in ("item", "item_name")},
    }


def check_of(code: str, definition: Definition) -> Check:
    """Make a check of a rule that was read; a reference still lacks its target."""
    given, column = definition.parameters, definition.column
    ends = {name: end_read(column, given[name]) for name in ("min", "max") if column is not None and name in given}
    known = given.get("list", "")
    if given.get("checksum") == Checksum.REGION_CODE:
        known = KnownList.REGIONS
    return Check(
        code=code,
        kind=definition.kind,
        severity=definition.severity,
        column=column,
        other=definition.other,
        values=codes_of(KnownList(known)) if known else given.get("values", ()),
        pattern=given.get("pattern", ""),
        low=ends.get("min"),
        high=ends.get("max"),
        operator=given.get("operator", ""),
        checksum=Checksum(given["checksum"]) if "checksum" in given else None,
        numbers={name: int(given[name]) for name in ("percent", "less", "more", "days", "working") if name in given},
    )


def codes_of(known: KnownList) -> list[str]:
    """Return the codes of a list that the platform holds."""
    match known:
        case KnownList.REGIONS:
            return list(Region.objects.values_list("code", flat=True))
        case KnownList.CATEGORIES:
            return list(Category.objects.filter(is_active=True).values_list("code", flat=True))
        case KnownList.DEPARTMENTS:
            return list(Department.objects.exclude(uscc="").values_list("uscc", flat=True))


def _target_ready(rule: QualityRule, column: Column | None) -> Target | None:
    """Return what a rule refers to; None where that is gone, of another type, or may no longer be read.

    Whoever wrote the rule is asked again: a right that he lost ends the rule.
    """
    target, author = rule.target, rule.created_by
    version = target.published_version if target is not None else None
    if target is None or column is None or version is None or not version.is_readable:
        return None
    if target.entry.status not in LIVE_STATUSES:
        return None
    found = next((one for one in columns_published(target) if one.item == rule.parameters.get("item")), None)
    if found is None or found.pg_type != column.pg_type:
        return None
    if target.entry.department_id != rule.dataset.entry.department_id:
        if author is None or not author.is_active:
            return None
        if not policies.can_refer(actor_for_user(author), rule.dataset, target, found):
            return None
    elif target.is_retired:
        return None
    return Target(pinned_version(version), found)


# --- Reports ----------------------------------------------------------------------------------------------------------


def reports_of(dataset: Dataset) -> QuerySet[QualityReport]:
    """Return the reports about a dataset, latest first."""
    return QualityReport.objects.filter(dataset=dataset).select_related("version", "run").order_by("-pk")


def quality_report_get_for(actor: Actor, report_id: int) -> QualityReport:
    """Return one report.

    Raises:
        NotVisible: there is none, or the actor does not see its dataset.
        NotAllowed: he sees the dataset, but not its quality.
    """
    report = QualityReport.objects.filter(pk=report_id).select_related("version", "run").first()
    if report is None:
        raise NotVisible
    dataset = dataset_get_for(actor, report.dataset_id)
    policies.require_see_quality(actor, dataset.entry)
    report.dataset = dataset
    return report


def latest_reports(datasets: Sequence[Dataset]) -> dict[int, QualityReport]:
    """Return the latest report about a published version of each dataset, by the dataset's key; one query."""
    reports = (
        QualityReport.objects.filter(dataset__in=[one.pk for one in datasets], version__isnull=False)
        .order_by("dataset_id", "-pk")
        .distinct("dataset_id")
    )
    return {one.dataset_id: one for one in reports}


def rules_named(reports: Sequence[QualityReport]) -> dict[int, QualityRule]:
    """Return the rules that reports name, by key; one query."""
    keys = {one["rule"] for report in reports for one in report.findings if one["rule"] is not None}
    return {one.pk: one for one in QualityRule.objects.filter(pk__in=keys).select_related("target")} if keys else {}


# --- How the datasets stand -------------------------------------------------------------------------------------------

STANDINGS = ("short", "good", "none")
"""Under the limit, at or above it, not judged yet."""


def quality_list_for(
    actor: Actor, *, q: str = "", region: str = "", department: str = "", standing: str = ""
) -> QuerySet[Dataset]:
    """Return the datasets that the actor answers for, each with its ``limit_now``.

    Args:
        q: part of a name, of the entry's name or of its code.
        region: code of one region, without those within it.
        department: code of one department.
        standing: one of ``STANDINGS``.
    """
    found = (
        own_datasets(actor)
        .select_related("entry__department", "entry__current_revision", "published_version")
        .annotate(limit_now=limit_in_force())
    )
    if q:
        found = found.filter(
            Q(name__icontains=q) | Q(entry__current_revision__name__icontains=q) | Q(entry__code__startswith=q)
        )
    if region:
        found = found.filter(entry__department__region__code=region)
    if department:
        found = found.filter(entry__department__code=department)
    if standing == "short":
        return found.filter(quality_score__lt=F("limit_now"))
    if standing == "good":
        return found.filter(quality_score__gte=F("limit_now"))
    return found.filter(quality_score__isnull=True) if standing == "none" else found


@dataclass(frozen=True, slots=True)
class Standing:
    """How the datasets of a department or of a region stand.

    Attributes:
        path: of the region, whose limit they are held against.
    """

    code: str
    name: str
    datasets: int
    judged: int
    short: int
    mean: Decimal | None
    path: str


def quality_by_department(actor: Actor, region: str = "") -> list[Standing]:
    """Return the departments that the actor answers for, the lowest mean first; one query.

    Args:
        region: code of one region.
    """
    return _standings(quality_list_for(actor, region=region), "entry__department")


def quality_by_region(actor: Actor) -> list[Standing]:
    """Return the regions whose datasets the actor answers for, the lowest mean first; one query."""
    return _standings(quality_list_for(actor), "entry__department__region")


def _standings(datasets: QuerySet[Dataset], whose: str) -> list[Standing]:
    rows = (
        datasets.select_related(None)
        .order_by()
        .values_list(f"{whose}__code", f"{whose}__name")
        .annotate(
            datasets=Count("pk"),
            judged=Count("quality_score"),
            short=Count("pk", filter=Q(quality_score__lt=F("limit_now"))),
            mean=Avg("quality_score"),
            path=Min("entry__department__region__path"),
        )
        .order_by(F("mean").asc(nulls_last=True), f"{whose}__name")
    )
    return [Standing(*row) for row in rows]


def quality_dimensions(actor: Actor, *, region: str = "", department: str = "") -> dict[str, float | None]:
    """Return the mean of each dimension over the datasets that the actor answers for; None where none was measured.

    Args:
        region, department: code of one.
    """
    datasets = quality_list_for(actor, region=region, department=department)
    reports = (
        QualityReport.objects.filter(dataset__in=datasets.values("pk"), version__isnull=False)
        .order_by("dataset_id", "-pk")
        .distinct("dataset_id")
        .values_list("dimensions", flat=True)
    )
    found: dict[str, list[float]] = {one: [] for one in Dimension.values}
    for scores in reports:
        for dimension, score in scores.items():
            if score is not None:
                found[dimension].append(score)
    return {dimension: sum(of) / len(of) if of else None for dimension, of in found.items()}
