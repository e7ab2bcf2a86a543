"""What stands against a department's use of data: misuse that was found, a suspension, what the provider announced.

A stop or a limit would be walked round at once where the same department could take the same data anew on the spot.
It asks instead, and the provider decides. Misuse holds back whatever was agreed to, until the use is found in order
(docs/adr/0071).
"""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from sharing.choices import (
    OPEN_GRANT_STATUSES,
    EndReason,
    GrantAction,
    InspectionResult,
    RequestKind,
    Side,
)
from sharing.models import Grant, GrantNotice, GrantStep, GrantSuspension, Inspection, ShareRequest

_LIMITED = Q(rows_per_day__isnull=False) | Q(calls_per_minute__isnull=False)
_LIMITED_STILL = Q(grant__rows_per_day__isnull=False) | Q(grant__calls_per_minute__isnull=False)
_BY_ITSELF = Q(request__isnull=True) | Q(request__decided_by=None, request__replied_at=F("request__received_at"))
"""Grants that nobody decided on. Their limits are those that the provider set for all, and hold for the next one as
they are then; what it announced for a single one is in ``_NARROWED``."""
_UNDER_WAY = Q(closed_at__isnull=True)
_STOPPED = Q(change__isnull=True, grant__end_reason=EndReason.STOPPED)
_CUT_SHORT = Q(carried_out_at__isnull=True, closed_at__gte=F("grant__ended_at"), is_filing_accepted__isnull=True) | Q(
    carried_out_at__isnull=True, closed_at__gte=F("grant__ended_at"), is_filing_accepted=True
)
"""Whoever ends his grant on the eve of its stop does not get round the stop."""
_NARROWED = Q(carried_out_at__isnull=False, change__isnull=False) & (~Q(change__masks={}) | _LIMITED_STILL)


def _misused(*, by_others: bool = False) -> Q:
    """Return the condition under which misuse that was found under a grant still stands against its holder.

    It does whenever it was found, while the grant ran or after its end, and whether it ended it; until the use is found
    in order, or the suspension for it is lifted, and with none of another side's. What the provider found the provider
    may find in order; what an authority or the security administrator found, an authority.
    """
    by_authority = ~Q(department=OuterRef("grant__dataset__entry__department"))
    cleared = Inspection.objects.filter(
        by_authority | Q(department=OuterRef("department")),
        grant=OuterRef("grant"),
        result=InspectionResult.IN_ORDER,
        pk__gt=OuterRef("pk"),
    )
    lifted = GrantSuspension.objects.filter(
        closed_at__isnull=False,
        misuse__gte=OuterRef("pk"),
        misuse__grant=OuterRef("grant"),
        misuse__department=OuterRef("department"),
    )
    found = Inspection.objects.filter(~Exists(cleared), ~Exists(lifted), result=InspectionResult.MISUSE)
    own = GrantStep.objects.filter(grant=OuterRef("pk"), action=GrantAction.END, detail__side=Side.PROVIDER)
    looked = Inspection.objects.filter(
        grant=OuterRef("pk"), result=InspectionResult.IN_ORDER, inspected_at__gte=OuterRef("ended_at")
    )
    later = Exists(looked.exclude(department=OuterRef("dataset__entry__department"))) | (Exists(looked) & Exists(own))
    standing, ended = found.filter(grant=OuterRef("pk")), Q(end_reason=EndReason.MISUSE) & ~later
    if by_others:
        standing = standing.exclude(department=OuterRef("dataset__entry__department"))
        ended = Q(ended, ~Exists(own))
    return Exists(standing) | ended


def is_misused(department_id: int, entry_id: int, *, by_others: bool = False) -> bool:
    """Say whether misuse stands against what a department has, or had, of an entry's data.

    Args:
        by_others: what the provider found itself apart.
    """
    held = Grant.objects.filter(department=department_id, dataset__entry=entry_id)
    return held.filter(_misused(by_others=by_others)).exists()


def _suspended(**conditions: Any) -> Exists:
    """Return the condition under which a suspension still stands against the holder of a grant.

    It outlives the grant: whoever ends what is suspended, or lets its time pass, does not shed the suspension. Its side
    finds the use in order afterwards, or another grant was decided on in its place.
    """
    return Exists(GrantSuspension.objects.filter(grant=OuterRef("pk"), closed_at__isnull=True, **conditions))


def is_barred(department_id: int, entry_id: int) -> bool:
    """Say whether a department takes nothing of an entry's data by itself: what it has of them is suspended, or was at
    its end, or misuse stands against it."""
    held = Grant.objects.filter(department=department_id, dataset__entry=entry_id)
    return held.filter(Q(_suspended()) | _misused()).exists()


def is_held_back(request: ShareRequest) -> bool:
    """Say whether somebody above the provider suspended what the department has, or had, of the entry's data.

    What he stopped does not go on under another grant before he lets it, whatever was agreed to.
    """
    held = Grant.objects.filter(department=request.department_id, dataset__entry=request.entry_id)
    return held.filter(_suspended(side__in=(Side.AUTHORITY, Side.SECURITY))).exists()


def to_replace(request: ShareRequest) -> Q:
    """Return which grants the one of a request comes in place of: a changed use, or an answer that was disputed."""
    own = Q(request=request)
    return own | Q(pk=request.previous_grant_id) if request.kind == RequestKind.CHANGE else own


def is_announced(request: ShareRequest) -> bool:
    """Say whether a stop or a limit of what a request's grant is to replace was announced and is under way."""
    replaced = Grant.objects.filter(to_replace(request), status__in=OPEN_GRANT_STATUSES)
    return GrantNotice.objects.filter(_UNDER_WAY, grant__in=replaced).exists()


def is_stopped(request: ShareRequest) -> bool:
    """Say whether what a request's grant is to replace, or to go on from, was stopped since the decision, as had been
    announced: a stop ends what was agreed to go on as well."""
    former = Q(grant__request=request) | Q(grant=request.previous_grant_id)
    stopped = GrantNotice.objects.filter(former, change__isnull=True, carried_out_at__gte=request.replied_at)
    return request.replied_at is not None and stopped.exists()


def is_restrained(department_id: int, *, is_renewal: bool = False, **data: Any) -> bool:
    """Say whether an announcement, or a limit of use, stands against a department's taking data on the spot.

    What the provider loosened, or agreed to anew without a limit since, stands against nothing. A limit that was
    decided on stands after the grant that has it is over, until another grant follows: whoever ends his own does not
    get rid of it.

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
    limited = held.filter(_LIMITED).filter(Q(status__in=OPEN_GRANT_STATUSES) | (~Exists(later) & ~_BY_ITSELF))
    return not is_renewal and limited.exists()
