"""Reading what holders and inspectors wrote about the use of a grant. Whoever sees the grant sees this."""

from django.db.models import QuerySet

from core import clock
from sharing import notices
from sharing.models import Grant, Inspection, UsageRecord
from workflow.models import Notification


def usage_records_of(grant: Grant) -> QuerySet[UsageRecord]:
    """Return the records of use, latest first."""
    return UsageRecord.objects.filter(grant=grant).order_by("-pk")


def inspections_of(grant: Grant) -> QuerySet[Inspection]:
    """Return the inspections, latest first."""
    return Inspection.objects.filter(grant=grant).select_related("department", "rectification").order_by("-pk")


def late_key(inspection_id: int, *, to_holder: bool = False) -> str:
    """Return by which key one side is told once that nothing was reported in time after an inspection."""
    return f"{notices.GRANT}:inspection:{inspection_id}:late" + (":holder" if to_holder else "")


def inspections_overdue() -> list[Inspection]:
    """Return the inspections after which something was to be rectified by now and no report came, but those of which
    both sides were told."""
    found = Inspection.objects.filter(rectify_by__lt=clock.today(), rectification__isnull=True)
    keys = {pk: {late_key(pk), late_key(pk, to_holder=True)} for pk in found.values_list("pk", flat=True)}
    told = Notification.objects.filter(kind=notices.GRANT, dedupe_key__in=[key for two in keys.values() for key in two])
    known = set(told.values_list("dedupe_key", flat=True))
    related = ("department__region", "grant__dataset__entry")
    left = found.filter(pk__in=[pk for pk, two in keys.items() if not two <= known])
    return list(left.select_related(*related).order_by("pk"))
