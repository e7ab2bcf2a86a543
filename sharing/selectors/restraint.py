"""What a provider announced for a department's use of its data, and what therefore nobody takes by himself.

A stop or a limit would be walked round at once where the same department could take the same data anew on the spot.
It asks instead, and the provider decides (docs/adr/0071).
"""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantStatus, RequestKind, Side
from sharing.models import Grant, GrantNotice, ShareRequest

_LIMITED = Q(rows_per_day__isnull=False) | Q(calls_per_minute__isnull=False)
_LIMITED_STILL = Q(grant__rows_per_day__isnull=False) | Q(grant__calls_per_minute__isnull=False)
_UNDER_WAY = Q(closed_at__isnull=True)
_STOPPED = Q(change__isnull=True, grant__end_reason=EndReason.STOPPED)
_CUT_SHORT = Q(carried_out_at__isnull=True, closed_at__gte=F("grant__ended_at"), is_filing_accepted__isnull=True) | Q(
    carried_out_at__isnull=True, closed_at__gte=F("grant__ended_at"), is_filing_accepted=True
)
"""Whoever ends his grant on the eve of its stop does not get round the stop."""
_NARROWED = Q(carried_out_at__isnull=False, change__isnull=False) & (~Q(change__masks={}) | _LIMITED_STILL)


def is_held_back(request: ShareRequest) -> bool:
    """Say whether somebody above the provider suspended what the department has of the entry's data.

    What he stopped does not go on under another grant before he lets it, whatever was agreed to.
    """
    held = Grant.objects.filter(department=request.department_id, dataset__entry=request.entry_id)
    return held.filter(status=GrantStatus.SUSPENDED).exclude(suspended_by=Side.PROVIDER).exists()


def to_replace(request: ShareRequest) -> Q:
    """Return which grants the one of a request comes in place of: a changed use, or an answer that was disputed."""
    own = Q(request=request)
    return own | Q(pk=request.previous_grant_id) if request.kind == RequestKind.CHANGE else own


def is_announced(request: ShareRequest) -> bool:
    """Say whether a stop or a limit of what a request's grant is to replace was announced and is under way."""
    replaced = Grant.objects.filter(to_replace(request), status__in=OPEN_GRANT_STATUSES)
    return GrantNotice.objects.filter(_UNDER_WAY, grant__in=replaced).exists()


def is_restrained(department_id: int, *, is_renewal: bool = False, **data: Any) -> bool:
    """Say whether an announcement, or a limit of use, stands against a department's taking data on the spot.

    What the provider loosened, or agreed to anew without a limit since, stands against nothing. A limit stands after
    the grant that has it is over, until another grant follows: whoever ends his own does not get rid of it.

    Args:
        is_renewal: what was narrowed goes over to a renewal and is no reason against it.
        data: which, as conditions on ``Grant``: ``dataset`` or ``dataset__entry``.
    """
    held = Grant.objects.filter(department=department_id, **data)
    decided = ShareRequest.objects.filter(
        department=department_id,
        grants__dataset=OuterRef("grant__dataset"),
        replied_at__gte=OuterRef("announced_at"),
        decided_rows_per_day__isnull=True,
        decided_calls_per_minute__isnull=True,
    ).exclude(kind=RequestKind.RENEWAL)
    standing = _UNDER_WAY | _STOPPED | _CUT_SHORT
    notices = GrantNotice.objects.filter(standing if is_renewal else standing | _NARROWED, ~Exists(decided))
    if notices.filter(grant__in=held).exists():
        return True
    later = Grant.objects.filter(department=department_id, dataset=OuterRef("dataset"), pk__gt=OuterRef("pk"))
    limited = held.filter(_LIMITED).filter(Q(status__in=OPEN_GRANT_STATUSES) | ~Exists(later))
    return not is_renewal and limited.exists()
