"""Importing a file: look at it, bring it in as a batch, carry an open batch on, undo one.

A batch is planned whole before anything changes: its rows and all problems are written in one transaction. Then it
is applied entry by entry, so that a run that was killed goes on where it stopped. See docs/adr/0040 and 0042.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department
from accounts.selectors import department_get_by_code, department_match
from accounts.services import alias_add, department_create
from audit import services as audit
from catalog.imports import finishing, report
from catalog.imports.apply import row_apply
from catalog.imports.exceptions import Unreadable
from catalog.imports.mapping import ImportMapping
from catalog.imports.plan import REJECT, UNCHANGED, Planned, Planner, PlanOptions
from catalog.imports.problems import Severity
from catalog.imports.reading import Source, checksum, open_source
from catalog.imports.rights import can_import_everything, require_continue_import, require_start_import
from catalog.models import ImportBatch, ImportRow
from catalog.models.imports import BatchState, RowState
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation

Progress = Callable[[str, int, int | None], None]
"""Told what is being done ("read", "departments", "apply", "undo"), how far, and of how much where that is known."""

INSERT_CHUNK = 500


def no_progress(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Preview:
    """What an import would do.

    Attributes:
        counts: entries by action: create, update, publish, unchanged, reject; and kept_back, of those created the
            ones that would stay drafts although publication was asked for.
        problems: (severity, code) → how many.
        new_departments: name → entries.
    """

    source: Source
    mapping: ImportMapping
    rows_read: int = 0
    entries: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    tally: list[dict[str, Any]] = field(default_factory=list)
    new_departments: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, list[str]] = field(default_factory=dict)


def import_preview(
    *,
    actor: Actor,
    path: Path,
    department_code: str,
    mapping: ImportMapping | None = None,
    options: PlanOptions | None = None,
    on_problem: Callable[[dict[str, Any]], None] | None = None,
    progress: Progress = no_progress,
) -> Preview:
    """Read and check a file without changing anything.

    Args:
        on_problem: receives every problem as it is found, in the order of the file.

    Raises:
        Unreadable, BadMapping: the file or the mapping cannot be used.
        NotAllowed: see ``rights.require_start_import``.
        RuleViolation: there is no such department.
    """
    _department, planner = _planner(actor, path, department_code, mapping, options or PlanOptions())
    preview = Preview(planner.source, planner.mapping)
    for planned in planner.entries():
        preview.entries += 1
        preview.counts[planned.action] += 1
        if planned.action != REJECT and any(one.severity == Severity.NOT_PUBLISHED for one in planned.draft.problems):
            preview.counts["kept_back"] += 1
        if planned.provider is not None and planned.provider.is_new and planned.action != REJECT:
            preview.new_departments[planned.provider.name] += 1
        for problem in planned.draft.problems:
            preview.problems[problem.severity, problem.code] += 1
            if on_problem is not None:
                on_problem(problem.as_dict())
        if preview.entries % 200 == 0:
            progress("read", planner.rows_read, planner.source.total)
    preview.rows_read = planner.rows_read
    preview.tally = list(planner.tally.lines())
    preview.unknown = planner.unknown
    progress("read", planner.rows_read, planner.rows_read)
    return preview


def import_start(
    *,
    actor: Actor,
    path: Path,
    department_code: str,
    mapping: ImportMapping | None = None,
    options: PlanOptions | None = None,
    file_name: str = "",
    progress: Progress = no_progress,
) -> tuple[ImportBatch, bool]:
    """Open a batch for a file: plan it whole and keep the plan; or return the open one of the same file.

    Nothing is changed in the catalog yet: ``import_resume`` does that.

    Returns:
        The batch, and whether it was open already, with the options it was started with.

    Raises:
        Unreadable, BadMapping, NotAllowed, RuleViolation: as for ``import_preview``.
    """
    digest = checksum(path) if path.is_file() else ""
    open_batch = ImportBatch.objects.filter(
        sha256=digest, department__code=department_code, state=BatchState.OPEN
    ).first()
    if open_batch is not None:
        require_continue_import(actor, open_batch)
        return open_batch, True
    options = options or PlanOptions()
    department, planner = _planner(actor, path, department_code, mapping, options)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            department=department,
            file_name=(file_name or path.name)[:200],
            sha256=digest,
            mapping=planner.mapping.as_dict(planner.source),
            publishes=options.publishes,
            updates=options.updates,
            creates_departments=options.creates_departments,
            started_by_id=actor.id if actor.is_person else None,
            started_by_name=actor.name,
            started_at=clock.now(),
        )
        for chunk in _chunks(_rows(batch, planner, progress), INSERT_CHUNK):
            ImportRow.objects.bulk_create(chunk)
        batch.rows_in = ImportRow.objects.filter(batch=batch).count()
        batch.tally = list(planner.tally.lines())
        batch.remarks = remarks_of(planner.source)
        batch.save(update_fields=["rows_in", "tally", "remarks"])
        after = {"file": batch.file_name, "sha256": digest, "rows": batch.rows_in, "publishes": options.publishes}
        audit.record(actor, "catalog.import.start", batch, after=after)
    return batch, False


def import_resume(*, actor: Actor, batch_id: int, progress: Progress = no_progress) -> ImportBatch:
    """Apply what an open batch still has to do, each row in its own transaction, and finish it.

    Raises:
        NotVisible: there is no such batch. NotAllowed: see ``rights.require_continue_import``.
        InvalidTransition: it is finished or undone.
    """
    batch = _batch_get(batch_id)
    require_continue_import(actor, batch)
    if batch.state != BatchState.OPEN:
        raise InvalidTransition(_("Import batch %(batch)d is finished.") % {"batch": batch.pk})
    _departments_create(actor, batch, progress)
    todo = list(
        ImportRow.objects.filter(batch=batch, state=RowState.PLANNED).order_by("position").values_list("pk", flat=True)
    )
    done = batch.rows_in - len(todo)
    for row_id in todo:
        row_apply(actor, batch, row_id)
        done += 1
        progress("apply", done, batch.rows_in)
    return _finish(actor, batch)


def _planner(
    actor: Actor, path: Path, department_code: str, mapping: ImportMapping | None, options: PlanOptions
) -> tuple[Department, Planner]:
    department = department_get_by_code(department_code)
    if department is None or not department.is_active:
        message = _("There is no department “%(code)s”.") % {"code": department_code}
        raise RuleViolation([FieldError("department", "unknown", message)], message)
    require_start_import(actor, department, options)
    if not can_import_everything(actor):
        options = PlanOptions(updates=options.updates, only_department_id=department.pk)
    mapping = mapping or ImportMapping()
    source = open_source(path, mapping.reading)
    return department, Planner(source, mapping.completed(source), department, options)


def remarks_of(source: Source) -> list[str]:
    """Return what a reader of a file should know: how it was read, and which rows were taken for remarks."""
    skipped = [
        _("Row %(row)d was taken for a remark: %(text)s") % {"row": at, "text": text} for at, text in source.skipped
    ]
    return [*source.remarks, *skipped[:500]]


def _rows(batch: ImportBatch, planner: Planner, progress: Progress) -> Iterator[ImportRow]:
    position = 0
    for planned in planner.entries():
        position += 1
        if position % 200 == 0:
            progress("read", planner.rows_read, planner.source.total)
        yield _row(batch, position, planned)
    progress("read", planner.rows_read, planner.rows_read)
    if not position:
        raise Unreadable("header_only")


def _row(batch: ImportBatch, position: int, planned: Planned) -> ImportRow:
    draft, provider = planned.draft, planned.provider
    state = {REJECT: RowState.REJECTED, UNCHANGED: RowState.UNCHANGED}.get(planned.action, RowState.PLANNED)
    return ImportRow(
        batch=batch,
        position=position,
        row=draft.row,
        name=draft.name[:200],
        department_id=provider.department_id if provider else None,
        entry_id=planned.known.pk if planned.known else None,
        state=state,
        action=planned.action,
        digest=planned.digest,
        payload=_payload(planned) if state == RowState.PLANNED else None,
        problems=[one.as_dict() for one in draft.problems],
        assumption_count=len(draft.assumptions),
        entry_version=planned.known.edit_version if planned.known and state == RowState.UNCHANGED else None,
        done_at=clock.now() if state != RowState.PLANNED else None,
    )


def _payload(planned: Planned) -> dict[str, Any]:
    payload = planned.payload()
    if planned.provider is not None and planned.provider.is_new:
        payload |= {"provider_name": planned.provider.name, "provider_alias": planned.provider.alias}
    return payload


def _departments_create(actor: Actor, batch: ImportBatch, progress: Progress) -> None:
    """Create the departments that planned rows need, each in its own transaction with its rows."""
    waiting = ImportRow.objects.filter(batch=batch, state=RowState.PLANNED, department__isnull=True)
    rows: dict[tuple[str, str], list[int]] = {}
    found = waiting.values_list("pk", "payload__provider_name", "payload__provider_alias")
    for pk, name, alias in found.iterator(chunk_size=5000):
        rows.setdefault((name or "", alias or ""), []).append(pk)
    for done, ((name, alias), pks) in enumerate(rows.items(), start=1):
        if not name:
            continue
        with transaction.atomic():
            department = _department_called(actor, batch, name, alias)
            ImportRow.objects.filter(pk__in=pks).update(department=department)
        progress("departments", done, len(rows))


def _department_called(actor: Actor, batch: ImportBatch, name: str, alias: str) -> Department:
    """Return the department of this name in the batch's region, creating it where a killed run has not yet."""
    region = batch.department.region
    department = department_match(name, region_path=region.path)
    if department is None:
        document = _("Import batch %(batch)d, file “%(file)s”") % {"batch": batch.pk, "file": batch.file_name}
        department = department_create(actor=actor, name=name, region=region, document=document[:200])
    if alias:
        alias_add(actor=actor, department_id=department.pk, name=alias)
    return department


@transaction.atomic
def _finish(actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Close a batch whose rows are all done: figures, tasks, notices. One that another worker finished is left."""
    locked = ImportBatch.objects.select_for_update(of=("self",)).select_related("department").get(pk=batch.pk)
    if locked.state != BatchState.OPEN or locked.rows.filter(state=RowState.PLANNED).exists():
        return locked
    locked.counts = finishing.batch_counts(locked)
    locked.state = BatchState.FINISHED
    locked.finished_at = clock.now()
    locked.save(update_fields=["counts", "state", "finished_at"])
    touched = finishing.departments_touched(locked)
    finishing.completion_tasks_refresh(actor, sorted(touched))
    finishing.notices_send(locked, touched, locked.counts)
    audit.record(actor, "catalog.import.finish", locked, after=locked.counts)
    return locked


def _batch_get(batch_id: int) -> ImportBatch:
    batch = ImportBatch.objects.select_related("department__region").filter(pk=batch_id).first()
    if batch is None:
        raise NotVisible(_("There is no import batch %(batch)d.") % {"batch": batch_id})
    return batch


def report_write(batch: ImportBatch, path: Path, summary: list[tuple[str, Any]]) -> None:
    """Write the report of a batch from what its rows keep.

    Raises:
        Unreadable: the report cannot be written, or its ending is neither .xlsx nor .csv.
    """
    writer = report.open_report(path)
    rows = ImportRow.objects.filter(batch=batch).exclude(problems=[]).order_by("position")
    for problems in rows.values_list("problems", flat=True).iterator(chunk_size=1000):
        for problem in problems:
            writer.problem(problem)
    columns = report.column_lines(batch.mapping.get("columns", {}), batch.mapping.get("left_out", {}))
    writer.close(summary, batch.tally, columns)


def _chunks(rows: Iterator[ImportRow], size: int) -> Iterator[list[ImportRow]]:
    chunk: list[ImportRow] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
