"""The rules that a department adds to its data: written, replaced, removed, tried out. The next run goes by them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from collection import policies, selectors
from collection.choices import RuleKind
from collection.models import Dataset, QualityRule
from collection.quality.conditions import Check, Target
from collection.quality.definition import Definition, definition_read
from collection.quality.finding import Finding
from collection.quality.judging import Circumstances, judge
from collection.quality.measuring import TRIAL, NotComputed, Source, measure
from collection.selectors import quality as reading
from collection.selectors.dataset import pinned_version
from collection.selectors.quality_limit import quality_limits
from collection.services.quality_run import EVENT as QUALITY_JUDGED
from collection.store.columns import Column
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation
from workflow import outbox
from workflow.selectors.calendar import calendar

MOST_RULES = 50
"""Rules of one dataset: each is asked of every row."""
MOST_KEPT = 20
"""Codes of a list that the trail keeps."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """A rule that was given, with what it refers to."""

    definition: Definition
    target: Dataset | None
    target_column: Column | None

    @property
    def values(self) -> dict[str, Any]:
        """The columns of its row."""
        one = self.definition
        parameters = dict(one.parameters)
        if self.target_column is not None:
            parameters |= {"item": self.target_column.item, "item_name": self.target_column.name}
        return {
            "kind": one.kind,
            "severity": one.severity,
            "item": one.column.item if one.column else None,
            "item_name": one.column.name if one.column else "",
            "other_item": one.other.item if one.other else None,
            "other_name": one.other.name if one.other else "",
            "target": self.target,
            "parameters": parameters,
        }

    @property
    def check(self) -> Check:
        check = reading.check_of("q0", self.definition)
        if self.target is None or self.target_column is None or self.target.published_version is None:
            return check
        return replace(check, target=Target(pinned_version(self.target.published_version), self.target_column))


def _read(actor: Actor, dataset: Dataset, fields: Mapping[str, Any], columns: list[Column]) -> _Wording:
    """Read a rule as it was given.

    Raises:
        RuleViolation: a field has to be corrected.
        NotVisible, NotAllowed: it refers to data that the actor does not see, or may not read whole.
    """
    definition = definition_read(fields, columns)
    if definition.kind != RuleKind.REFERENCE:
        return _Wording(definition, None, None)
    given = str(fields.get("target") or "")
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise RuleViolation([FieldError("target", "unknown", _("Choose the dataset and its item."))])
    item = str(fields.get("target_item") or "")
    target, column = reading.reference_column(actor, dataset, int(given), item)
    if definition.column is None or column.pg_type != definition.column.pg_type:
        message = _("The two items hold values that cannot be compared.")
        raise RuleViolation([FieldError("target", "type", message)])
    return _Wording(definition, target, column)


def _snapshot(rule: QualityRule) -> dict[str, Any]:
    """Return what the trail keeps of a rule: of a long list of codes the first ones and how many there are."""
    parameters = dict(rule.parameters)
    values = parameters.get("values", ())
    if len(values) > MOST_KEPT:
        parameters |= {"values": values[:MOST_KEPT], "count": len(values)}
    return {
        "kind": rule.kind,
        "severity": rule.severity,
        "item": rule.item_name,
        "other_item": rule.other_name,
        "target": rule.target_id,
        "parameters": parameters,
    }


@transaction.atomic
def quality_rule_add(*, actor: Actor, dataset_id: int, fields: Mapping[str, Any]) -> QualityRule:
    """Add a rule to a dataset.

    Args:
        fields: as ``collection.quality.definition`` reads them; for a reference also ``target`` (key of the dataset)
            and ``target_item`` (identity of its item).

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department, or the rule refers to data that
            he does not see or may not read whole.
        RuleViolation: a field has to be corrected, the same rule is there, or there are too many.
        InvalidTransition: the data were unhooked.
    """
    dataset = _dataset_for(actor, dataset_id)
    if reading.rules_of(dataset).count() >= MOST_RULES:
        message = _("A dataset takes at most %(count)d rules.") % {"count": MOST_RULES}
        raise RuleViolation([FieldError("kind", "too_many", message)])
    return _add(actor, dataset, fields, "collection.quality_rule.add")


@transaction.atomic
def quality_rule_replace(*, actor: Actor, rule_id: int, fields: Mapping[str, Any]) -> QualityRule:
    """Put another rule of the same kind in a rule's place; what runs found about the old one keeps its words.

    Raises:
        NotVisible, NotAllowed, RuleViolation, InvalidTransition: as ``quality_rule_add``.
    """
    rule = reading.quality_rule_get_for(actor, rule_id, for_update=True)
    dataset = _dataset_for(actor, rule.dataset_id)
    before = _snapshot(rule)
    rule.retired_at = clock.now()
    rule.save(update_fields=["retired_at"])
    wanted = {**fields, "kind": rule.kind}
    return _add(actor, dataset, wanted, "collection.quality_rule.replace", before=before)


def _add(
    actor: Actor, dataset: Dataset, fields: Mapping[str, Any], action: str, before: dict[str, Any] | None = None
) -> QualityRule:
    wording = _read(actor, dataset, fields, selectors.columns_wanted(dataset.entry))
    names = ("kind", "severity", "item", "other_item", "target", "parameters")
    if reading.rules_of(dataset).filter(**_same({name: wording.values[name] for name in names})).exists():
        # It would count twice in the score.
        raise RuleViolation([FieldError("kind", "exists", _("This dataset has the same rule already."))])
    rule = QualityRule.objects.create(
        dataset=dataset,
        created_at=clock.now(),
        created_by_id=actor.id if actor.is_person else None,
        **wording.values,
    )
    audit.record(actor, action, rule, before=before, after=_snapshot(rule))
    return rule


def _same(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filter for rows that hold the values."""
    return {f"{name}__isnull" if value is None else name: value is None or value for name, value in values.items()}


@transaction.atomic
def quality_rule_remove(*, actor: Actor, rule_id: int) -> QualityRule:
    """Remove a rule; what runs found about it stays.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
    """
    rule = reading.quality_rule_get_for(actor, rule_id, for_update=True)
    policies.require_edit_quality(actor, rule.dataset.entry)
    rule.retired_at = clock.now()
    rule.save(update_fields=["retired_at"])
    audit.record(actor, "collection.quality_rule.remove", rule, before=_snapshot(rule))
    return rule


def _dataset_for(actor: Actor, dataset_id: int) -> Dataset:
    """Lock a dataset whose rules the actor writes."""
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_edit_quality(actor, dataset.entry)
    if dataset.is_retired:
        raise InvalidTransition(_("These data are no longer hooked to the entry."))
    return dataset


def quality_rule_try(*, actor: Actor, dataset_id: int, fields: Mapping[str, Any]) -> Finding:
    """Say what the published version breaks of a rule that is not written yet; nothing is changed.

    Raises:
        NotVisible, NotAllowed, RuleViolation: as ``quality_rule_add``; also where no version is published, or the
            actor does not read the rows unmasked.
        RuleViolation: the server could not compute it in time.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id)
    policies.require_edit_quality(actor, dataset.entry)
    try:
        version = selectors.version_get(dataset)
    except NotVisible:
        message = _("Nothing is published yet that the rule could be tried on.")
        raise RuleViolation([FieldError("kind", "no_version", message)]) from None
    pinned = pinned_version(version)
    columns = list(pinned.columns)
    policies.require_try_quality(actor, dataset, columns)
    check = _read(actor, dataset, fields, columns).check
    source = Source(dataset.pk, pinned.generation, pinned.number, columns)
    refused = RuleViolation([FieldError("kind", "too_slow", _("The rule takes too long for a trial."))])
    try:
        measured = measure(source, [check], together=TRIAL, alone=TRIAL)
    except NotComputed:
        raise refused from None
    if measured.failed:
        raise refused
    before = dataset.versions.filter(number=version.number - 1).values_list("row_count", flat=True).first()
    circumstances = Circumstances(
        today=clock.today(), rows_read=0, rejections=(), freshness=dataset.freshness, runs_ended=0, runs_good=0,
        rows_before=before, working_days=calendar().working_days_between,
    )  # fmt: skip
    return judge(measured, columns, [(0, check)], (), circumstances).findings[-1]


@transaction.atomic
def quality_limit_set(*, actor: Actor, dataset_id: int, limit: int | None) -> Dataset:
    """Set the score below which a dataset is to be put right.

    Args:
        limit: not below the region's; None for the region's.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        RuleViolation: the limit is none, or lower than the region's.
    """
    dataset = _dataset_for(actor, dataset_id)
    least = quality_limits().of_region(dataset.entry.department.region.path)
    if limit is not None and not least <= limit <= 100:
        message = _("Give a score between %(least)d and 100: data may ask more of themselves than their region does.")
        raise RuleViolation([FieldError("limit", "out_of_range", message % {"least": least})])
    before = dataset.quality_limit
    dataset.quality_limit = limit
    dataset.save(update_fields=["quality_limit"])
    if before != limit:
        audit.record(actor, "collection.dataset.quality_limit", dataset,
                     before={"quality_limit": before}, after={"quality_limit": limit})  # fmt: skip
        outbox.put(QUALITY_JUDGED, dataset_id=dataset.pk)
    return dataset
