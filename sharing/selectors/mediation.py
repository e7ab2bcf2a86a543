"""Reading how a dispute was mediated."""

from django.db.models import QuerySet

from sharing.choices import RequestStatus
from sharing.models import Mediation, ShareRequest


def mediations_of(request: ShareRequest) -> QuerySet[Mediation]:
    """Return the mediations of the dispute that runs, or was the last, first one first."""
    found = Mediation.objects.filter(request=request)
    return found.filter(at__gte=request.disputed_at) if request.disputed_at is not None else found


def agreement_pending(request: ShareRequest) -> Mediation | None:
    """Return the agreement that awaits confirmation: of the last mediation, where neither side declined it."""
    if request.status != RequestStatus.DISPUTED:
        return None
    last = mediations_of(request).last()
    return last if last is not None and last.is_agreed and last.declined_at is None else None
