"""The first phase of a run that has a source: its file comes in and is sealed as it comes."""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from audit import services as audit
from collection import evidence, transitions
from collection.choices import DestinationPurpose, LoadMode, RunPhase, RunState
from collection.models import DatasetVersion, Run, Source
from collection.outgoing import Access, Limits, Permanent, Transient, Validators
from collection.selectors.destination import destinations_allowed
from collection.selectors.source import is_file_added, original_before
from collection.services.emptied import absent_items
from collection.services.note import note
from collection.services.opening import layout_kept
from collection.services.run import MOST_BYTES, original_context
from collection.sources import Brought, Order, bring, settings_of
from collection.sources.own import own_endpoints
from collection.store.columns import Column
from collection.vault import open_text
from core import clock
from core.actors import Actor
from workflow.exceptions import LeaseLost
from workflow.live import LiveProgress
from workflow.services.attachment import safe_name
from workflow.services.job_slot import JobLease

FOLDER = "evidence/fetched"
LOOK_SECONDS = 2.0
"""How often a worker that fetches looks whether the run was cancelled."""
LONGEST_PAUSE_MINUTES = 24 * 60
LEAST_SHARE = 0.9
"""Of the size of the last file: one that is smaller, and whose end is not proven, is asked about."""


def secret_context(source_id: int) -> str:
    """Return what a credential is bound to, so that one cannot be put in another's place."""
    return f"collection.source.{source_id}.secret"


def order_of(source: Source, *, total_seconds: float, known: Validators | None = None) -> Order:
    """Return what a source is read with; the credential is opened here and nowhere else.

    Raises:
        collection.vault.Tampered, collection.vault.KeyMissing: the credential cannot be opened.
    """
    return Order(
        settings=settings_of(source.kind, source.settings),
        secret=open_text(source.secret, context=secret_context(source.pk)) if source.secret else "",
        access=Access(
            allowed=destinations_allowed(DestinationPurpose.SOURCE),
            closed=own_endpoints(),
            limits=Limits(total_seconds=total_seconds, read_seconds=min(60, total_seconds), max_bytes=MOST_BYTES),
        ),
        known=known,
    )


def original_fetch(
    run: Run,
    source: Source,
    *,
    lease: JobLease,
    progress: LiveProgress,
    enter: Callable[[RunPhase], None],
    published: DatasetVersion | None,
    columns: list[Column],
) -> bool:
    """Fetch the original of a run and seal it; return whether it is another one than the last.

    The file is named after the run and the fencing token, so that no worker touches another's, and what dead ones
    left is found. What the source says of its file is noted with the run, by whoever ends it.

    Raises:
        LeaseLost: the run was cancelled or taken over.
        NotListed, Transient, Permanent: see ``collection.outgoing.failures``.
    """
    enter(RunPhase.FETCH)
    if run.notes.filter(code="resumed").exists():
        fetched_purge([run.pk])
    note(run, "fetching", endpoint=source.endpoint)
    seen = _seen_of(run, source, published, columns)
    order = order_of(source, total_seconds=source.deadline_minutes * 60, known=_known(seen))
    with evidence.sealing(original_context(run.dataset_id)) as sealing:
        brought = bring(source.kind, order, sealing, _Watch(run, lease, progress))
        if brought is None or _is_same(run, source, published, seen, sealing.sha256):
            run.fetched = seen if brought is None else _said(source, brought, sealing.sha256)
            note(run, "same_by_word" if brought is None else "same_by_content")
            return False
        if brought.records == 0 and run.mode != LoadMode.REPLACE:
            run.fetched = _said(source, brought, sealing.sha256)
            note(run, "no_records")
            return False
        _require_content(source, brought, sealing.size_bytes)
        enter(RunPhase.KEEP)
        kept = sealing.keep(_folder(run), f"{run.pk}-{lease.token}")
    try:
        _original_keep(run, source, lease, kept, brought)
    except BaseException:
        default_storage.delete(kept.name)
        raise
    return True


def _is_same(run: Run, source: Source, published: DatasetVersion | None, seen: dict[str, Any], sha256: str) -> bool:
    """Say whether the file would change nothing: it is the last one, or its rows were added and are there still."""
    if sha256 == seen.get("sha256"):
        return True
    return run.mode == LoadMode.APPEND and is_file_added(source, published, sha256)


def _require_content(source: Source, brought: Brought, size_bytes: int) -> None:
    if brought.records == 0:
        raise Permanent("no_records", host=source.host)
    if not size_bytes:
        raise Transient("empty_file", host=source.host)


class _Watch:
    """Shows how far fetching has come, and stops it once the run is no longer ours."""

    def __init__(self, run: Run, lease: JobLease, progress: LiveProgress) -> None:
        self._run, self._lease, self._progress = run, lease, progress
        self._looked = time.monotonic()

    def __call__(self, done: int, total: int | None) -> None:
        self._progress(RunPhase.FETCH, done, total)
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        self._lease.heartbeat()
        if not Run.objects.filter(pk=self._run.pk, state=RunState.RUNNING).exists():
            raise LeaseLost(str(self._run))


def _folder(run: Run) -> str:
    return f"{FOLDER}/{run.asked_at.astimezone(clock.REGION_ZONE):%Y/%m/%d}"


def _seen_of(run: Run, source: Source, published: DatasetVersion | None, columns: list[Column]) -> dict[str, Any]:
    """Return what the source gave last as it is set up now, where the same again would change nothing.

    Rows that are only added would be added twice, unless they were taken back since. Otherwise the same file changes
    something if another one was published, or the items are others.
    """
    seen: dict[str, Any] = source.seen
    if published is None or seen.get("edit") != source.edit_version:
        return {}
    if run.mode == LoadMode.APPEND:
        return seen if is_file_added(source, published, seen.get("sha256", "")) else {}
    is_there = seen.get("version") == published.pk and published.columns == [one.as_dict() for one in columns]
    return seen if is_there else {}


def _known(seen: dict[str, Any]) -> Validators | None:
    """Return what the request is made conditional with.

    Where there is an ETag it alone: some servers take the time's word against it, and a time counts whole seconds.
    """
    etag, last_modified = seen.get("etag", ""), seen.get("last_modified", "")
    if not etag and not last_modified:
        return None
    return Validators(etag, "" if etag else last_modified)


def _said(source: Source, brought: Brought, sha256: str) -> dict[str, Any]:
    return {**asdict(brought.validators), "sha256": sha256, "edit": source.edit_version}


def _may_be_cut(source: Source, brought: Brought, size_bytes: int) -> bool:
    """Say whether a file whose end is not proven is shorter than the one before it, by more than changes explain."""
    if brought.is_end_proven:
        return False
    before = original_before(source)
    return before is None or size_bytes < before.size_bytes * LEAST_SHARE


@transaction.atomic
def _original_keep(run: Run, source: Source, lease: JobLease, kept: evidence.Kept, brought: Brought) -> None:
    """Note with the run what came.

    Raises:
        LeaseLost: the run was cancelled or taken over.
    """
    lease.fence()
    run.original = kept.name
    run.size_bytes, run.sha256, run.sent_sha256 = kept.size_bytes, kept.sha256, kept.sha256
    run.file_name = safe_name(f"{source.name}.{brought.extension}")
    run.fetched = _said(source, brought, kept.sha256) | {"may_be_cut": _may_be_cut(source, brought, kept.size_bytes)}
    run.layout = {"format": "ndjson", "encoding": "utf-8"} if brought.records is not None else {}
    updated = Run.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        original=kept.name,
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        sent_sha256=kept.sha256,
        file_name=run.file_name,
        fetched=run.fetched,
        layout=run.layout,
    )
    if not updated:
        raise LeaseLost(str(run))
    note(run, "fetched", bytes=kept.size_bytes, sha256=kept.sha256[:12])
    if not brought.is_end_proven:
        note(run, "end_unproven")


@transaction.atomic
def run_postpone(run: Run, source: Source, lease: JobLease, failure: Transient, actor: Actor) -> bool:
    """Have a run whose source failed for now begin again later; return whether it will.

    The pause doubles with each attempt, and is at least what the source asked for.

    Raises:
        LeaseLost: the run was cancelled or taken over.
    """
    if run.attempts + 1 >= source.attempts:
        return False
    lease.fence()
    locked = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.state != RunState.RUNNING:
        raise LeaseLost(str(run))
    minutes = min(source.retry_minutes * 2**run.attempts, LONGEST_PAUSE_MINUTES)
    seconds = max(minutes * 60, failure.retry_after or 0)
    run.state = transitions.RUN.apply("postpone", locked.state).target
    run.attempts += 1
    run.slot = clock.now() + timedelta(seconds=seconds)
    run.save(update_fields=["state", "attempts", "slot"])
    note(run, "postponed", failure=failure.code, minutes=-(-seconds // 60), **failure.extra)
    audit.record(actor, "collection.run.postpone", run, after={"reason": failure.code, "attempts": run.attempts})
    return True


def source_remember(run: Run, version_id: int | None) -> None:
    """Note with the source what it gave and what was published then; called where the run ends well."""
    if run.source_id is not None:
        read = {"layout": layout_kept(run), "mapping": run.mapping, "absent": absent_items(run)} if run.layout else {}
        Source.objects.filter(pk=run.source_id).update(seen={**run.fetched, "version": version_id}, **read)


def fetched_purge(run_ids: list[int]) -> None:
    """Delete the files that workers fetched for some runs and never noted, because they were killed."""
    runs = Run.objects.filter(pk__in=run_ids, source__isnull=False).only("pk", "asked_at", "original")
    noted = {str(run.pk): str(run.original.name) for run in runs}
    for folder in {_folder(run) for run in runs}:
        if not default_storage.exists(folder):
            continue
        for name in default_storage.listdir(folder)[1]:
            path = f"{folder}/{name}"
            run_id = name.partition("-")[0]
            if run_id in noted and noted[run_id] != path:
                default_storage.delete(path)
