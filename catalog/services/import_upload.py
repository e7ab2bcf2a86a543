"""Importing from a page: a file is uploaded, checked, corrected, imported, undone; a worker does the work.

What a person asks for is one short transaction that writes an outbox row; ``upload_work`` is what the worker runs.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from accounts.selectors import actor_for_user
from audit import services as audit
from catalog import policies, transitions
from catalog.choices import UploadState
from catalog.imports import report
from catalog.imports.finishing import problem_counts
from catalog.imports.mapping import ImportMapping
from catalog.imports.plan import PlanOptions
from catalog.imports.reading import Source, open_source
from catalog.imports.text import as_text
from catalog.models import ImportBatch, ImportRow, ImportUpload
from catalog.selectors import import_upload as selectors
from catalog.services import imports
from catalog.services.imports_undo import import_undo
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, FieldError, InvalidTransition, RuleViolation
from workflow import outbox
from workflow.live import LiveProgress
from workflow.services.attachment import safe_name

EVENT = "catalog.import.asked"
MOST_BYTES = 200 * 1024**2
MOST_LINES = 500
"""Problems shown on the page; the report has all of them."""

MOST_TALLY = 200
SAMPLE_ROWS = 5
SECRET = "secret"  # noqa: S105  the code of a problem
STALE_SECONDS = 180


def upload_add(*, actor: Actor, file: "File[Any]", updates: bool = False) -> ImportUpload:
    """Keep an uploaded file and have it checked; nothing of it enters the catalog yet.

    The file is written before the row.

    Args:
        updates: entries that the catalog holds differently are to be revised, not refused.

    Raises:
        NotAllowed: the actor is no cataloguer.
        RuleViolation: the file is empty or too large.
    """
    policies.require_create_entry(actor)
    if not file.size:
        raise RuleViolation([FieldError("file", "empty", _("The file is empty."))])
    if file.size > MOST_BYTES:
        text = _("The file is larger than %(limit)d MB. Split it.") % {"limit": MOST_BYTES // 1024**2}
        raise RuleViolation([FieldError("file", "too_large", text)])
    assert actor.department_id is not None and actor.id is not None  # noqa: PT018, S101  a cataloguer has both
    now = clock.now()
    upload = ImportUpload(
        department_id=actor.department_id,
        file_name=safe_name(file.name or ""),
        size_bytes=file.size,
        updates=updates,
        uploaded_by_id=actor.id,
        uploaded_at=now,
        asked_by_id=actor.id,
        asked_at=now,
    )
    upload.file.save(Path(upload.file_name).suffix.lower() or ".bin", file, save=False)
    try:
        with transaction.atomic():
            upload.save()
            audit.record(actor, "catalog.import.upload", upload, after={"file": upload.file_name, "bytes": file.size})
            _ask_worker(upload)
    except Exception:
        upload.file.delete(save=False)
        raise
    return upload


@transaction.atomic
def upload_check(
    *, actor: Actor, upload_id: int, mapping: Mapping[str, Any], updates: bool | None = None
) -> ImportUpload:
    """Have a file checked again with a corrected mapping.

    Raises:
        NotVisible, NotAllowed: another department's; the actor is no cataloguer.
        InvalidTransition: it is being worked on, or imported already.
        BadMapping: the mapping names something that does not exist.
    """
    ImportMapping.from_dict(dict(mapping))
    upload = _asked(actor, upload_id, "check")
    if upload.batch_id is not None or not upload.file:
        raise InvalidTransition(_("This file cannot be checked again. Upload it anew."))
    upload.mapping = dict(mapping)
    if updates is not None:
        upload.updates = updates
    return _go(actor, upload)


@transaction.atomic
def upload_start(*, actor: Actor, upload_id: int) -> ImportUpload:
    """Have a checked file imported.

    Raises:
        NotVisible, NotAllowed, InvalidTransition: as for ``upload_check``.
    """
    return _go(actor, _asked(actor, upload_id, "start"))


@transaction.atomic
def upload_undo(*, actor: Actor, upload_id: int) -> ImportUpload:
    """Have an import undone: the drafts it made go, unless somebody touched them since.

    Raises:
        NotVisible, NotAllowed, InvalidTransition: as for ``upload_check``.
    """
    return _go(actor, _asked(actor, upload_id, "undo"))


@transaction.atomic
def upload_continue(*, actor: Actor, upload_id: int) -> ImportUpload:
    """Have work that has come to a standstill taken up again.

    Raises:
        InvalidTransition: nothing is under way.
    """
    upload = selectors.upload_get_for(actor, upload_id, for_update=True)
    policies.require_create_entry(actor)
    is_half_done = upload.state == UploadState.FAILED and upload.batch_id is not None
    if not upload.is_working and not is_half_done:
        raise InvalidTransition(_("Nothing is under way with this file."))
    if is_half_done:
        upload.state = UploadState.APPLYING
    return _go(actor, upload)


@transaction.atomic
def upload_discard(*, actor: Actor, upload_id: int) -> None:
    """Throw away a file that was not imported.

    Raises:
        NotVisible, NotAllowed: as for ``upload_check``. InvalidTransition: it is being worked on, or has a batch.
    """
    upload = selectors.upload_get_for(actor, upload_id, for_update=True)
    policies.require_create_entry(actor)
    transitions.UPLOAD.apply("discard", upload.state)
    if upload.batch_id is not None:
        raise InvalidTransition(_("Part of this file has been imported. Continue the import, then undo it."))
    audit.record(actor, "catalog.import.discard", upload, before={"file": upload.file_name})
    transaction.on_commit(lambda: _files_delete(upload))
    ImportUpload.objects.filter(pk=upload.pk).delete()


def _asked(actor: Actor, upload_id: int, action: str) -> ImportUpload:
    upload = selectors.upload_get_for(actor, upload_id, for_update=True)
    policies.require_create_entry(actor)
    upload.state = transitions.UPLOAD.apply(action, upload.state).target
    return upload


def _go(actor: Actor, upload: ImportUpload) -> ImportUpload:
    assert actor.id is not None  # noqa: S101  a cataloguer is a person
    upload.message = ""
    upload.asked_by_id = actor.id
    upload.asked_at = clock.now()
    upload.finished_at = None
    upload.save()
    audit.record(actor, f"catalog.import.{upload.state}", upload, after={"file": upload.file_name})
    _ask_worker(upload)
    return upload


def _ask_worker(upload: ImportUpload) -> None:
    outbox.put(EVENT, slot=upload.asked_at.isoformat())


# --- What the worker does ---------------------------------------------------------------------------------------


def live_key(upload_id: int) -> str:
    """Return the name under which the progress of an upload is noted."""
    return f"catalog.import.{upload_id}"


def upload_work(*, upload_id: int) -> None:
    """Do what was asked for with an upload; run again, it goes on where it stopped."""
    upload = ImportUpload.objects.select_related("department", "batch").filter(pk=upload_id).first()
    if upload is None or not upload.is_working:
        return
    work = {
        UploadState.CHECKING: _check,
        UploadState.APPLYING: _apply,
        UploadState.UNDOING: _undo,
    }[UploadState(upload.state)]
    person = User.objects.select_related("department__region").get(pk=upload.asked_by_id)
    progress = LiveProgress(live_key(upload.pk))
    with translation.override(person.language or settings.LANGUAGE_CODE):
        try:
            work(actor_for_user(person), upload, progress)
        except DomainError as error:
            _fail(upload, str(error.message))
        except Exception:
            _fail(upload, _("Something went wrong on our side. It has been recorded; try again, or report it."))
            raise
        finally:
            progress.close()


def _fail(upload: ImportUpload, message: str) -> None:
    upload.state = UploadState.FAILED
    upload.message = message
    upload.finished_at = clock.now()
    upload.save()


def _finish(upload: ImportUpload, state: UploadState) -> None:
    upload.state = state
    upload.finished_at = clock.now()
    upload.save()


@contextmanager
def _local(upload: ImportUpload) -> Iterator[Path]:
    """Give the file as a path on this machine, wherever it is kept."""
    try:
        path = Path(upload.file.path)
    except NotImplementedError:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(upload.file_name).name
            with upload.file.open("rb") as source, path.open("wb") as target:
                while piece := source.read(1 << 20):
                    target.write(piece)
            yield path
    else:
        yield path


def _options(upload: ImportUpload) -> PlanOptions:
    return PlanOptions(updates=upload.updates)


def _mapping(upload: ImportUpload) -> ImportMapping | None:
    return ImportMapping.from_dict(upload.mapping) if upload.mapping else None


def _check(actor: Actor, upload: ImportUpload, progress: LiveProgress) -> None:
    """Read the file without changing anything: its columns, what would happen, every problem."""
    problems: list[dict[str, Any]] = []
    with _local(upload) as path, tempfile.TemporaryDirectory() as folder:
        mapping = _mapping(upload)
        upload.result = {"columns": _columns(open_source(path, mapping.reading if mapping else None))}
        target = Path(folder) / "report.xlsx"
        writer = report.open_report(target)
        has_secret = False

        def keep(problem: dict[str, Any]) -> None:
            nonlocal has_secret
            has_secret = has_secret or problem["code"] == SECRET
            writer.problem(problem)
            if len(problems) < MOST_LINES:
                problems.append(problem)

        preview = imports.import_preview(
            actor=actor,
            path=path,
            department_code=upload.department.code,
            mapping=mapping,
            options=_options(upload),
            on_problem=keep,
            progress=progress,
        )
        if has_secret:
            _refuse_secret(upload, problems)
            return
        summary = _preview_summary(upload, preview)
        writer.close(summary, preview.tally, report.column_lines(preview.mapping.columns, preview.mapping.left_out))
        _report_keep(upload, target)
    upload.result |= {
        "read_as": _read_as(preview.source),
        "meanings": preview.mapping.columns,
        "left_out": preview.mapping.left_out,
        "rows_read": preview.rows_read,
        "entries": preview.entries,
        "counts": dict(preview.counts),
        "problem_counts": _counted(preview.problems),
        "problems": problems,
        "tally": preview.tally[:MOST_TALLY],
        "unknown": {meaning: words[:50] for meaning, words in preview.unknown.items()},
        "remarks": imports.remarks_of(preview.source),
    }
    _finish(upload, UploadState.CHECKED)


def _refuse_secret(upload: ImportUpload, problems: list[dict[str, Any]]) -> None:
    """Delete a file that holds declared secrets at once, with everything read from it."""
    rows = [str(one["row"]) for one in problems if one["code"] == SECRET]
    _files_delete(upload)
    upload.result = {}
    upload.mapping = {}
    message = _(
        "Rows of this file are declared to hold state or work secrets, or not clearly declared free of them "
        "(row %(rows)s). Such material must not enter this platform (Regulation on Government Data Sharing, Art. 3). "
        "The file was deleted and nothing of it was kept. Handle it on a classified system; upload only what is free "
        "of secrets."
    )
    _fail(upload, message % {"rows": "、".join(rows[:20])})


def _columns(source: Source) -> list[dict[str, Any]]:
    """Return the columns of a file with a few of their values."""
    samples: dict[str, list[str]] = {label: [] for label in source.labels}
    for row in islice(source.rows(), SAMPLE_ROWS * 20):
        for label, found in samples.items():
            text = as_text(row.values.get(label)).strip()
            if text and text[:60] not in found and len(found) < SAMPLE_ROWS:
                found.append(text[:60])
    return [{"label": label, "samples": found} for label, found in samples.items()]


def _read_as(source: Source) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "sheet": source.sheet,
        "header_row": source.header_row,
    }


def _counted(problems: Counter[tuple[str, str]]) -> list[list[Any]]:
    return [[severity, code, count] for (severity, code), count in problems.most_common()]


def _preview_summary(upload: ImportUpload, preview: imports.Preview) -> list[tuple[str, Any]]:
    counts = preview.counts
    return [
        (_("File"), upload.file_name),
        (_("Rows read"), preview.rows_read),
        (_("Entries in the file"), preview.entries),
        (_("Would be created"), counts["create"]),
        (_("Would be updated"), counts["update"]),
        (_("Unchanged"), counts["unchanged"]),
        (_("Would be rejected"), counts["reject"]),
        *[(_("Remark"), text) for text in imports.remarks_of(preview.source)],
    ]


def _report_keep(upload: ImportUpload, path: Path) -> None:
    if upload.report:
        upload.report.delete(save=False)
    with path.open("rb") as stream:
        upload.report.save("report.xlsx", File(stream), save=False)


def _files_delete(upload: ImportUpload) -> None:
    for file in (upload.file, upload.report):
        if file:
            file.delete(save=False)


def _apply(actor: Actor, upload: ImportUpload, progress: LiveProgress) -> None:
    """Plan the file as a batch, then carry the batch out."""
    if upload.batch is None:
        with _local(upload) as path:
            batch, _was_open = imports.import_start(
                actor=actor,
                path=path,
                department_code=upload.department.code,
                mapping=_mapping(upload),
                options=_options(upload),
                file_name=upload.file_name,
                progress=progress,
            )
        upload.batch = batch
        upload.save(update_fields=["batch"])
        upload.file.delete(save=False)
    batch = imports.import_resume(actor=actor, batch_id=upload.batch.pk, progress=progress)
    _batch_report(upload, batch)
    _finish(upload, UploadState.DONE)


def _batch_report(upload: ImportUpload, batch: ImportBatch) -> None:
    counts = batch.counts
    summary = [
        (_("Batch"), batch.pk),
        (_("File"), batch.file_name),
        (_("Entries in the file"), batch.rows_in),
        (_("Created"), counts["created"]),
        (pgettext("import", "Updated"), counts["updated"]),
        (_("with assumed values, to be completed"), counts["assumed"]),
        (_("Unchanged"), counts["unchanged"]),
        (_("Rejected"), counts["rejected"]),
        *[(_("Remark"), text) for text in batch.remarks],
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        imports.report_write(batch, path, summary)
        _report_keep(upload, path)
    upload.result |= {
        "counts": counts,
        "entries": batch.rows_in,
        "problem_counts": _counted(problem_counts(batch)),
        "problems": list(islice(_problems_of(batch), MOST_LINES)),
        "tally": batch.tally[:MOST_TALLY],
        "remarks": batch.remarks,
    }


def _problems_of(batch: ImportBatch) -> Iterator[dict[str, Any]]:
    rows = ImportRow.objects.filter(batch=batch).exclude(problems=[]).order_by("position")
    for problems in rows.values_list("problems", flat=True).iterator(chunk_size=500):
        yield from problems


def _undo(actor: Actor, upload: ImportUpload, progress: LiveProgress) -> None:
    if upload.batch_id is None:
        raise InvalidTransition(_("There is nothing to undo."))
    undone = import_undo(actor=actor, batch_id=upload.batch_id, progress=progress)
    upload.result |= {
        "undo": {
            "discarded": undone.discarded,
            "kept_count": len(undone.kept),
            "kept": [{"row": row, "name": name, "why": str(why)} for row, name, why in undone.kept[:MOST_LINES]],
        }
    }
    _finish(upload, UploadState.UNDONE)
