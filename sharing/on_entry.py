"""What sharing shows beside an entry: how to get its data, and what is under way or held already."""

from typing import Any

from catalog.choices import LIVE_STATUSES
from catalog.models import Entry
from collection.selectors.dataset import datasets_of
from core.actors import Actor
from sharing import after_policies, hindrances, policies
from sharing.choices import OPEN_GRANT_STATUSES, OPEN_STATUSES
from sharing.selectors.grant import grant_list_for
from sharing.selectors.objection import disputed_names, disputed_wholes
from sharing.selectors.request import request_list_for
from sharing.wording import state_of

SHOWN = 5


def panel(actor: Actor, entry: Entry) -> dict[str, Any] | None:
    """Return what somebody of a department sees; None for the public, and where there is nothing to show or do."""
    if not policies.can_see_requests(actor):
        return None
    is_live = entry.status in LIVE_STATUSES
    takeable = []
    if is_live and policies.can_take(actor, entry) and actor.department_id is not None:
        takeable = [one for one in datasets_of(entry) if hindrances.taking(one, actor.department_id) is None]
    can_ask = is_live and policies.can_ask(actor, entry)
    open_requests = request_list_for(actor).filter(entry=entry, status__in=OPEN_STATUSES)
    requests = [(one, state_of(one)) for one in open_requests.prefetch_related("grants", "steps")[:SHOWN]]
    grants = list(grant_list_for(actor).filter(dataset__entry=entry, status__in=OPEN_GRANT_STATUSES)[:SHOWN])
    can_object = is_live and after_policies.can_object(actor, entry)
    disputed = [*disputed_wholes(entry.pk), *disputed_names(entry.pk)]
    if not (takeable or can_ask or can_object or requests or grants or disputed):
        return None
    return {
        "entry": entry,
        "takeable": takeable,
        "can_ask": can_ask,
        "can_object": can_object,
        "disputed": disputed,
        "shows_use": bool(grants) and actor.department_id == entry.department_id,
        "requests": requests,
        "grants": grants,
    }
