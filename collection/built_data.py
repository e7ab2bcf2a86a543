"""Data that an app above builds: what a person loads into them would be gone with the next build, so it is refused.

Those apps register when they load; nothing here knows one by name.
"""

from collections.abc import Callable
from typing import Any

from collection.choices import LoadMode
from collection.models import Dataset, DatasetVersion
from core.exceptions import InvalidTransition
from core.reasons import Reason

Refusal = Callable[[Dataset, LoadMode | None], Reason | None]
Hold = Callable[[Dataset], Callable[[DatasetVersion], Any]]

_reasons: list[Refusal] = []
_holds: list[Hold] = []


def register(reason: Refusal, hold: Hold) -> None:
    """Let an app say which datasets it builds.

    Args:
        reason: called with a dataset and the way of loading, None for any; returns why nobody loads files into it that
            way, as a reason that can be kept, None where it is none.
        hold: called with a dataset; returns what says of a version of it why it is not published again, "" where it
            may be.
    """
    _reasons.append(reason)
    _holds.append(hold)


def reason_of(dataset: Dataset, mode: LoadMode | None = None) -> Reason | None:
    """Return why nobody loads files into a dataset, that way where one is named; None where people may."""
    return next((found for found in (reason(dataset, mode) for reason in _reasons) if found), None)


def require_loaded_by_people(dataset: Dataset, mode: LoadMode | None = None) -> None:
    """Refuse files and sources for data that are built, and to add to rows that an app above will take away.

    Raises:
        InvalidTransition: an app above builds them, or has built the rows; the message says why.
    """
    if reason := reason_of(dataset, mode):
        raise InvalidTransition(reason)


def holds_of(dataset: Dataset) -> Callable[[DatasetVersion], Any]:
    """Return what says of a version of a dataset why it is not published again, "" where it may be.

    Its rows were brought together by an app above, which may have had to let go of some since.
    """
    holds = [hold(dataset) for hold in _holds]

    def reason(version: DatasetVersion) -> Any:
        return next((found for found in (hold(version) for hold in holds) if found), "")

    return reason


def require_returnable(dataset: Dataset, version: DatasetVersion) -> None:
    """Refuse to publish a version again that an app above holds.

    Raises:
        InvalidTransition: the message says why.
    """
    if held := holds_of(dataset)(version):
        raise InvalidTransition(held)
