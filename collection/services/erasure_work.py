"""What a worker does with an approved erasure. Every step may be killed; the next worker goes on where it ended.

Order: runs under way are cancelled and shut out by the store's fence, unfinished uploads given up; how many rows there
are is noted before any goes; rows with the profiles that were told of them, whose number the store keeps with their
deletion, then originals and rejected rows, then what was remembered of files; last, in one transaction, the counts of
the versions, a new version of another lineage, and the end of the erasure. While it runs nothing can be loaded. Between
two workers the value lies sealed in the erasure and nowhere else. Files that a demand names go in one transaction.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from audit import services as audit
from collection import duty_policies, transitions
from collection.choices import OPEN_RUN_STATES
from collection.duty_choices import WORKING_ERASURE_STATES, ErasureFailure, ErasureState
from collection.models import (
    ConsentRecord,
    Dataset,
    DatasetFile,
    DatasetVersion,
    Erasure,
    PartialUpload,
    Run,
    Source,
    SubjectRequest,
)
from collection.readers.kept_profiles import profiles_forget
from collection.redaction import ending_of
from collection.selectors.erasure import (
    erasable_columns,
    erasure_subject,
    files_concerned,
    generations_of,
    is_being_erased,
    version_latest,
)
from collection.selectors.file import files_of
from collection.services.erasure import erasure_work_ask
from collection.services.note import note
from collection.services.opening import PRINT
from collection.services.redaction import Redacted, is_header, kept_by, run_redact
from collection.services.subject_key import subject_hash
from collection.services.upload import uploads_give_up
from collection.signals import rows_gone
from collection.store import erasing, fence, tables
from collection.subject_numbers import Subject
from collection.vault import KeyMissing, Tampered
from core import clock
from core.actors import system_actor
from core.faults import held_apart
from workflow import outbox
from workflow.selectors.job_slot import is_slot_over
from workflow.services.job_slot import JobLease

ERASER = system_actor(duty_policies.ERASURE_JOB)

REMAINING = ("backups", "copies", "requests", "source")
"""What no erasure of rows reaches, in every report: see ``collection.erasure_wording``."""
REMAINING_OF_FILES = ("backups", "copies")

MOST_ATTEMPTS = 6
"""After so many workers that did not come to the end an erasure fails. The sweep asks for each, so it takes an hour."""
FAILED_EVENT = "collection.erasure.failed"

log = structlog.get_logger(__name__)


def erasure_job_name(erasure_id: int) -> str:
    """Return the job whose slots an erasure's worker holds."""
    return f"collection.erasure.{erasure_id}"


def erasure_work(*, lease: JobLease, erasure_id: int) -> None:
    """Remove the rows of an approved erasure, or go on with one that was interrupted.

    Args:
        lease: the job slot that this worker holds; its token fences every write.

    Raises:
        LeaseLost: another worker has taken over.
    """
    waiting = Erasure.objects.select_related("dataset__entry", "dataset__published_version").get(pk=erasure_id)
    if not transitions.ERASURE.allows("start", waiting.state):
        return
    # Before anything begins: where the value cannot be opened, loading must not wait for what cannot be carried out.
    subject = None if waiting.is_of_files else erasure_subject(waiting)
    erasure = _begin(lease, erasure_id)
    if erasure is None:
        return
    _trash_empty(erasure)
    if subject is None:
        _files_remove(lease, erasure)
        _trash_empty(erasure)
    else:
        _rows_remove(lease, erasure, subject)
    _finish(lease, erasure.pk)


def _rows_remove(lease: JobLease, erasure: Erasure, subject: Subject) -> None:
    dataset = erasure.dataset
    # Data out of use have no published version, but rows of it that are kept: only what came after it is undone.
    latest = version_latest(dataset)
    fence.fence_take(
        dataset.pk,
        lease.token,
        generation=latest.generation if latest else 1,
        published=latest.number if latest else 0,
    )
    for run_id in Run.objects.filter(dataset=dataset, pk__in=tables.runs_staged()).values_list("pk", flat=True):
        tables.staging_drop(run_id)
    generations = generations_of(dataset)
    item = UUID(str(erasure.item))
    # A worker before this one may have removed them already; after one that failed, loads may have brought some back.
    _rows_recall(erasure)
    found = (erasure.rows_erased or 0) + erasing.rows_count(dataset.pk, generations, item, subject.sought)
    found = max(found, erasure.report.get("found", 0))
    erasure.report = {**erasure.report, "found": found}
    _erasure_save(lease, erasure, "report")
    lease.heartbeat()
    gone = erasing.rows_delete(
        dataset.pk, generations, item, subject.sought,
        token=lease.token, erasure=erasure.key, noted=erasure.rows_erased or 0,
    )  # fmt: skip
    rows_gone.send(Erasure, dataset=dataset)
    _rows_gone(erasure, gone)
    # What was found and is gone otherwise went with versions whose time was over, or by another erasure.
    erasure.report = {**erasure.report, "otherwise": max(0, found - (erasure.rows_erased or 0))}
    _erasure_save(lease, erasure, "rows_erased", "report")
    profiles_forget(DatasetVersion.objects.filter(dataset=dataset).values_list("pk", flat=True))
    for run_id in list(Run.objects.filter(dataset=dataset).order_by("pk").values_list("pk", flat=True)):
        lease.heartbeat()
        run_redact(run_id, str(erasure.item), subject, keep=_keeper(lease, erasure))
        _trash_empty(erasure)
    lease.heartbeat()
    others = [UUID(one.item) for one in erasable_columns(dataset) if one.is_text]
    mentions = erasing.mentions_count(dataset.pk, generations, others, subject.sought)
    erasure.report = {**erasure.report, "mentions": mentions}
    _erasure_save(lease, erasure, "report")
    _memory_clean(lease, erasure, subject)


def _rows_gone(erasure: Erasure, count: int) -> None:
    """Note how many rows are removed, by this worker and those before it."""
    erasure.rows_erased = max(erasure.rows_erased or 0, count)
    erasure.report = {**erasure.report, "gone": erasure.rows_erased}


def _rows_recall(erasure: Erasure) -> None:
    """Note what a worker removed that was lost before it could note it."""
    if deleted := erasing.rows_deleted(erasure.key):
        _rows_gone(erasure, deleted)


@transaction.atomic
def _files_remove(lease: JobLease, erasure: Erasure) -> None:
    """Remove the files from every version; their content goes with the trash."""
    lease.fence()
    Dataset.objects.select_for_update(of=("self",)).get(pk=erasure.dataset_id)
    files = list(files_concerned(erasure))
    erasure.rows_erased = (erasure.rows_erased or 0) + len(files)
    erasure.trash = [*erasure.trash, *(str(one.content.name) for one in files)]
    erasure.save(update_fields=["rows_erased", "trash"])
    DatasetFile.objects.filter(pk__in=[one.pk for one in files]).delete()


@transaction.atomic
def _memory_clean(lease: JobLease, erasure: Erasure, subject: Subject) -> None:
    """Forget the subject's row where it was taken for a header, and his number where something is named after it."""
    lease.fence()
    item = str(erasure.item)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("entry").get(pk=erasure.dataset_id)
    sources = Source.objects.select_for_update(of=("self",)).filter(dataset=dataset).order_by("pk")
    remembering: list[Dataset | Source] = [dataset, *sources]
    for kept in remembering:
        label = next((label for label, filled in kept.mapping.items() if filled == item), "")
        if is_header(list(kept.mapping), label, subject):
            kept.mapping = {}
            kept.layout = {name: value for name, value in kept.layout.items() if name != PRINT}
            kept.save(update_fields=["mapping", "layout"])
    own = {"subject_hash__in": [erasure.value_hash, *map(subject_hash, subject.sought.texts)]}
    for record in ConsentRecord.objects.filter(duty__department=dataset.entry.department_id, **own):
        if subject.is_named(record.evidence_name):
            record.evidence_name = ending_of(record.evidence_name)
            record.save(update_fields=["evidence_name"])
    for request in SubjectRequest.objects.filter(department=dataset.entry.department_id, **own):
        if subject.is_named(request.proof_note):
            request.proof_note = ""
            request.save(update_fields=["proof_note"])


@transaction.atomic
def _begin(lease: JobLease, erasure_id: int) -> Erasure | None:
    """Take the erasure up and end the runs that are under way; None where it is done, or waits for another.

    What one erasure writes anew another must not have read before, so of a dataset one is carried out at a time.
    """
    lease.fence()
    dataset_id = Erasure.objects.values_list("dataset_id", flat=True).get(pk=erasure_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("entry", "published_version").get(
        pk=dataset_id
    )  # fmt: skip
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    if not transitions.ERASURE.allows("start", erasure.state):
        return None
    if erasure.state != ErasureState.RUNNING and is_being_erased(dataset):
        erasure.slot = None  # the end of the other asks for a worker: to wait is no attempt
        erasure.save(update_fields=["slot"])
        return None
    now = clock.now()
    for run in Run.objects.select_for_update(of=("self",)).filter(dataset=dataset, state__in=OPEN_RUN_STATES):
        run.state = transitions.RUN.apply("cancel", run.state).target
        run.finished_at = now
        run.save(update_fields=["state", "finished_at"])
        note(run, "shut_out")
        audit.record(ERASER, "collection.run.cancel", run, after={"state": run.state})
        outbox.put("collection.run.cancelled", dataset_id=run.dataset_id, run_id=run.pk)
    erasure.state = transitions.ERASURE.apply("start", erasure.state).target
    erasure.started_at = erasure.started_at or now
    given_up = PartialUpload.objects.filter(dataset=dataset).count()
    if given_up:
        # Part of a file cannot be searched for a person, and the file would bring the rows back when it is whole.
        erasure.trash = [*erasure.trash, *uploads_give_up(dataset)]
        erasure.report = {**erasure.report, "uploads": erasure.report.get("uploads", 0) + given_up}
    erasure.save(update_fields=["state", "started_at", "trash", "report"])
    erasure.dataset = dataset
    return erasure


@transaction.atomic
def _erasure_save(lease: JobLease, erasure: Erasure, *fields: str) -> None:
    lease.fence()
    erasure.save(update_fields=list(fields))


def _keeper(lease: JobLease, erasure: Erasure) -> Callable[[Redacted], bool]:
    """Return what keeps a change of a run: run, report and trash in one transaction, under the lease.

    It refuses where the run keeps something else than what was read: what was let go of must not come back.
    """

    @transaction.atomic
    def keep(found: Redacted) -> bool:
        lease.fence()
        if kept_by(Run.objects.select_for_update(of=("self",)).get(pk=found.run.pk)) != found.before:
            return False
        found.run.save(update_fields=found.fields)
        for problem in found.problems:
            problem.save(update_fields=["count", "first_rows"])
        for line in found.notes:
            line.save(update_fields=["values"])
        for correction in found.corrections:
            correction.save(update_fields=["answers"])
        note(found.run, "erased")
        erasure.report = {**erasure.report, "runs": [*erasure.report.get("runs", []), found.line]}
        erasure.trash = [*erasure.trash, *found.replaced]
        erasure.save(update_fields=["report", "trash"])
        return True

    return keep


def _trash_empty(erasure: Erasure) -> None:
    """Delete the files that were replaced. A worker that dies here leaves them named, so the next deletes them.

    What the storage does not let go of stays named, and is tried again by the sweep; the report counts it.
    """
    if not erasure.trash:
        return
    gone = set()
    for name in erasure.trash:
        try:
            default_storage.delete(name)
        except OSError as error:
            log.error("collection_trash_kept", erasure=erasure.pk, error=type(error).__name__)
        else:
            gone.add(name)
    with transaction.atomic():
        # Beside the sweep a worker that tries again may have named others.
        named = Erasure.objects.select_for_update(of=("self",)).values_list("trash", flat=True).get(pk=erasure.pk)
        erasure.trash = [name for name in named if name not in gone]
        erasure.save(update_fields=["trash"])


@transaction.atomic
def _finish(lease: JobLease, erasure_id: int) -> None:
    lease.fence()
    dataset_id = Erasure.objects.values_list("dataset_id", flat=True).get(pk=erasure_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("published_version").get(pk=dataset_id)
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    step = transitions.ERASURE.apply("finish", erasure.state)
    new = _rows_settle(erasure, dataset)
    erasure.state = step.target
    erasure.sealed_value = ""
    erasure.finished_at = clock.now()
    erasure.report = {
        **erasure.report,
        "rows": erasure.rows_erased or 0,
        "remaining": list(REMAINING_OF_FILES if erasure.is_of_files else REMAINING),
    }
    erasure.save(update_fields=["state", "sealed_value", "finished_at", "report"])
    audit.record(
        ERASER,
        "collection.erasure.finish",
        erasure,
        after={
            "state": erasure.state,
            "value_hash": erasure.value_hash,
            "rows": erasure.rows_erased or 0,
            "otherwise": erasure.report.get("otherwise", 0),
            "runs": len(erasure.report.get("runs", [])),
            "uploads": erasure.report.get("uploads", 0),
            "version": new.number if new else None,
        },
    )
    outbox.put("collection.erasure.done", erasure_id=erasure.pk)
    _next_ask(dataset)


def _rows_settle(erasure: Erasure, dataset: Dataset) -> DatasetVersion | None:
    """Bring counts and the published version to what is left, and note both in the report; return the new version.

    Where nothing went since that was done last, there is none.
    """
    versions = _versions_recount(dataset)
    if not erasure.is_of_files:
        _rows_recall(erasure)
    gone = erasure.rows_erased or 0
    new = _version_begin(dataset, versions) if gone > erasure.report.get("settled", 0) else None
    erasure.report = {
        **erasure.report,
        "versions": [*erasure.report.get("versions", []), *versions],
        "version": new.number if new else erasure.report.get("version"),
        "settled": gone,
    }
    if new is not None:
        event = "collection.version.published" if dataset.is_table else "collection.files.published"
        outbox.put(event, dataset_id=dataset.pk, version=new.number)
    return new


def _versions_recount(dataset: Dataset) -> list[dict[str, int]]:
    """Bring the row counts of the versions that can still be read to what the store holds; return what changed."""
    changed = []
    kept = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True)
    by_generation: dict[int, list[DatasetVersion]] = {}
    for version in kept.order_by("number"):
        by_generation.setdefault(version.generation, []).append(version)
    for generation, versions in by_generation.items():
        if dataset.is_table:
            counts = erasing.version_row_counts(dataset.pk, generation, [one.number for one in versions])
        else:
            counts = {one.number: files_of(one).count() for one in versions}
        for version in versions:
            count = counts.get(version.number, version.row_count)
            if count != version.row_count:
                changed.append({"version": version.number, "before": version.row_count, "after": count})
                DatasetVersion.objects.filter(pk=version.pk).update(row_count=count, changed=Least(F("changed"), count))
    return changed


def _version_begin(dataset: Dataset, recounted: list[dict[str, int]]) -> DatasetVersion | None:
    """Publish the rows that are left as a version of another lineage, so that replicas take a snapshot.

    Args:
        recounted: how many rows the versions held and hold; what the published one lost is what the new one removes.
    """
    old = dataset.published_version
    if old is None:
        return None
    lost = next((one["before"] - one["after"] for one in recounted if one["version"] == old.number), 0)
    old.refresh_from_db()
    now = clock.now()
    new = DatasetVersion.objects.create(
        dataset=dataset,
        number=old.number + 1,
        generation=old.generation,
        lineage=old.lineage + 1,
        columns=old.columns,
        row_count=old.row_count,
        removed=lost,
        published_at=now,
    )
    DatasetVersion.objects.filter(pk=old.pk).update(superseded_at=now)
    dataset.published_version = new
    dataset.save(update_fields=["published_version"])
    after = {"version": new.number, "rows": new.row_count, "removed": new.removed}
    audit.record(ERASER, "collection.version.publish", dataset, after=after)
    return new


def erasures_sweep() -> int:
    """Ask anew for the erasures whose worker is lost for good: an approved erasure is carried out, whatever dies.

    Of those that wait for another of the same data one is asked for where none is carried out.
    One of which no worker has come to the end after several attempts fails: people are told, and loading goes on.
    Files that the storage did not let go of are tried again.
    """
    asked = 0
    for erasure_id, slot in Erasure.objects.filter(state__in=WORKING_ERASURE_STATES).values_list("pk", "slot"):
        if slot is not None and is_slot_over(erasure_job_name(erasure_id), slot):
            with held_apart("collection_erasure_not_swept", erasure=erasure_id):
                asked += erasure_ask_again(erasure_id=erasure_id, slot=slot)
    waiting = Erasure.objects.filter(state=ErasureState.APPROVED, slot__isnull=True)
    for dataset_id in set(waiting.values_list("dataset_id", flat=True)):
        with held_apart("collection_erasure_not_swept", dataset=dataset_id):
            asked += erasure_next_ask(dataset_id=dataset_id)
    # What one that failed has replaced holds the person's rows, and another attempt may never come.
    for erasure in Erasure.objects.exclude(state__in=WORKING_ERASURE_STATES).exclude(trash=[]):
        with held_apart("collection_trash_not_emptied", erasure=erasure.pk):
            _trash_empty(erasure)
    return asked


@transaction.atomic
def erasure_ask_again(*, erasure_id: int, slot: datetime) -> int:
    """Count the attempt that was lost, and ask for another, or end the erasure; return how many were asked for.

    Args:
        slot: of the attempt that was lost. Where another is asked for already nothing is done, so that of two who find
            the same attempt lost one asks.
    """
    dataset_id = Erasure.objects.values_list("dataset_id", flat=True).get(pk=erasure_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("entry", "published_version").get(
        pk=dataset_id
    )  # fmt: skip
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    if erasure.state not in WORKING_ERASURE_STATES or erasure.slot != slot:
        return 0
    erasure.dataset = dataset
    erasure.attempts += 1
    if erasure.attempts >= MOST_ATTEMPTS:
        _give_up(erasure, dataset)
        return 0
    erasure.slot = clock.now()
    erasure.save(update_fields=["attempts", "slot"])
    erasure_work_ask(erasure)
    return 1


def _give_up(erasure: Erasure, dataset: Dataset) -> None:
    """End an erasure that no worker comes to the end of; what was removed so far is published as such."""
    step = transitions.ERASURE.apply("fail", erasure.state)
    if erasure.rows_erased or erasure.report.get("found"):
        _rows_settle(erasure, dataset)
    erasure.state, erasure.failure = step.target, _why_failed(erasure)
    erasure.save(update_fields=["state", "failure", "attempts", "rows_erased", "report"])
    after = {"state": erasure.state, "failure": erasure.failure, "rows": erasure.rows_erased or 0}
    audit.record(ERASER, "collection.erasure.fail", erasure, after=after)
    outbox.put(FAILED_EVENT, erasure_id=erasure.pk)
    _next_ask(dataset)


def _next_ask(dataset: Dataset) -> int:
    waiting = Erasure.objects.filter(dataset=dataset, state=ErasureState.APPROVED, slot__isnull=True)
    erasure = waiting.order_by("decided_at", "pk").first()
    if erasure is None or is_being_erased(dataset):
        return 0
    erasure.slot = clock.now()
    erasure.save(update_fields=["slot"])
    erasure_work_ask(erasure)
    return 1


@transaction.atomic
def erasure_next_ask(*, dataset_id: int) -> int:
    """Ask for the erasure of a dataset that has waited longest, if none is carried out; return how many."""
    return _next_ask(Dataset.objects.select_for_update(of=("self",)).get(pk=dataset_id))


def _why_failed(erasure: Erasure) -> ErasureFailure:
    try:
        if not erasure.is_of_files:
            erasure_subject(erasure)
    except (KeyMissing, Tampered):
        return ErasureFailure.SEALED
    return ErasureFailure.ERROR
