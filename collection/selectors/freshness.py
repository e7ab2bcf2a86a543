"""How current the data are, for those who answer for them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate

from collection.choices import FRESHNESS_SHOWN, FreshnessState
from collection.models import Dataset
from collection.selectors.dataset import freshness_is, own_datasets
from core import clock
from core.actors import Actor

LATE = (FreshnessState.OVERDUE, FreshnessState.OVERDUE_LONG)


def overdue_count(actor: Actor) -> int:
    """Return how many of the actor's datasets are overdue."""
    return own_datasets(actor).filter(freshness__in=LATE).order_by().count()


def freshness_list_for(actor: Actor) -> QuerySet[Dataset]:
    """Return the actor's datasets with a due time, the most urgent first."""
    return own_datasets(actor).filter(due_at__isnull=False).order_by("due_at", "pk")


def freshness_counts(actor: Actor) -> dict[str, int]:
    """Return how many of the actor's datasets are in each state, as lists tell states apart."""
    counts = {state: Count("pk", filter=freshness_is(state)) for state, _label in FRESHNESS_SHOWN}
    found: dict[str, int] = own_datasets(actor).order_by().aggregate(**counts)
    return found


def overdue_by_department(actor: Actor) -> list[tuple[str, int, int]]:
    """Return (department, overdue, with a due time) for the departments the actor answers for, worst first."""
    return list(
        own_datasets(actor)
        .filter(due_at__isnull=False)
        .order_by()
        .values_list("entry__department__name")
        .annotate(late=Count("pk", filter=Q(freshness__in=LATE)), total=Count("pk"))
        .order_by("-late", "entry__department__name")
    )


# --- By day -----------------------------------------------------------------------------------------------------------


_DUE_ON = TruncDate("due_at", tzinfo=clock.REGION_ZONE)


@dataclass(slots=True)
class DueDay:
    """What is due on a day.

    Attributes:
        first: the first of them by name.
    """

    count: int = 0
    first: list[Dataset] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.first)


def freshness_due_for(actor: Actor, first: date, last: date, department: str = "") -> QuerySet[Dataset]:
    """Return the actor's datasets that are due on one of some days, by day and name.

    Args:
        department: code of one department.
    """
    starts = datetime.combine(first, time.min, clock.REGION_ZONE)
    ends = datetime.combine(last + timedelta(days=1), time.min, clock.REGION_ZONE)
    found = own_datasets(actor).filter(due_at__gte=starts, due_at__lt=ends)
    if department:
        found = found.filter(entry__department__code=department)
    return found.annotate(due_on=_DUE_ON).order_by("due_on", "name", "pk")


def freshness_due_days(actor: Actor, first: date, last: date, department: str = "", *, each: int) -> dict[date, DueDay]:
    """Return what is due on each of some days; two queries, however much it is.

    Args:
        each: how many datasets of a day are read.
    """
    found = freshness_due_for(actor, first, last, department)
    days: dict[date, DueDay] = defaultdict(DueDay)
    for day, count in found.order_by().values_list(_DUE_ON).annotate(Count("pk")):
        days[day].count = count
    place = Window(RowNumber(), partition_by=[F("due_on")], order_by=[F("name").asc(), F("pk").asc()])
    for dataset in found.annotate(place=place).filter(place__lte=each):
        days[dataset.due_on].first.append(dataset)  # type: ignore[attr-defined]
    return days


def freshness_late_before(actor: Actor, day: date, department: str = "") -> int:
    """Return how many of the actor's datasets are overdue since before a day."""
    found = own_datasets(actor).filter(
        freshness__in=LATE, due_at__lt=datetime.combine(day, time.min, clock.REGION_ZONE)
    )
    return (found.filter(entry__department__code=department) if department else found).order_by().count()


def freshness_departments(actor: Actor) -> Iterable[tuple[str, str]]:
    """Return (code, name) of the departments that the actor answers for and that have a due time."""
    return (
        own_datasets(actor)
        .filter(due_at__isnull=False)
        .order_by("entry__department__name_pinyin")
        .values_list("entry__department__code", "entry__department__name")
        .distinct()
    )
