"""From which builds the rows come that a library dataset keeps, in its versions and in the files that were loaded."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Max, Min, Q

from collection.choices import OPEN_RUN_STATES, LoadMode, RunOrigin, RunState
from collection.duty_choices import ErasureState
from collection.models import Dataset, DatasetVersion, Erasure, Run
from libraries.models import Build, Composition
from sharing.models import Grant

_DONE = (RunState.SUCCEEDED, RunState.UNCHANGED)
_Version = tuple[int, datetime, int | None, datetime | None, int]
"""Number, when it was published, the version that it returns to, when it was purged, the generation of its table."""

_STORED = ~Q(run__original="") | ~Q(run__rejects="")
"""Builds of which the file that was loaded, or rows that were rejected, are still there."""

_READ = ("pk", "composition", "parts", "lineage_token")


def builds_of_versions(dataset_id: int) -> dict[int, Build]:
    """Return number of a version that is kept → the build whose rows it has; without those that people loaded.

    A build that finds its rows published already speaks for that version from then on: they are what it has read. So
    do people who load a file that holds everything. Any other version has the rows of the version that it returns to,
    else, as an erasure begins one and people add rows, of the one before; a changed key begins a table without them.
    Of a long history no more is read than the versions that are kept rest on.
    """
    if not Build.objects.filter(composition__dataset=dataset_id, run__state__in=_DONE).exists():
        return {}
    first = _first_needed(dataset_id)
    versions = list(
        DatasetVersion.objects.filter(dataset=dataset_id, number__gte=first)
        .order_by("number")
        .values_list("number", "published_at", "run__of_version__number", "purged_at", "generation")
    )
    found = _carried(versions, _own(dataset_id, first, versions))
    kept = {number: found[number] for number, _at, _of, purged, _in in versions if purged is None and found[number]}
    builds = Build.objects.only(*_READ).in_bulk({pk for pk in kept.values() if pk is not None})
    return {number: builds[pk] for number, pk in kept.items() if pk is not None}


def _first_needed(dataset_id: int) -> int:
    """Return the number of the earliest version on whose build one that is kept may rest; 0 for all."""
    versions = DatasetVersion.objects.filter(dataset=dataset_id)
    at = versions.filter(purged_at__isnull=True).aggregate(least=Min("number"))["least"]
    first = 0
    while at is not None:
        built = versions.filter(number__lte=at, run__build__isnull=False).order_by("-number")
        first = built.values_list("number", flat=True).first() or 0
        returned = versions.filter(number__gte=first).aggregate(least=Min("run__of_version__number"))["least"]
        at = returned if returned is not None and returned < first else None
    return first


def _own(dataset_id: int, first: int, versions: Sequence[_Version]) -> dict[int, int | None]:
    """Return number of a version → the last build that brought its rows, or found them published; None for people.

    Where neither did, the version is left out.
    """
    moments = [published_at for _number, published_at, *_others in versions]
    unchanged = Q(version__isnull=True, finished_at__gte=moments[0]) if moments else Q(pk__in=[])
    by_people = Q(build__isnull=True, mode=LoadMode.REPLACE) & ~Q(origin=RunOrigin.ROLLBACK)
    runs = Run.objects.filter(
        Q(version__number__gte=first) | unchanged,
        by_people | Q(build__isnull=False),
        dataset=dataset_id,
        state__in=_DONE,
    )
    own: dict[int, int | None] = {}
    for build_id, number, ended_at in runs.order_by("pk").values_list("build", "version__number", "finished_at"):
        if number is not None:
            own[number] = build_id
        elif at := bisect_right(moments, ended_at):
            own[versions[at - 1][0]] = build_id
    return own


def _carried(versions: Sequence[_Version], own: Mapping[int, int | None]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    before: int | None = None
    table: int | None = None
    for number, _published_at, of_number, _purged_at, generation in versions:
        if number in own:
            before = own[number]
        elif of_number is not None:
            before = found.get(of_number)
        elif generation != table:
            before = None
        table = generation
        found[number] = before
    return found


def builds_in_versions(dataset_id: int) -> list[Build]:
    """Return the builds whose rows are in a version that is kept, or in a run that may still publish them."""
    # These first: a run that ends meanwhile is found among the versions.
    loading = Build.objects.filter(composition__dataset=dataset_id, run__state__in=OPEN_RUN_STATES)
    found = {one.pk: one for one in loading.only(*_READ)}
    return list((found | {build.pk: build for build in builds_of_versions(dataset_id).values()}).values())


def build_slot_of(run_id: int) -> str | None:
    """Return the moment for which the build was asked whose rows a run has loaded; None where people loaded them."""
    slot = Build.objects.filter(run=run_id).values_list("slot", flat=True).first()
    return slot.isoformat() if slot is not None else None


def builds_published_at(slot: str) -> list[int]:
    """Return the builds that were asked for at a moment and whose rows were published, or were so already."""
    found = Build.objects.filter(slot=datetime.fromisoformat(slot), run__state__in=_DONE)
    return list(found.order_by("pk").values_list("pk", flat=True))


def builds_unsettled(pks: Iterable[int]) -> list[int]:
    """Return which of some builds had their rows published, or found them so, and are not settled."""
    found = Build.objects.filter(pk__in=pks, run__state__in=_DONE, is_settled=False)
    return list(found.order_by("pk").values_list("pk", flat=True))


def datasets_holding(grant: Grant) -> list[Dataset]:
    """Return the library datasets of which a version is kept, or about to be published, that has rows of a grant."""
    built = Composition.objects.filter(builds__parts__contains=[{"grant": grant.pk}]).distinct()
    return [
        one.dataset
        for one in built.select_related("dataset").order_by("pk")
        if any(part["grant"] == grant.pk for build in builds_in_versions(one.dataset_id) for part in build.parts)
    ]


def runs_holding(grant: Grant) -> list[int]:
    """Return the runs whose files still hold rows of a grant: all that was loaded, rejected rows too."""
    found = Build.objects.filter(_STORED, run__isnull=False, parts__contains=[{"grant": grant.pk}])
    return [run_id for run_id in found.order_by("run").values_list("run", flat=True) if run_id is not None]


def datasets_keeping(erasure: Erasure) -> list[Dataset]:
    """Return the library datasets that keep rows read of a source before its erasure, and not erased there since.

    A build that reads while a source erases is thrown away, so that what was handed over later is without the rows.
    Who was erased is known by the hash of his number, whose key is one for the whole installation.
    """
    built = Composition.objects.filter(builds__parts__contains=[{"dataset": erasure.dataset_id}]).distinct()
    found = built.select_related("dataset__entry__department").order_by("dataset")
    return [one.dataset for one in found if _keeps(one.dataset_id, erasure)]


def _keeps(dataset_id: int, erasure: Erasure) -> bool:
    done = Erasure.objects.filter(dataset=dataset_id, state=ErasureState.DONE, value_hash=erasure.value_hash)
    read = Build.objects.filter(composition__dataset=dataset_id, parts__contains=[{"dataset": erasure.dataset_id}])
    if erased_at := done.aggregate(at=Max("finished_at"))["at"]:
        read = read.filter(finished_at__gt=erased_at)
    kept = [one.pk for one in builds_in_versions(dataset_id)]
    found = read.filter(Q(pk__in=kept) | _STORED, run__isnull=False).only("pk", "parts", "finished_at")
    return any(_read_before(one, erasure) for one in found)


def _read_before(build: Build, erasure: Erasure) -> bool:
    """Say whether a build read a source before an erasure was done there.

    The erasure publishes the rows that are left as a version of its own; the clocks of two machines may differ. Where
    it found none in the source there is no such version, and the clock has to do.
    """
    left = erasure.report.get("version")
    if left is None:
        built_at, erased_at = build.finished_at, erasure.finished_at
        return built_at is not None and erased_at is not None and built_at <= erased_at
    return any(one["dataset"] == erasure.dataset_id and one["version"] < left for one in build.parts)
