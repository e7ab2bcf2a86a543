"""Which sources single rows came from: an app above that builds data says so to whom it may, the page of rows shows it.

Those apps register when they load; nothing here knows one by name.
"""

from collections.abc import Callable, Mapping, Sequence

from collection.models import Dataset, DatasetVersion
from core.actors import Actor

Origins = Mapping[int, Sequence[str]]
Told = Callable[[Actor, Dataset, DatasetVersion, Sequence[int]], Origins | None]

_told: list[Told] = []


def register(told: Told) -> None:
    """Let an app tell of the data that it builds.

    Args:
        told: called with the actor, a dataset, a version and the numbers of rows that he got of it; returns number of a
            row → its sources, None where it has nothing to tell him.
    """
    _told.append(told)


def origins_of(actor: Actor, dataset: Dataset, version: DatasetVersion, numbers: Sequence[int]) -> Origins | None:
    """Return number of a row → the sources it came from; None where the actor is told nothing."""
    found = (told(actor, dataset, version, numbers) for told in _told)
    return next((one for one in found if one is not None), None)
