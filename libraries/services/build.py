"""Asking for builds of library datasets: by hand, when a source has published, and when something was missed."""

from datetime import timedelta

import structlog
from django.db import transaction

from audit import services as audit
from collection.exceptions import RunOpen
from collection.models import Dataset
from collection.policies import LIBRARY_JOB
from collection.selectors.run import run_open_of
from collection.services.run import upload_require
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import DomainError, InvalidTransition
from core.faults import held_apart
from core.reasons import Reason
from libraries import policies, transitions
from libraries.belonging import library_of
from libraries.choices import BuildReason, BuildState
from libraries.models import Build, Composition, Part
from libraries.schedules import SWEEPING
from libraries.selectors import (
    OPEN_STATES,
    datasets_built_from,
    is_behind,
    is_built,
    library_dataset_get_for,
    parts_of,
    reason_to_build,
    rests_on_build,
)
from sharing.selectors.pull import row_quota_of
from workflow import outbox
from workflow.selectors.job_slot import is_slot_claimed, is_slot_over

log = structlog.get_logger(__name__)

ASKED_EVENT = "libraries.build.asked"
FAILED_EVENT = "libraries.build.failed"
LOST_EVENT = "libraries.build.lost"
BUILDER = system_actor(LIBRARY_JOB)
UNCLAIMED = timedelta(hours=1)
"""How long a build may wait for a worker, though nothing is in its way, before it is asked for again."""


def job_name(build_id: int) -> str:
    """Return the job whose slots a build's worker holds."""
    return f"libraries.build.{build_id}"


def claim_name(build: Build, part: Part) -> str:
    """Return under what a build sets rows of a source aside: a worker after one that was killed takes them once."""
    return f"{job_name(build.pk)}.{part.pk}"


@transaction.atomic
def build_ask(*, actor: Actor, dataset_id: int, reason: BuildReason = BuildReason.HAND) -> Build:
    """Have a library dataset built from its sources; one that waits already does for both.

    Where a run or a build is under way, it is done after that has ended. Without sources a build takes the rows of the
    last one away.

    Raises:
        NotVisible, NotAllowed: the actor does not keep this library dataset.
        InvalidTransition: it has no sources and was never built, the data take no rows, or they have sources and belong
            to no library that their department leads.
    """
    dataset, library = library_dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_ask_build(actor, dataset, library)
    composition = Composition.objects.select_for_update().filter(dataset=dataset).first()
    if composition is None or not (parts_of(composition).exists() or _was_built(composition, dataset)):
        raise InvalidTransition(Reason("build.no_sources"))
    if library_of(dataset) is None and is_built(dataset.pk):
        raise InvalidTransition(Reason("build.no_library"))
    try:
        upload_require(dataset)
    except RunOpen:
        pass  # it is remembered
    waiting = Build.objects.filter(composition=composition, state=BuildState.ASKED).first()
    if waiting is not None:
        return waiting
    now = clock.now()
    build = Build.objects.create(
        composition=composition,
        reason=reason,
        asked_at=now,
        asked_by_id=actor.id if actor.is_person else None,
        slot=now,
    )
    audit.record(actor, "libraries.build.ask", build, after={"reason": build.reason})
    if not is_way_barred(build, dataset):
        outbox.put(ASKED_EVENT, slot=build.slot.isoformat())
    return build


def _was_built(composition: Composition, dataset: Dataset) -> bool:
    return rests_on_build(dataset) and Build.objects.filter(composition=composition, state=BuildState.SENT).exists()


def is_way_barred(build: Build, dataset: Dataset) -> bool:
    """Say whether a build has to wait: for a run of the dataset, or for another build of it."""
    composing = Build.objects.filter(composition=build.composition_id, state=BuildState.COMPOSING).exclude(pk=build.pk)
    return run_open_of(dataset) is not None or composing.exists()


@transaction.atomic
def build_go_on(*, dataset_id: int) -> bool:
    """Ask a worker for the build of a dataset that waits, if nothing is in its way any more; return whether it did."""
    build = (
        Build.objects.select_for_update(of=("self",))
        .filter(composition__dataset=dataset_id, state=BuildState.ASKED)
        .select_related("composition__dataset")
        .first()
    )
    if build is None or is_way_barred(build, build.composition.dataset):
        return False
    if is_slot_claimed(job_name(build.pk), build.slot):  # else it keeps its place with the workers
        build.slot = max(clock.now(), build.slot + timedelta(microseconds=1))
        build.save(update_fields=["slot"])
    outbox.put(ASKED_EVENT, slot=build.slot.isoformat())
    return True


def builds_follow(*, dataset_id: int) -> int:
    """Have every library dataset built anew that has a dataset as a source; return how many.

    The first build of a library dataset is asked for by hand. One that has read the version already is left alone.
    """
    return sum(_asked(one, BuildReason.PUBLISHED) for one in datasets_built_from(dataset_id) if is_behind(one))


def build_repeat(*, dataset_id: int) -> bool:
    """Ask again for a build that something else came before; return whether it can still be built."""
    return _asked(dataset_id, BuildReason.REPEATED)


def build_renew(*, dataset_id: int) -> bool:
    """Ask for a build because a source may not be read as it was; return whether it can still be built."""
    return _asked(dataset_id, BuildReason.PARTS)


def _asked(dataset_id: int, reason: BuildReason) -> bool:
    """Ask for a build in the name of the platform; what cannot be built any more is left."""
    try:
        build_ask(actor=BUILDER, dataset_id=dataset_id, reason=reason)
    except DomainError as refused:
        log.info("library_build_refused", dataset=dataset_id, code=refused.code)
        return False
    return True


def builds_sweep() -> int:
    """Fail the builds whose worker is lost for good, and ask again for those that nobody took up; return how many."""
    touched = 0
    for build in Build.objects.filter(state__in=OPEN_STATES).select_related("composition").order_by("pk"):
        with held_apart("library_build_not_swept", build=build.pk):
            touched += _swept(build)
    return touched


def _swept(build: Build) -> bool:
    is_over = is_slot_over(job_name(build.pk), build.slot)
    if build.state == BuildState.COMPOSING:
        return is_over and _given_up(build)
    return (is_over or _is_overdue(build)) and build_go_on(dataset_id=build.composition.dataset_id)


@transaction.atomic
def _given_up(build: Build) -> bool:
    """Fail a build whose worker is lost."""
    has_failed = build_fail(build.pk, Reason("build.worker_lost"))
    if has_failed:
        outbox.put(LOST_EVENT, build_id=build.pk)
    return has_failed


def build_rows_release(*, build_id: int) -> None:
    """Give back the rows that a build whose worker is lost set aside of what its grants give in a day.

    What was given back already is not again.
    """
    build = Build.objects.get(pk=build_id)
    read = Part.objects.filter(composition=build.composition_id, grant__rows_per_day__isnull=False)
    for part in read.select_related("grant"):
        quota = row_quota_of(part.grant) if part.grant is not None else None
        if quota is not None:
            quota.claim = claim_name(build, part)
            quota.release()


def _is_overdue(build: Build) -> bool:
    """Say whether another hour has passed since the last sweep in which no worker took a build up."""
    waited = clock.now() - build.slot
    return waited > UNCLAIMED and waited % UNCLAIMED < timedelta(seconds=SWEEPING.seconds)


def builds_catch_up() -> int:
    """Ask for a build where the last one failed, or its sources are not what they were then; return how many."""
    found = Composition.objects.filter(builds__isnull=False, dataset__retired_at__isnull=True).distinct()
    asked = 0
    for one in found.order_by("pk"):
        with held_apart("library_build_not_asked", dataset=one.dataset_id):
            reason = reason_to_build(one)
            asked += reason is not None and _asked(one.dataset_id, reason)
    return asked


@transaction.atomic
def build_fail(build_id: int, why: Reason, *, is_told: bool = True) -> bool:
    """Bring a build to its end without a result; what was published stays. Return whether it was under way.

    Args:
        is_told: tell those who keep the dataset, unless the build before failed for the same reason.
    """
    build = Build.objects.select_for_update(of=("self",)).get(pk=build_id)
    if not transitions.BUILD.allows("fail", build.state):
        return False
    build.state = transitions.BUILD.apply("fail", build.state).target
    build.finished_at, build.failure = clock.now(), why.as_dict()
    build.save(update_fields=["state", "finished_at", "failure"])
    audit.record(BUILDER, "libraries.build.fail", build, after={"failure": why.code})
    before = Build.objects.filter(composition=build.composition_id, pk__lt=build.pk).order_by("-pk").first()
    if is_told and (before is None or before.state != BuildState.FAILED or before.failure != build.failure):
        outbox.put(FAILED_EVENT, build_id=build.pk)
    return True
