"""Reading how data under a grant are used. Whoever sees the grant sees this; rows that were pulled are not kept."""

from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from core import clock
from sharing.models import Grant, Inspection, Pull, UsageRecord

DAYS = 30


def usage_records_of(grant: Grant) -> QuerySet[UsageRecord]:
    """Return the records of use, latest first."""
    return UsageRecord.objects.filter(grant=grant).order_by("-pk")


def inspections_of(grant: Grant) -> QuerySet[Inspection]:
    """Return the inspections, latest first."""
    return Inspection.objects.filter(grant=grant).select_related("department", "rectification").order_by("-pk")


def inspections_overdue() -> QuerySet[Inspection]:
    """Return the inspections after which something was to be rectified by now and no report came."""
    found = Inspection.objects.filter(rectify_by__lt=clock.today(), rectification__isnull=True)
    return found.select_related("grant__dataset__entry").order_by("pk")


def pulls_by_day(grant: Grant) -> list[dict[str, object]]:
    """Return calls, those for libraries among them, and rows of each of the last days that had any, latest first."""
    since = clock.now() - timedelta(days=DAYS)
    found = (
        Pull.objects.filter(grant=grant, at__gte=since)
        .annotate(day=TruncDate("at", tzinfo=clock.REGION_ZONE))
        .values("day")
        .annotate(calls=Count("pk"), built=Count("pk", filter=Q(library__isnull=False)), rows_given=Sum("rows"))
        .order_by("-day")
    )
    return [{**one, "day": _day(one["day"]), "rows": one["rows_given"]} for one in found]


def _day(value: date) -> str:
    return value.isoformat()
