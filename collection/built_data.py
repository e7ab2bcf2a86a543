"""Data that an app above builds: what a person loads into them would be gone with the next build, so it is refused.

Those apps register when they load; nothing here knows one by name.
"""

from collections.abc import Callable
from typing import Any

from collection.models import Dataset
from core.exceptions import InvalidTransition

Reason = Callable[[Dataset], Any]

_reasons: list[Reason] = []


def register(reason: Reason) -> None:
    """Let an app say which datasets it builds.

    Args:
        reason: called with a dataset; returns the sentence why nobody loads files into it, "" where it is none.
    """
    _reasons.append(reason)


def reason_of(dataset: Dataset) -> Any:
    """Return why nobody loads files into a dataset; "" where people may."""
    return next((found for found in (reason(dataset) for reason in _reasons) if found), "")


def require_loaded_by_people(dataset: Dataset) -> None:
    """Refuse files and sources for data that are built.

    Raises:
        InvalidTransition: an app above builds them; the message says why.
    """
    if reason := reason_of(dataset):
        raise InvalidTransition(reason)
