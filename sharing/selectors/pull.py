"""Reading the log of pulls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate

from core import clock
from sharing.client_choices import LOOK_PROFILE, LOOK_ROWS, PullKind, PullOutcome
from sharing.limits import RowQuota
from sharing.models import Client, Grant, Pull, RefusedCall
from sharing.models.grant import BY_ITSELF

DAYS = 14


GAVE = Q(rows__gt=0) | Q(kind=PullKind.FILE) | Q(kind=PullKind.ROWS, detail=LOOK_PROFILE)
"""Pulls by which data became known: rows or a file that left, a profile that told values. Whoever had such a one has
had data, also where it was a look on a page, which is no proof that a delivery arrived (809, Art. 27 and 29)."""


@dataclass(frozen=True, slots=True)
class DayOfPulls:
    """What a client did on a day.

    Attributes:
        cut: pulls that did not come to their end.
        refused: calls that were refused, for whatever reason.
    """

    day: date
    pulls: int
    cut: int
    refused: int
    rows: int

    @property
    def troubles(self) -> int:
        return self.cut + self.refused


def rows_given_since(counted: Q, moment: datetime) -> int:
    """Count the rows that left since an instant under grants that are counted together, as a condition on pulls."""
    found = Pull.objects.filter(counted, at__gte=moment).aggregate(rows=Sum("rows"))
    return int(found["rows"] or 0)


def has_had_data(grant: Grant) -> bool:
    """Say whether anything of the data became known under a grant, by a pull or by a look."""
    return Pull.objects.filter(GAVE, grant=grant).exists()


def pull_arrived(grant: Grant) -> Pull | None:
    """Return the first pull that brought data under a grant; a look on a page proves no arrival (809, Art. 22).

    A file counts once the whole of it left: what is cut off before is no file, though something of it became known.
    """
    brought = Pull.objects.filter(rows__gt=0, grant=grant).exclude(detail__in=(LOOK_ROWS, LOOK_PROFILE))
    return brought.select_related("client", "user", "library").order_by("pk").first()


def first_had_at() -> Subquery:
    """Return when data first became known under a grant, for a query of grants; NULL where none did."""
    return Subquery(Pull.objects.filter(GAVE, grant=OuterRef("pk")).order_by("at").values("at")[:1])


def row_quota_of(grant: Grant) -> RowQuota | None:
    """Return what a grant gives in a day; None where it sets no limit.

    What a department gets of a dataset by itself is counted together: it takes it as often as it likes, so that a count
    for each grant would give the provider's limit anew with every one. What was decided on has a count of its own.
    """
    if grant.rows_per_day is None:
        return None
    if not grant.is_by_itself:
        return RowQuota(str(grant.token), grant.rows_per_day, partial(rows_given_since, Q(grant=grant.pk)))
    together = Grant.objects.filter(
        BY_ITSELF, department=grant.department_id, dataset=grant.dataset_id, rows_per_day__isnull=False
    )
    first = together.order_by("pk").values_list("token", flat=True).first()
    spent = partial(rows_given_since, Q(grant__in=together))
    return RowQuota(str(first or grant.token), grant.rows_per_day, spent, is_together=True)


def days_of_client(client: Client, days: int = DAYS) -> Sequence[DayOfPulls]:
    """Return what a client did on each of the last days, the earliest first."""
    first = clock.today() - timedelta(days=days - 1)
    since = clock.end_of_day(first - timedelta(days=1))
    day = TruncDate("at", tzinfo=clock.REGION_ZONE)
    pulls = (
        Pull.objects.filter(client=client, at__gt=since)
        .order_by()
        .values(day=day)
        .annotate(pulls=Count("pk"), cut=Count("pk", filter=~Q(outcome=PullOutcome.DONE)), given=Sum("rows"))
    )
    by_day = {one["day"]: one for one in pulls}
    calls = RefusedCall.objects.filter(client=client, minute__gt=since)
    by_minute = TruncDate("minute", tzinfo=clock.REGION_ZONE)
    refused = dict(calls.order_by().values(day=by_minute).annotate(calls=Sum("count")).values_list("day", "calls"))
    found = []
    for offset in range(days):
        one = first + timedelta(days=offset)
        row = by_day.get(one, {"pulls": 0, "cut": 0, "given": 0})
        found.append(DayOfPulls(one, row["pulls"], row["cut"], refused.get(one, 0), row["given"] or 0))
    return found


def last_pulls(client: Client, count: int = 10) -> QuerySet[Pull]:
    """Return the latest pulls of a client."""
    return Pull.objects.filter(client=client).select_related("grant__dataset").order_by("-pk")[:count]


def last_refusals(client: Client, count: int = 10) -> QuerySet[RefusedCall]:
    """Return the latest calls of a client that were refused, by minute and code."""
    return RefusedCall.objects.filter(client=client).order_by("-minute", "-pk")[:count]
