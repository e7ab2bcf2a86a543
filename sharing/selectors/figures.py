"""Figures of sharing: whether what the law limits is done in time, and how much data are used. Counted in SQL."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth

from accounts.choices import Role
from core import clock
from core.actors import Actor
from sharing.models import Grant, Pull
from sharing.selectors.grant import grant_list_for, within
from workflow.choices import ClockKey, ClockState
from workflow.models import Clock
from workflow.selectors.clock import clocks_visible_to

KEYS = (
    ClockKey.REPLY_UNCONDITIONAL,
    ClockKey.REPLY_CONDITIONAL,
    ClockKey.SHARING_DECISION,
    ClockKey.DELIVERY,
    ClockKey.CORRECTION,
)
"""What is counted: answers, deliveries, corrections (809, Art. 21, 22, 26 and 38)."""
DAYS = 30
MONTHS = 12
MOST_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class MonthInTime:
    """What was finished in a month, in time and late."""

    month: date
    met: int
    late: int


@dataclass(frozen=True, slots=True)
class InTime:
    """How a department keeps its times.

    Attributes:
        met, late: finished within the last twelve months.
        overdue: running now, past their day.
    """

    department: str
    met: int
    late: int
    overdue: int

    @property
    def share(self) -> float | None:
        """The share that was met, None where nothing was finished."""
        return self.met / (self.met + self.late) if self.met + self.late else None


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """Pulls of a day, those for libraries among them, and the rows that left by them."""

    day: date
    pulls: int
    built: int
    rows: int


@dataclass(frozen=True, slots=True)
class EntryUse:
    """Pulls of an entry's data, the rows that left by them, and how many departments pulled."""

    entry: int
    name: str
    pulls: int
    rows: int
    departments: int


def _clocks(actor: Actor) -> QuerySet[Clock]:
    return clocks_visible_to(actor).filter(policy_key__in=[one.value for one in KEYS]).order_by()


def _months() -> list[date]:
    """Return the first days of the last twelve months, this one the last."""
    found = [clock.today().replace(day=1)]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


_FINISHED = Q(state=ClockState.FINISHED)
_MET = _FINISHED & Q(finished_at__lte=F("due_at"))


def in_time_by_month(actor: Actor) -> list[MonthInTime]:
    """Return what was finished in each of the last twelve months, in time and late."""
    months = _months()
    since = clock.end_of_day(months[0] - timedelta(days=1))
    month = TruncMonth("finished_at", tzinfo=clock.REGION_ZONE)
    rows = (
        _clocks(actor)
        .filter(_FINISHED, finished_at__gt=since)
        .values(month=month)
        .annotate(all=Count("pk"), met=Count("pk", filter=_MET))
    )
    found = {one["month"].date(): (one["met"], one["all"] - one["met"]) for one in rows}
    return [MonthInTime(one, *found.get(one, (0, 0))) for one in months]


def in_time_by_department(actor: Actor) -> list[InTime]:
    """Return how each department whose times the actor sees kept them, those with the most overdue first."""
    since = clock.end_of_day(_months()[0] - timedelta(days=1))
    overdue = Q(state=ClockState.RUNNING, due_at__lt=clock.now())
    rows = (
        _clocks(actor)
        .filter(overdue | (_FINISHED & Q(finished_at__gt=since)))
        .values("department", name=F("department__name"))
        .annotate(done=Count("pk", filter=_FINISHED), met=Count("pk", filter=_MET), overdue=Count("pk", filter=overdue))
        .order_by("-overdue", "name")
    )
    return [InTime(one["name"], one["met"], one["done"] - one["met"], one["overdue"]) for one in rows]


def grants_supervised(actor: Actor) -> QuerySet[Grant]:
    """Return the grants whose use concerns the actor as provider or authority, or all for who watches over them."""
    found = grant_list_for(actor).order_by()
    if actor.has_role(Role.SECADMIN, Role.AUDITOR):
        return found
    scope = Q(dataset__entry__department=actor.department_id)
    if actor.is_authority and actor.has_role(Role.REVIEWER):
        scope |= within("dataset__entry__department__region", actor.region_path)
    return found.filter(scope)


def use_by_day(grants: QuerySet[Grant], days: int = DAYS) -> list[DayOfUse]:
    """Return pulls and rows under grants on each of the last days, the earliest first."""
    first = clock.today() - timedelta(days=days - 1)
    rows = (
        _pulls_since(grants, first)
        .values(day=TruncDate("at", tzinfo=clock.REGION_ZONE))
        .annotate(pulls=Count("pk"), built=Count("pk", filter=Q(library__isnull=False)), given=Sum("rows"))
    )
    found = {one["day"]: (one["pulls"], one["built"], one["given"] or 0) for one in rows}
    return [DayOfUse(one, *found.get(one, (0, 0, 0))) for one in (first + timedelta(days=at) for at in range(days))]


def use_by_entry(grants: QuerySet[Grant], days: int = DAYS) -> list[EntryUse]:
    """Return the entries most pulled in the last days."""
    first = clock.today() - timedelta(days=days - 1)
    entry = "grant__dataset__entry"
    found = (
        _pulls_since(grants, first)
        .values(entry=F(entry), name=F(f"{entry}__current_revision__name"))
        .annotate(pulls=Count("pk"), given=Sum("rows"), departments=Count("department", distinct=True))
        .order_by("-pulls", "entry")[:MOST_ENTRIES]
    )
    return [EntryUse(one["entry"], one["name"], one["pulls"], one["given"] or 0, one["departments"]) for one in found]


def _pulls_since(grants: QuerySet[Grant], first: date) -> QuerySet[Pull]:
    since = clock.end_of_day(first - timedelta(days=1))
    return Pull.objects.filter(grant__in=grants.values("pk"), at__gt=since).order_by()
