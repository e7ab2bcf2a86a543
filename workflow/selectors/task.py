"""The work inbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import clock as time
from core.actors import Actor
from core.clock import REGION_ZONE
from core.components.marks import Mark
from workflow import task_kinds
from workflow.choices import ClockState
from workflow.clock_view import ClockView, clock_view
from workflow.models import Task
from workflow.selectors.calendar import calendar
from workflow.task_kinds import TaskKind

SOON_WORKING_DAYS = 5
LIMIT = 200

GROUPS: dict[str, str | Promise] = {
    "overdue": _("Overdue"),
    "today": _("Due today"),
    "soon": _("Within 5 working days"),
    "later": _("Later"),
    "undated": _("No due day"),
}

# A paused clock is due nothing; a task without clock has no state at all, which SQL must not take for paused.
_RUNNING = Q(clock__isnull=True) | ~Q(clock__state=ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A task with everything its line shows."""

    task: Task
    kind: TaskKind
    clock: ClockView | None
    due_at: datetime | None
    group: str
    marks: Sequence[Mark] = ()

    @property
    def verb(self) -> str | Promise:
        return self.kind.verb or pgettext_lazy("do", "Open")


@dataclass(slots=True)
class InboxGroup:
    """The tasks of one stretch of time; ``count`` also counts those beyond the limit."""

    key: str
    label: str | Promise
    count: int = 0
    rows: list[InboxRow] = field(default_factory=list)


class InboxCounts(TypedDict):
    all: int
    overdue: int
    today: int
    soon: int
    later: int
    undated: int


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for an actor, in groups by due time; empty groups are left out."""

    groups: list[InboxGroup]
    counts: InboxCounts


def tasks_for(actor: Actor) -> QuerySet[Task]:
    """Return the open tasks an actor may do: of his roles in his department, or his alone, but never excluded ones.

    A role gives staff of contractors those tasks alone whose subjects they are named for.
    """
    tasks = Task.objects.filter(may_do(actor), closed_at__isnull=True)
    return tasks.annotate(due=Coalesce("clock__due_at", "due_at"))


def may_do(actor: Actor) -> Q:
    """Return what is true of the tasks of ``tasks_for``, whether they are open or not."""
    if not actor.is_person:
        return Q(pk__in=[])
    of_role = Q(user__isnull=True, role__in=actor.roles) & (
        Q(department_id=actor.department_id) | Q(department__isnull=True)
    )
    if actor.is_contractor:
        named = Q(pk__in=[])
        for kind, subjects in task_kinds.open_to_contractors():
            named |= Q(kind=kind, subject_pk__in=subjects(actor))
        of_role &= named
    return (of_role | Q(user_id=actor.id)) & ~Q(exclude_user_ids__contains=[actor.id])


def is_late(moment: datetime) -> Q:
    """Return what is true of the tasks of ``tasks_for`` that are overdue; a paused clock is due nothing."""
    return _RUNNING & Q(due__lt=moment)


def inbox_for(actor: Actor, *, group: str = "", kind: str = "", limit: int = LIMIT) -> Inbox:
    """Return the actor's work in the order in which it is due; as many queries however much there is.

    Args:
        group: only one of the groups of ``GROUPS``.
        kind: only tasks of a kind.
    """
    days = calendar()
    moment = time.now()
    bounds = _Bounds(moment, days.add_working_days(time.today(), SOON_WORKING_DAYS).on)
    tasks = tasks_for(actor)
    counts = _counts(tasks, bounds)
    chosen = tasks.filter(kind=kind) if kind else tasks
    if group in GROUPS:
        chosen = chosen.filter(bounds.filters()[group])
    chosen = (
        chosen.select_related("clock", "department")
        .prefetch_related("clock__pauses")
        .order_by(F("due").asc(nulls_last=True), "opened_at", "pk")[:limit]
    )
    groups = {key: InboxGroup(key, label, counts[key]) for key, label in GROUPS.items()}  # type: ignore[literal-required]
    marks = _marks(actor, chosen)
    for task in chosen:
        due_at: datetime | None = task.due  # type: ignore[attr-defined]  # annotated by tasks_for
        key = bounds.group_of(due_at, is_paused=bool(task.clock and task.clock.state == ClockState.PAUSED))
        face = clock_view(task.clock, days, moment) if task.clock else None
        groups[key].rows.append(InboxRow(task, task_kinds.find(task.kind), face, due_at, key, marks.get(task.pk, ())))
    return Inbox([entry for entry in groups.values() if entry.rows], counts)


def _marks(actor: Actor, tasks: Iterable[Task]) -> dict[int, Sequence[Mark]]:
    """Return the marks of the subjects of tasks, asking each kind once."""
    subjects: dict[str, dict[int, int]] = {}
    for task in tasks:
        subjects.setdefault(task.kind, {})[task.pk] = task.subject_pk
    found: dict[int, Sequence[Mark]] = {}
    for kind, keys in subjects.items():
        if (marks_of := task_kinds.find(kind).marks) is not None:
            given = marks_of(actor, list(keys.values()))
            found |= {task: given[subject] for task, subject in keys.items() if subject in given}
    return found


def inbox_counts_for(actor: Actor) -> InboxCounts:
    """Return how much waits for the actor in each group; three queries."""
    soon_on = calendar().add_working_days(time.today(), SOON_WORKING_DAYS).on
    return _counts(tasks_for(actor), _Bounds(time.now(), soon_on))


def inbox_overdue_count(actor: Actor) -> tuple[int, int]:
    """Return how many tasks wait for the actor and how many of them are overdue; one query, for the navigation."""
    row = tasks_for(actor).aggregate(all=Count("pk"), overdue=Count("pk", filter=is_late(time.now())))
    return row["all"], row["overdue"]


class _Bounds:
    """Where one group ends and the next begins."""

    def __init__(self, moment: datetime, soon_on: date) -> None:
        self.moment = moment
        self.today_ends = time.end_of_day(moment.astimezone(REGION_ZONE).date())
        self.soon_ends = time.end_of_day(soon_on)

    def filters(self) -> dict[str, Q]:
        paused = Q(clock__isnull=False, clock__state=ClockState.PAUSED)
        return {
            "overdue": is_late(self.moment),
            "today": _RUNNING & Q(due__gte=self.moment, due__lte=self.today_ends),
            "soon": _RUNNING & Q(due__gt=self.today_ends, due__lte=self.soon_ends),
            "later": (_RUNNING & Q(due__gt=self.soon_ends)) | paused,
            "undated": Q(due__isnull=True),
        }

    def group_of(self, due_at: datetime | None, *, is_paused: bool) -> str:
        if due_at is None:
            return "undated"
        if is_paused or due_at > self.soon_ends:
            return "later"
        if due_at < self.moment:
            return "overdue"
        return "today" if due_at <= self.today_ends else "soon"


def _counts(tasks: QuerySet[Task], bounds: _Bounds) -> InboxCounts:
    totals = {key: Count("pk", filter=condition) for key, condition in bounds.filters().items()}
    row = tasks.aggregate(total=Count("pk"), **totals)
    return InboxCounts(
        all=row["total"],
        overdue=row["overdue"],
        today=row["today"],
        soon=row["soon"],
        later=row["later"],
        undated=row["undated"],
    )
