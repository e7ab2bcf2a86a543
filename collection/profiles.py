"""The profile of a dataset's items as one actor may see it: worked out once per version and entitlement."""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from catalog.charts import Chart
from collection.charts import spread_chart
from collection.models import DatasetVersion
from collection.readers.entitlement import Entitlement
from collection.readers.profile import Bar, ColumnProfile, Profile, profile
from collection.selectors.dataset import pinned_version
from collection.store.columns import Column
from collection.vault import KeyMissing, Tampered, open_text, seal_text
from core.components.figures import percent

log = structlog.get_logger(__name__)

KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Frequent:
    """A value with its rows and its share of the filled ones."""

    value: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class ItemProfile:
    """An item as the page shows it."""

    column: Column
    profile: ColumnProfile
    is_masked: bool
    chart: Chart | None

    @property
    def is_distinct(self) -> bool:
        """Whether no value occurs twice."""
        return self.profile.filled > 0 and self.profile.distinct == self.profile.filled

    @property
    def least(self) -> str:
        return self._end(self.profile.least)

    @property
    def most(self) -> str:
        return self._end(self.profile.most)

    def _end(self, value: str | None) -> str:
        """Write an end of the range for people: a moment to the second."""
        if value and self.column.pg_type == "timestamptz" and not self.is_masked:
            return value[:19].replace("T", " ")
        return value or ""

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
        return [Frequent(value, count, count / filled) for value, count in self.profile.frequent]


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
    def drawn(self) -> list[ItemProfile]:
        """The items of which there is more to show than a line of figures."""
        return [one for one in self.items if one.chart or one.profile.frequent]


def profile_of(entitlement: Entitlement, version: DatasetVersion) -> DatasetProfile:
    """Return the profile of what the entitlement shows of a version."""
    pinned = pinned_version(version)
    key = _key(entitlement, version)
    found = _kept(key)
    if found is None:
        found = profile(entitlement, pinned, version.row_count)
        if all(one.is_known for one in found.columns):
            _keep(key, found)
    columns = {one.item: one for one in pinned.columns}
    items = [
        ItemProfile(
            column=columns[one.item],
            profile=one,
            is_masked=entitlement.mask_of(one.item) != "none",
            chart=spread_chart(columns[one.item].name, one),
        )
        for one in found.columns
    ]
    return DatasetProfile(found.rows, found.is_sample, items)


def _key(entitlement: Entitlement, version: DatasetVersion) -> str:
    """Return the name of what was worked out: who is shown the same shares it, and nobody else does."""
    seen = (entitlement.items, entitlement.row_filter, sorted(entitlement.masks.items()), entitlement.hash_key.hex())
    return f"collection.profile.{version.pk}.{hashlib.sha256(repr(seen).encode()).hexdigest()}"


def _kept(key: str) -> Profile | None:
    """Return what was worked out; nothing where the cache cannot be reached, which costs a little time."""
    try:
        sealed = cache.get(key)
        text = open_text(sealed, context=key) if sealed else ""
    except (RedisError, OSError, Tampered, KeyMissing) as error:
        log.warning("profile_cache_unusable", error=type(error).__name__)
        return None
    if not text:
        return None
    kept = json.loads(text)
    columns = (
        ColumnProfile(
            **one
            | {
                "bars": tuple(Bar(**bar) for bar in one["bars"]),
                "frequent": tuple((value, count) for value, count in one["frequent"]),
            }
        )
        for one in kept["columns"]
    )
    return Profile(kept["rows"], kept["is_sample"], tuple(columns))


def _keep(key: str, found: Profile) -> None:
    """Keep it sealed: it holds values."""
    with suppress(RedisError, OSError):
        cache.set(key, seal_text(json.dumps(asdict(found)), context=key), KEPT_SECONDS)
