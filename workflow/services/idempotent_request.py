from datetime import timedelta

from core import clock
from workflow.models import IdempotentRequest

KEPT_FOR = timedelta(days=1)
"""How long a repeated request gets the answer of the first."""


def idempotent_requests_purge() -> int:
    """Delete the keys whose time is over; return how many."""
    return IdempotentRequest.objects.filter(created_at__lt=clock.now() - KEPT_FOR).delete()[0]
