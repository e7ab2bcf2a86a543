"""Declared against measured: what the rows themselves say of how current they are, beside the cycle of their entry."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import ngettext

from catalog.choices import Mask
from collection.choices import FreshnessState
from collection.freshness import is_behind
from collection.models import Dataset
from collection.store.columns import Column
from core import clock

_DAYS = ("date", "timestamptz")


def tells_time(column: Column) -> bool:
    """Say whether an item can tell how current rows are: a day or a moment that is no matter of single persons."""
    return column.pg_type in _DAYS and not column.is_sensitive and column.mask == Mask.NONE


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
    version = dataset.published_version if dataset.time_item else None
    if version is None:
        return None
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
