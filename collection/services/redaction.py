"""Removing a subject's records from what a run keeps: its original, its rejected rows, its first rows, its words.

What is gone from the storage, damaged, or sealed under a key that is no longer there holds no erasure up: it is let go
of whole, and the report says why.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from catalog.imports.exceptions import Unreadable
from collection import evidence
from collection.intake import Layout
from collection.models import Run, RunNote, RunProblem
from collection.redaction import Outcome, Redaction, Uncertain, ending_of, is_subjects, looked_at
from collection.services.lines_apart import NAME as LINES_APART
from collection.services.lines_apart import lines_apart_open, lines_apart_seal
from collection.services.opening import PRINT
from collection.services.run import original_context
from collection.subject_numbers import Subject
from collection.vault import KeyMissing, Tampered, open_text, seal_text
from core import clock
from core.exceptions import RuleViolation

_LOST = (evidence.Lost, KeyMissing, Tampered, json.JSONDecodeError)
"""What opening a sealed file may end in that no further try mends."""


@dataclass(slots=True)
class Redacted:
    """What changes of a run, to be kept in one transaction.

    Attributes:
        before: what the run kept when it was read, as ``kept_by`` says it.
        line: of the report: ``run``, and figures of what was removed.
        fields: changed fields of the run.
        problems: rows of the tally of rejections that count less now.
        notes: lines of the log that say less now.
        corrections: runs of corrected rows, some of which answer rows that are gone.
        replaced: sealed files that are to be deleted.
        written: sealed files that take their place.
    """

    run: Run
    before: tuple[str, str, dict[str, Any]]
    line: dict[str, Any]
    fields: list[str] = field(default_factory=list)
    problems: list[RunProblem] = field(default_factory=list)
    notes: list[RunNote] = field(default_factory=list)
    corrections: list[Run] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


def kept_by(run: Run) -> tuple[str, str, dict[str, Any]]:
    """Return what a run keeps of what came, and what others let go of when its time is over."""
    return str(run.original.name or ""), str(run.rejects.name or ""), run.found


def run_redact(run_id: int, item: str, subject: Subject, *, keep: Callable[[Redacted], bool]) -> None:
    """Take the subject's records out of everything a run keeps; done again it finds nothing more to do.

    New files are written first, then run and report change in one transaction that also names the old files as
    trash, so a worker that dies in between loses nothing and leaves no file of the subject behind. Nothing is locked
    while files are read: where the run has let go of something meanwhile, it is looked at anew.

    Args:
        keep: called with what changed, where something did; returns whether the run still kept what had been read.
    """
    while True:
        found = _redacted(Run.objects.get(pk=run_id), item, subject)
        if not found.fields or keep(found):
            return
        for name in found.written:
            default_storage.delete(name)


def _redacted(run: Run, item: str, subject: Subject) -> Redacted:
    found = Redacted(run, kept_by(run), {"run": run.pk})
    columns = list(run.found.get("columns", []))
    label = next((label for label, filled in run.mapping.items() if filled == item), "")
    if is_header(columns or list(run.mapping), label, subject):
        _labels(found, columns or list(run.mapping))
    _file_name(found, subject)
    at = columns.index(label) if label in columns else None
    _preview(found, at, subject)
    _lines_apart(found, at, subject)
    _rejects(found, label, subject)
    _original(found, columns, label, subject)
    return found


def is_header(labels: Sequence[str], label: str, subject: Subject) -> bool:
    """Say whether what was taken for the names of columns is a record of the subject.

    Args:
        label: of the column that fills the item, "" where none is known.
    """
    return (bool(label) and subject.is_value(label)) or any(map(subject.is_mentioned, labels))


def _labels(found: Redacted, labels: Sequence[str]) -> None:
    """Forget what was taken for the names of columns, wherever it was noted: all of it is the subject's record."""
    run = found.run
    clean = {one: f"#{at}" for at, one in enumerate(labels, start=1)}
    run.found = {
        **{name: value for name, value in run.found.items() if name != PRINT},
        "columns": [clean.get(one, one) for one in run.found.get("columns", [])],
        "doubts": [_unsaid(one, labels) for one in run.found.get("doubts", [])],
    }
    run.mapping = {clean.get(one, one): item for one, item in run.mapping.items()}
    run.failure = _unsaid(run.failure, labels)
    for line in RunNote.objects.filter(run=run, code="doubt"):
        line.values = _unsaid(line.values, labels)
        found.notes.append(line)
    found.line["labels"] = len(clean)
    found.fields += ["found", "mapping", "failure"]


def _unsaid(kept: Any, labels: Sequence[str]) -> Any:
    """Return what is kept of a reason without the texts that name a column."""
    if isinstance(kept, dict):
        return {name: value if name == "code" else _unsaid(value, labels) for name, value in kept.items()}
    if isinstance(kept, list):
        return [_unsaid(one, labels) for one in kept]
    return "–" if isinstance(kept, str) and any(one in kept for one in labels if one) else kept


def _file_name(found: Redacted, subject: Subject) -> None:
    """Forget a name that tells whose rows came."""
    run = found.run
    if not subject.is_named(run.file_name):
        return
    for line in RunNote.objects.filter(run=run, code="asked"):
        line.values = {**line.values, "file": f"#{run.pk}{ending_of(run.file_name)}"}
        found.notes.append(line)
    run.file_name = f"#{run.pk}{ending_of(run.file_name)}"
    found.line["file_name"] = 1
    found.fields.append("file_name")


def _why(error: Exception) -> str:
    """Return a code of ``collection.erasure_wording`` for what cannot be opened."""
    if isinstance(error, evidence.Lost):
        return "missing"
    return "locked" if isinstance(error, KeyMissing) else "damaged"


def _preview(found: Redacted, at: int | None, subject: Subject) -> None:
    run = found.run
    sealed = run.found.get("preview", "")
    if not sealed:
        return
    context = evidence.context_of(run.pk, "preview")
    try:
        rows: list[list[str | None]] = json.loads(open_text(sealed, context=context))
    except _LOST as error:
        run.found = {key: value for key, value in run.found.items() if key != "preview"}
        found.line["preview_lost"] = _why(error)
        found.fields.append("found")
        return
    kept = [row for row in rows if not is_subjects(row, at, subject)]
    if len(kept) != len(rows):
        run.found = {**run.found, "preview": seal_text(json.dumps(kept, ensure_ascii=False), context=context)}
        found.line["preview"] = len(rows) - len(kept)
        found.fields.append("found")


def _lines_apart(found: Redacted, at: int | None, subject: Subject) -> None:
    """Forget lines that were taken for no rows and are the subject's all the same."""
    run = found.run
    try:
        lines = lines_apart_open(run)
    except _LOST:
        run.found = {key: value for key, value in run.found.items() if key != LINES_APART}
        found.fields.append("found")
        return
    kept = [one for one in lines if not is_subjects(one[2], at, subject)]
    if len(kept) != len(lines):
        lines_apart_seal(run, kept)
        found.line["preview"] = found.line.get("preview", 0) + len(lines) - len(kept)
        found.fields.append("found")


def _rejects(found: Redacted, label: str, subject: Subject) -> None:
    """Seal the rejected rows anew without the subject's, and count them so."""
    run = found.run
    if not run.rejects:
        return
    context = evidence.context_of(run.pk, "rejects")
    gone: list[dict[str, Any]] = []
    is_renamed = "labels" in found.line

    def kept() -> Iterator[bytes]:
        for record in evidence.lines_of(str(run.rejects.name), context):
            cells = list(record["cells"].values())
            at = list(record["cells"]).index(label) if label in record["cells"] else None
            if is_subjects(cells, at, subject):
                gone.append(record)
                continue
            if is_renamed:
                record["cells"] = {f"#{at}": cell for at, cell in enumerate(cells, start=1)}
            yield json.dumps(record, ensure_ascii=False).encode() + b"\n"

    try:
        new = evidence.keep(kept(), folder=f"rejects/{clock.today():%Y/%m}", context=context)
    except _LOST as error:
        found.replaced.append(str(run.rejects.name))
        run.rejects.name = ""
        found.line["rejects_lost"] = _why(error)
        found.fields.append("rejects")
        return
    if not gone and not is_renamed:
        default_storage.delete(new.name)
        return
    found.replaced.append(str(run.rejects.name))
    found.written.append(new.name)
    run.rejects.name = new.name
    run.rows_rejected = max(0, run.rows_rejected - len(gone))
    for problem in RunProblem.objects.filter(run=run):
        broken = [str(problem.item) if problem.item else None, problem.rule]
        rows = {one["row"] for one in gone if broken in one["problems"]}
        if rows:
            problem.count = max(0, problem.count - len(rows))
            problem.first_rows = [number for number in problem.first_rows if number not in rows]
            found.problems.append(problem)
    if gone:
        found.line["rejects"] = len(gone)
        _unanswer(found, {one["row"] for one in gone})
    found.fields += ["rejects", "rows_rejected"]


def _unanswer(found: Redacted, rows: set[int]) -> None:
    """Forget that rows which are gone were corrected: they would count for those that still wait."""
    for one in Run.objects.filter(corrects=found.run).order_by("pk"):
        taken, again = one.answers.get("taken", []), one.answers.get("again", {})
        if rows.isdisjoint([*taken, *again.values()]):
            continue
        one.answers = {
            **one.answers,
            "taken": [row for row in taken if row not in rows],
            "again": {line: row for line, row in again.items() if row not in rows},
        }
        found.corrections.append(one)


def _original(found: Redacted, columns: Sequence[str], label: str, subject: Subject) -> None:
    """Write the original without the subject's records where it has lines; else it is deleted whole."""
    run = found.run
    if not run.original:
        return
    name = str(run.original.name)
    try:
        with evidence.unsealed(name, original_context(run.dataset_id), sha256=run.sha256) as path:
            layout = _layout(run)
            outcome = looked_at(path, run.file_name, layout, label, subject)
            if outcome == Outcome.CLEAN:
                return
            if outcome == Outcome.HOLDS_IT:
                new = _rewritten(path, run, layout, columns, label, subject)
            else:
                new = "unreadable"
    except _LOST as error:
        new = _why(error)
    found.replaced.append(name)
    if isinstance(new, str):
        run.original.name = ""
        found.line["original"] = new
        found.fields.append("original")
        return
    kept, removed = new
    found.written.append(kept.name)
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
    path: Path, run: Run, layout: Layout | None, columns: Sequence[str], label: str, subject: Subject
) -> tuple[evidence.Kept, int] | str:
    """Seal what is left of a file; where that cannot be told for certain, return why not."""
    if layout is None or not Redaction.is_possible(layout):
        return "deleted"
    redaction = Redaction(path, layout, columns, label, subject)
    with evidence.nameless() as (target, left):
        try:
            target.writelines(redaction.pieces())
        except (UnicodeError, Unreadable, Uncertain):
            return "uncertain"
        target.flush()
        if not redaction.removed or looked_at(left, run.file_name, layout, label, subject) == Outcome.HOLDS_IT:
            return "deleted"
        with left.open("rb") as source:
            kept = evidence.keep(
                evidence.pieces_of(source),
                folder=f"evidence/{clock.today():%Y/%m}",
                context=original_context(run.dataset_id),
            )
    return kept, redaction.removed
