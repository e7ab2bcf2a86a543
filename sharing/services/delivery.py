"""From an agreement to data: the grant, the provider's time for it, the confirmation by the requester."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.choices import Role
from collection.models import Dataset
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import FieldError, RuleViolation
from core.faults import held_apart
from core.reasons import Reason
from sharing import hindrances, policies, renewal, transitions
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, RequestAction, RequestKind, RequestStatus
from sharing.models import ClientGrant, Grant, GrantNotice, Pull, ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.forthcoming import agreement_left, agreement_over
from sharing.selectors.grant import grants_after
from sharing.selectors.pull import pull_arrived
from sharing.selectors.restraint import chain_of
from sharing.selectors.terms import service_limits_of
from sharing.services import step
from sharing.services.grant import end, grant_create, grant_locked, narrow, shorten, stepped
from sharing.services.holding import clock_follow, free_tell, hold_tell
from sharing.services.right import entry_grants_lock, grants_lock
from sharing.services.succession import (
    followers_go_on,
    renewals_outlasted,
    settled_before,
    suspensions_take_over,
)
from sharing.use_limits import LIMITS, tightest
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.selectors.of_subject import clock_open_of

PULL_ACTOR = system_actor("sharing-pull")


def agreement_carry_out(actor: Actor, request: ShareRequest) -> Grant | None:
    """Start the provider's time for delivery, and deliver at once where the data are hooked already.

    Each answer has a time of its own, which begins with it: that of an answer which a dispute overtook ends, late
    where it was overdue.

    Basis:
        Regulation on Government Data Sharing, Art. 22.

    Returns:
        The grant, None where the provider has yet to name the data, or something stands against it.
    """
    workflow.clock_cancel(actor=actor, subject=request, policy_key=ClockKey.DELIVERY)
    running = step.clock_run(actor, ClockKey.DELIVERY, request)
    dataset = request.dataset
    entry_grants_lock(request.entry_id, request.department_id)
    is_there = dataset is not None and not dataset.is_retired and dataset.published_version_id is not None
    held = hindrances.held_back(request)
    is_held = held is not None
    if running is not None:
        running = clock_follow(actor, request, running)
    if dataset is None or not is_there or is_held:
        hold_tell(request, held)
        step.task_for(request, step.TASK_DELIVER, request.entry.department_id, Role.CATALOGUER, running=running)
        return None
    return _deliver(actor, request, dataset, is_told=False)


@transaction.atomic
def request_deliver(*, actor: Actor, request_id: int, dataset_id: int) -> ShareRequest:
    """Name the data that an agreed request gets; the grant is in force from then on.

    Raises:
        NotVisible, NotAllowed: not of the providing department. InvalidTransition: it is not agreed.
        RuleViolation: the data are not the entry's, hold nothing yet, or were delivered already; or nothing of what was
            agreed to can be given any more.

    Basis:
        Regulation on Government Data Sharing, Art. 22.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_deliver(actor, request)
    transitions.REQUEST.apply("deliver", request.status)
    entry_grants_lock(request.entry_id, request.department_id)
    dataset = Dataset.objects.filter(pk=dataset_id, entry=request.entry_id, retired_at__isnull=True).first()
    if dataset is not None:
        request.dataset = dataset  # what stands against it may stand against these data alone
    if hindrance := hindrances.delivery(request):
        raise hindrance
    if dataset is None:
        raise RuleViolation([FieldError("dataset", "unknown", _("Choose one of the entry's datasets."))])
    if dataset.published_version is None:
        raise RuleViolation([FieldError("dataset", "empty", _("No data are loaded yet. Load them first."))])
    _deliver(actor, request, dataset)
    return request


def _deliver(actor: Actor, request: ShareRequest, dataset: Dataset, *, is_told: bool = True) -> Grant:
    """Make the grant of a request.

    Args:
        is_told: False where the step before is told in the same breath, which then names the grant.
    """
    assert request.decided_until is not None  # noqa: S101  submission asks for it
    changed = _decision_follow(request)
    _limits_of_service(request, dataset)
    changed |= _limits_fit(request, dataset)
    _require_deliverable(request, dataset)
    moment = clock.now()
    first_day = request.valid_from or clock.today()
    begins = moment if first_day <= clock.today() else clock.midnight_after(first_day - timedelta(days=1))
    previous = request.previous_grant
    if previous is not None:
        grants_lock(previous.dataset_id, previous.department_id)
        previous.refresh_from_db()
    if request.kind == RequestKind.RENEWAL and previous is not None and previous.status in OPEN_GRANT_STATUSES:
        begins = max(begins, previous.valid_to)
    if request.kind == RequestKind.CHANGE and previous is not None:
        previous = request.previous_grant = _in_use(request, previous)
        begins = max(begins, previous.valid_from)  # of what has not begun: it is used on its own day, and not before
    if clock.midnight_after(request.decided_until) <= begins:
        message = _("The time for which the data were asked is over by now. It has to be asked for anew.")
        raise RuleViolation([FieldError("valid_until", "past", message)])
    grant = grant_create(
        actor=actor,
        dataset=dataset,
        department=request.department,
        items=request.decided_items,
        row_filter=request.decided_filter,
        masks=request.decided_masks,
        methods=request.decided_methods,
        valid_from=begins,
        valid_to=clock.midnight_after(request.decided_until),
        purpose=request.scenario,
        systems=list(request.systems.all()),
        rows_per_day=request.decided_rows_per_day,
        calls_per_minute=request.decided_calls_per_minute,
        request=request,
        previous=previous,
    )
    settled = settled_before(grant)
    outlasted = renewals_outlasted(grant, settled)
    replaced = [*_replaced(request, grant), *outlasted]
    note = Reason("share.replaced", {"number": grant.pk})
    for former in replaced:
        if grant.valid_from > moment:
            shorten(actor, former, min(former.valid_to, grant.valid_from), note, EndReason.REPLACED)
        else:
            reason = EndReason.SETTLED if former.request_id == request.pk else EndReason.REPLACED
            end(actor, former, reason, note)
    before = [*(one for one in settled if one not in replaced), *replaced]
    suspensions_take_over(actor, grant, before if previous is None else [previous, *before])
    for notice in _narrowed_since(request, grant):
        narrow(actor, grant, notice.change or {}, notice.reason)
    _clients_keep(grant, before)
    followers_go_on(actor, grant, [*settled, *outlasted])
    workflow.task_close(actor=actor, subject=request, kind=step.TASK_DELIVER)
    workflow.clock_stop(actor=actor, subject=request, policy_key=ClockKey.DELIVERY)
    free_tell(request, is_told=False)
    status = request.status
    provider = request.entry.department
    # What follows from another's decision by itself is the provider's step all the same.
    who = None if actor.department_id == provider.pk else ("", provider.name)
    detail = {"grant": grant.pk, **changed}
    step.stepped(actor, request, RequestAction.DELIVER, before=status, detail=detail, who=who, is_told=is_told)
    # While it is disputed nobody can confirm: see ``delivery_go_on``; nor before it begins: see ``grant_begin``.
    if request.status == RequestStatus.AGREED and begins <= moment:
        step.task_for(request, step.TASK_CONFIRM, request.department_id, Role.CATALOGUER)
    return grant


def _in_use(request: ShareRequest, previous: Grant) -> Grant:
    """Return what is used by now of what a request changes: a renewal, where one goes on from a grant that is over.

    Of an answer that was disputed it is known already.
    """
    if previous.status in OPEN_GRANT_STATUSES or request.grants.exists():
        return previous
    used = [one for _former, one in grants_after(previous) if one.status in OPEN_GRANT_STATUSES]
    return next((one for one in reversed(used) if one.valid_from <= clock.now()), previous)


def _clients_keep(grant: Grant, before: list[Grant]) -> None:
    """Bind the machines that pull under former grants to the one that follows them: their service goes on.

    The head has agreed to the request by which it goes on; what he bound before he need not bind again. Machines of
    systems that the new grant does not name are left out.
    """
    former = {one.pk for one in before} | ({grant.previous.pk} if grant.previous is not None else set())
    bound = ClientGrant.objects.filter(grant__in=former, client__system__in=grant.systems.all())
    names = dict(bound.order_by("pk").values_list("client_id", "bound_by_name"))
    ClientGrant.objects.bulk_create(
        ClientGrant(client_id=client, grant=grant, bound_at=grant.created_at, bound_by_name=name)
        for client, name in names.items()
    )


def _decision_follow(request: ShareRequest) -> dict[str, Any]:
    """Bring a decision in line with the entry as it is now, as a grant that had been made at once would have been.

    Returns:
        What people are told of it: ``gone`` and ``masked``, names of items.

    Raises:
        RuleViolation: nothing of it can be given any more, or nobody decided on data that need a decision now.
    """
    now = agreement_left(request)
    by_item = {str(one.item_id): one for one in selectors.items_offered(request)}
    lost = [one for one in request.decided_items if one not in now.items]
    gone = [by_item[one].name for one in lost if one in by_item] + selectors.items_gone(request, lost)
    masked = [by_item[one].name for one in now.items if now.masks.get(one) != request.decided_masks.get(one)]
    request.decided_items, request.decided_masks = now.items, now.masks
    return {name: names for name, names in (("gone", gone), ("masked", masked)) if names}


def _limits_of_service(request: ShareRequest, dataset: Dataset) -> None:
    """Give what nobody decided on the limits of use that hold for all, where those of the grant that it goes on from
    are no tighter."""
    if request.is_by_itself:
        limits = tightest([renewal.decided_limits(request), service_limits_of(dataset)])
        request.decided_rows_per_day, request.decided_calls_per_minute = (limits[name] for name in LIMITS)


def _limits_fit(request: ShareRequest, dataset: Dataset) -> dict[str, Any]:
    """Take from a decision on data that had no form yet the limit that files cannot have.

    Returns:
        What people are told of it: ``uncounted``, the rows a day that were decided.
    """
    rows = request.decided_rows_per_day
    if dataset.is_table or rows is None:
        return {}
    request.decided_rows_per_day = None
    return {"uncounted": rows}


def _narrowed_since(request: ShareRequest, grant: Grant) -> list[GrantNotice]:
    """Return what was narrowed of the grants before since the decision: it holds for what follows them."""
    before = Q(grant__request=request) | Q(grant__in=chain_of(request))
    narrowed = GrantNotice.objects.filter(
        before, change__isnull=False, carried_out_at__gt=request.replied_at, grant__dataset=grant.dataset_id
    )
    return list(narrowed.order_by("carried_out_at", "pk"))


def _require_deliverable(request: ShareRequest, dataset: Dataset) -> None:
    """Refuse files where a part was agreed to: nothing can be cut out of a file or masked in it.

    Raises:
        RuleViolation: it limits items, rows or masks.
    """
    if dataset.is_table:
        return
    items = {str(one.item_id) for one in selectors.items_offered(request)}
    is_whole = not request.decided_filter and not request.decided_masks and items <= set(request.decided_items)
    if not is_whole:
        message = _("Files are given whole: agree to every item without masks and conditions, or deliver a table.")
        raise RuleViolation([FieldError("dataset", "files_are_whole", message)])


def delivery_go_on(actor: Actor, request: ShareRequest) -> None:
    """Let what was agreed to go on once a dispute about it is over: delivery, or its confirmation."""
    if request.status != RequestStatus.AGREED:
        return
    grant = selectors.grants_of_answer(request).order_by("-pk").first()
    if grant is None:
        running = clock_open_of(request, ClockKey.DELIVERY)
        step.task_for(request, step.TASK_DELIVER, request.entry.department_id, Role.CATALOGUER, running=running)
    elif grant.first_pulled_at is not None:
        _confirm_by_pull(request, grant, pull_arrived(grant))
    elif grant.valid_from <= clock.now():
        step.task_for(request, step.TASK_CONFIRM, request.department_id, Role.CATALOGUER)


@transaction.atomic
def grant_begin(*, actor: Actor, grant_id: int) -> Grant | None:
    """Tell that use which was to begin later has begun, once; from now on it can be confirmed that the data arrived.

    Returns:
        The grant, None where nothing has begun, or that was told before.
    """
    request_id = Grant.objects.values_list("request", flat=True).get(pk=grant_id)
    request = selectors.request_get_for(actor, request_id, for_update=True)
    grant = grant_locked(actor, grant_id)
    if not selectors.begun_untold().filter(pk=grant.pk).exists():
        return None
    stepped(actor, grant, GrantAction.BEGIN, "sharing.grant.begin", after={"valid_from": grant.valid_from})
    if request.status == RequestStatus.AGREED and selectors.grants_of_answer(request).filter(pk=grant.pk).exists():
        step.task_for(request, step.TASK_CONFIRM, request.department_id, Role.CATALOGUER)
    return grant


def grants_begin(*, actor: Actor) -> int:
    """Tell of all whose use has begun, each in its own transaction; return how many."""
    begun = 0
    for pk in list(selectors.begun_untold().values_list("pk", flat=True)):
        with held_apart("sharing_grant_beginning_not_told", grant=pk):
            begun += grant_begin(actor=actor, grant_id=pk) is not None
    return begun


@transaction.atomic
def agreement_expire(*, actor: Actor, request_id: int) -> ShareRequest | None:
    """Close an agreement that cannot be made available any more: see ``agreement_over``.

    Whoever needs the data still asks anew.

    Returns:
        The request, None where it was made available or can still be.

    Basis:
        Internal rule, docs/adr/0071: without it the provider could neither deliver nor take its data out of use.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    before = request.status
    if not transitions.REQUEST.allows("expire", before) or selectors.grants_of_answer(request).exists():
        return None
    why = agreement_over(request)
    if why is None:
        return None
    request.status = transitions.REQUEST.apply("expire", before).target
    step.waiting_end(actor, request, is_done=False)
    workflow.clock_cancel(actor=actor, subject=request, policy_key=ClockKey.DELIVERY)
    step.stepped(actor, request, RequestAction.EXPIRE, before=before, opinion=why)
    return request


def agreements_waiting(dataset: Dataset) -> int:
    """Return how many agreements wait for a dataset; what cannot be made available any more waits for nothing."""
    return sum(agreement_over(one) is None for one in selectors.requests_undelivered(dataset))


def agreements_expire(*, actor: Actor) -> int:
    """Close the agreements that cannot be made available any more, each in its own transaction; return how many."""
    keys = list(selectors.undelivered().filter(status=RequestStatus.AGREED).order_by("pk").values_list("pk", flat=True))
    closed = 0
    for pk in keys:
        with held_apart("sharing_agreement_not_closed", request=pk):
            closed += agreement_expire(actor=actor, request_id=pk) is not None
    return closed


def _replaced(request: ShareRequest, grant: Grant) -> list[Grant]:
    """Return the grants in whose place the new one comes: a changed use, or an answer that was disputed.

    A changed use takes the place of what was agreed to go on from the former one, too: that was for the use before.
    """
    replaced = list(request.grants.filter(status__in=OPEN_GRANT_STATUSES).exclude(pk=grant.pk))
    previous = request.previous_grant
    if request.kind == RequestKind.CHANGE and previous is not None:
        others = [
            one for one in grants_lock(previous.dataset_id, previous.department_id) if one.request_id != request.pk
        ]
        of_use = {previous.pk}
        while grown := {one.pk for one in others if one.previous_id in of_use} - of_use:
            of_use |= grown
        replaced += [one for one in others if one.pk in of_use and one.status in OPEN_GRANT_STATUSES]
    return replaced


@transaction.atomic
def delivery_confirm(*, actor: Actor, request_id: int, note: str = "") -> ShareRequest:
    """Confirm by hand that the data arrived.

    Raises:
        NotVisible, NotAllowed: not of the requesting department. InvalidTransition: it is not agreed.
        RuleViolation: nothing was made available yet.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_withdraw(actor, request)
    return _confirm(actor, request, note, {"by": "hand"})


@transaction.atomic
def delivery_confirm_by_pull(*, pull_id: int) -> None:
    """Take the first pull that brought data under a grant for the confirmation that they arrived.

    Later ones change nothing, nor does one under a grant of an answer that a dispute has overtaken.
    """
    pull = Pull.objects.select_related("grant__request", "client", "user", "library").get(pk=pull_id)
    if pull.grant.request_id is not None:
        # The entry first, as everybody takes it: who decides on it writes the requests that go on from its grants.
        selectors.entry_lock(ShareRequest.objects.filter(pk=pull.grant.request_id).values("entry"))
        request = ShareRequest.objects.select_for_update().get(pk=pull.grant.request_id)
        is_of_answer = selectors.grants_of_answer(request).filter(pk=pull.grant_id).exists()
        if request.status == RequestStatus.AGREED and is_of_answer:
            _confirm_by_pull(request, pull.grant, pull)
    Grant.objects.filter(pk=pull.grant_id, first_pulled_at__isnull=True).update(first_pulled_at=clock.now())


def _confirm_by_pull(request: ShareRequest, grant: Grant, pull: Pull | None) -> None:
    puller = (pull.client or pull.user or pull.library) if pull is not None else None
    who = (str(puller or ""), request.department.name)
    _confirm(PULL_ACTOR, request, "", {"by": "pull", "grant": grant.pk}, who)


def _confirm(
    actor: Actor, request: ShareRequest, note: str, detail: dict[str, object], who: tuple[str, str] | None = None
) -> ShareRequest:
    before = request.status
    row = transitions.REQUEST.apply("confirm", before)
    if hindrance := hindrances.confirmation(request):
        raise hindrance
    request.status = row.target
    request.delivered_at = clock.now()
    workflow.task_close(actor=actor, subject=request)
    step.stepped(
        actor, request, RequestAction.CONFIRM, before=before, opinion=note, detail=detail, basis=row.basis, who=who
    )
    return request
