"""What a worker does with a run: fetch where it has a source, detect, stage, validate, compare, publish.

Every step may be killed. Readers keep the published version until one transaction in the main database moves the
pointer; what a dead run left in the store is undone when the next takes the fence.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import structlog
from django.conf import settings
from django.db import DataError, transaction

from audit import services as audit
from collection import evidence, policies, selectors, transitions
from collection.choices import PROOFS, LoadMode, Rule, RunOrigin, RunPhase, RunState
from collection.exceptions import RunFailed
from collection.intake import Intake, PlainCopy
from collection.matching import OPERATION, columns_match
from collection.models import Dataset, DatasetVersion, Run, RunProblem, Source
from collection.outgoing import Transient
from collection.selectors.quality import rules_ready
from collection.selectors.run import whole_of
from collection.services import quality_run
from collection.services.answering import answers_find
from collection.services.earlier import version_stage
from collection.services.emptied import (
    absent_items,
    emptied_by_columns,
    emptied_by_rows,
    emptied_note,
    emptied_unanswered,
)
from collection.services.ending import data_confirm, run_ask, run_end, run_settle, unbuilt_require
from collection.services.fetch import original_fetch, run_postpone, source_remember
from collection.services.lines_apart import lines_apart_keep
from collection.services.losses import loss_limit, loss_note, removal_limit, rows_require
from collection.services.note import note
from collection.services.opening import (
    PRINT,
    Opened,
    doubts_of,
    is_answered,
    is_repeat_dropped,
    layout_kept,
    memory_of,
    operation_position,
    original_open,
    unescaped,
)
from collection.services.rejects import rejects_keep
from collection.services.returning import returned_note
from collection.services.run import original_context
from collection.services.unnamed import unnamed_offer, unnamed_unasked
from collection.services.work import Work, actor_of, generation_of, live_key
from collection.store import casting, distributing, fence, loading, names, staging, tables
from collection.store.casting import Bound
from collection.store.columns import columns_from, key_of, needs_everything
from collection.store.loading import Difference, TooManyGone
from collection.vault import seal_text
from core import clock
from core.exceptions import DomainError
from core.faults import place_of
from core.reasons import Reason, reason_of
from workflow import outbox
from workflow.exceptions import LeaseLost
from workflow.live import LiveProgress
from workflow.services.job_slot import JobLease

log = structlog.get_logger(__name__)

MOST_DOUBTS_NOTED = 20


def run_work(*, lease: JobLease, run_id: int) -> None:
    """Carry a run out to a final state, or to its question.

    Args:
        lease: the job slot that this worker holds; its token fences every write.

    Raises:
        LeaseLost: another worker has taken over, or the run was cancelled; it is theirs now.
    """
    work = _begin(lease, run_id)
    if work is None:
        return
    failure: RuntimeError | None = None
    try:
        _carry_out(work)
    except LeaseLost:
        raise
    except DomainError as error:
        run_end(work, "fail", why=reason_of(error))
    except Exception as error:
        if not tables.is_held(error):
            # Neither the message nor the chain goes into the log: the database's own hold cells of rows.
            log.error("collection_run_failed", run=run_id, **place_of(error))
            run_end(work, "fail", why=Reason("run.unexpected"))
            failure = RuntimeError(f"run {run_id}")
        else:
            run_end(work, "fail", why=Reason("run.table_held"))
    finally:
        work.progress.close()
    # However it ended: what was staged are cells in the clear. Where the lease was lost, another worker drops them.
    tables.staging_drop(run_id)
    if failure is not None:
        raise failure from None


@transaction.atomic
def _begin(lease: JobLease, run_id: int) -> Work | None:
    """Take the run up; None where it is done or was cancelled."""
    lease.fence()
    found = Run.objects.select_for_update(of=("self",)).select_related("asked_by__department__region", "source")
    run = found.get(pk=run_id)
    if not transitions.RUN.allows("start", run.state):
        return None
    dataset = Dataset.objects.select_related("entry__published_revision", "entry__working_revision",
                                             "published_version").get(pk=run.dataset_id)  # fmt: skip
    columns = selectors.columns_wanted(dataset.entry)
    if run.origin == RunOrigin.ROLLBACK and run.of_version is not None:
        columns = columns_from(run.of_version.columns)
    published = dataset.published_version
    rules = rules_ready(dataset, columns)
    note(run, "resumed" if run.state == RunState.RUNNING else "again" if run.attempts else "started")
    run.state = transitions.RUN.apply("start", run.state).target
    run.started_at = run.started_at or clock.now()
    run.rows_read = run.rows_rejected = 0
    run.save(update_fields=["state", "started_at", "rows_read", "rows_rejected"])
    RunProblem.objects.filter(run=run).delete()
    return Work(
        run=run,
        dataset=dataset,
        lease=lease,
        actor=actor_of(run),
        progress=LiveProgress(live_key(run.pk)),
        columns=columns,
        published=published,
        generation=generation_of(published, columns),
        rules=rules,
    )


def _carry_out(work: Work) -> None:
    unbuilt_require(work.run, work.dataset)
    if work.run.source is not None and not work.run.original and not _fetch(work, work.run.source):
        return
    published = work.published
    if is_repeat_dropped(work.run, published):
        note(work.run, "repeated")
        run_settle(work)
        return
    fence.fence_take(
        work.dataset.pk,
        work.lease.token,
        generation=published.generation if published else 1,
        published=published.number if published else 0,
    )
    tables.staging_drop(work.run.pk)
    if work.run.origin == RunOrigin.ROLLBACK:
        version_stage(work)
    else:
        with evidence.unsealed(
            str(work.run.original.name), original_context(work.dataset.pk), sha256=work.run.sha256
        ) as path:
            work.enter(RunPhase.DETECT)
            file = original_open(work.run, work.columns, path)
            with file.intake as intake:
                bound = _detect(work, file)
                if bound is None:
                    return
                is_typed = _stage(work, intake, bound)
                if _doubts_arose(work, file) or not _validate(work, intake, bound, is_typed=is_typed):
                    return
    _compare_and_publish(work)


def _fetch(work: Work, source: Source) -> bool:
    """Bring the original in; return whether the run goes on with it now."""
    run = work.run
    try:
        is_new = original_fetch(
            run,
            source,
            lease=work.lease,
            progress=work.progress,
            enter=work.enter,
            published=work.published,
            columns=work.columns,
        )
    except Transient as failure:
        if run_postpone(run, source, work.lease, failure, work.actor):
            return False
        raise
    if not is_new:
        run_settle(work)
    return is_new


# --- Detect ---------------------------------------------------------------------------------------------------------


def _detect(work: Work, file: Opened) -> list[Bound] | None:
    """Bind the file's columns to the items; None where a person has to be asked."""
    run, intake = work.run, file.intake
    remembered = run.mapping or memory_of(run).mapping
    known = {one.item for one in columns_from(work.published.columns)} if work.published else set()
    new = set() if run.mapping or not known else {one.item for one in work.columns} - known
    is_changes = run.mode == LoadMode.CHANGES
    if is_changes and not key_of(work.columns):
        raise RunFailed("changes_need_key")
    matched = columns_match(intake.columns, work.columns, remembered, new=new, has_operation=is_changes)
    missing: list[Any] = [one.name for one in work.columns if not one.nullable and one.item not in matched.values()]
    if is_changes and OPERATION not in matched.values():
        missing.append(Reason("run.operation_column").as_dict())
    unknown = [label for label in intake.columns if label not in matched and label not in remembered]
    run.found = {
        "columns": intake.columns,
        "preview": seal_text(
            json.dumps(intake.preview, ensure_ascii=False), context=evidence.context_of(run.pk, "preview")
        ),
        "doubts": _doubts_told(work, file),
        "missing": missing,
        PRINT: intake.header_print,
    }
    lines_apart_keep(run, intake)
    run.layout = intake.layout.to_dict()
    run.mapping = {label: matched.get(label, "") for label in intake.columns}
    note(run, "detected", format=intake.layout.format, encoding=intake.layout.encoding, columns=len(intake.columns))
    doubts = [one for one in doubts_of(run, file) if one.is_of_content or not file.is_as_before]
    # Rows that are taken for something else are gone without a trace: that is asked about whoever sends the file.
    are_rows_at_stake = any(one.is_of_rows for one in doubts)
    emptied = emptied_unanswered(work, emptied_by_columns(work, matched.values()))

    def record() -> None:
        emptied_note(run, emptied)
        work.save("found", "layout", "mapping")

    if emptied or are_rows_at_stake or (not run.is_confirmed and (missing or unknown or doubts)):
        run_ask(work, record)
        return None
    record()
    if missing:
        raise RunFailed("no_column_for", items=missing)
    if not set(matched.values()) - {OPERATION}:
        raise RunFailed("no_column_fits")
    positions = {item: intake.columns.index(label) for label, item in matched.items()}
    return [Bound(one, positions.get(one.item)) for one in work.columns]


def _doubts_told(work: Work, file: Opened) -> list[dict[str, Any]]:
    return [one.as_dict() for one in doubts_of(work.run, file)]


def _doubts_arose(work: Work, file: Opened) -> bool:
    """Ask about doubts that came up while the rows were read; where nobody is to be asked, note them."""
    run, intake = work.run, file.intake
    if intake.left_out:
        lines_apart_keep(run, intake)
        work.save("found")
    told = _doubts_told(work, file)
    arisen = [one for one in told if one not in run.found["doubts"]]
    if not arisen:
        return False
    run.found["doubts"] = told
    is_settled = is_answered(run, "no_data_rows")
    is_row_doubted = any(one["code"] == "no_data_rows" for one in arisen) and not is_settled
    # A doubt that is noted once more would count as asked anew, were this worker lost.
    noted = [one for one in arisen if not (is_settled and one["code"] == "no_data_rows")]

    def record() -> None:
        work.save("found")
        # What is asked about comes first: the note tells later whether it was answered.
        for one in sorted(noted, key=lambda one: one["code"] != "unnamed")[:MOST_DOUBTS_NOTED]:
            note(run, "doubt", doubt=one)

    def ask() -> None:
        record()
        unnamed_offer(work, intake)

    if run.is_confirmed and not is_row_doubted and not unnamed_unasked(work, intake):
        record()
        return False
    run_ask(work, ask)
    return True


# --- Stage and validate -----------------------------------------------------------------------------------------------


def _stage(work: Work, intake: Intake, bound: Sequence[Bound]) -> bool:
    """Stage what the file holds; return whether as typed rows already."""
    work.enter(RunPhase.STAGE)
    plain = None if work.run.origin == RunOrigin.RESUBMISSION else intake.plain_copy()
    if plain is not None and work.run.mode != LoadMode.CHANGES:
        total = intake.size_bytes
        rows = casting.rows_copy(
            work.stage,
            bound,
            plain,
            lambda done, rows: work.progress(RunPhase.STAGE, done, total, rows),
            is_lasting=tables.is_empty(work.dataset.pk, work.generation),
        )
        if rows is not None:
            work.run.rows_read = rows
            return True
    _stage_cells(work, intake, plain)
    return False


def _stage_cells(work: Work, intake: Intake, plain: PlainCopy | None) -> None:
    """Stage the cells of the file as they are."""
    width = len(intake.columns)
    staging.raw_create(work.stage, width)
    if plain is not None:
        try:
            total = intake.size_bytes
            work.run.rows_read = staging.raw_copy_plain(
                work.stage, plain, lambda done, rows: work.progress(RunPhase.STAGE, done, total, rows)
            )
            return
        except DataError:
            note(work.run, "not_plain")
    rows = intake.rows()
    work.run.rows_read = staging.raw_copy_rows(
        work.stage,
        width,
        unescaped(rows) if work.run.origin == RunOrigin.RESUBMISSION else rows,
        lambda count: work.progress(RunPhase.STAGE, intake.bytes_read, intake.size_bytes, count),
    )


def _validate(work: Work, intake: Intake, bound: Sequence[Bound], *, is_typed: bool) -> bool:
    """Check, note and keep what is rejected; return whether the run may go on."""
    run = work.run
    work.enter(RunPhase.VALIDATE)
    note(run, "staged", rows=run.rows_read, skipped=len(intake.skipped))
    staging.bad_create(work.stage)
    staging.bad_add(work.stage, intake.overlong, Rule.CELLS)
    if not is_typed:
        is_lasting = tables.is_empty(work.dataset.pk, work.generation)
        casting.rows_cast(work.stage, bound, operation_position(run), is_lasting=is_lasting)
    work.lease.heartbeat()
    if work.rules.idle:
        note(run, "rules_idle", count=len(work.rules.idle))
    quality_run.rows_check(run, work.stage, work.rules)
    columns = [one.column for one in bound]
    staging.keys_short(work.stage, columns)
    if run.mode == LoadMode.CHANGES:
        staging.keys_last(work.stage)
    else:
        staging.keys_unique(work.stage, columns)
    tables.table_ensure(work.dataset.pk, work.generation, work.columns)
    if key_of(columns):
        distributing.stage_distribute(work.stage, work.dataset.pk, work.generation)
    there, is_blind = names.table(work.dataset.pk, work.generation), not policies.can_see_changes(work.actor)
    staging.keys_new(work.stage, columns, there, LoadMode(run.mode), is_blind=is_blind)
    if not key_of(columns):  # their keys have just been given, and stay as they are once rows are spread by them
        distributing.stage_distribute(work.stage, work.dataset.pk, work.generation)
    run.rows_rejected = staging.rejected_count(work.stage)
    work.save("rows_read", "rows_rejected")
    answers_find(work, columns, run.found["columns"])
    if run.rows_rejected:
        note(run, "rejected", rejected=run.rows_rejected, read=run.rows_read)
        if is_typed:  # what is kept of a rejected row are its cells as they came
            _stage_cells(work, intake, intake.plain_copy())
        rejects_keep(work, columns, len(intake.columns), list(run.found["columns"]))
    whole = whole_of(run)
    # Corrected rows of which none is wrong are taken, however much of the whole still is.
    if run.rows_rejected and work.dataset.refuses(whole.rejected, whole.read, whole.source):
        note(run, "over_limit", rejected=whole.rejected, read=whole.read)
        run_end(work, "refuse")
        return False
    # An empty file is rather a mistake; a library whose sources give no row, or are gone, has none.
    is_empty_library = run.origin == RunOrigin.LIBRARY and not run.rows_read
    if run.rows_read == run.rows_rejected and run.mode == LoadMode.REPLACE and not is_empty_library:
        if run.rows_rejected:
            raise RunFailed("all_rejected")
        raise RunFailed("no_rows")
    return True


# --- Compare and publish --------------------------------------------------------------------------------------------


def _compare_and_publish(work: Work) -> None:
    run = work.run
    work.enter(RunPhase.COMPARE)
    tables.table_ensure(work.dataset.pk, work.generation, work.columns)
    is_new_generation = work.published is None or work.published.generation != work.generation
    if (
        run.mode != LoadMode.REPLACE
        and work.published is not None
        and needs_everything(columns_from(work.published.columns), work.columns)
    ):
        raise RunFailed("needs_everything")
    if emptied := emptied_unanswered(work, emptied_by_rows(work)):

        def record() -> None:
            emptied_note(run, emptied)
            work.save("found")

        run_ask(work, record)
        return
    if not is_new_generation:
        tables.indexes_ensure(work.dataset.pk, work.generation)
    limit = loss_limit(work)
    if work.published is not None:
        note(run, "comparing", rows=run.rows_read - run.rows_rejected, before=work.published.row_count)
    try:
        rows_require(work, limit)
        difference = loading.load(
            dataset_id=work.dataset.pk,
            generation=work.generation,
            stage=work.stage,
            columns=work.columns,
            mode=LoadMode.REPLACE if is_new_generation else LoadMode(run.mode),
            number=work.number,
            most_removed=removal_limit(work, limit),
            on_found=lambda found: note(run, "compared", **asdict(found)),
        )
    except TooManyGone as loss:
        gone = loss.rows
        run_ask(work, lambda: loss_note(work, gone))
        return
    tables.indexes_ensure(work.dataset.pk, work.generation)
    returned_note(work)
    note(run, "judging")
    work.judgement = quality_run.version_judge(
        run, work.dataset, work.columns, work.rules,
        published=work.published, generation=work.generation, number=work.number,
    )  # fmt: skip
    if work.judgement is not None and work.judgement.refusals and run.origin != RunOrigin.ROLLBACK:
        note(run, "rule_broken")
        run_end(work, "refuse", why=quality_run.refusal_of(work.dataset, work.judgement))
        return
    work.enter(RunPhase.PUBLISH)
    stored = [one.as_dict() for one in work.columns]
    if difference.is_empty and work.published is not None and work.published.columns == stored:
        run_settle(work)
    else:
        _publish(work, difference)
    distributing.table_distribute(
        work.dataset.pk, work.generation, token=work.lease.token, most_rows=settings.DISTRIBUTE_ROWS
    )


@transaction.atomic
def _publish(work: Work, difference: Difference) -> None:
    """Move the pointer: the one moment at which readers begin to see the new version."""
    dataset, run = work.hold()
    if dataset.published_version_id != (work.published.pk if work.published else None):
        raise LeaseLost(str(run))
    unbuilt_require(run, dataset)
    now = clock.now()
    before = work.published.row_count if work.published and work.published.generation == work.generation else 0
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=work.number,
        generation=work.generation,
        lineage=work.published.lineage if work.published else 0,
        columns=[one.as_dict() for one in work.columns],
        row_count=before + difference.added - difference.removed,
        added=difference.added,
        changed=difference.changed,
        removed=difference.removed,
        published_at=now,
    )
    if work.published is not None:
        DatasetVersion.objects.filter(pk=work.published.pk).update(superseded_at=now)
    dataset.published_version = version
    source_remember(run, version.pk)
    # What contractor staff say of a file's columns must not open a masked item in the files of others.
    if run.source_id is None and run.origin in PROOFS and not work.actor.is_contractor:
        dataset.layout, dataset.mapping, dataset.absent = layout_kept(run), run.mapping, absent_items(run)
    dataset.changed_at = now
    dataset.save(update_fields=["published_version", "layout", "mapping", "absent", "changed_at"])
    data_confirm(run, dataset)
    run.version = version
    run.state = transitions.RUN.apply("publish", run.state).target
    run.phase = RunPhase.PUBLISH
    run.finished_at = now
    run.save(update_fields=["version", "state", "phase", "finished_at"])
    quality_run.report_keep(run, dataset, work.judgement, version)
    figures = {"added": version.added, "changed": version.changed, "removed": version.removed}
    note(run, "published", version=version.number, rows=version.row_count, **figures)
    audit.record(
        work.actor,
        "collection.version.publish",
        dataset,
        after={"version": version.number, "rows": version.row_count, **figures},
    )
    outbox.put("collection.version.published", dataset_id=dataset.pk, run_id=run.pk, version=version.number)
    if work.returned:
        outbox.put("collection.run.returned", run_id=run.pk, rows=work.returned)
