"""What the pages about quality show; each part is read when the template asks for it, once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.charts import Chart
from collection import policies, selectors
from collection.charts import trend_chart
from collection.choices import Dimension, RuleKind
from collection.forms import QualityLimitForm, QualityRuleForm
from collection.models import Dataset, QualityReport, QualityRule
from collection.preview import cell_texts
from collection.quality.finding import Finding, findings_from
from collection.quality.wording import KINDS, finding_words, found_words, rule_words
from collection.readers import page
from collection.selectors import quality as reading
from collection.selectors.dataset import open_items, pinned_version
from collection.selectors.quality_limit import QualityLimits, quality_limits
from collection.services.export import preview_record
from collection.store.columns import Column
from collection.views.dataset_page import DatasetPage
from core.actors import Actor

TREND = 30
NO_QUERY = QueryDict()


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in words, with its place in the report."""

    at: int
    finding: Finding
    words: str
    found: str

    @property
    def dimension(self) -> Any:
        return Dimension(self.finding.dimension).label


def _found_told(finding: Finding, rules: Mapping[int, QualityRule], told: Collection[str]) -> str:
    """Return what a run found, but for the age of the newest value of an item of which no value is told by now."""
    rule = rules.get(finding.rule or 0)
    if finding.kind == RuleKind.FRESHNESS and (rule is None or str(rule.item) not in told):
        return ""
    return found_words(finding)


def finding_rows(
    report: QualityReport, rules: Mapping[int, QualityRule], told: Collection[str] = ()
) -> list[FindingRow]:
    """Return the findings of a report, what costs most first, what does not apply last.

    Args:
        told: the items of which the newest value may be told, where what was found is shown.
    """
    rows = [
        FindingRow(at, one, finding_words(one, rules), _found_told(one, rules, told))
        for at, one in enumerate(findings_from(report.findings))
    ]
    return sorted(rows, key=lambda row: (not row.finding.is_short, row.finding.score is None, row.finding.score or 0))


def dimension_bars(scores: Mapping[str, float | None], limit: int) -> list[dict[str, Any]]:
    """Return the six dimensions with their scores.

    Args:
        limit: below it a bar is red.
    """
    return [
        {"label": one.label, "score": scores.get(one.value), "is_short": (scores.get(one.value) or 0) < limit}
        for one in Dimension
    ]


class QualityPage(DatasetPage):
    """The quality of a dataset.

    Args:
        forms: also ``limit_form``, where it was refused.
    """

    def __init__(self, actor: Actor, dataset: Dataset, **forms: Any) -> None:
        super().__init__(actor, dataset, NO_QUERY, **forms)
        self.tab = "quality"

    @cached_property
    def reports(self) -> list[QualityReport]:
        return list(reading.reports_of(self.dataset)[:TREND])

    @cached_property
    def report(self) -> QualityReport | None:
        """The last report about a version that readers could see."""
        return next((one for one in self.reports if one.version is not None), None)

    @cached_property
    def refused(self) -> QualityReport | None:
        """The report about the last run, where that was refused."""
        return self.reports[0] if self.reports and self.reports[0].version is None else None

    @cached_property
    def limit(self) -> int:
        return self._limits.of(self.dataset)

    @property
    def least_limit(self) -> int:
        return self._limits.of_region(self.entry.department.region.path)

    @cached_property
    def _limits(self) -> QualityLimits:
        return quality_limits()

    @property
    def is_short(self) -> bool:
        return self.report is not None and self.report.score is not None and self.report.score < self.limit

    @property
    def dimensions(self) -> list[dict[str, Any]]:
        return dimension_bars(self.report.dimensions if self.report else {}, self.limit)

    @cached_property
    def all_rules(self) -> dict[int, QualityRule]:
        return reading.rules_ever(self.dataset.pk)

    @cached_property
    def findings(self) -> list[FindingRow]:
        told = open_items([self.dataset]).get(self.dataset.pk, ())
        return finding_rows(self.report, self.all_rules, told) if self.report else []

    @cached_property
    def filled(self) -> list[dict[str, Any]]:
        """How much of each item is filled."""
        report = self.report
        if report is None or not report.rows:
            return []
        return [{"name": one["name"], "share": one["filled"] / report.rows} for one in report.filled]

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """The rules in force, with what the last report found about them."""
        found = {row.finding.rule: row for row in self.findings}
        return [
            {"rule": one, "words": rule_words(one), "row": found.get(one.pk)}
            for one in self.all_rules.values()
            if one.retired_at is None
        ]

    @cached_property
    def trend(self) -> Chart | None:
        """A point for each load that changed something: not for whoever is not told which did."""
        if not self.sees_changes:
            return None
        return trend_chart([one for one in reversed(self.reports) if one.version is not None], self.limit)

    @cached_property
    def limit_form(self) -> QualityLimitForm:
        return self._forms.get("limit_form") or QualityLimitForm(initial={"limit": self.dataset.quality_limit})


def rule_form(
    actor: Actor, dataset: Dataset, kind: RuleKind, data: QueryDict | None = None, rule: QualityRule | None = None
) -> QualityRuleForm:
    """Return the form of a rule.

    Args:
        rule: the one that is changed.
    """
    columns = selectors.columns_wanted(dataset.entry)
    targets: list[tuple[str, str, Column]] = []
    if kind == RuleKind.REFERENCE:
        targets = [
            (f"{one.pk}:{column.item}", f"{one} · {column.name}", column)
            for one in reading.reference_datasets(actor, dataset)
            for column in reading.columns_published(one)
            if policies.can_refer(actor, dataset, one, column)
        ]
    initial = None
    if rule is not None:
        initial = reading.stored_fields(rule)
        initial["values"] = "\n".join(initial.get("values", ()))
        initial["target"] = f"{rule.target_id}:{rule.parameters.get('item', '')}"
    return QualityRuleForm(data, kind=kind, columns=columns, targets=targets, initial=initial)


def kinds_for(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the kinds of rule, each with what it asks for and whether an item takes it."""
    columns = selectors.columns_wanted(dataset.entry)
    return [
        {"value": one.value, "label": one.label, "text": KINDS[one], "fits": _takes(one, columns)} for one in RuleKind
    ]


def _takes(kind: RuleKind, columns: Sequence[Column]) -> bool:
    if kind == RuleKind.ROW_COUNT:
        return True
    form = QualityRuleForm(kind=kind, columns=columns)
    wanted = 2 if "other_item" in form.fields else 1
    return len(form.fields["item"].choices) >= wanted  # type: ignore[attr-defined]


class SamplesPage:
    """A few rows that break a rule, read anew and masked as the reader may see them; the look is recorded."""

    def __init__(self, actor: Actor, report: QualityReport, finding: Finding) -> None:
        self.actor = actor
        self.report = report
        self.dataset = report.dataset
        self.finding = finding
        rules, told = reading.rules_ever(report.dataset_id), open_items([self.dataset]).get(self.dataset.pk, ())
        self.words = finding_words(finding, rules)
        self.found = _found_told(finding, rules, told)

    @cached_property
    def is_gone(self) -> bool:
        """Whether the rows of the version are no longer kept."""
        return self.report.version is None or not self.report.version.is_readable

    @cached_property
    def _read(self) -> tuple[list[Column], list[list[str | None]], list[str]]:
        version = self.report.version
        if self.is_gone or version is None:
            return [], [], []
        pinned = pinned_version(version)
        entitlement = policies.require_preview(self.actor, self.dataset, list(pinned.columns))
        columns = entitlement.columns(pinned.columns)
        rows = []
        for place in self.finding.places:
            found = page(entitlement, pinned, limit=1, after=place - 1)
            # Where the row was erased, the next one breaks nothing and is nobody's business.
            if found.next_after == place:
                rows += cell_texts(found.rows, columns)
        if rows:
            preview_record(actor=self.actor, dataset=self.dataset, version=version)
        masked = [one.name for one in columns if entitlement.mask_of(one.item) != "none"]
        return columns, rows, masked

    @property
    def columns(self) -> list[Column]:
        return self._read[0]

    @property
    def rows(self) -> list[list[str | None]]:
        return self._read[1]

    @property
    def masked(self) -> list[str]:
        return self._read[2]

    @property
    def concerned(self) -> str:
        return _("Items concerned: %(names)s") % {"names": "、".join(self.finding.items)} if self.finding.items else ""
