"""Reading the trail."""

from django.db.models import QuerySet

from audit.models import AuditEvent


def events_of(label: str, pk: object) -> QuerySet[AuditEvent]:
    """Return what was done to one object, newest first. The caller has checked that the reader may see the object."""
    return AuditEvent.objects.filter(object_label=label, object_pk=str(pk), outcome="done")
