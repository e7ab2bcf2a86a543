"""Sources and their due times, for the department that provides the data."""

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.choices import Role
from collection import policies
from collection.choices import LoadMode, RunOrigin, RunState
from collection.models import Dataset, DatasetVersion, Run, Source, SourceSlot
from collection.selectors.dataset import dataset_get_for, own_datasets
from collection.selectors.run import are_rows_there
from collection.sources import settings_of
from core.actors import Actor
from core.exceptions import NotVisible, RuleViolation

_ENTRY = ("dataset__entry__published_revision", "dataset__entry__working_revision")


def source_list_for(actor: Actor) -> QuerySet[Source]:
    """Return the sources in use of the actor's department, with the state of their last run."""
    found = Source.objects.filter(retired_at__isnull=True, dataset__retired_at__isnull=True)
    if actor.is_system:
        return with_last_run(found) if actor.username in (policies.COMMAND_JOB,) else found.none()
    if not (actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD)) or actor.is_contractor:
        return found.none()
    mine = own_datasets(actor).filter(entry__department=actor.department_id)
    return with_last_run(found.filter(dataset__in=mine.values("pk")))


def sources_filtered(actor: Actor, *, q: str = "", kind: str = "", state: str = "") -> QuerySet[Source]:
    """Return the sources of the actor's department that fit.

    Args:
        q: part of a name, of the dataset's name or of the host.
        state: "paused", or a state of the last run.
    """
    found = source_list_for(actor)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(dataset__name__icontains=q) | Q(host__icontains=q))
    if kind:
        found = found.filter(kind=kind)
    if state == "paused":
        found = found.filter(is_enabled=False)
    elif state:
        found = found.filter(Q(last_state=state))
    return found


def with_last_run(found: QuerySet[Source]) -> QuerySet[Source]:
    """Add ``last_run``, ``last_state`` and ``last_at`` of the latest run, and what lists show."""
    last = Run.objects.filter(source=OuterRef("pk")).order_by("-pk")
    return found.select_related("dataset", *_ENTRY).annotate(
        last_run=Subquery(last.values("pk")[:1]),
        last_state=Subquery(last.values("state")[:1]),
        last_at=Subquery(last.values("asked_at")[:1]),
    )


def sources_of(dataset: Dataset) -> QuerySet[Source]:
    """Return the sources in use of a dataset, with the state of their last run."""
    return with_last_run(Source.objects.filter(dataset=dataset, retired_at__isnull=True)).order_by("name", "pk")


def source_get_for(actor: Actor, source_id: int, *, for_update: bool = False) -> Source:
    """Return one source with its dataset.

    Args:
        for_update: lock the rows of dataset and source, in this order, until the end of the transaction.

    Raises:
        NotVisible: there is none, it was removed, or the actor does not see its dataset.
        NotAllowed: he sees the dataset, but not where it comes from.
    """
    found = Source.objects.filter(pk=source_id, retired_at__isnull=True)
    dataset_id = found.values_list("dataset_id", flat=True).first()
    if dataset_id is None:
        raise NotVisible
    dataset = dataset_get_for(actor, dataset_id, for_update=for_update)
    policies.require_see_sources(actor, dataset.entry)
    if for_update:
        found = found.select_for_update(of=("self",))
    source = found.first()
    if source is None:
        raise NotVisible
    source.dataset = dataset
    return source


def slots_of(source: Source) -> QuerySet[SourceSlot]:
    """Return the due times of a source that were dealt with, latest first."""
    return SourceSlot.objects.filter(source=source).select_related("run", "busy_with").order_by("-slot")


def source_runs_of(source: Source) -> QuerySet[Run]:
    """Return the runs of a source, latest first."""
    return Run.objects.filter(source=source).select_related("asked_by", "version").order_by("-pk")


def sources_scheduled() -> QuerySet[Source]:
    """Return the sources whose schedule counts: in use, of data that are hooked."""
    return Source.objects.filter(
        is_enabled=True, retired_at__isnull=True, dataset__retired_at__isnull=True
    ).select_related("dataset", *_ENTRY)


def has_failed_before(run: Run) -> bool:
    """Say whether the scheduled run before this one of the same source failed too, so that its people know already."""
    before = Run.objects.filter(source=run.source_id, origin=RunOrigin.SCHEDULE, pk__lt=run.pk)
    last = before.exclude(state=RunState.CANCELLED).order_by("-pk").values_list("state", flat=True).first()
    return last in (RunState.FAILED, RunState.REFUSED)


def original_before(source: Source) -> Run | None:
    """Return the last run of a source whose file was published."""
    return Run.objects.filter(source=source, version__isnull=False).order_by("-pk").first()


def is_file_added(source: Source, published: DatasetVersion | None, sha256: str) -> bool:
    """Say whether rows of a file that a source gave for adding are among the published ones.

    A return to an earlier version takes back what was added after that one; a file that holds everything, all.

    Args:
        sha256: of the file as it came.
    """
    added = Run.objects.filter(source=source, mode=LoadMode.APPEND, sent_sha256=sha256, version__isnull=False)
    return bool(sha256) and are_rows_there(published, added.values_list("version__number", flat=True))


def sources_refused() -> list[tuple[Source, str]]:
    """Return the sources in use that were taken once and are read no more, with what is wrong with their settings."""
    found = []
    in_use = Source.objects.filter(retired_at__isnull=True, dataset__retired_at__isnull=True)
    for source in in_use.select_related("dataset").order_by("pk"):
        try:
            settings_of(source.kind, source.settings)
        except RuleViolation as refused:
            found.append((source, " ".join(str(error.message) for error in refused.errors)))
    return found


def sources_named(actor: Actor, text: str) -> QuerySet[Source]:
    """Return the sources in use with a name, or with a number."""
    found = source_list_for(actor).order_by("pk")
    by_name = found.filter(name=text)
    if text.isdecimal() and len(text) < 10 and not by_name.exists():
        return found.filter(pk=int(text))
    return by_name
