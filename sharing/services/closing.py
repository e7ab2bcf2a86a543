"""Closing requests that nothing comes of any more, though nobody withdrew them."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from core.actors import Actor
from core.faults import held_apart
from core.reasons import Reason
from sharing import transitions
from sharing.choices import OPEN_GRANT_STATUSES, OPEN_STATUSES, RequestAction, RequestKind, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.pull import pull_arrived
from sharing.selectors.restraint import is_overtaken
from sharing.services import step
from sharing.services.delivery import delivery_confirm_by_pull
from workflow import services as workflow
from workflow.choices import ClockKey


def requests_follow_grant(*, actor: Actor, grant_id: int) -> None:
    """Close what became void with a step of a grant: its own request, or renewals of the use that it changes.

    It runs after that step, in a transaction of its own: a request is locked before the grants of its entry.

    Basis:
        Internal rule, docs/adr/0071: without it a request that gives nothing any more could never be left.
    """
    grant = Grant.objects.select_related("request", "dataset").get(pk=grant_id)
    if grant.request is None:
        return
    if grant.status not in OPEN_GRANT_STATUSES:
        request_close(actor=actor, request_id=grant.request.pk)
    if grant.request.kind == RequestKind.CHANGE:
        renewals = ShareRequest.objects.filter(
            kind=RequestKind.RENEWAL,
            department=grant.department_id,
            entry=grant.dataset.entry_id,
            status__in=OPEN_STATUSES,
            number__isnull=False,
        )
        for pk in list(renewals.order_by("pk").values_list("pk", flat=True)):
            request_close(actor=actor, request_id=pk)


@transaction.atomic
def request_close(*, actor: Actor, request_id: int) -> ShareRequest | None:
    """Close a request of which nothing comes any more by itself; whoever needs the data still asks anew.

    Where rows left before its grant ended, that is what came of it: a pull that is cut by the end, or whose process
    died, may tell it later or never.

    Returns:
        The request, None where something came of it, or may come yet.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    why = _void_for(request)
    if why is None:
        return None
    given = selectors.grants_of_answer(request).order_by("pk")
    if arrived := next(filter(None, map(pull_arrived, given)), None):
        delivery_confirm_by_pull(pull_id=arrived.pk)
        return None
    before = request.status
    request.status = transitions.REQUEST.apply("withdraw", before).target
    step.waiting_end(actor, request, is_done=False)
    workflow.clock_cancel(actor=actor, subject=request, policy_key=ClockKey.DELIVERY)
    step.stepped(actor, request, RequestAction.WITHDRAW, before=before, opinion=why)
    return request


def _void_for(request: ShareRequest) -> Reason | None:
    """Return why nothing comes of a request any more: its grant ended and nobody confirmed that data arrived, or what
    it was to renew has another use by now."""
    given = selectors.grants_of_answer(request)
    if given.exists():
        is_over = not given.filter(status__in=OPEN_GRANT_STATUSES).exists()
        return Reason("share.grant_over") if is_over and request.status == RequestStatus.AGREED else None
    return Reason("share.overtaken") if request.is_open and is_overtaken(request) else None


def requests_close(*, actor: Actor) -> int:
    """Close by night what the news of a grant left open, as after a dispute, each in its own transaction; return how
    many."""
    given = Grant.objects.filter(request=OuterRef("pk"), created_at__gte=OuterRef("replied_at"))
    is_over = Exists(given) & ~Exists(given.filter(status__in=OPEN_GRANT_STATUSES))
    changes = Grant.objects.filter(previous=OuterRef("previous_grant"), request__kind=RequestKind.CHANGE)
    is_renewal = Q(kind=RequestKind.RENEWAL, status__in=OPEN_STATUSES, number__isnull=False)
    found = ShareRequest.objects.filter((Q(status=RequestStatus.AGREED) & is_over) | (is_renewal & Exists(changes)))
    closed = 0
    for pk in list(found.order_by("pk").values_list("pk", flat=True)):
        with held_apart("sharing_request_not_closed", request=pk):
            closed += request_close(actor=actor, request_id=pk) is not None
    return closed
