"""Reading library datasets, their parts and builds. Who keeps a library dataset sees all of this; nobody else any."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from catalog.choices import LIVE_STATUSES, EntryStatus
from catalog.models import Entry, Library, Revision
from collection.choices import OPEN_RUN_STATES, DatasetKind, RunState
from collection.models import Dataset
from collection.selectors.dataset import dataset_get_for, dataset_list_for, own_datasets
from collection.selectors.run import is_lost
from core.actors import Actor
from core.exceptions import FieldError, NotVisible
from core.reasons import Reason
from libraries.attributes import looser_errors
from libraries.belonging import library_named, library_of
from libraries.choices import BuildReason, BuildState, PartConsent
from libraries.keeping import builds_of_versions
from libraries.models import Build, Composition, Part
from sharing.choices import ShareMethod
from sharing.models import Grant
from sharing.selectors.grant import followers_of, grant_get_for, live_grants

_DONE = (RunState.SUCCEEDED, RunState.UNCHANGED)
OPEN_STATES = (BuildState.ASKED, BuildState.COMPOSING)
MOST_REPEATS = 3
"""How many builds in a row may lose their run before none is asked for until a source publishes or a person asks."""


def libraries_fed_by(own: Dataset) -> list[Dataset]:
    """Return the library datasets that are still built from a dataset of their own department.

    One that was unhooked, whose entry was withdrawn, or that is no library's any more is built no more.
    """
    parts = Part.objects.filter(own=own, removed_at__isnull=True, composition__dataset__retired_at__isnull=True)
    found = (one.composition.dataset for one in parts.select_related("composition__dataset__entry").order_by("pk"))
    return [one for one in found if one.entry.status != EntryStatus.WITHDRAWN and library_of(one) is not None]


def library_dataset_get_for(
    actor: Actor, dataset_id: int, *, for_update: bool = False
) -> tuple[Dataset, Library | None]:
    """Return a dataset of a library, and the library that its entry names.

    One that its provider leads no more, or whose entry names none any more, is there for as long as it has sources, or
    rows of a build: they must be taken out.

    Args:
        for_update: lock the dataset's row until the end of the transaction.

    Raises:
        NotVisible: there is none, the actor does not see it, or it is and was no library's.
    """
    dataset = dataset_get_for(actor, dataset_id, for_update=for_update)
    if library_of(dataset) is None and not is_left_over(dataset):
        raise NotVisible
    return dataset, library_named(dataset)


def is_left_over(dataset: Dataset) -> bool:
    """Say whether data of no library that their department leads have sources still, or rows of a build."""
    if library_of(dataset) is not None or composition_of(dataset.pk) is None:
        return False
    return is_built(dataset.pk) or rests_on_build(dataset)


def compositions_in_use(library: Library | None = None, *, dataset_id: int | None = None) -> list[Composition]:
    """Return the compositions that have sources, of data in use: of others nothing can be built, and nobody reads them.

    Args:
        library: of data whose entry names it, whoever leads it; of all where it is None.
        dataset_id: that of this dataset alone.
    """
    found = Composition.objects.filter(parts__removed_at__isnull=True, dataset__retired_at__isnull=True)
    found = found.exclude(dataset__entry__status=EntryStatus.WITHDRAWN)
    if dataset_id is not None:
        found = found.filter(dataset=dataset_id)
    if library is not None:
        ways = [f"dataset__entry__{one}__library" for one in ("published_revision", "working_revision")]
        found = found.filter(Q(**{ways[0]: library}) | Q(**{ways[1]: library}))
    return list(found.distinct().select_related(*_LIBRARY_OF).order_by("pk"))


_LIBRARY_OF = [
    "dataset__entry__department",
    "dataset__published_version",
    "dataset__entry__published_revision__library",
    "dataset__entry__working_revision__library",
]


def composition_of(dataset_id: int) -> Composition | None:
    """Return how a dataset is composed; None where no source was ever named."""
    return Composition.objects.filter(dataset=dataset_id).first()


def parts_of(composition: Composition) -> QuerySet[Part]:
    """Return the sources of a library dataset, the first in precedence first."""
    return (
        Part.objects.filter(composition=composition, removed_at__isnull=True)
        .select_related(
            "grant__dataset__entry__department",
            "grant__dataset__entry__current_revision",
            "grant__dataset__published_version",
            "grant__department",
            "own__entry__department",
            "own__entry__current_revision",
            "own__published_version",
        )
        .order_by("precedence", "pk")
    )


def part_dataset_id(part_id: int) -> int:
    """Return the dataset of a source, in use or removed; who may see it is asked of the dataset.

    Raises:
        NotVisible: there is none.
    """
    dataset_id = Part.objects.filter(pk=part_id).values_list("composition__dataset", flat=True).first()
    if dataset_id is None:
        raise NotVisible
    return dataset_id


def part_get(part_id: int) -> Part:
    """Return a source in use; who may see it is asked of its dataset.

    Raises:
        NotVisible: there is none.
    """
    part = Part.objects.select_related("composition", "grant").filter(pk=part_id, removed_at__isnull=True).first()
    if part is None:
        raise NotVisible
    return part


def part_asked_get_for(actor: Actor, part_id: int) -> Part:
    """Return a source under a grant that the actor sees, for the answer of the provider.

    Raises:
        NotVisible: there is none, or the actor may not know of its grant.
    """
    part = (
        Part.objects.select_related("composition__dataset__entry__department", "grant__dataset__entry__department")
        .filter(pk=part_id, removed_at__isnull=True, grant__isnull=False)
        .first()
    )
    if part is None or part.grant is None:
        raise NotVisible
    grant_get_for(actor, part.grant.pk)
    return part


def looser_than_sources(entry: Entry, revision: Revision) -> list[FieldError]:
    """Return which items of an entry would give more than the sources that its data are, or are to be, built from.

    Sources that their providers have refused are not; what was published of one that was removed still is.

    Args:
        revision: of the entry, that is to come into force.
    """
    used: list[tuple[int, dict[str, str]]] = []
    for composition in Composition.objects.filter(dataset__entry=entry).order_by("pk"):
        parts = Part.objects.filter(composition=composition, removed_at__isnull=True).select_related("grant")
        named = [
            (one.grant.dataset_id if one.grant is not None else one.own_id, one.mapping)
            for one in parts.exclude(consent=PartConsent.REFUSED).order_by("pk")
        ]
        build = build_published(composition)
        told = [(one["dataset"], one["mapping"]) for one in (build.parts if build is not None else ())]
        used += [one for one in named + told if one not in used]
    found = Dataset.objects.select_related("entry__published_revision", "entry__working_revision")
    sources = found.in_bulk([dataset_id for dataset_id, _mapping in used])
    return [
        error
        for dataset_id, mapping in used
        for error in looser_errors(entry, sources[dataset_id].entry, mapping, revision=revision)
    ]


def exchange_grants(dataset: Dataset) -> QuerySet[Grant]:
    """Return the grants under which a library dataset may be built: in force, of its department, for batch exchange."""
    return live_grants().filter(department=dataset.entry.department_id, methods__contains=[ShareMethod.EXCHANGE.value])


def own_usable(dataset: Dataset) -> QuerySet[Dataset]:
    """Return the data of the lead itself from which a library dataset may be built: in use, of entries in force.

    What is or was itself built is none: consent is given for one library, and what has to leave it would be asked of
    that one alone. The sources of one library are named in the other, and agreed to there.
    """
    built = Part.objects.filter(removed_at__isnull=True).values("composition__dataset")
    was_built = Build.objects.filter(run__isnull=False).values("composition__dataset")
    return (
        Dataset.objects.filter(
            kind=DatasetKind.TABLE,
            retired_at__isnull=True,
            entry__department=dataset.entry.department_id,
            entry__status__in=LIVE_STATUSES,
        )
        .exclude(pk=dataset.pk)
        .exclude(pk__in=built)
        .exclude(pk__in=was_built)
        .select_related("entry__department", "entry__current_revision", "published_version")
    )


def own_offered(dataset: Dataset, words: str = "") -> QuerySet[Dataset]:
    """Return the lead's own data that can become a source of a library dataset and are none yet.

    Args:
        words: part of the name; every one where it is empty.
    """
    taken = Part.objects.filter(composition__dataset=dataset, removed_at__isnull=True, own__isnull=False)
    found = (
        own_usable(dataset)
        .filter(published_version__isnull=False, name__icontains=words)
        .exclude(pk__in=taken.values("own"))
    )
    return found.order_by("pk")


def sources_in_force(dataset: Dataset, parts: Sequence[Part]) -> dict[int, Grant | Dataset]:
    """Return part → its grant, or the dataset of the lead's own, of those that may be read now."""
    wanted = [one.grant_id for one in parts if one.grant_id is not None]
    grants = {one.pk: one for one in _with_dataset(exchange_grants(dataset).filter(pk__in=wanted))}
    own_wanted = [one.own_id for one in parts if one.own_id is not None]
    own = {one.pk: one for one in own_usable(dataset).filter(pk__in=own_wanted)} if own_wanted else {}
    found: dict[int, Grant | Dataset] = {}
    for one in parts:
        source = grants.get(one.grant_id) if one.grant_id is not None else own.get(one.own_id or 0)
        if source is not None:
            found[one.pk] = source
    return found


def _with_dataset(grants: QuerySet[Grant]) -> QuerySet[Grant]:
    return grants.select_related("dataset__published_version", "dataset__entry__department")


def successors_of(dataset: Dataset, grants: Collection[int]) -> dict[int, Grant]:
    """Return grant → the first that goes on from it, by however many renewals, and can be read under now."""
    found: dict[int, Grant] = {}
    ahead = {one: one for one in grants}
    while ahead:
        later = [(ahead[former], one) for former, one in followers_of(ahead)]
        live = set(exchange_grants(dataset).filter(pk__in=[one.pk for _, one in later]).values_list("pk", flat=True))
        for origin, one in later:
            if one.pk in live:
                found.setdefault(origin, one)
        ahead = {one.pk: origin for origin, one in later if one.pk not in live and origin not in found}
    return found


def grants_offered(dataset: Dataset, words: str = "") -> QuerySet[Grant]:
    """Return the grants that can become a source of a library dataset and are none yet, latest first.

    Args:
        words: part of the data's or the department's name; every one where it is empty.
    """
    taken = Part.objects.filter(composition__dataset=dataset, removed_at__isnull=True)
    return (
        exchange_grants(dataset)
        .filter(dataset__kind=DatasetKind.TABLE, dataset__published_version__isnull=False)
        .filter(Q(dataset__name__icontains=words) | Q(dataset__entry__department__name__icontains=words))
        .exclude(dataset=dataset)
        .exclude(pk__in=taken.filter(grant__isnull=False).values("grant"))
        .select_related("dataset__entry__department", "dataset__entry__current_revision")
        .order_by("-pk")
    )


def builds_of(composition: Composition) -> QuerySet[Build]:
    """Return the builds of a library dataset, latest first."""
    return Build.objects.filter(composition=composition).select_related("run__version", "asked_by").order_by("-pk")


def build_published(composition: Composition) -> Build | None:
    """Return the build whose rows the published version has; None before the first, and where people loaded them."""
    number = Dataset.objects.values_list("published_version__number", flat=True).get(pk=composition.dataset_id)
    return builds_of_versions(composition.dataset_id).get(number) if number is not None else None


def published_without(composition: Composition) -> list[Reason]:
    """Return why sources were left out of what is published; each names its source."""
    if not Build.objects.filter(composition=composition).exclude(left_out=[]).exists():
        return []  # hardly ever; whose rows are published takes far more to tell
    build = build_published(composition)
    return build.without if build is not None else []


def builds_given(composition: Composition) -> list[Build]:
    """Return the build whose rows are published, and the one whose rows are being loaded; neither before the first."""
    loading = Build.objects.filter(composition=composition, run__state__in=OPEN_RUN_STATES)
    return [one for one in (build_published(composition), loading.first()) if one is not None]


def told_of(builds: Iterable[Build]) -> dict[int, list[dict[str, Any]]]:
    """Return part → what builds tell of it."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for build in builds:
        for one in build.parts:
            found[one["part"]].append(one)
    return found


def parts_touched_by(entry: Entry) -> list[Part]:
    """Return the sources, of whatever library, whose data or whose library's dataset are an entry's."""
    of_entry = Q(grant__dataset__entry=entry) | Q(own__entry=entry) | Q(composition__dataset__entry=entry)
    found = Part.objects.filter(of_entry, removed_at__isnull=True)
    return list(found.select_related(*PART_ENTRIES).order_by("composition__dataset", "pk"))


PART_ENTRIES = [
    f"{way}__entry__{one}"
    for way in ("composition__dataset", "grant__dataset", "own")
    for one in ("department", "published_revision", "working_revision")
]
"""What is read with a source to compare how its entry and the library's are shared and opened."""


def builds_asked_at(slot: str) -> list[int]:
    """Return the builds for which work was asked at a moment and is not done."""
    found = Build.objects.filter(slot=datetime.fromisoformat(slot), state__in=OPEN_STATES)
    return list(found.order_by("pk").values_list("pk", flat=True))


def datasets_built_from(dataset_id: int) -> list[int]:
    """Return the library datasets in use that have a dataset as a source and were built before."""
    found = Composition.objects.filter(
        Q(parts__grant__dataset=dataset_id) | Q(parts__own=dataset_id),
        parts__removed_at__isnull=True,
        dataset__retired_at__isnull=True,
        builds__isnull=False,
    )
    return list(found.order_by("dataset").values_list("dataset", flat=True).distinct())


def feeds(dataset_id: int, into: int) -> bool:
    """Say whether the rows of a dataset go, by whatever way through libraries, into another."""
    links = Part.objects.filter(removed_at__isnull=True).values_list(
        Coalesce("grant__dataset", "own"), "composition__dataset"
    )
    onward: dict[int, set[int]] = {}
    for source, target in links:
        onward.setdefault(source, set()).add(target)
    reached, ahead = set(), [dataset_id]
    while ahead:
        here = ahead.pop()
        if here == into:
            return True
        if here not in reached:
            reached.add(here)
            ahead += onward.get(here, ())
    return False


def reason_to_build(composition: Composition) -> BuildReason | None:
    """Return why a library dataset that was built once should be built anew; None where it is as its sources are."""
    found = Build.objects.filter(composition=composition)
    last = found.select_related("run", "composition__dataset__published_version").order_by("-pk").first()
    if last is None or last.state in OPEN_STATES:
        return None
    return _reason(last.composition.dataset, last, list(parts_of(composition)))


def _reason(dataset: Dataset, last: Build, parts: Sequence[Part]) -> BuildReason | None:
    """Return why a dataset whose last build has ended should be built anew."""
    if not parts and (_is_empty(last) or not rests_on_build(dataset)):
        return None
    # What a run refused, or failed over, it would again, and a person who cancels one means it.
    if last.state == BuildState.FAILED or _is_to_be_repeated(last):
        return BuildReason.REPEATED
    if [(one["part"], one["mapping"]) for one in last.parts] != [(one.pk, one.mapping) for one in parts]:
        return BuildReason.PARTS
    if last.lineage_item != last.composition.lineage_item:
        return BuildReason.PARTS
    read = [(one["edition"], one["version"]) for one in last.parts]
    now = [(one.grant.edition if one.grant else None, _published(one.dataset)) for one in parts]
    return BuildReason.PUBLISHED if read != now else None


def _is_empty(build: Build) -> bool:
    """Say whether a build has published that there are no sources; no earlier rows can be published again."""
    return build.run is not None and build.run.state in _DONE and not build.parts


def rests_on_build(dataset: Dataset) -> bool:
    """Say whether rows of a build's sources are published: what people loaded after the last was taken out stays."""
    published = dataset.published_version
    build = builds_of_versions(dataset.pk).get(published.number) if published is not None else None
    return build is not None and bool(build.parts)


def _is_to_be_repeated(last: Build) -> bool:
    """Say whether a build's run was lost, and not those of the builds before in the same way."""
    if last.run is None or not is_lost(last.run):
        return False
    latest = builds_of(last.composition)[:MOST_REPEATS]
    return len(latest) < MOST_REPEATS or any(one.run is None or not is_lost(one.run) for one in latest)


def is_behind(dataset_id: int) -> bool:
    """Say whether a library dataset may lack what its sources have: one whose build has not ended may."""
    found = Build.objects.filter(composition__dataset=dataset_id).select_related("composition")
    last = found.order_by("-pk").first()
    return last is None or last.state in OPEN_STATES or reason_to_build(last.composition) is not None


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """A library dataset as a list shows it.

    Attributes:
        reason: why it should be built anew; None where it is as its sources are, is being built, or never was.
    """

    dataset: Dataset
    library: Library
    parts: int
    last: Build | None
    reason: BuildReason | None

    @property
    def is_building(self) -> bool:
        return self.last is not None and self.last.state in OPEN_STATES


def library_datasets_for(actor: Actor, library: Library | None = None) -> QuerySet[Dataset]:
    """Return the datasets of libraries, provided by their leads, that the actor answers for.

    Args:
        library: of this library only.
    """
    leads = Q(entry__current_revision__library__lead_department=F("entry__department"))
    found = own_datasets(actor).filter(leads, kind=DatasetKind.TABLE)
    if library is not None:
        found = found.filter(entry__current_revision__library=library)
    shown = found.select_related("entry__department", "entry__current_revision__library", "published_version")
    return shown.order_by("entry__current_revision__library__code", "pk")


def library_rows(datasets: Sequence[Dataset]) -> list[LibraryRow]:
    """Return library datasets with their sources and last builds, in two queries.

    Of one that lost its last source since it was built it takes a few more, to ask whose rows are published.
    """
    found = Part.objects.filter(composition__dataset__in=datasets, removed_at__isnull=True).select_related(
        "composition", "grant__dataset__published_version", "own__published_version"
    )
    parts: dict[int, list[Part]] = defaultdict(list)
    for part in found.order_by("precedence", "pk"):
        parts[part.composition.dataset_id].append(part)
    latest = Build.objects.filter(composition__dataset__in=datasets).select_related("composition", "run")
    latest = latest.order_by("composition_id", "-pk").distinct("composition_id")
    builds = {one.composition.dataset_id: one for one in latest}
    return [_row(one, parts[one.pk], builds.get(one.pk)) for one in datasets]


def _row(dataset: Dataset, parts: Sequence[Part], last: Build | None) -> LibraryRow:
    revision = dataset.entry.current_revision
    assert revision is not None  # noqa: S101  it is by its library that the dataset was found
    assert revision.library is not None  # noqa: S101
    reason = _reason(dataset, last, parts) if last is not None and last.state not in OPEN_STATES else None
    return LibraryRow(dataset, revision.library, len(parts), last, reason)


def is_own_source(dataset_id: int) -> bool:
    """Say whether a library dataset is built from a dataset as from data of its lead's own."""
    return Part.objects.filter(own=dataset_id, removed_at__isnull=True).exists()


def is_built(dataset_id: int) -> bool:
    """Say whether a dataset has sources from which it is built."""
    return Part.objects.filter(composition__dataset=dataset_id, removed_at__isnull=True).exists()


def _published(dataset: Dataset) -> int | None:
    return dataset.published_version.number if dataset.published_version is not None else None


def parts_under(grant: Grant) -> list[Part]:
    """Return the sources of library datasets that a grant is; whoever sees the grant may know of them."""
    found = Part.objects.filter(grant=grant, removed_at__isnull=True)
    return list(found.select_related("grant", *PART_ENTRIES).order_by("pk"))


def datasets_seen(actor: Actor, parts: Sequence[Part]) -> set[int]:
    """Return the library datasets, of those that sources go into, whose pages the actor may look at."""
    wanted = [one.composition.dataset_id for one in parts]
    return set(dataset_list_for(actor).filter(pk__in=wanted).values_list("pk", flat=True))
