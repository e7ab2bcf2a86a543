"""What a source gives: what a grant shows of a version, or the whole of a version of the lead's own data."""

from dataclasses import dataclass

from collection.models import Dataset
from collection.readers import Entitlement
from collection.readers.page import PinnedVersion
from collection.readers.shown import Shown
from collection.selectors.dataset import pinned_version
from core.exceptions import NotVisible
from libraries.fitting import items_shown
from sharing.models import Grant
from sharing.selectors.reading import reading_of, version_for_reading


@dataclass(frozen=True, slots=True)
class Given:
    """A version of a dataset, and what of it may be read.

    Attributes:
        grant: under which it is read; None where the dataset is the lead's own.
    """

    dataset: Dataset
    version: PinnedVersion
    entitlement: Entitlement
    grant: Grant | None = None

    @property
    def items(self) -> dict[str, Shown]:
        """The items that may be read, by identity, as they are shown."""
        return items_shown(self.entitlement, self.version.columns)


def given_under(grant: Grant) -> Given:
    """Return what a grant in force shows of the published version.

    Raises:
        NotVisible: nothing is published.
    """
    reading = reading_of(grant, version_for_reading(grant))
    return Given(grant.dataset, reading.version, reading.entitlement, grant)


def given_own(dataset: Dataset) -> Given:
    """Return the whole of the published version: a department needs no grant on its own data, and cannot have one.

    Raises:
        NotVisible: nothing is published.
    """
    if dataset.published_version is None:
        raise NotVisible
    version = pinned_version(dataset.published_version)
    return Given(dataset, version, Entitlement(dataset.pk, tuple(one.item for one in version.columns)))
