"""How freshness is drawn: the mark and its words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.choices import FormatClass
from catalog.models import Entry
from collection.choices import DatasetKind, FreshnessState
from collection.models import Dataset
from collection.policies import can_see_changes
from collection.selectors.dataset import datasets_by_pk
from collection.selectors.quality_limit import QualityLimits, quality_limits
from core import clock
from core.actors import Actor
from core.clock import WorkdayCalendar
from core.components.marks import Mark
from workflow.selectors.calendar import calendar


@dataclass(frozen=True, slots=True)
class FreshnessFace:
    """A mark of the family ``freshness`` with its words."""

    mark: str
    label: Any


_MARKS = {
    FreshnessState.NONE: "irregular",
    FreshnessState.UNKNOWN: "none",
    FreshnessState.FRESH: "ok",
    FreshnessState.DUE_SOON: "soon",
    FreshnessState.OVERDUE: "late",
    FreshnessState.OVERDUE_LONG: "late",
}


def freshness_mark(dataset: Dataset) -> str:
    """Return the mark of a dataset's state, without its words."""
    return _MARKS[FreshnessState(dataset.freshness)]


def freshness_face(dataset: Dataset, days_of: WorkdayCalendar | None = None) -> FreshnessFace:
    """Return how a dataset's freshness is shown: in working days to, or after, its due day.

    Args:
        days_of: the working-day calendar, for lists that have read it already.
    """
    state = FreshnessState(dataset.freshness)
    mark = _MARKS[state]
    if state == FreshnessState.NONE:
        cycle = dataset.entry.current_revision.cycle if dataset.entry.current_revision else ""
        return FreshnessFace("never" if cycle == "never" else "irregular", "")
    if dataset.due_at is None or state in (FreshnessState.UNKNOWN, FreshnessState.FRESH):
        return FreshnessFace(mark, "")
    today, due = clock.today(), dataset.due_at.astimezone(clock.REGION_ZONE).date()
    days = (days_of or calendar()).working_days_between(today, due)
    if state == FreshnessState.DUE_SOON:
        if days == 0:
            return FreshnessFace(mark, _("Due today"))
        if days < 0:
            return FreshnessFace(mark, _("Due since %(day)s") % {"day": due.isoformat()})
        words = ngettext("Due soon · %(count)d working day left", "Due soon · %(count)d working days left", days)
        return FreshnessFace(mark, words % {"count": days})
    late = max((today - due).days, 1)
    return FreshnessFace(
        mark, ngettext("Overdue by %(count)d day", "Overdue by %(count)d days", late) % {"count": late}
    )


@dataclass(frozen=True, slots=True)
class QualityFace:
    """A mark of the family ``quality`` with its words."""

    mark: str
    label: Any


def quality_face(actor: Actor, dataset: Dataset, limits: QualityLimits | None = None) -> QualityFace | None:
    """Return how a dataset's score is shown; None where it has none, or the actor is not told what moves with a load.

    Args:
        limits: those of all regions, for lists that have read them already.
    """
    if dataset.quality_score is None or not can_see_changes(actor):
        return None
    mark = "good" if dataset.quality_score >= (limits or quality_limits()).of(dataset) else "short"
    return QualityFace(mark, _("Quality %(score)s") % {"score": dataset.quality_score})


def marks_of(freshness: FreshnessFace, quality: QualityFace | None) -> list[Mark]:
    """Return the marks of a dataset for the page of another app."""
    marks = [Mark("freshness", freshness.mark, freshness.label)]
    return [*marks, Mark("quality", quality.mark, quality.label)] if quality is not None else marks


def marks_by_dataset(actor: Actor, dataset_ids: Sequence[int]) -> dict[int, list[Mark]]:
    """Return the marks of datasets in use by their keys, as the actor is told them."""
    rows = freshness_rows(actor, datasets_by_pk(dataset_ids))
    return {row["dataset"].pk: marks_of(row["freshness"], row["quality"]) for row in rows}


def kind_offered(entry: Entry) -> DatasetKind:
    """Return what is offered first for the data of an entry: files where its format is one of files."""
    revision = entry.working_revision or entry.published_revision
    formats = (FormatClass.DOCUMENT, FormatClass.IMAGE, FormatClass.MEDIA, FormatClass.SELF_DESCRIBED)
    return DatasetKind.FILES if revision is not None and revision.format_class in formats else DatasetKind.TABLE


def freshness_rows(actor: Actor, datasets: Iterable[Dataset]) -> list[dict[str, Any]]:
    """Return datasets with their marks as the actor is told them, reading calendar and limits once."""
    days, limits = calendar(), quality_limits()
    return [
        {
            "dataset": one,
            "freshness": freshness_face(one, days),
            "quality": quality_face(actor, one, limits),
        }
        for one in datasets
    ]
