"""Runs, as far as an actor may see how data came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from collection import policies
from collection.choices import OPEN_RUN_STATES, LoadMode, RunOrigin, RunPhase, RunState
from collection.models import Dataset, DatasetVersion, Run, RunNote, Source
from collection.selectors.dataset import dataset_get_for, own_datasets
from core.actors import Actor
from core.exceptions import NotVisible


def run_list_for(actor: Actor) -> QuerySet[Run]:
    """Return the runs of the datasets that the actor answers for, latest first."""
    return (
        Run.objects.filter(dataset__in=own_datasets(actor).values("pk"))
        .select_related("dataset__entry__department", "asked_by", "version")
        .order_by("-pk")
    )


def run_get_for(actor: Actor, run_id: int, *, for_update: bool = False) -> Run:
    """Return one run with its dataset.

    Args:
        for_update: lock the rows of dataset and run, in this order, until the end of the transaction.

    Raises:
        NotVisible: there is none, or the actor does not see its dataset.
        NotAllowed: he sees the dataset, but not how it came.
    """
    found = Run.objects.filter(pk=run_id)
    dataset_id = found.values_list("dataset_id", flat=True).first()
    if dataset_id is None:
        raise NotVisible
    dataset = dataset_get_for(actor, dataset_id, for_update=for_update)
    if not actor.is_system:
        policies.require_see_runs(actor, dataset.entry)
    if for_update:
        found = found.select_for_update(of=("self",))
    run = found.select_related("asked_by", "version", "of_version", "corrects", "source").get()
    run.dataset = dataset
    return run


def runs_of(dataset: Dataset) -> QuerySet[Run]:
    """Return the runs of a dataset, latest first."""
    return Run.objects.filter(dataset=dataset).select_related("asked_by", "version").order_by("-pk")


def run_open_of(dataset: Dataset) -> Run | None:
    """Return the run that is under way, if there is one."""
    return Run.objects.filter(dataset=dataset, state__in=OPEN_RUN_STATES).first()


def are_rows_there(published: DatasetVersion | None, numbers: Iterable[int], *, is_ended_by_files: bool = True) -> bool:
    """Say whether rows that came with one of some versions are among the published ones.

    A return to an earlier version takes back what was added after that one; a file that holds everything, all.

    Args:
        numbers: of the versions.
        is_ended_by_files: a later file that holds everything counts as taking them back.
    """
    sought = set(numbers)
    if published is None or not sought:
        return False
    turning = Q(origin=RunOrigin.ROLLBACK)
    if is_ended_by_files:
        turning |= Q(mode=LoadMode.REPLACE)
    turns = Run.objects.filter(turning, dataset=published.dataset_id, version__isnull=False)
    high = published.number
    for at, back_to in turns.order_by("-version__number").values_list("version__number", "of_version__number"):
        if at > high:
            continue  # undone by a later return
        if any(at <= number <= high for number in sought):
            return True
        if back_to is None:
            return False
        high = back_to
    return any(number <= high for number in sought)


def is_file_repeated(run: Run, published: DatasetVersion | None) -> bool:
    """Say whether a file brings once more what it has brought already.

    The same corrected rows of a run count once; of files that are added, the last one of the dataset does.
    """
    earlier = Run.objects.filter(dataset=run.dataset_id, version__isnull=False, pk__lt=run.pk).order_by("-pk")
    if run.corrects_id is not None:
        same = earlier.filter(corrects=run.corrects_id, sent_sha256=run.sent_sha256)
        numbers = same.values_list("version__number", flat=True)
        return are_rows_there(published, numbers, is_ended_by_files=False)
    if run.mode != LoadMode.APPEND:
        return False
    last = earlier.exclude(origin__in=(RunOrigin.ROLLBACK, RunOrigin.RESUBMISSION)).select_related("version").first()
    if last is None or last.version is None or last.sent_sha256 != run.sent_sha256:
        return False
    return are_rows_there(published, [last.version.number])


def corrections_of(run: Run) -> list[Run]:
    """Return the runs whose corrected rows of a run are published, and those that corrected these, in their order."""
    published = _published_now(run)
    found: list[Run] = []
    level = [run.pk]
    while level:
        done = [one for one in _done_to(level) if _is_there(one, published)]
        level = [one.pk for one in done]
        found += [one for one in done if one.answers.get("taken")]
    return found


def lines_corrected(run: Run) -> set[int]:
    """Return which rejected rows of a run were sent again and taken, and are published still, by their numbers."""
    published = _published_now(run)
    children: dict[int, list[Run]] = {}
    level = [run.pk]
    while level:
        done = [one for one in _done_to(level) if _is_there(one, published)]
        level = [one.pk for one in done]
        for one in done:
            children.setdefault(one.corrects_id or 0, []).append(one)

    def lines(of: int) -> set[int]:
        found: set[int] = set()
        for one in children.get(of, ()):
            later, again = lines(one.pk), one.answers.get("again", {})
            found.update(one.answers.get("taken", ()))
            found.update(number for line, number in again.items() if int(line) in later)
        return found

    return lines(run.pk)


def rows_corrected(run: Run) -> int:
    """Return how many of the rejected rows of a run were sent again and taken."""
    return min(run.rows_rejected, len(lines_corrected(run)))


@dataclass(frozen=True, slots=True)
class Whole:
    """What a limit of rejected rows is measured by.

    Attributes:
        source: that the file comes from.
    """

    read: int
    rejected: int
    source: Source | None


def whole_of(run: Run) -> Whole:
    """Return how many rows were sent and are rejected: of a correction, with those of the file that it corrects.

    Of a few rows that come back one is soon half; what matters is how many of the whole are still wrong.
    """
    if run.corrects is None:
        return Whole(run.rows_read, run.rows_rejected, run.source)
    root = run.corrects
    while root.corrects is not None:
        root = root.corrects
    taken, again = len(run.answers.get("taken", ())), len(run.answers.get("again", {}))
    left = max(0, root.rows_rejected - rows_corrected(root) - taken)
    return Whole(
        read=root.rows_read + max(0, run.rows_read - taken - again),
        rejected=left + max(0, run.rows_rejected - again),
        source=root.source,
    )


def refused_by(run: Run) -> dict[str, int]:
    """Return how many of how many rows were rejected when a run was refused for that, as its log says.

    What is left of the whole that a correction belongs to changes with every one that is taken afterwards.
    """
    noted: dict[str, int] | None = notes_of(run).filter(code="over_limit").values_list("values", flat=True).last()
    return noted or {"rejected": run.rows_rejected, "read": run.rows_read}


def _published_now(run: Run) -> DatasetVersion | None:
    """Return the version that is published: another may have come since the run was read."""
    return DatasetVersion.objects.filter(
        pk__in=Dataset.objects.filter(pk=run.dataset_id).values("published_version")
    ).first()


def _done_to(runs: Sequence[int]) -> QuerySet[Run]:
    done = (RunState.SUCCEEDED, RunState.UNCHANGED)
    return Run.objects.filter(corrects__in=runs, state__in=done).select_related("version").order_by("pk")


def _is_there(one: Run, published: DatasetVersion | None) -> bool:
    return one.version is None or are_rows_there(published, [one.version.number], is_ended_by_files=False)


def notes_of(run: Run) -> QuerySet[RunNote]:
    """Return the log of a run in its order."""
    return RunNote.objects.filter(run=run).order_by("pk")


def question_of(run: Run) -> str:
    """Return what tells the question of a run from those before and after it; "" where it asks nothing."""
    if run.state != RunState.WAITING:
        return ""
    return str(run.notes.filter(code="ended_waiting").order_by("pk").values_list("pk", flat=True).last() or "")


def runs_asked_at(slot: str) -> list[int]:
    """Return the runs for which work was asked at a moment and is not done."""
    states = (RunState.QUEUED, RunState.RUNNING)
    return list(
        Run.objects.filter(slot=datetime.fromisoformat(slot), state__in=states)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def is_lost(run: Run) -> bool:
    """Say whether a run ended by nobody's doing and no fault of its own: its worker died, or an erasure came."""
    return (
        run.state in (RunState.FAILED, RunState.CANCELLED)
        and run.notes.filter(code__in=("worker_lost", "shut_out")).exists()
    )


COMPARABLE = 10
"""A load of so many times fewer rows tells nothing of a larger one: most of its time is what each load takes anyway."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What can be said of a step that counts nothing as it goes.

    Attributes:
        rows: that it goes through.
        seconds: how long that takes at the rate of the last load; None where none can be compared.
    """

    rows: int
    seconds: int | None


def estimate_of(run: Run, phase: str) -> Estimate | None:
    """Return how many rows a run validates or compares, and how long the last load took for as many of its own.

    PostgreSQL does either in a few statements, and tells of none how far it is.
    """
    bounds = {RunPhase.VALIDATE: ("staged", "comparing"), RunPhase.COMPARE: ("comparing", "published")}.get(
        RunPhase(phase)
    )
    rows = _noted(run).get("staged", (None, 0))[1] if bounds is not None else 0
    if bounds is None or not rows:
        return None
    done = Run.objects.filter(dataset=run.dataset_id, state=RunState.SUCCEEDED, pk__lt=run.pk)
    last = done.filter(notes__code="comparing").order_by("-pk").first()  # a first load compares nothing
    noted = _noted(last) if last is not None else {}
    if not noted.keys() >= {"staged", *bounds} or noted["staged"][1] * COMPARABLE < rows:
        return Estimate(rows, None)
    begun, ended = (noted[code][0] for code in bounds)
    return Estimate(rows, round((ended - begun).total_seconds() * rows / noted["staged"][1]))


def _noted(run: Run) -> dict[str, tuple[datetime, int]]:
    """Return code of a line of the log → when it was last noted, and of how many rows."""
    lines = RunNote.objects.filter(run=run, code__in=("staged", "comparing", "published")).order_by("pk")
    return {one.code: (one.at, int(one.values.get("rows", 0))) for one in lines}
