"""How current the data are, for those who answer for them."""

from django.db.models import Count, Q, QuerySet

from collection.choices import FreshnessState
from collection.models import Dataset
from collection.selectors.dataset import own_datasets
from core.actors import Actor

LATE = (FreshnessState.OVERDUE, FreshnessState.OVERDUE_LONG)


def overdue_count(actor: Actor) -> int:
    """Return how many of the actor's datasets are overdue."""
    return own_datasets(actor).filter(freshness__in=LATE).order_by().count()


def freshness_list_for(actor: Actor) -> QuerySet[Dataset]:
    """Return the actor's datasets with a due time, the most urgent first."""
    return own_datasets(actor).filter(due_at__isnull=False).order_by("due_at", "pk")


def freshness_counts(actor: Actor) -> dict[str, int]:
    """Return how many of the actor's datasets are in each state."""
    return dict(own_datasets(actor).order_by().values_list("freshness").annotate(Count("pk")))


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
