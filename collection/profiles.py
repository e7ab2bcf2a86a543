"""The profile of a dataset's items as one actor may see it: worked out once per version and entitlement."""

from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page, Paginator

from catalog.charts import Chart
from collection.charts import spread_chart
from collection.models import DatasetVersion
from collection.readers.entitlement import Entitlement
from collection.readers.kept_profiles import profile_keep, profile_kept
from collection.readers.profile import ColumnProfile, profile
from collection.selectors.dataset import pinned_version
from collection.selectors.erasure import is_being_erased
from collection.store.columns import Column
from collection.wording import cell_text
from core.components.figures import percent

DRAWN = 24
"""Items on a page of charts."""


@dataclass(frozen=True, slots=True)
class Frequent:
    """A value with its rows and its share of the filled ones."""

    value: str
    count: int
    share: float


@dataclass(frozen=True)
class ItemProfile:
    """An item as the page shows it."""

    column: Column
    profile: ColumnProfile
    is_masked: bool

    @cached_property
    def chart(self) -> Chart | None:
        """How the values are spread."""
        return spread_chart(self.column.name, self.profile)

    @property
    def is_distinct(self) -> bool:
        """Whether no value occurs twice."""
        return self.profile.filled > 0 and self.profile.distinct == self.profile.filled

    @property
    def least(self) -> str:
        return cell_text(self.column, self.profile.least) or ""

    @property
    def most(self) -> str:
        return cell_text(self.column, self.profile.most) or ""

    @property
    def empty_share(self) -> float:
        rows = self.profile.filled + self.profile.empty
        return self.profile.empty / rows if rows else 0.0

    @property
    def empty_text(self) -> str:
        """The share in words; a single empty row of a million is not none."""
        share = self.empty_share
        return "< 0.1%" if 0 < share < 0.0005 else percent(share)

    @property
    def frequent(self) -> list[Frequent]:
        filled = self.profile.filled or 1
        return [
            Frequent(cell_text(self.column, value) or "", count, count / filled)
            for value, count in self.profile.frequent
        ]


@dataclass(frozen=True, slots=True)
class DatasetProfile:
    """The items of a version."""

    rows: int
    is_sample: bool
    items: list[ItemProfile]

    @property
    def unknown(self) -> list[str]:
        """Names of the items for which time ran out."""
        return [one.column.name for one in self.items if not one.profile.is_known]

    @property
    def has_masked(self) -> bool:
        return any(one.is_masked for one in self.items)

    def drawn(self, number: str | None) -> Page[ItemProfile]:
        """Return a page of the items of which there is more to show than a line of figures: as many as can be drawn."""
        drawn = [one for one in self.items if len(one.profile.bars) > 1 or one.profile.frequent]
        return Paginator(drawn, DRAWN).get_page(number)


def profile_of(entitlement: Entitlement, version: DatasetVersion) -> DatasetProfile:
    """Return the profile of what the entitlement shows of a version."""
    pinned = pinned_version(version)
    found = profile_kept(entitlement, version.pk)
    if found is None:
        found = profile(entitlement, pinned, version.row_count)
        # What was read before an erasure began must not be kept after it has forgotten the rest.
        if all(one.is_known for one in found.columns) and not is_being_erased(version.dataset):
            profile_keep(entitlement, version.pk, found)
    columns = {one.item: one for one in pinned.columns}
    items = [
        ItemProfile(
            column=columns[one.item],
            profile=one,
            is_masked=entitlement.mask_of(one.item) != "none",
        )
        for one in found.columns
    ]
    return DatasetProfile(found.rows, found.is_sample, items)
