"""Reading how a dispute was mediated."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from sharing.choices import MediationState, RequestStatus
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


def state_of(mediation: Mediation, pending: Mediation | None) -> MediationState:
    """Return what became of a mediation.

    Args:
        pending: the agreement of its request that awaits confirmation.
    """
    if not mediation.is_agreed:
        return MediationState.NOT_AGREED
    if mediation.is_confirmed:
        return MediationState.CONFIRMED
    if mediation.declined_at is not None:
        return MediationState.DECLINED
    return MediationState.PENDING if mediation == pending else MediationState.SUPERSEDED


def agreements_pending() -> QuerySet[Mediation]:
    """Return the agreements of all requests that await confirmation, as ``agreement_pending``."""
    later = Mediation.objects.filter(request=OuterRef("request"), pk__gt=OuterRef("pk"))
    of_dispute = Q(request__disputed_at=None) | Q(at__gte=F("request__disputed_at"))
    found = Mediation.objects.filter(of_dispute, request__status=RequestStatus.DISPUTED, is_agreed=True)
    return found.filter(~Exists(later), declined_at=None)
