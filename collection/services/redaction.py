"""Removing a subject's records from what a run keeps: its original, its rejected rows, its first rows."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from collection import evidence
from collection.intake import Layout
from collection.models import Run, RunProblem
from collection.redaction import Outcome, Redaction, is_subjects, looked_at
from collection.services.run import original_context
from collection.subject_numbers import Subject
from collection.vault import open_text, seal_text
from core import clock
from core.exceptions import RuleViolation


@dataclass(slots=True)
class Redacted:
    """What changes of a run, to be kept in one transaction.

    Attributes:
        line: of the report: ``run``, and figures of what was removed.
        fields: changed fields of the run.
        problems: rows of the tally of rejections that count less now.
        replaced: sealed files that are to be deleted.
    """

    run: Run
    line: dict[str, Any]
    fields: list[str] = field(default_factory=list)
    problems: list[RunProblem] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)


def run_redact(run: Run, item: str, subject: Subject, *, keep: Callable[[Redacted], None]) -> None:
    """Take the subject's records out of everything a run keeps; done again it finds nothing more to do.

    New files are written first, then run and report change in one transaction that also names the old files as
    trash, so a worker that dies in between loses nothing and leaves no file of the subject behind.

    Args:
        keep: called with what changed, where something did.
    """
    label = next((label for label, filled in run.mapping.items() if filled == item), "")
    found = Redacted(run, {"run": run.pk})
    _labels(found, subject)
    _preview(found, label, subject)
    _rejects(found, label, subject)
    _original(found, label, subject)
    if found.fields:
        keep(found)


def _labels(found: Redacted, subject: Subject) -> None:
    """Take the value out of the names of columns: a first row that was taken for the header may be the subject's."""
    run = found.run
    columns = list(run.found.get("columns", []))
    clean = {one: f"#{at}" for at, one in enumerate(columns, start=1) if subject.is_mentioned(one)}
    if not clean:
        return
    run.found = {
        **run.found,
        "columns": [clean.get(one, one) for one in columns],
        "unknown": [clean.get(one, one) for one in run.found.get("unknown", [])],
    }
    run.mapping = {clean.get(one, one): item for one, item in run.mapping.items()}
    found.line["labels"] = len(clean)
    found.fields += ["found", "mapping"]


def _position(run: Run, label: str) -> int | None:
    columns = list(run.found.get("columns", []))
    return columns.index(label) if label in columns else None


def _preview(found: Redacted, label: str, subject: Subject) -> None:
    run = found.run
    sealed = run.found.get("preview", "")
    if not sealed:
        return
    context = evidence.context_of(run.pk, "preview")
    rows: list[list[str | None]] = json.loads(open_text(sealed, context=context))
    at = _position(run, label)
    kept = [row for row in rows if not is_subjects(row, at, subject)]
    if len(kept) != len(rows):
        run.found = {**run.found, "preview": seal_text(json.dumps(kept, ensure_ascii=False), context=context)}
        found.line["preview"] = len(rows) - len(kept)
        found.fields.append("found")


def _rejects(found: Redacted, label: str, subject: Subject) -> None:
    """Seal the rejected rows anew without the subject's, and count them so."""
    run = found.run
    if not run.rejects:
        return
    context = evidence.context_of(run.pk, "rejects")
    gone: list[dict[str, Any]] = []

    def kept() -> Iterator[bytes]:
        for record in evidence.lines_of(str(run.rejects.name), context):
            cells = list(record["cells"].values())
            at = list(record["cells"]).index(label) if label in record["cells"] else None
            if is_subjects(cells, at, subject):
                gone.append(record)
            else:
                yield json.dumps(record, ensure_ascii=False).encode() + b"\n"

    new = evidence.keep(kept(), folder=f"rejects/{clock.today():%Y/%m}", context=context)
    if not gone:
        default_storage.delete(new.name)
        return
    found.replaced.append(str(run.rejects.name))
    run.rejects.name = new.name
    run.rows_rejected = max(0, run.rows_rejected - len(gone))
    for problem in RunProblem.objects.filter(run=run):
        broken = [str(problem.item) if problem.item else None, problem.rule]
        rows = {one["row"] for one in gone if broken in one["problems"]}
        if rows:
            problem.count = max(0, problem.count - len(rows))
            problem.first_rows = [number for number in problem.first_rows if number not in rows]
            found.problems.append(problem)
    found.line["rejects"] = len(gone)
    found.fields += ["rejects", "rows_rejected"]


def _original(found: Redacted, label: str, subject: Subject) -> None:
    """Write the original without the subject's records where it has lines; else it is deleted whole."""
    run = found.run
    if not run.original:
        return
    name = str(run.original.name)
    layout = _layout(run)
    with evidence.unsealed(name, original_context(run.dataset_id), sha256=run.sha256) as path:
        outcome = looked_at(path, run.file_name, layout, label, subject)
        if outcome == Outcome.CLEAN:
            return
        new = _rewritten(path, run, layout, label, subject) if outcome == Outcome.HOLDS_IT else None
    found.replaced.append(name)
    if new is None:
        run.original.name = ""
        found.line["original"] = "unreadable" if outcome == Outcome.UNREADABLE else "deleted"
        found.fields.append("original")
        return
    kept, removed = new
    run.original.name = kept.name
    run.size_bytes, run.sha256 = kept.size_bytes, kept.sha256
    found.line |= {"original": "rewritten", "records": removed}
    found.fields += ["original", "size_bytes", "sha256"]


def _layout(run: Run) -> Layout | None:
    try:
        return Layout.from_dict(run.layout) if run.layout else None
    except (RuleViolation, TypeError):
        return None


def _rewritten(
    path: Path, run: Run, layout: Layout | None, label: str, subject: Subject
) -> tuple[evidence.Kept, int] | None:
    """Seal what is left of a file; None where it has no lines, or its lines are not what the reading saw."""
    if layout is None or not Redaction.is_possible(layout):
        return None
    redaction = Redaction(path, layout, _position(run, label), label, subject)
    with evidence.nameless() as (target, left):
        try:
            target.writelines(redaction.pieces())
        except UnicodeError:
            return None
        target.flush()
        if not redaction.removed or looked_at(left, run.file_name, layout, label, subject) == Outcome.HOLDS_IT:
            return None
        with left.open("rb") as source:
            kept = evidence.keep(
                evidence.pieces_of(source),
                folder=f"evidence/{clock.today():%Y/%m}",
                context=original_context(run.dataset_id),
            )
    return kept, redaction.removed
