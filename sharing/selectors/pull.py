"""Reading the log of pulls."""

from datetime import datetime

from django.db.models import Sum

from sharing.models import Pull


def rows_given_since(grant_id: int, moment: datetime) -> int:
    """Count the rows that left under a grant since an instant."""
    found = Pull.objects.filter(grant=grant_id, at__gte=moment).aggregate(rows=Sum("rows"))
    return int(found["rows"] or 0)
