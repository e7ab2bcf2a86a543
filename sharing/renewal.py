"""What a renewal takes over from the grant that it renews, unless whoever decides on it decides otherwise.

Fewer items, fewer rows, other masks and limits of use were decided once; a renewal lengthens that and undoes none of
it.
"""

from collections.abc import Sequence
from typing import Any

from catalog.choices import Mask
from catalog.contention import is_weaker_mask
from catalog.models import RevisionItem
from sharing import scope
from sharing.choices import OPEN_GRANT_STATUSES, RequestKind
from sharing.models import Grant, ShareRequest


def renewed(request: ShareRequest) -> Grant | None:
    """Return the grant that a request renews; None for a new one and a change of use."""
    return request.previous_grant if request.kind == RequestKind.RENEWAL else None


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


LIMITS = ("rows_per_day", "calls_per_minute")


def standing_limits(request: ShareRequest) -> dict[str, int]:
    """Return the limits of use that the renewed grant has: they hold on until the provider loosens them."""
    grant = renewed(request)
    found = {name: getattr(grant, name) for name in LIMITS} if grant is not None else {}
    return {name: value for name, value in found.items() if value is not None}


def standing_filter(request: ShareRequest) -> list[dict[str, Any]]:
    """Return the conditions on rows that were not asked for and hold nevertheless: those of the renewed grant."""
    grant = renewed(request)
    return [one for one in grant.row_filter if one not in request.row_filter] if grant is not None else []
