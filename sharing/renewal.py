"""What a request takes over from the grant in whose place its own comes, unless whoever decides decides otherwise.

Fewer items, fewer rows and other masks were decided once; a renewal lengthens that and undoes none of it. Limits of use
hold for the service, so they go over to a change of use and to what a dispute is settled with as well.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from catalog.choices import Mask
from catalog.contention import is_weaker_mask
from catalog.models import RevisionItem
from core import clock
from sharing import scope
from sharing.choices import OPEN_GRANT_STATUSES, RequestKind, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.use_limits import strictest


def renewed(request: ShareRequest) -> Grant | None:
    """Return the grant that a request renews; None for a new one and a change of use."""
    return request.previous_grant if request.kind == RequestKind.RENEWAL else None


def changed_to_come(request: ShareRequest) -> Grant | None:
    """Return the grant that a request changes, where its use has not begun: neither does the changed use till then."""
    grant = request.previous_grant if request.kind == RequestKind.CHANGE else None
    return grant if grant is not None and grant.valid_from > clock.now() else None


def before_first(grant: Grant, day: date) -> str:
    """Say what to do about a change of use on a day before the use begins; empty where it is not before that."""
    first = grant.valid_from.astimezone(clock.REGION_ZONE).date()
    if day >= first:
        return ""
    message = _("The use that this changes begins on %(day)s, and so does the change: choose that day or a later one.")
    return message % {"day": first.isoformat()}


def lengthens(grant: Grant, until: date) -> bool:
    """Say whether a renewal up to a day lengthens a grant: it begins where that one ends, and never beside it."""
    return until > _last_day(grant)


def no_longer(grant: Grant) -> str:
    """Say what to do about a renewal that does not lengthen its grant."""
    message = _("A renewal goes on where the grant before ends: choose a day after %(day)s.")
    return message % {"day": _last_day(grant).isoformat()}


def goes_on_already(other: Grant) -> str:
    """Say what to do about a second renewal of a grant.

    Args:
        other: the first.
    """
    message = _("Grant %(number)d goes on already from the one that this renews: that one is to be renewed instead.")
    return message % {"number": other.pk}


def _last_day(grant: Grant) -> date:
    return grant.last_moment.astimezone(clock.REGION_ZONE).date()


def standing_masks(request: ShareRequest, items: Sequence[RevisionItem], chosen: Sequence[str]) -> dict[str, str]:
    """Return the masks that hold if nothing is decided: the entry's, for items of the renewed grant the grant's.

    Into a grant that is open a stricter mask of the entry came when it was published; what shows more was decided on.
    One that has ended was not followed up any more: what it showed is no decision about the entry as it is now.
    """
    masks = scope.default_masks(items, chosen)
    grant = renewed(request)
    if grant is None:
        return masks
    is_open = grant.status in OPEN_GRANT_STATUSES
    for one in items:
        item = str(one.item_id)
        if item not in chosen or item not in grant.items:
            continue
        mask = Mask(grant.masks.get(item, Mask.NONE))
        if not is_open and is_weaker_mask(masks.get(item, Mask.NONE), mask):
            continue
        if mask == Mask.NONE:
            masks.pop(item, None)
        elif mask.fits(one.type):
            masks[item] = str(mask)
    return masks


def standing_filter(request: ShareRequest) -> list[dict[str, Any]]:
    """Return the conditions on rows that were not asked for and hold nevertheless: those of the renewed grant."""
    grant = renewed(request)
    return scope.added(grant.row_filter, request.row_filter) if grant is not None else []


def standing_limits(request: ShareRequest) -> dict[str, int | None]:
    """Return the limits of use that hold if nothing is decided: of the grants that are replaced, or the answer's.

    Files are not counted in rows.
    """
    given = list(request.grants.filter(status__in=OPEN_GRANT_STATUSES))
    if not given and request.status == RequestStatus.DISPUTED:
        limits = decided_limits(request)
    else:
        limits = strictest(given or ([request.previous_grant] if request.previous_grant is not None else []))
    is_files = request.dataset is not None and not request.dataset.is_table
    return {**limits, "rows_per_day": None} if is_files else limits


def decided_limits(request: ShareRequest) -> dict[str, int | None]:
    """Return the limits of use that were decided."""
    return {"rows_per_day": request.decided_rows_per_day, "calls_per_minute": request.decided_calls_per_minute}
