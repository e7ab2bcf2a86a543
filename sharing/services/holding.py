"""What holds a delivery back: the provider's time stands still while it is others, and both sides hear of it."""

from django.db import transaction

from core import clock
from core.actors import Actor, system_actor
from core.basis import INTERNAL_RULE
from core.exceptions import DomainError
from core.reasons import Reason
from sharing import hindrances, policies
from sharing.choices import RequestAction
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.selectors import request as selectors
from sharing.services import step
from sharing.services.telling import delivery_time_tell
from workflow import services as workflow
from workflow.choices import ClockKey, ClockState
from workflow.models import Clock
from workflow.selectors.of_subject import clock_open_of

CLOCK_ACTOR = system_actor(policies.CLOCK_JOB)
"""Notes by itself what holds a delivery back, whoever agreed to it."""
_HELD = ("suspended", "misuse", "announced")


def clock_follow(actor: Actor, request: ShareRequest, running: Clock) -> Clock:
    """Let the provider's time stand still while others keep it from delivering, and run once nobody does.

    What is late already stays late.
    """
    why = hindrances.held_by_others(request)
    if why is not None and running.state == ClockState.RUNNING and clock.now() <= running.due_at:
        return workflow.clock_pause(actor=actor, clock=running, reason=why, basis=INTERNAL_RULE)
    if why is None and running.state == ClockState.PAUSED:
        resumed = workflow.clock_resume(actor=actor, clock=running, basis=INTERNAL_RULE)
        if hindrances.held_back(request) is not None:  # else the step that it is free again tells it
            delivery_time_tell(request, resumed)
        return resumed
    return running


def deliveries_follow(*, actor: Actor, grant_id: int) -> None:
    """Let the time for what waits to be delivered stand still, or run, as what became of a grant holds it back or not.

    Basis:
        Internal rule, docs/adr/0071: whoever others keep from delivering is not late.
    """
    grant = Grant.objects.select_related("dataset").get(pk=grant_id)
    waiting = selectors.undelivered().filter(department=grant.department_id, entry=grant.dataset.entry_id)
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        _follow(actor, pk)


def deliveries_follow_merger(*, actor: Actor, department_id: int) -> None:
    """Do so once a department took over what another held: of either, what waits was held back by its own alone."""
    waiting = selectors.undelivered().filter(department=department_id)
    # In the order in which everybody locks entries: all of it may be one transaction.
    for pk in list(waiting.order_by("entry_id", "pk").values_list("pk", flat=True)):
        _follow(actor, pk)


@transaction.atomic
def _follow(actor: Actor, request_id: int) -> None:
    request = selectors.request_get_for(actor, request_id, for_update=True)
    running = clock_open_of(request, ClockKey.DELIVERY)
    if running is not None:
        clock_follow(actor, request, running)
    hold_tell(request, hindrances.held_back(request))


def hold_tell(request: ShareRequest, held: DomainError | None) -> None:
    """Put on the way of a request what holds its delivery back, once for each reason, and once more that it is free.

    What ends the agreement is told when it is closed.
    """
    if held is None:
        free_tell(request)
    elif held.code in _HELD and _told_to_hold(request) != (why := Reason(f"share.held_{held.code}")).code:
        step.stepped(CLOCK_ACTOR, request, RequestAction.HOLD, before=request.status, opinion=why)


def _told_to_hold(request: ShareRequest) -> str:
    """Return for what both sides were told last that the delivery is held back; empty where they were not, or that it
    is free. Each answer is told of anew: what held back one that a dispute overtook holds back nothing of the next."""
    of_answer = RequestStep.objects.filter(request=request, at__gte=request.replied_at)
    told = of_answer.filter(action__in=(RequestAction.HOLD, RequestAction.FREE)).last()
    is_held = told is not None and told.action == RequestAction.HOLD
    return str(told.detail.get("why", {}).get("code", "")) if told is not None and is_held else ""


def free_tell(request: ShareRequest, *, is_told: bool = True) -> None:
    """Put on the way of a request that nothing holds its delivery back, where both sides were told that something did.

    Args:
        is_told: False where the delivery itself tells it.
    """
    if _told_to_hold(request):
        why = Reason("share.free")
        step.stepped(CLOCK_ACTOR, request, RequestAction.FREE, before=request.status, opinion=why, is_told=is_told)
