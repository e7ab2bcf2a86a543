"""Undoing an import batch: what it created and nobody has touched since goes, the rest stays and is named."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog import policies, signals, transitions
from catalog.choices import DecisionAction, EntryStatus, Origin
from catalog.imports import finishing
from catalog.imports.apply import is_open_draft
from catalog.imports.rights import require_continue_import
from catalog.models import Entry, ImportBatch, ImportRow
from catalog.models.imports import BatchState, RowState
from catalog.selectors import entry as selectors
from catalog.services.entry import entry_discard
from catalog.services.imports import Progress, no_progress
from catalog.services.step import decision_record, entry_refresh
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import DomainError, InvalidTransition, NotAllowed, NotVisible


@dataclass(slots=True)
class UndoResult:
    """What an undo did.

    Attributes:
        kept: (row, name, why it was left alone).
    """

    batch: ImportBatch
    discarded: int = 0
    withdrawn: int = 0
    kept: list[tuple[int, str, str]] = field(default_factory=list)


def import_undo(*, actor: Actor, batch_id: int, progress: Progress = no_progress) -> UndoResult:
    """Take back what a batch created: drafts are discarded, published entries withdrawn; one transaction each.

    Entries that anybody touched since, and entries that the batch only updated, are left and named. Departments
    that it created stay. Run again, it goes on where it stopped.

    Raises:
        NotVisible: there is no such batch. NotAllowed: see ``rights.require_continue_import``.
        InvalidTransition: it was undone already.
    """
    batch = ImportBatch.objects.select_related("department").filter(pk=batch_id).first()
    if batch is None:
        raise NotVisible(_("There is no import batch %(batch)d.") % {"batch": batch_id})
    require_continue_import(actor, batch)
    if batch.state == BatchState.UNDONE:
        raise InvalidTransition(_("Import batch %(batch)d was undone already.") % {"batch": batch.pk})
    _stop(batch)
    result = UndoResult(batch)
    touched: set[int] = set()
    rows = list(
        ImportRow.objects.filter(batch=batch, state__in=[RowState.CREATED, RowState.UPDATED])
        .order_by("position")
        .values_list("pk", flat=True)
    )
    for done, row_id in enumerate(rows, start=1):
        department_id = _row_undo(actor, row_id, result)
        if department_id:
            touched.add(department_id)
        progress("undo", done, len(rows))
    _close(actor, batch, result, touched)
    return result


@transaction.atomic
def _stop(batch: ImportBatch) -> None:
    """Let no worker carry the batch on: what is still planned will not be done."""
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.state == BatchState.OPEN:
        ImportRow.objects.filter(batch=locked, state=RowState.PLANNED).update(
            state=RowState.UNDONE, payload=None, done_at=clock.now()
        )
        locked.state, locked.finished_at = BatchState.FINISHED, clock.now()
        locked.counts = finishing.batch_counts(locked)
        locked.save(update_fields=["state", "finished_at", "counts"])


@transaction.atomic
def _row_undo(actor: Actor, row_id: int, result: UndoResult) -> int | None:
    """Undo one row; return the department whose entry went."""
    row = ImportRow.objects.select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None or row.state not in (RowState.CREATED, RowState.UPDATED):
        return None
    if row.state == RowState.UPDATED:
        result.kept.append((row.row, row.name, _("the import only updated it")))
        return None
    if row.entry_id is None:
        result.kept.append((row.row, row.name, _("it is gone already")))
        return None
    try:
        entry = selectors.entry_get_for(actor, row.entry_id, for_update=True)
        if entry.edit_version != row.entry_version:
            result.kept.append((row.row, row.name, _("somebody has changed it since")))
            return None
        department_id = entry.department_id
        with transaction.atomic():
            if is_open_draft(entry):
                entry_discard(actor=actor, ref=entry.pk)
                result.discarded += 1
            elif entry.status == EntryStatus.PUBLISHED:
                entry_withdraw_imported(actor=actor, entry_id=entry.pk, batch=result.batch)
                result.withdrawn += 1
            else:
                result.kept.append((row.row, row.name, _("it is under review")))
                return None
    except DomainError as error:
        result.kept.append((row.row, row.name, str(error.message)))
        return None
    # The entry of a discarded draft is gone; the database has already cleared the reference to it.
    ImportRow.objects.filter(pk=row.pk).update(state=RowState.UNDONE, done_at=clock.now())
    return department_id


@transaction.atomic
def entry_withdraw_imported(*, actor: Actor, entry_id: int, batch: ImportBatch) -> Entry:
    """Withdraw an entry that an import published and nobody touched, in the three steps of any withdrawal.

    No task, clock or message arises: nobody has to act. The steps stand in the entry's history under the names of
    the two import jobs.

    Raises:
        NotAllowed: the actor is not the filing job, or the entry was not imported.
        InvalidTransition: it is not published, or a revision is open.

    Basis:
        internal rule, ADR 0040.
    """
    entry = selectors.entry_get_for(actor, entry_id, for_update=True)
    if not (actor.is_system and actor.username == policies.FILING_JOB and entry.origin == Origin.IMPORTED):
        raise NotAllowed(_("Only the import job withdraws imported entries this way."))
    published = entry.published_revision
    if published is None or entry.working_revision is not None:
        raise InvalidTransition(_("A revision is open. Discard or finish it before you ask for withdrawal."))
    reason = _("Import batch %(batch)d, file “%(file)s”, was undone.") % {"batch": batch.pk, "file": batch.file_name}
    approving = system_actor(policies.APPROVING_JOB)
    for step_actor, action, decision in (
        (actor, "withdraw", DecisionAction.WITHDRAW),
        (actor, "sign_off", DecisionAction.WITHDRAW_SIGN_OFF),
        (approving, "approve", DecisionAction.WITHDRAW_APPROVE),
    ):
        step = transitions.WITHDRAWAL.apply(action, entry.withdrawal)
        entry.withdrawal = step.target
        decision_record(step_actor, entry, published, decision, reason, step.basis)
    entry.withdrawal_reason = reason
    entry_refresh(entry, is_content_new=True)
    audit.record(
        actor,
        "catalog.entry.withdrawn",
        entry,
        before={"status": EntryStatus.PUBLISHED.value},
        after={"withdrawal": entry.withdrawal, "batch": batch.pk},
        note=reason,
    )
    signals.entry_withdrawn.send(Entry, entry=entry, actor=actor)
    return entry


@transaction.atomic
def _close(actor: Actor, batch: ImportBatch, result: UndoResult, touched: set[int]) -> None:
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    locked.state, locked.undone_at = BatchState.UNDONE, clock.now()
    locked.save(update_fields=["state", "undone_at"])
    finishing.completion_tasks_refresh(actor, sorted(touched))
    after = {"discarded": result.discarded, "withdrawn": result.withdrawn, "kept": len(result.kept)}
    audit.record(actor, "catalog.import.undo", locked, after=after)
    result.batch = locked
