"""From which builds the rows come that a library dataset keeps, in its versions and in the files that were loaded."""

from bisect import bisect_right

from django.db.models import Max, Q

from collection.choices import OPEN_RUN_STATES, RunState
from collection.duty_choices import ErasureState
from collection.models import Dataset, DatasetVersion, Erasure
from libraries.models import Build, Composition
from sharing.models import Grant

_STORED = ~Q(run__original="") | ~Q(run__rejects="")
"""Builds of which the file that was loaded, or rows that were rejected, are still there."""


def builds_of_versions(dataset_id: int) -> dict[int, Build | None]:
    """Return number of a version → the build whose rows it has; None where nothing had been built.

    A build that finds its rows published already speaks for that version from then on: they are what it has read. A
    version without a build has the rows of the version that it returns to, else, as an erasure begins one, of the one
    before.
    """
    versions = list(
        DatasetVersion.objects.filter(dataset=dataset_id)
        .order_by("number")
        .values_list("number", "published_at", "run__of_version__number")
    )
    moments = [published_at for _number, published_at, _of in versions]
    done = (RunState.SUCCEEDED, RunState.UNCHANGED)
    own: dict[int, Build] = {}
    builds = Build.objects.filter(composition__dataset=dataset_id, run__state__in=done).select_related("run__version")
    for build in builds.order_by("pk"):
        assert build.run is not None  # noqa: S101  it was found by it
        ended_at = build.run.finished_at
        if build.run.version is not None:
            own[build.run.version.number] = build
        elif ended_at is not None and (at := bisect_right(moments, ended_at)):
            own[versions[at - 1][0]] = build
    found: dict[int, Build | None] = {}
    before: Build | None = None
    for number, _published_at, of_number in versions:
        before = own.get(number) or (found.get(of_number) if of_number is not None else before)
        found[number] = before
    return found


def builds_in_versions(dataset_id: int) -> list[Build]:
    """Return the builds whose rows are in a version that is kept, or in a run that may still publish them."""
    built = builds_of_versions(dataset_id)
    kept = DatasetVersion.objects.filter(dataset=dataset_id, purged_at__isnull=True)
    loading = Build.objects.filter(composition__dataset=dataset_id, run__state__in=OPEN_RUN_STATES)
    found = {build.pk: build for number in kept.values_list("number", flat=True) if (build := built[number])}
    return list((found | {one.pk: one for one in loading}).values())


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
    read = Build.objects.filter(
        composition__dataset=dataset_id,
        parts__contains=[{"dataset": erasure.dataset_id}],
        finished_at__lte=erasure.finished_at,
    )
    if erased_at := done.aggregate(at=Max("finished_at"))["at"]:
        read = read.filter(finished_at__gt=erased_at)
    kept = [one.pk for one in builds_in_versions(dataset_id)]
    return read.filter(Q(pk__in=kept) | _STORED, run__isnull=False).exists()
