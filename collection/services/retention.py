"""What came is kept as long as its dataset says: then originals, rejected rows and first rows go; figures stay."""

from collections.abc import Sequence
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value

from audit import services as audit
from catalog.choices import EntryStatus
from collection import policies
from collection.duty_choices import WORKING_ERASURE_STATES
from collection.models import Dataset, Erasure, Run
from collection.selectors.run import run_open_of
from collection.services.lines_apart import NAME as LINES_APART
from collection.services.note import note
from core import clock
from core.actors import Actor, system_actor
from workflow import outbox

EVENT = "collection.originals.expired"
UNUSED_EVENT = "collection.files.unused"
"""Sealed files that nothing names any more."""
SWEEPER = system_actor(policies.SWEEP_JOB)


def originals_expire() -> int:
    """Let go of what runs keep beyond their time; return of how many.

    The run that brought the published version keeps its original as long as that version is in force.
    """
    ended = 0
    for run_id in _expired().order_by("pk").values_list("pk", flat=True):
        ended += _original_expire(run_id)
    return ended


def files_drop(names: Sequence[str]) -> None:
    """Delete sealed files that nothing names any more; those that are gone already are no error."""
    for name in names:
        default_storage.delete(name)


def _expired() -> QuerySet[Run]:
    kept_since = ExpressionWrapper(
        Value(clock.now()) - F("dataset__keep_original_days") * Value(timedelta(days=1)), output_field=DateTimeField()
    )
    holds_something = ~Q(original="") | ~Q(rejects="") | Q(found__has_any_keys=["preview", LINES_APART])
    return Run.objects.filter(holds_something, finished_at__lt=kept_since).exclude(
        version__isnull=False, version=F("dataset__published_version")
    )


@transaction.atomic
def _original_expire(run_id: int) -> int:
    run = _expired().select_for_update(of=("self",)).filter(pk=run_id).first()
    if run is None:
        return 0
    _let_go(SWEEPER, run)
    return 1


@transaction.atomic
def originals_drop(*, actor: Actor, run_ids: Sequence[int]) -> int:
    """Let go of what runs keep before its time, since what is in it may be kept no longer; return of how many.

    Whether the actor may is asked by the app that has to let go.
    """
    runs = list(Run.objects.select_for_update(of=("self",)).filter(pk__in=run_ids).order_by("pk"))
    for run in runs:
        _let_go(actor, run)
    return len(runs)


@transaction.atomic
def version_end(*, actor: Actor, dataset_id: int) -> bool:
    """Let go of what is published of data out of use, without another version; return whether anything was.

    Nobody reads data any more that were unhooked, or whose entry was withdrawn. Their department keeps the rows, as its
    history; rows that others gave for a use that is over go as those of superseded versions do. Whether they are such,
    the app that built them says. While an erasure is carried out nothing is let go of: it counts by what is published.
    """
    found = Dataset.objects.select_for_update(of=("self",)).select_related("entry", "published_version")
    dataset = found.get(pk=dataset_id)
    version = dataset.published_version
    is_out_of_use = dataset.is_retired or dataset.entry.status == EntryStatus.WITHDRAWN
    if version is None or not is_out_of_use or run_open_of(dataset) is not None:
        return False
    if Erasure.objects.filter(dataset=dataset, state__in=WORKING_ERASURE_STATES).exists():
        return False
    version.superseded_at = clock.now()
    version.save(update_fields=["superseded_at"])
    dataset.published_version = None
    dataset.save(update_fields=["published_version"])
    audit.record(actor, "collection.version.end", dataset, after={"version": version.number, "rows": version.row_count})
    return True


def _let_go(actor: Actor, run: Run) -> None:
    names = [name for name in (str(run.original.name or ""), str(run.rejects.name or "")) if name]
    run.original.name = run.rejects.name = ""
    run.found = {key: value for key, value in run.found.items() if key not in ("preview", LINES_APART)}
    run.save(update_fields=["original", "rejects", "found"])
    # What earlier releases left lying of a run whose original is gone goes without a word: it was told then.
    if names or not run.notes.filter(code="expired").exists():
        note(run, "expired")
        audit.record(actor, "collection.run.expire", run, after={"sha256": run.sha256})
    if names:
        outbox.put(EVENT, names=names)
