"""The board of running time limits: what an actor is answerable for, or watches over."""

from dataclasses import dataclass

from django.db.models import F, Prefetch, Q, QuerySet

from accounts.choices import BUSINESS_ROLES, Role
from core import clock as time
from core.actors import Actor
from workflow import policies
from workflow.choices import OPEN_CLOCK_STATES, ClockState
from workflow.models import Clock, Task
from workflow.selectors.calendar import calendar
from workflow.selectors.task import tasks_for

STATES = ("overdue", "soon", "running", "paused", "late", "done")


@dataclass(frozen=True, slots=True)
class ClockFilter:
    """What the board is narrowed to; empty fields narrow nothing.

    Attributes:
        state: one of ``STATES``; without one, everything that is open.
        text: part of the subject's name.
    """

    state: str = ""
    policy_key: str = ""
    department_id: int | None = None
    text: str = ""


def clocks_visible_to(actor: Actor) -> QuerySet[Clock]:
    """Return the clocks an actor may see: those of his department; for a reviewer also those of his region and below.

    A department's internal limits, which run on what it has not filed yet, stay its own. Staff of contractors see those
    of their own tasks.
    """
    if not actor.is_person or not actor.has_role(*BUSINESS_ROLES):
        return Clock.objects.none()
    if actor.is_contractor:
        return Clock.objects.filter(pk__in=tasks_for(actor).values("clock"))
    visible = Q(department_id=actor.department_id)
    if policies.is_reviewer(actor):
        within = Q(region__path=actor.region_path) | Q(region__path__startswith=f"{actor.region_path}/")
        visible |= within & (Q(is_statutory=True) | Q(role=Role.REVIEWER))
    return Clock.objects.filter(visible)


def clock_list_for(actor: Actor, chosen: ClockFilter) -> QuerySet[Clock]:
    """Return the board, what is due first on top; ready to be drawn without further queries per row."""
    clocks = clocks_visible_to(actor)
    moment = time.now()
    soon = time.end_of_day(calendar().add_working_days(time.today(), 5).on)
    running = Q(state=ClockState.RUNNING)
    states = {
        "overdue": running & Q(due_at__lt=moment),
        "soon": running & Q(due_at__gte=moment, due_at__lte=soon),
        "running": running & Q(due_at__gte=moment),
        "paused": Q(state=ClockState.PAUSED),
        "late": Q(state=ClockState.FINISHED, finished_at__gt=F("due_at")),
        "done": Q(state=ClockState.FINISHED),
    }
    clocks = clocks.filter(states.get(chosen.state, Q(state__in=OPEN_CLOCK_STATES)))
    if chosen.policy_key:
        clocks = clocks.filter(policy_key=chosen.policy_key)
    if chosen.department_id:
        clocks = clocks.filter(department_id=chosen.department_id)
    if chosen.text:
        clocks = clocks.filter(subject_name__icontains=chosen.text)
    order = ("-finished_at", "-pk") if chosen.state in ("late", "done") else ("due_at", "pk")
    open_tasks = tasks_for(actor) if actor.is_contractor else Task.objects.filter(closed_at__isnull=True)
    open_tasks = open_tasks.exclude(url="").order_by("pk")
    return (
        clocks.select_related("department")
        .prefetch_related("pauses", Prefetch("tasks", queryset=open_tasks, to_attr="open_tasks"))
        .order_by(*order)
    )


def clocks_overdue_count(actor: Actor) -> int:
    """Return how many of the clocks on the actor's board are overdue; one query, for the navigation."""
    return clocks_visible_to(actor).filter(state=ClockState.RUNNING, due_at__lt=time.now()).count()


def clock_keys_for(actor: Actor) -> list[str]:
    """Return the kinds of clocks on the actor's board."""
    keys = clocks_visible_to(actor).order_by("policy_key").values_list("policy_key", flat=True).distinct()
    return list(keys)
