"""Datasets and their versions, as far as an actor may see them: whoever sees the entry sees that it has data."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.choices import Mask, Sharing
from catalog.models import Entry, RevisionItem
from catalog.selectors.entry import visible
from collection.choices import FRESHNESS_SHOWN, IN_GRACE, FreshnessState
from collection.models import Dataset, DatasetVersion
from collection.policies import entries_named
from collection.readers.page import PinnedVersion
from collection.store.columns import Column, columns_from, columns_wanted, tells_time
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotVisible

_SHOWN = (
    "entry__department__region",
    "entry__current_revision",
    "entry__published_revision",
    "entry__working_revision",
    "published_version",
)


SETTINGS = (
    "name",
    "default_mode",
    "reject_limit_count",
    "reject_limit_percent",
    "grace_days",
    "heartbeat_minutes",
    "keep_version_hours",
    "keep_original_days",
    "filter_items",
    "coordinates",
    "time_item",
)
"""What people lay down about a dataset in one form."""


def settings_version(dataset: Dataset) -> str:
    """Return what tells the settings of a dataset from others: runs change other fields all the time."""
    values = [getattr(dataset, name) for name in SETTINGS]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def dataset_list_for(actor: Actor) -> QuerySet[Dataset]:
    """Return the datasets in use of the entries that the actor sees."""
    seen = Entry.objects.filter(visible(actor)).values("pk")
    return Dataset.objects.filter(entry__in=seen, retired_at__isnull=True).select_related(*_SHOWN)


def dataset_get_for(actor: Actor, dataset_id: int, *, for_update: bool = False) -> Dataset:
    """Return one dataset.

    Args:
        for_update: lock its row until the end of the transaction. Its key stays: whoever holds what the caller waits
            for may put down something that refers to the dataset, a grant or the right beside it.

    Raises:
        NotVisible: there is none, or the actor does not see its entry.
    """
    found = Dataset.objects.filter(pk=dataset_id)
    if for_update:
        locked = found.select_for_update(no_key=True).values_list("pk", flat=True)
        found = Dataset.objects.filter(pk__in=[*locked])
    dataset = found.filter(entry__in=Entry.objects.filter(visible(actor)).values("pk")).select_related(*_SHOWN).first()
    if dataset is None:
        raise NotVisible
    return dataset


def datasets_of(entry: Entry) -> QuerySet[Dataset]:
    """Return the datasets in use of an entry that is already visible."""
    return Dataset.objects.filter(entry=entry, retired_at__isnull=True).select_related(*_SHOWN)


def datasets_by_pk(dataset_ids: Sequence[int]) -> QuerySet[Dataset]:
    """Return datasets in use that the caller may see, by their keys."""
    return Dataset.objects.filter(pk__in=dataset_ids, retired_at__isnull=True).select_related(*_SHOWN)


def datasets_of_entries(entries: Sequence[Entry]) -> QuerySet[Dataset]:
    """Return the datasets in use of entries that are already visible."""
    return Dataset.objects.filter(entry__in=entries, retired_at__isnull=True).select_related(*_SHOWN).order_by("pk")


def own_datasets(actor: Actor) -> QuerySet[Dataset]:
    """Return the datasets that the actor answers for: his department's, a reviewer's those of his region.

    Staff of a contractor answer for those of the entries for which they are named.
    """
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        within = Q(entry__department__region__path__startswith=f"{actor.region_path}/") | Q(
            entry__department__region__path=actor.region_path
        )
        return dataset_list_for(actor).filter(within)
    if actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD):
        found = dataset_list_for(actor).filter(entry__department=actor.department_id)
        return found.filter(entry__in=entries_named(actor)) if actor.is_contractor else found
    return Dataset.objects.none()


def columns_of_dataset(dataset: Dataset) -> list[Column]:
    """Return the columns as the published version has them, else as the entry lists its items now; none of files."""
    if not dataset.is_table:
        return []
    version = dataset.published_version
    return columns_from(version.columns) if version is not None else columns_wanted(dataset.entry)


OFFERED = (Sharing.UNCONDITIONAL.value, Sharing.CONDITIONAL.value)


def open_items(datasets: Iterable[Dataset]) -> dict[int, set[str]]:
    """Return dataset → the items of which values may be told: listed now, neither sensitive, masked nor withheld.

    What the entry says now holds for versions that were loaded before as well.
    """
    revisions = {one.pk: one.entry.published_revision_id or one.entry.working_revision_id for one in datasets}
    found = RevisionItem.objects.filter(revision__in=revisions.values(), is_sensitive=False, mask=Mask.NONE).filter(
        Q(sharing__in=OFFERED) | Q(sharing="", revision__sharing__in=OFFERED)
    )
    items: dict[int, set[str]] = {}
    for revision, item in found.values_list("revision", "item"):
        items.setdefault(revision, set()).add(str(item))
    return {pk: items.get(revision, set()) for pk, revision in revisions.items() if revision is not None}


def time_columns(dataset: Dataset) -> list[Column]:
    """Return the columns of a dataset that can tell how current its rows are, as loaded and as listed now."""
    items = open_items([dataset]).get(dataset.pk, set())
    return [one for one in columns_of_dataset(dataset) if tells_time(one) and one.item in items]


def versions_of(dataset: Dataset) -> QuerySet[DatasetVersion]:
    """Return the versions of a dataset, latest first."""
    return DatasetVersion.objects.filter(dataset=dataset).select_related("run__asked_by").order_by("-number")


def version_get(dataset: Dataset, number: int | None = None) -> DatasetVersion:
    """Return a version that can still be read, the published one by default.

    Raises:
        NotVisible: there is none of that number, or its rows are gone.
    """
    version = (
        dataset.published_version
        if number is None
        else DatasetVersion.objects.filter(dataset=dataset, number=number).first()
    )
    if version is None or not version.is_readable:
        raise NotVisible
    return version


def version_named(dataset: Dataset, text: str) -> DatasetVersion:
    """Return the version that an address names by its number, the published one where it names none.

    Raises:
        NotVisible: there is none of that number. InvalidTransition: its rows are no longer kept.
    """
    if not text:
        return version_get(dataset)
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    version = DatasetVersion.objects.filter(dataset=dataset, number=int(text)).first() if is_number else None
    if version is None:
        raise NotVisible
    if not version.is_readable:
        raise InvalidTransition(_("The rows of this version are no longer kept."))
    return version


def why_not_returned(published: DatasetVersion | None, version: DatasetVersion) -> str:
    """Return the reason why the rows of an earlier version cannot be published again as they lie; "" where they can."""
    if not version.is_readable:
        return "version_gone"
    if published is not None and version.generation != published.generation:
        return "key_changed"
    return ""


def version_before(dataset: Dataset, version: DatasetVersion) -> DatasetVersion:
    """Return the latest version before another that can still be read.

    Raises:
        NotVisible: there is none.
    """
    found = DatasetVersion.objects.filter(dataset=dataset, number__lt=version.number, purged_at__isnull=True)
    before = found.order_by("-number").first()
    if before is None:
        raise NotVisible
    return before


def rows_loaded(since: DatasetVersion, until: DatasetVersion) -> int:
    """Return how many rows were added, changed or removed from one version to a later one: no more can differ."""
    between = DatasetVersion.objects.filter(dataset=until.dataset_id, number__gt=since.number, number__lte=until.number)
    return between.aggregate(rows=Sum(F("added") + F("changed") + F("removed")))["rows"] or 0


def pinned_version(version: DatasetVersion) -> PinnedVersion:
    """Return what a reader needs to know of a version."""
    columns = tuple(columns_from(version.columns))
    return PinnedVersion(version.dataset_id, version.generation, version.number, columns, version.lineage)


def datasets_filtered(actor: Actor, *, q: str = "", freshness: str = "") -> QuerySet[Dataset]:
    """Return the datasets that the actor answers for and that fit.

    Args:
        q: part of a name, of the entry's name or of its code.
    """
    found = own_datasets(actor).select_related("entry__department", "entry__current_revision", "published_version")
    if q:
        found = found.filter(
            Q(name__icontains=q) | Q(entry__current_revision__name__icontains=q) | Q(entry__code__startswith=q)
        )
    return found.filter(freshness_is(freshness)) if freshness else found


def freshness_is(state: str) -> Q:
    """Return what datasets of a state have in common, as lists tell states apart."""
    in_grace = Q(freshness=FreshnessState.DUE_SOON, due_at__lt=clock.now())
    if state == IN_GRACE:
        return in_grace
    return Q(freshness=state) & ~in_grace if state == FreshnessState.DUE_SOON else Q(freshness=state)


def freshness_shown(dataset: Dataset) -> Any:
    """Return the words for the state of a dataset, as lists tell states apart."""
    is_over = dataset.due_at is not None and dataset.due_at < clock.now()
    state = IN_GRACE if is_over and dataset.freshness == FreshnessState.DUE_SOON else dataset.freshness
    return dict(FRESHNESS_SHOWN)[state]


def dataset_names(pks: Collection[int]) -> dict[int, str]:
    """Return what datasets are called, for lists of those who watch over rights."""
    return dict(Dataset.objects.filter(pk__in=pks).values_list("pk", "name"))
