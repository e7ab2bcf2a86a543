"""Declared against measured: what the rows themselves say of how current they are, beside the cycle of their entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import ngettext

from collection.choices import FreshnessState
from collection.freshness import is_behind
from collection.models import Dataset
from collection.selectors.dataset import open_items
from core import clock


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of the published version.

    Attributes:
        newest_on: None where the item has no value, or is not in the version.
        is_pending: nothing was measured yet by the item that is set now.
        is_behind: the newest value is older than two cycles.
        label: that data are declared to be fresh all the same; "" where they are not.
    """

    newest_on: date | None
    is_pending: bool
    is_behind: bool
    label: Any
    rows_before: int
    rows: int


def measured_of(dataset: Dataset) -> Measured | None:
    """Return what was measured of a dataset; None where no item tells the time, or nothing is published."""
    return measured_by([dataset]).get(dataset.pk)


def measured_by(datasets: Iterable[Dataset]) -> dict[int, Measured]:
    """Return dataset → what was measured of it, where an item tells the time and something is published.

    Nothing is told of an item whose values are not for everybody who sees figures: it may have become sensitive, masked
    or withheld since its newest value was found.
    """
    timed = [one for one in datasets if one.time_item and one.published_version_id is not None]
    items = open_items(timed) if timed else {}
    return {one.pk: _measured(one) for one in timed if one.time_item in items.get(one.pk, ())}


def _measured(dataset: Dataset) -> Measured:
    version = dataset.published_version
    if version is None:
        raise ValueError("only a published version was measured")
    is_pending = version.time_item != dataset.time_item
    newest = None if is_pending else version.newest_on
    revision = dataset.entry.current_revision
    cycle = revision.cycle if revision is not None else ""
    behind = bool(cycle) and newest is not None and is_behind(cycle, newest, today=clock.today())
    label = ""
    if behind and newest is not None and dataset.freshness in (FreshnessState.FRESH, FreshnessState.DUE_SOON):
        age = (clock.today() - newest).days
        words = ngettext(
            "Declared fresh, newest value %(count)d day old", "Declared fresh, newest value %(count)d days old", age
        )
        label = words % {"count": age}
    return Measured(newest, is_pending, behind, label, version.rows_before, version.row_count)
