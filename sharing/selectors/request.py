"""Reading requests. ``visible`` is the one rule of who sees which request."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.choices import Role
from accounts.models import Department, InformationSystem
from catalog.choices import Sharing
from catalog.models import Entry, RevisionItem
from catalog.selectors import authority_in_charge, items_of
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible
from sharing.choices import (
    EDITABLE_STATUSES,
    FILED_STATUSES,
    OPEN_GRANT_STATUSES,
    GrantAction,
    RequestAction,
    RequestStatus,
)
from sharing.models import Grant, GrantStep, RequestStep, ShareRequest, SharingPolicy
from sharing.policies import is_own
from sharing.selectors.grant import live_grants, within
from sharing.selectors.mediation import agreements_pending
from workflow.selectors.people import role_holder_ids

TOLD_LATE = timedelta(days=7)
"""For how long the beginning of use is news, where the clockwork stood still."""

_SHOWN = (
    "entry__department__region",
    "entry__published_revision",
    "entry__current_revision",
    "department__region",
    "dataset__published_version",
    "authority",
    "previous_grant",
)
_STRICTNESS = (Sharing.UNCONDITIONAL, Sharing.CONDITIONAL, Sharing.WITHHELD)


def visible(actor: Actor) -> Q:
    """Return the condition under which a request is visible.

    The requesting department sees its own in every state. Once its head has agreed, so do the provider, the authorities
    of both regions and the auditor: each step is open to everybody involved. What was returned is a draft again, and
    the requester's own.
    """
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    filed = Q(filed_at__isnull=False) & ~Q(status__in=EDITABLE_STATUSES)
    if is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD):
        condition |= Q(department=actor.department_id)
        condition |= filed & Q(entry__department=actor.department_id)
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        condition |= filed & (_supervised(actor) | Q(authority=actor.department_id))
    if actor.is_person and actor.has_role(Role.AUDITOR):
        condition |= filed
    return condition


def _supervised(actor: Actor) -> Q:
    regions = within("department__region", actor.region_path)
    return regions | within("entry__department__region", actor.region_path)


def taken_back(actor: Actor, request_id: int) -> RequestStep | None:
    """Return the step by which a request that lay before an authority became its requester's own again, to a reviewer
    there; None for everybody who had no part in it, and while it is filed."""
    if not (actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)):
        return None
    found = ShareRequest.objects.filter(_supervised(actor), pk=request_id, status__in=EDITABLE_STATUSES)
    steps = RequestStep.objects.filter(request__in=found)
    agreed = steps.filter(action=RequestAction.AGREE).order_by("-pk").first()
    if agreed is None:
        return None
    ways = (RequestAction.RETURN, RequestAction.RECALL)
    return steps.filter(action__in=ways, pk__gt=agreed.pk).order_by("pk").first()


def entry_lock(entries: Any) -> None:
    """Lock entries against publication and withdrawal until the end of the transaction."""
    list(
        Entry.objects.select_for_update(no_key=True).filter(pk__in=entries).order_by("pk").values_list("pk", flat=True)
    )


def request_list_for(actor: Actor) -> QuerySet[ShareRequest]:
    """Return the requests that the actor sees, last touched first."""
    return ShareRequest.objects.filter(visible(actor)).select_related(*_SHOWN)


def request_get_for(actor: Actor, request_id: int, *, for_update: bool = False) -> ShareRequest:
    """Return one request.

    Args:
        for_update: lock its row until the end of the transaction.

    Raises:
        NotVisible: there is none, or the actor may not know of it.
    """
    found = ShareRequest.objects.filter(pk=request_id)
    if for_update:
        # The entry first: what is decided on must not change or be withdrawn meanwhile (docs/adr/0070).
        entry_lock(found.values("entry"))
        found = ShareRequest.objects.filter(pk__in=[*found.select_for_update().values_list("pk", flat=True)])
    request = found.filter(visible(actor)).select_related(*_SHOWN).first()
    if request is None:
        raise NotVisible
    return request


def grants_of_answer(request: ShareRequest) -> QuerySet[Grant]:
    """Return the grants by which the answer that holds was carried out: those of an answer before a dispute are not."""
    if request.replied_at is None:
        return request.grants.none()
    return request.grants.filter(created_at__gte=request.replied_at)


def begins_later(request: ShareRequest) -> datetime | None:
    """Return when use begins of what was made available by the answer that holds, where that lies ahead.

    For a list its grants are fetched beforehand.
    """
    if request.replied_at is None:
        return None
    given = [one for one in request.grants.all() if one.created_at >= request.replied_at]
    first = min((one.valid_from for one in given if one.status in OPEN_GRANT_STATUSES), default=None)
    return first if first is not None and first > clock.now() else None


def begun_untold() -> QuerySet[Grant]:
    """Return the grants whose use was to begin later, has begun, and was not told of yet; data can be read.

    What was read or confirmed is no news, nor what began longer ago, under an earlier release or a suspension, unless
    it is still to be confirmed.
    """
    moment = clock.now()
    later = live_grants(moment).filter(request__isnull=False, valid_from__gt=F("created_at"), first_pulled_at=None)
    told = GrantStep.objects.filter(grant=OuterRef("pk"), action=GrantAction.BEGIN)
    is_news = Q(valid_from__gt=moment - TOLD_LATE) & ~Q(request__status=RequestStatus.DELIVERED)
    found = later.filter(is_news | Q(request__status=RequestStatus.AGREED), ~Exists(told))
    return found.order_by("valid_from", "pk")


def undelivered() -> QuerySet[ShareRequest]:
    """Return the requests that were agreed to and have no grant by that answer yet, also where it is disputed."""
    agreed = Q(status=RequestStatus.AGREED) | Q(status=RequestStatus.DISPUTED, disputed_from=RequestStatus.AGREED)
    given = Grant.objects.filter(request=OuterRef("pk"), created_at__gte=OuterRef("replied_at"))
    return ShareRequest.objects.filter(agreed, ~Exists(given))


def requests_undelivered(dataset: Dataset) -> QuerySet[ShareRequest]:
    """Return the requests by whose agreement a dataset is yet to be given."""
    return undelivered().filter(dataset=dataset).select_related("entry__published_revision").order_by("pk")


def requests_waiting(actor: Actor) -> QuerySet[ShareRequest]:
    """Return what waits for the actor's word: as head of either side, as authority. To what the authority decides in
    its place the provider owes its opinion, to a dispute a statement, and both heads their word on an agreement.

    What he took part in asking for waits for somebody else.
    """
    waiting = Q(pk__in=[])
    others = ~Q(submitted_by=actor.id) & ~Q(filed_by=actor.id)
    if actor.is_person and actor.has_role(Role.HEAD):
        waiting |= Q(department=actor.department_id, status=RequestStatus.AWAITING_HEAD) & ~Q(submitted_by=actor.id)
        provided = others & Q(entry__department=actor.department_id)
        waiting |= provided & Q(status=RequestStatus.AWAITING_PROVIDER)
        waiting |= provided & Q(status=RequestStatus.AWAITING_AUTHORITY, provider_opinion="")
        waiting |= provided & Q(status=RequestStatus.DISPUTED, dispute_statement="")
        agreed = agreements_pending()
        waiting |= provided & Q(pk__in=agreed.filter(provider_confirmed_at=None).values("request"))
        unconfirmed = agreed.filter(asker_confirmed_at=None).values("request")
        waiting |= Q(department=actor.department_id, pk__in=unconfirmed)
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        states = (RequestStatus.AWAITING_CHECK, RequestStatus.AWAITING_AUTHORITY, RequestStatus.DISPUTED)
        decides = (RequestStatus.AWAITING_AUTHORITY, RequestStatus.DISPUTED)
        own = Q(status=RequestStatus.DISPUTED, decided_by=actor.id)
        spoken = ShareRequest.provider_speakers.through.objects.filter(user=actor.id)
        own |= Q(status__in=decides, pk__in=spoken.values("sharerequest"))
        waiting |= others & Q(authority=actor.department_id, status__in=states) & ~own
        asked = Q(authority=actor.department_id, status=RequestStatus.AWAITING_PROVIDER)
        waiting |= others & asked & Q(extension_asked_at__isnull=False) & ~Q(extension_asked_by=actor.id)
    return request_list_for(actor).filter(waiting)


def earlier_requests(actor: Actor, request: ShareRequest) -> QuerySet[ShareRequest]:
    """Return what was asked for the same entry before this request, latest first, as far as the actor may see it.

    That is what the same department filed, and what others were answered: like cases are decided alike.
    """
    own = Q(department=request.department_id, status__in=FILED_STATUSES, filed_at__isnull=False)
    found = request_list_for(actor).filter(own | Q(replied_at__isnull=False), entry=request.entry_id)
    if request.filed_at is not None:
        found = found.filter(filed_at__lt=request.filed_at)
    return found.exclude(pk=request.pk).order_by("-pk")


def steps_of(request: ShareRequest) -> QuerySet[RequestStep]:
    """Return the timeline of a request, first step first."""
    return RequestStep.objects.filter(request=request).order_by("at", "pk")


def items_offered(request: ShareRequest) -> list[RevisionItem]:
    """Return the items of the entry as they are published now."""
    revision = request.entry.published_revision
    return items_of(revision) if revision is not None else []


def attribute_of(items: Iterable[RevisionItem], entry_attribute: str) -> str:
    """Return the strictest sharing attribute among items; one that says nothing has the entry's."""
    found = {item.sharing or entry_attribute for item in items}
    return max(found, key=lambda one: _STRICTNESS.index(Sharing(one)), default=entry_attribute)


def items_gone(request: ShareRequest, items: Iterable[str]) -> list[str]:
    """Return the names of those items of a list which the entry does not have any more, as it had them last."""
    known = {str(one.item_id) for one in items_offered(request)}
    gone = [item for item in items if item not in known]
    if not gone:
        return []
    rows = RevisionItem.objects.filter(revision__entry=request.entry_id).order_by("revision__number")
    names = {str(item): name for item, name in rows.values_list("item_id", "name")}
    return [names[item] for item in gone if item in names]


def attribute_asked(request: ShareRequest) -> str:
    """Return the strictest attribute among what a request would learn of: the items it shows, those it chooses rows
    by, and all of them where files are asked for, which no item can be cut out of."""
    revision = request.entry.published_revision
    entry_attribute = revision.sharing if revision else Sharing.WITHHELD
    is_files = request.dataset is not None and not request.dataset.is_table
    known = {*request.items, *(str(one["item"]) for one in request.row_filter)}
    items = items_offered(request)
    return attribute_of([one for one in items if is_files or str(one.item_id) in known], entry_attribute)


def policy_for(region_path: str) -> SharingPolicy:
    """Return how a region goes about requests: its own policy, else the nearest above it, else what ships."""
    return policies_for([region_path])[region_path]


def policies_for(region_paths: Iterable[str]) -> dict[str, SharingPolicy]:
    """Return how each of several regions goes about requests, as ``policy_for``, by the path of the region."""
    codes = {path: path.split("/") for path in region_paths}
    wanted = {code for parts in codes.values() for code in parts}
    found = SharingPolicy.objects.filter(region__code__in=wanted).select_related("region")
    policies = {one.region.code: one for one in found}
    return {
        path: next((policies[code] for code in reversed(parts) if code in policies), None) or SharingPolicy()
        for path, parts in codes.items()
    }


def askers(request: ShareRequest) -> set[int | None]:
    """Return who asked, and who agreed to it for the department: neither of them checks or answers it."""
    return {request.submitted_by_id, request.filed_by_id}


def took_part(request: ShareRequest) -> set[int | None]:
    """Return who asked or agreed to ask, decided, or spoke for the provider: none of them decides for an authority."""
    return {*askers(request), request.decided_by_id, *request.provider_speakers.values_list("pk", flat=True)}


def more_time_askers(request: ShareRequest) -> set[int | None]:
    """Return who does not consent to more time: who asked for it, as well as for the data."""
    asks = {request.extension_asked_by_id} if request.extension_asked_at is not None else set()
    return askers(request) | asks


def _reviewers(authority: Department) -> set[int]:
    return set(role_holder_ids(authority.pk, [Role.REVIEWER]))


def _nearest_free(codes: Sequence[str], out: Collection[int | None]) -> Department | None:
    """Return the authority of the nearest region that has a reviewer who took no part.

    Args:
        codes: of regions, each below the one before.
        out: who took part.
    """
    authorities = {
        one.region.code: one
        for one in Department.objects.filter(
            is_authority=True, valid_to__isnull=True, region__code__in=codes
        ).select_related("region")
    }
    nearest = (authorities[code] for code in reversed(codes) if code in authorities)
    return next((one for one in nearest if not _reviewers(one) <= set(out)), None)


def authority_over(request: ShareRequest) -> Department | None:
    """Return the authority that settles between requester and provider (809, Art. 28).

    Of one region its own; across regions the one of the nearest region above both. One whose reviewers all took part,
    by asking, deciding or speaking for the provider, leaves it to the one above.
    """
    common: list[str] = []
    paths = (one.region.path.split("/") for one in (request.department, request.entry.department))
    for one, other in zip(*paths, strict=False):
        if one != other:
            break
        common.append(one)
    return _nearest_free(common, took_part(request))


def authority_for(request: ShareRequest) -> Department | None:
    """Return the authority that checks the form of a request, consents to more time, or decides on withheld data: that
    in charge of the provider.

    Where its reviewers all took part the nearest above takes it; where there is none, it waits for a further reviewer.
    """
    provider = request.entry.department
    in_charge = authority_in_charge(provider)
    if in_charge is None:
        return None
    reviewers, out = _reviewers(in_charge), took_part(request) | more_time_askers(request)
    if not reviewers or not reviewers <= out:
        return in_charge
    return _nearest_free(provider.region.path.split("/"), out) or in_charge


def authority_now(request: ShareRequest) -> Department | None:
    """Return the authority before which a request belongs as it stands: above both sides once it is disputed, also
    where the dispute is over silence."""
    is_silence = request.status == RequestStatus.AWAITING_AUTHORITY and request.dispute_reason
    is_disputed = is_silence or request.status == RequestStatus.DISPUTED
    return authority_over(request) if is_disputed else authority_for(request)


def systems_for(department_id: int) -> QuerySet[InformationSystem]:
    """Return the systems in use of a department, which may be named as users of data."""
    return InformationSystem.objects.filter(department_id=department_id, retired_on__isnull=True)
