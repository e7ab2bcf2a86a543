"""Reading what holders and inspectors wrote about the use of a grant. Whoever sees the grant sees this."""

from django.db.models import QuerySet

from core import clock
from sharing.models import Grant, Inspection, UsageRecord


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
