"""What a worker does with an approved erasure. Every step may be killed; the next worker goes on where it ended.

Order: runs under way are cancelled and shut out by the store's fence; how many rows there are is noted before any
goes; rows with the profiles that were told of them, then originals and rejected rows; last, in one transaction, the
counts of the versions, a new version of another lineage, and the end of the erasure. While it runs nothing can be
loaded.
"""

from collections.abc import Callable
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from audit import services as audit
from collection import duty_policies, signals, transitions
from collection.choices import OPEN_RUN_STATES
from collection.duty_choices import WORKING_ERASURE_STATES
from collection.models import Dataset, DatasetVersion, Erasure, Run
from collection.readers.kept_profiles import profiles_forget
from collection.selectors.erasure import generations_of
from collection.services.erasure import erasure_work_ask, value_context
from collection.services.note import note
from collection.services.redaction import Redacted, run_redact
from collection.store import erasing, fence, tables
from collection.subject_numbers import Subject
from collection.vault import open_text
from core import clock
from core.actors import system_actor
from workflow import outbox
from workflow.selectors.job_slot import is_slot_over
from workflow.services.job_slot import JobLease

ERASER = system_actor(duty_policies.ERASURE_JOB)

REMAINING = ("backups", "copies", "source")
"""What no erasure reaches, in every report: see ``collection.erasure_wording``."""


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
    erasure = _begin(lease, erasure_id)
    if erasure is None:
        return
    dataset = erasure.dataset
    published = dataset.published_version
    subject = Subject(open_text(erasure.sealed_value, context=value_context(erasure.key)))
    _trash_empty(erasure)
    fence.fence_take(
        dataset.pk,
        lease.token,
        generation=published.generation if published else 1,
        published=published.number if published else 0,
    )
    for run_id in Run.objects.filter(dataset=dataset, pk__in=tables.runs_staged()).values_list("pk", flat=True):
        tables.staging_drop(run_id)
    generations = generations_of(dataset)
    item = UUID(str(erasure.item))
    if erasure.rows_erased is None:
        erasure.rows_erased = erasing.rows_count(dataset.pk, generations, item, subject.values)
        _erasure_save(lease, erasure, "rows_erased")
    lease.heartbeat()
    erasing.rows_delete(dataset.pk, generations, item, subject.values, token=lease.token)
    profiles_forget(DatasetVersion.objects.filter(dataset=dataset).values_list("pk", flat=True))
    for run in Run.objects.filter(dataset=dataset).order_by("pk").iterator(chunk_size=100):
        lease.heartbeat()
        run_redact(run, str(erasure.item), subject, keep=_keeper(lease, erasure))
        _trash_empty(erasure)
    _finish(lease, erasure.pk)


@transaction.atomic
def _begin(lease: JobLease, erasure_id: int) -> Erasure | None:
    """Take the erasure up and end the runs that are under way; None where it is done."""
    lease.fence()
    dataset_id = Erasure.objects.values_list("dataset_id", flat=True).get(pk=erasure_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("entry", "published_version").get(
        pk=dataset_id
    )  # fmt: skip
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    if not transitions.ERASURE.allows("start", erasure.state):
        return None
    now = clock.now()
    for run in Run.objects.select_for_update(of=("self",)).filter(dataset=dataset, state__in=OPEN_RUN_STATES):
        run.state = transitions.RUN.apply("cancel", run.state).target
        run.finished_at = now
        run.save(update_fields=["state", "finished_at"])
        note(run, "shut_out")
        audit.record(ERASER, "collection.run.cancel", run, after={"state": run.state})
    erasure.state = transitions.ERASURE.apply("start", erasure.state).target
    erasure.started_at = erasure.started_at or now
    erasure.save(update_fields=["state", "started_at"])
    erasure.dataset = dataset
    return erasure


@transaction.atomic
def _erasure_save(lease: JobLease, erasure: Erasure, *fields: str) -> None:
    lease.fence()
    erasure.save(update_fields=list(fields))


def _keeper(lease: JobLease, erasure: Erasure) -> Callable[[Redacted], None]:
    """Return what keeps a change of a run: run, report and trash in one transaction, under the lease."""

    @transaction.atomic
    def keep(found: Redacted) -> None:
        lease.fence()
        found.run.save(update_fields=found.fields)
        for problem in found.problems:
            problem.save(update_fields=["count", "first_rows"])
        note(found.run, "erased")
        erasure.report = {**erasure.report, "runs": [*erasure.report.get("runs", []), found.line]}
        erasure.trash = [*erasure.trash, *found.replaced]
        erasure.save(update_fields=["report", "trash"])

    return keep


def _trash_empty(erasure: Erasure) -> None:
    """Delete the files that were replaced. A worker that dies here leaves them named, so the next deletes them."""
    if not erasure.trash:
        return
    for name in erasure.trash:
        default_storage.delete(name)
    erasure.trash = []
    erasure.save(update_fields=["trash"])


@transaction.atomic
def _finish(lease: JobLease, erasure_id: int) -> None:
    lease.fence()
    dataset_id = Erasure.objects.values_list("dataset_id", flat=True).get(pk=erasure_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("published_version").get(pk=dataset_id)
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    step = transitions.ERASURE.apply("finish", erasure.state)
    versions = _versions_recount(dataset)
    new = _version_begin(dataset, erasure) if erasure.rows_erased else None
    erasure.state = step.target
    erasure.sealed_value = ""
    erasure.finished_at = clock.now()
    erasure.report = {
        **erasure.report,
        "rows": erasure.rows_erased or 0,
        "versions": versions,
        "version": new.number if new else None,
        "remaining": list(REMAINING),
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
            "runs": len(erasure.report.get("runs", [])),
            "version": new.number if new else None,
        },
    )
    outbox.put("collection.erasure.done", erasure_id=erasure.pk)
    if new is not None:
        signals.version_published.send(sender=Dataset, dataset=dataset, version=new, actor=ERASER)


def _versions_recount(dataset: Dataset) -> list[dict[str, int]]:
    """Bring the row counts of the versions that can still be read to what the store holds; return what changed."""
    changed = []
    kept = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True)
    by_generation: dict[int, list[DatasetVersion]] = {}
    for version in kept.order_by("number"):
        by_generation.setdefault(version.generation, []).append(version)
    for generation, versions in by_generation.items():
        counts = erasing.version_row_counts(dataset.pk, generation, [one.number for one in versions])
        for version in versions:
            count = counts.get(version.number, version.row_count)
            if count != version.row_count:
                changed.append({"version": version.number, "before": version.row_count, "after": count})
                DatasetVersion.objects.filter(pk=version.pk).update(row_count=count, changed=Least(F("changed"), count))
    return changed


def _version_begin(dataset: Dataset, erasure: Erasure) -> DatasetVersion | None:
    """Publish the rows that are left as a version of another lineage, so that replicas take a snapshot."""
    old = dataset.published_version
    if old is None:
        return None
    old.refresh_from_db()
    now = clock.now()
    new = DatasetVersion.objects.create(
        dataset=dataset,
        number=old.number + 1,
        generation=old.generation,
        lineage=old.lineage + 1,
        columns=old.columns,
        row_count=old.row_count,
        removed=erasure.rows_erased or 0,
        published_at=now,
    )
    DatasetVersion.objects.filter(pk=old.pk).update(superseded_at=now)
    dataset.published_version = new
    dataset.save(update_fields=["published_version"])
    after = {"version": new.number, "rows": new.row_count, "removed": new.removed}
    audit.record(ERASER, "collection.version.publish", dataset, after=after)
    return new


def erasures_sweep() -> int:
    """Ask anew for the erasures whose worker is lost for good: an approved erasure is carried out, whatever dies."""
    asked = 0
    for erasure_id, slot in Erasure.objects.filter(state__in=WORKING_ERASURE_STATES).values_list("pk", "slot"):
        if slot is not None and is_slot_over(erasure_job_name(erasure_id), slot):
            asked += _ask_again(erasure_id)
    return asked


@transaction.atomic
def _ask_again(erasure_id: int) -> int:
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    if erasure.state not in WORKING_ERASURE_STATES:
        return 0
    erasure.slot = clock.now()
    erasure.save(update_fields=["slot"])
    erasure_work_ask(erasure)
    return 1
