"""Asking for a run, answering its questions, cancelling it. What the worker does is in ``ingest``."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.choices import EntryStatus
from collection import evidence, policies, selectors, transitions
from collection.blind_loading import require_blind_load
from collection.built_data import require_loaded_by_people, require_returnable
from collection.choices import MODES_BY_KEY, LoadMode, RunOrigin, RunState
from collection.exceptions import RunOpen
from collection.intake import Layout
from collection.matching import OPERATION
from collection.models import Dataset, Run
from collection.selectors.dataset import version_named, why_not_returned
from collection.selectors.erasure import is_being_erased
from collection.selectors.run import question_of, rows_corrected, run_open_of
from collection.services.emptied import emptied_agreed
from collection.services.lines_apart import LineApart, lines_apart_open
from collection.services.note import note
from collection.store.columns import key_of
from collection.vault import open_text
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, FieldError, InvalidTransition, NotVisible, RuleViolation, StaleEdit
from core.reasons import Reason
from workflow import outbox
from workflow.services.attachment import safe_name

EVENT = "collection.run.asked"
MOST_BYTES = 20 * 1024**3


def run_upload(
    *,
    actor: Actor,
    dataset_id: int,
    pieces: Iterable[bytes],
    file_name: str,
    mode: str = "",
    origin: RunOrigin = RunOrigin.UPLOAD,
    layout: Mapping[str, Any] | None = None,
    mapping: Mapping[str, str] | None = None,
    is_confirmed: bool = False,
    corrects: Run | None = None,
    beside: Callable[[Run], object] | None = None,
) -> Run:
    """Keep a file as evidence and ask a worker to bring it in.

    The sealed file is written before the row; if the row never comes, the file is deleted.

    Args:
        pieces: the file's bytes.
        mode: what the rows mean for those that are there; the dataset's usual way by default.
        layout: how the file is read; guessed, or as the last time, where it is left out.
        mapping: column of the file → identity of the item; found by name where it is left out.
        is_confirmed: do not stop to ask, whatever is doubtful.
        beside: what else happens in the transaction that adds the run, which it is given; what it raises undoes both.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the data were unhooked, or are built.
        RunOpen: a run is under way. RuleViolation: the file is empty or too large, or the mode unknown.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id)
    policies.require_load_dataset(actor, dataset.entry)
    chosen = _mode(dataset, mode)
    require_blind_load(actor, dataset, chosen)
    require_loaded_by_people(dataset, chosen)
    upload_require(dataset)
    if layout:
        Layout.from_dict(dict(layout))
    kept = evidence.keep(
        _limited(pieces), folder=f"evidence/{clock.today():%Y/%m}", context=original_context(dataset.pk)
    )
    try:
        if kept.size_bytes == 0:
            raise RuleViolation([FieldError("file", "empty", _("The file is empty."))])
        with transaction.atomic():
            run = run_add(
                actor,
                dataset_id,
                origin=origin,
                mode=chosen,
                original=kept.name,
                file_name=safe_name(file_name),
                size_bytes=kept.size_bytes,
                sha256=kept.sha256,
                layout=dict(layout or {}),
                mapping=dict(mapping or {}),
                is_confirmed=is_confirmed,
                corrects=corrects,
            )
            if beside is not None:
                beside(run)
        return run
    except DomainError:  # after any other error the run may be there, and needs its file
        default_storage.delete(kept.name)
        raise


def upload_require(dataset: Dataset) -> None:
    """Refuse a dataset that cannot take a file now.

    Raises:
        InvalidTransition: the dataset was retired, or is no table. RunOpen: a run is under way.
    """
    _require_hooked(dataset)
    if run_open_of(dataset) is not None:
        raise RunOpen


def _require_hooked(dataset: Dataset) -> None:
    """Refuse to load data that were unhooked, are files, belong to no entry any more, or are being erased.

    Raises:
        InvalidTransition: the dataset was retired or is no table, the entry was withdrawn, or an erasure runs.
    """
    if not dataset.is_table:
        raise InvalidTransition(Reason("run.consists_of_files"))
    if dataset.is_retired:
        raise InvalidTransition(Reason("run.not_hooked"))
    if dataset.entry.status == EntryStatus.WITHDRAWN:
        raise InvalidTransition(Reason("run.entry_withdrawn"))
    if is_being_erased(dataset):
        raise InvalidTransition(Reason("run.being_erased"))


def original_context(dataset_id: int) -> str:
    """Return what an original is bound to: it is sealed before its run has a number."""
    return f"collection.dataset.{dataset_id}.original"


def _limited(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MOST_BYTES:
            text = _("The file is larger than %(limit)d GB. Split it.") % {"limit": MOST_BYTES // 1024**3}
            raise RuleViolation([FieldError("file", "too_large", text)])
        yield piece


def _mode(dataset: Dataset, mode: str) -> LoadMode:
    try:
        chosen = LoadMode(mode or dataset.default_mode)
    except ValueError:
        raise RuleViolation([FieldError("mode", "unknown", _("Choose one of the ways of loading."))]) from None
    if chosen in MODES_BY_KEY and not key_of(selectors.columns_wanted(dataset.entry)):
        raise RuleViolation([FieldError("mode", "no_key", _("This way is for rows with a key, and no item is one."))])
    return chosen


@transaction.atomic
def run_add(actor: Actor, dataset_id: int, **values: Any) -> Run:
    """Write a run and ask a worker for it; whether the actor may has been asked already.

    Raises:
        NotVisible: the actor does not see the dataset. RunOpen: a run is under way.
        InvalidTransition: the data were unhooked, or are built by an app above.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    upload_require(dataset)
    _require_addable(dataset, values["origin"], values["mode"])
    now = clock.now()
    run = Run.objects.create(
        dataset=dataset,
        asked_by_id=actor.id if actor.is_person else None,
        asked_at=now,
        slot=now,
        sent_sha256=values.get("sha256", ""),
        **values,
    )
    if run.source is not None:
        audit.record(actor, "collection.run.fetch", run, after={"source": run.source.name, "mode": run.mode})
        note(run, "asked_source", source=run.source.name)
    elif run.of_version is not None:
        audit.record(actor, "collection.run.send", run, after={"of_version": run.of_version.number})
        note(run, "asked_return", version=run.of_version.number)
    else:
        after = {"file": run.file_name, "bytes": run.size_bytes, "sha256": run.sha256, "mode": run.mode}
        audit.record(actor, "collection.run.send", run, after=after)
        note(run, "asked", file=run.file_name, bytes=run.size_bytes)
    _worker_ask(run)
    return run


def _require_addable(dataset: Dataset, origin: str, mode: str) -> None:
    """Refuse what people send, now that the dataset is locked, for data that an app above builds or has built.

    That app takes away what is loaded over its rows, and what is added to them. It says itself what it builds, and what
    is returned to.

    Raises:
        InvalidTransition: it builds them; the message says what to do.
    """
    if origin not in (RunOrigin.LIBRARY, RunOrigin.ROLLBACK):
        require_loaded_by_people(dataset, LoadMode(mode))


def _worker_ask(run: Run) -> None:
    outbox.put(EVENT, slot=run.slot.isoformat())


@transaction.atomic
def run_confirm(
    *,
    actor: Actor,
    run_id: int,
    layout: Mapping[str, Any],
    mapping: Mapping[str, str],
    mode: str = "",
    question: str | None = None,
) -> Run:
    """Say how a file is to be read, and have the run go on; the next file is read the same way.

    Read another way a file may have other columns: it is looked at again then, and asked about if they are unknown.

    Args:
        mapping: column of the file → identity of the item, "" for a column that is not loaded.
        question: ``question_of`` the run as it was read; None where the caller holds no older copy.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department, or a contractor's whom this
            would tell too much.
        InvalidTransition: the run does not wait for this, or the data are built by an app above.
        StaleEdit: it asks something else by now.
        RuleViolation: the layout is none, an item is named twice or unknown, or a key or mandatory item has no column.
    """
    run = selectors.run_get_for(actor, run_id, for_update=True)
    policies.require_steer_run(actor, run)
    step = transitions.RUN.apply("confirm", run.state)
    if question is not None and question != question_of(run):
        raise StaleEdit(
            _("Somebody answered what you saw, and the run asks anew. What you chose is kept: compare, then confirm.")
        )
    chosen = Layout.from_dict(dict(layout))
    chosen_mode = _mode(run.dataset, mode or run.mode)
    require_blind_load(actor, run.dataset, chosen_mode)
    _require_addable(run.dataset, run.origin, chosen_mode)
    is_same = chosen.to_dict() == run.layout
    mapping_require(run.dataset, mapping, chosen_mode, is_complete=is_same)
    # Read another way it is another file: what was asked about this one says nothing of that.
    emptied = emptied_agreed(run, mapping) if is_same else []
    run.state = step.target
    run.layout = chosen.to_dict()
    run.mapping = dict(mapping)
    run.mode = chosen_mode
    run.is_confirmed = is_same
    run.slot = _next_slot(run.slot)
    run.save(update_fields=["state", "layout", "mapping", "mode", "is_confirmed", "slot"])
    after = {"layout": run.layout, "mode": run.mode, "columns": _columns_told(run)}
    audit.record(actor, "collection.run.confirm", run, after=after)
    note(run, "confirmed", emptied=emptied)
    _worker_ask(run)
    return run


def _columns_told(run: Run) -> dict[str, list[int]]:
    """Return name of the item → numbers of its columns, for the trail.

    What stands above a column may be a row of somebody taken for a header; the trail keeps no cells.
    """
    names = {one.item: one.name for one in selectors.columns_wanted(run.dataset.entry)} | {OPERATION: OPERATION}
    found: dict[str, list[int]] = {}
    for number, label in enumerate(run.found.get("columns", []), start=1):
        if item := run.mapping.get(label):
            found.setdefault(names.get(item, item), []).append(number)
    return found


def mapping_require(dataset: Dataset, mapping: Mapping[str, str], mode: LoadMode, *, is_complete: bool) -> None:
    """Check that a mapping fills every item that must not be empty, each item once.

    Args:
        is_complete: the file has no other columns; read another way, it may have some that fill what is missing.

    Raises:
        RuleViolation: see ``run_confirm``.
    """
    columns = {one.item: one for one in selectors.columns_wanted(dataset.entry)}
    errors = []
    filled = [item for item in mapping.values() if item]
    if mode == LoadMode.CHANGES and is_complete and filled.count(OPERATION) != 1:
        message = _("In a file of changes one column says whether a row is new, changed or deleted. Say which one.")
        errors.append(FieldError("mapping", "operation", message))
    filled = [item for item in filled if item != OPERATION]
    for item in filled:
        if item not in columns:
            errors.append(FieldError("mapping", "unknown_item", _("A column is mapped to an item that is not there.")))
    for item, column in columns.items():
        if filled.count(item) > 1:
            message = _("“%(item)s” is filled by more than one column.") % {"item": column.name}
            errors.append(FieldError("mapping", "twice", message))
        elif is_complete and item not in filled and not column.nullable:
            message = _("“%(item)s” must not be empty, but no column fills it.") % {"item": column.name}
            errors.append(FieldError("mapping", "missing", message))
    if is_complete and not filled:
        errors.append(FieldError("mapping", "required", _("No column of the file belongs to an item.")))
    if errors:
        raise RuleViolation(errors)


def _next_slot(previous: datetime) -> datetime:
    """Return a moment that no worker holds yet."""
    now = clock.now()
    return now if now > previous else previous + timedelta(microseconds=1)


@transaction.atomic
def run_cancel(*, actor: Actor, run_id: int) -> Run:
    """End a run that is under way; what readers see does not change.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: it has ended.
    """
    run = selectors.run_get_for(actor, run_id, for_update=True)
    policies.require_steer_run(actor, run)
    run.state = transitions.RUN.apply("cancel", run.state).target
    run.finished_at = clock.now()
    run.save(update_fields=["state", "finished_at"])
    audit.record(actor, "collection.run.cancel", run)
    note(run, "cancelled", by=str(actor))
    outbox.put("collection.run.cancelled", dataset_id=run.dataset_id, run_id=run.pk)
    return run


@transaction.atomic
def run_rollback(*, actor: Actor, dataset_id: int, number: int) -> Run:
    """Ask for an earlier version to be published again, as a new version.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department; there is no such version.
        InvalidTransition: it is the published one, its rows are gone, the key has changed since, or it was built.
        RunOpen: a run is under way.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_manage_dataset(actor, dataset.entry)
    version = version_named(dataset, str(number))
    if hindrance := why_not_returned(dataset.published_version, version):
        raise InvalidTransition(Reason(f"run.{hindrance}"))
    if version.pk == dataset.published_version_id:
        raise InvalidTransition(_("This version is the published one."))
    require_returnable(dataset, version)
    return run_add(
        actor, dataset_id, origin=RunOrigin.ROLLBACK, mode=LoadMode.REPLACE, of_version=version, is_confirmed=True
    )


def run_resubmit(*, actor: Actor, run_id: int, pieces: Iterable[bytes], file_name: str) -> Run:
    """Bring in corrected rows of a run that rejected some: they are added or replace by key, nothing is removed.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the run rejected nothing, is not done, or all its rows were corrected.
        RunOpen: a run is under way.
    """
    run = selectors.run_get_for(actor, run_id)
    policies.require_steer_run(actor, run)
    if run.state not in (RunState.SUCCEEDED, RunState.UNCHANGED) or not run.rows_rejected:
        raise InvalidTransition(_("Only a published run that rejected rows takes corrected ones."))
    _require_uncorrected(run)
    has_key = any(one.is_key for one in selectors.columns_wanted(run.dataset.entry))
    return run_upload(
        actor=actor,
        dataset_id=run.dataset_id,
        pieces=pieces,
        file_name=file_name,
        mode=LoadMode.CHANGES if run.mode == LoadMode.CHANGES else LoadMode.UPSERT if has_key else LoadMode.APPEND,
        origin=RunOrigin.RESUBMISSION,
        mapping=run.mapping,
        is_confirmed=True,
        corrects=run,
        beside=lambda _added: _require_uncorrected(run),  # by now the dataset is locked
    )


def _require_uncorrected(run: Run) -> None:
    if rows_corrected(run) >= run.rows_rejected:
        raise InvalidTransition(_("All rejected rows of this run were corrected already."))


@transaction.atomic
def _look_record(actor: Actor, run_id: int, action: str) -> Run:
    run = selectors.run_get_for(actor, run_id)
    policies.require_see_original(actor, run.dataset.entry)
    audit.record(actor, action, run, after={"file": run.file_name, "sha256": run.sha256})
    return run


def original_read(*, actor: Actor, run_id: int) -> tuple[Run, Iterator[bytes]]:
    """Return the original of a run as a stream; the look is in the trail before the first byte.

    Raises:
        NotVisible, NotAllowed: the actor is neither cataloguer nor head of the providing department.
        evidence.Lost: the storage does not give it. collection.vault.Tampered: it is not what was sealed.
    """
    run = _look_record(actor, run_id, "collection.run.read_original")
    if not run.original:
        raise NotVisible
    return run, evidence.content_of(str(run.original.name), original_context(run.dataset_id))


def preview_read(*, actor: Actor, run_id: int) -> tuple[list[list[str | None]], list[LineApart]]:
    """Return the first rows of a run's file as they came, and the lines that are none; the look is in the trail.

    Raises:
        NotVisible, NotAllowed: as ``original_read``.
    """
    run = _look_record(actor, run_id, "collection.run.read_preview")
    sealed = run.found.get("preview", "")
    if not sealed:
        return [], []
    rows: list[list[str | None]] = json.loads(open_text(sealed, context=evidence.context_of(run.pk, "preview")))
    return rows, lines_apart_open(run)


def rejects_read(*, actor: Actor, run_id: int, most: int | None = None) -> tuple[Run, Iterator[dict[str, Any]]]:
    """Return the rejected rows of a run: ``row``, ``cells`` and ``problems``; the look is in the trail.

    Args:
        most: stop after so many.

    Raises:
        NotVisible, NotAllowed, evidence.Lost: as ``original_read``.
    """
    run = _look_record(actor, run_id, "collection.run.read_rejects")
    if not run.rejects:
        return run, iter(())
    return run, evidence.lines_of(str(run.rejects.name), evidence.context_of(run.pk, "rejects"), most=most)
