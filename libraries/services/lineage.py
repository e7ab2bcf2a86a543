"""What the store keeps of every row's sources goes with the row, and with the build that told it."""

from datetime import timedelta

from django.db import transaction

from collection.models import DatasetVersion
from collection.store.lineage import lineage_drop, lineage_prune, lineages_found
from collection.store.names import Lineage
from core import clock
from core.faults import held_apart
from libraries.choices import BuildState
from libraries.keeping import builds_in_versions, builds_of_versions, builds_unsettled
from libraries.models import Build
from workflow import outbox
from workflow.selectors.job_slot import is_slot_claimed, is_slot_over

UNSETTLED_EVENT = "libraries.lineage.unsettled"
SETTLE_DEADLINE = timedelta(hours=12)


def lineages_sweep() -> int:
    """Drop what dead, failed and superseded builds have told, whatever dies; return of how many."""
    dropped = 0
    for dataset_id in sorted({one.dataset_id for one in lineages_found()}):
        with held_apart("library_lineage_not_swept", dataset=dataset_id):
            dropped += lineages_let_go(dataset_id=dataset_id)
    return dropped


def lineages_let_go(*, dataset_id: int) -> int:
    """Drop what was told of builds whose rows no version that is kept has, nor may come to have; return of how many."""
    found = lineages_found(dataset_id)  # before it is asked which are wanted: what comes meanwhile waits for next time
    if not found:
        return 0
    composing = Build.objects.filter(composition__dataset=dataset_id, state=BuildState.COMPOSING)
    open_builds = set(composing.values_list("pk", flat=True))
    kept = {(one.pk, one.lineage_token) for one in builds_in_versions(dataset_id)}
    gone = [one for one in found if one.build_id not in open_builds and (one.build_id, one.token) not in kept]
    for one in gone:
        lineage_drop(one)
    return len(gone)


def lineages_settle(*, dataset_id: int) -> int:
    """Let what is told of rows be told of none that the versions do not have; return of how many it was.

    An erasure removes some, and others go with the last version that has them. All that is told is compared with all
    rows: this is for work that removes rows, and takes as long itself.

    Basis:
        Personal Information Protection Law, Art. 47.
    """
    lineages_let_go(dataset_id=dataset_id)
    there = set(lineages_found(dataset_id))
    if not there:
        return 0
    told: dict[Lineage, int] = {}
    builds = builds_of_versions(dataset_id)
    # After the builds: a version that is published in between is among these then, and never missing.
    generations = dict(DatasetVersion.objects.filter(dataset=dataset_id).values_list("number", "generation"))
    for number, build in builds.items():
        if build.lineage_token is not None:
            told[Lineage(dataset_id, build.pk, build.lineage_token)] = generations[number]
    return sum(lineage_prune(one, generation) for one, generation in told.items() if one in there)


def lineage_settle(*, build_id: int) -> int:
    """Let what a build told of its rows be told of none that loading rejected; return of how many it was.

    Nothing is removed where no version that is kept has its rows: what it told goes as a whole then.
    """
    build = Build.objects.select_related("composition").get(pk=build_id)
    dataset_id = build.composition.dataset_id
    numbers = [number for number, one in builds_of_versions(dataset_id).items() if one.pk == build.pk]
    removed = 0
    if numbers and build.lineage_token is not None:
        told = Lineage(dataset_id, build.pk, build.lineage_token)
        generation = DatasetVersion.objects.get(dataset=dataset_id, number=max(numbers)).generation
        removed = lineage_prune(told, generation) if told in lineages_found(dataset_id) else 0
    build.is_settled = True
    build.save(update_fields=["is_settled"])
    return removed


def lineages_settle_left() -> int:
    """Ask again for what published builds told and no worker has settled to its end; return of how many."""
    asked = 0
    for build_id in builds_unsettled({one.build_id for one in lineages_found()}):
        with held_apart("library_lineage_not_settled", build=build_id):
            asked += _settle_ask(build_id)
    return asked


@transaction.atomic
def _settle_ask(build_id: int) -> bool:
    """Ask for a worker unless one is at it; only a slot that is over, which no worker takes any more, gives way."""
    build = Build.objects.select_for_update(of=("self",)).get(pk=build_id)
    job = settle_job_name(build_id)
    if is_slot_over(job, build.slot):
        build.slot = max(clock.now(), build.slot + timedelta(microseconds=1))
        build.save(update_fields=["slot"])
    elif is_slot_claimed(job, build.slot):
        return False
    outbox.put(UNSETTLED_EVENT, slot=build.slot.isoformat())
    return True


def settle_job_name(build_id: int) -> str:
    """Return the job under which a worker settles what a build told."""
    return f"libraries.lineage.{build_id}"
