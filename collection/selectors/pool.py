"""A department's pool: all its datasets, how much they hold, how current and how good they are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Avg, BigIntegerField, Count, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from collection.models import Dataset
from collection.policies import can_see_changes
from collection.selectors.dataset import datasets_filtered, own_datasets
from collection.selectors.freshness import LATE
from collection.store import distributing
from core.actors import Actor
from core.exceptions import NotVisible


@dataclass(frozen=True, slots=True)
class Pool:
    """What a department holds.

    Attributes:
        rows, size_bytes: of the published versions, and of all that the store keeps for them.
        late: datasets that are overdue, of ``timed`` with a due time.
        score: mean of the datasets that were judged; None where none was.
            Rows, bytes, score and the last change are None for whoever is not told what a load has changed.
    """

    code: str
    name: str
    datasets: int
    loaded: int
    rows: int | None
    size_bytes: int | None
    timed: int
    late: int
    score: Decimal | None
    changed_at: datetime | None


def pools_for(actor: Actor) -> list[Pool]:
    """Return the pools that the actor answers for, by name: his department's, a reviewer's those of his region."""
    is_told = can_see_changes(actor)
    sizes: dict[str, int] = defaultdict(int)
    held = own_datasets(actor).filter(published_version__isnull=False).order_by()
    by_dataset = dict(held.values_list("pk", "entry__department__code"))
    for dataset_id, size in distributing.sizes(by_dataset).items():
        sizes[by_dataset[dataset_id]] += size
    found = (
        own_datasets(actor)
        .order_by()
        .values("entry__department__code", "entry__department__name")
        .annotate(
            datasets=Count("pk"),
            loaded=Count("published_version"),
            rows=Sum("published_version__row_count"),
            timed=Count("pk", filter=Q(due_at__isnull=False)),
            late=Count("pk", filter=Q(freshness__in=LATE)),
            score=Avg("quality_score"),
            changed_at=Max("changed_at"),
        )
        .order_by("entry__department__name_pinyin", "entry__department__code")
    )
    return [
        Pool(
            code=row["entry__department__code"],
            name=row["entry__department__name"],
            datasets=row["datasets"],
            loaded=row["loaded"],
            rows=(row["rows"] or 0) if is_told else None,
            size_bytes=sizes[row["entry__department__code"]] if is_told else None,
            timed=row["timed"],
            late=row["late"],
            score=row["score"] if is_told else None,
            changed_at=row["changed_at"] if is_told else None,
        )
        for row in found
    ]


def pool_get_for(actor: Actor, code: str) -> Pool:
    """Return one pool.

    Raises:
        NotVisible: there is none, or the actor does not answer for it.
    """
    pool = next((one for one in pools_for(actor) if one.code == code), None)
    if pool is None:
        raise NotVisible
    return pool


def pool_datasets(actor: Actor, code: str, *, q: str = "", freshness: str = "") -> QuerySet[Dataset]:
    """Return the datasets of a pool that the actor answers for and that fit.

    ``rows_held`` orders them: what was never loaded holds less than nothing, so that it comes last of the largest.
    """
    found = datasets_filtered(actor, q=q, freshness=freshness).filter(entry__department__code=code)
    return found.annotate(rows_held=Coalesce("published_version__row_count", Value(-1), output_field=BigIntegerField()))


def sizes_of(datasets: Iterable[Dataset]) -> dict[int, int]:
    """Return dataset → bytes that the store keeps for it: all versions, with indexes."""
    return distributing.sizes(one.pk for one in datasets)
