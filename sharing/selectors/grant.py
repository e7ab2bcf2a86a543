"""Reading grants. ``visible`` is the one rule of who sees which grant, ``live_for`` of who may read under which."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.choices import Role
from accounts.models import Department, User
from collection.models import Dataset, DatasetGroupObjectPermission
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible
from sharing.choices import (
    ENDS_WHAT_FOLLOWS,
    OPEN_GRANT_STATUSES,
    OPEN_STATUSES,
    EndReason,
    GrantAction,
    GrantStatus,
    RequestKind,
)
from sharing.models import Grant, GrantNotice, GrantStep, RightsCheck, ShareRequest
from sharing.policies import is_own
from workflow.choices import ClockKey
from workflow.selectors.calendar import calendar
from workflow.selectors.clock_policy import clock_policies_for

_SHOWN = (
    "dataset__entry__department__region",
    "dataset__entry__published_revision",
    "dataset__published_version",
    "department__region",
    "request",
)


def within(prefix: str, path: str) -> Q:
    """Return the condition under which a region lies in another.

    Args:
        prefix: how the query reaches the region, e.g. ``department__region``.
        path: of the region above.
    """
    return Q(**{f"{prefix}__path": path}) | Q(**{f"{prefix}__path__startswith": f"{path}/"})


def within_path(path: str) -> Q:
    """Return the condition under which a region is another or lies in it.

    Args:
        path: of the region above.
    """
    return Q(path=path) | Q(path__startswith=f"{path}/")


def visible(actor: Actor) -> Q:
    """Return the condition under which a grant is visible.

    Both departments' own people see it, the authorities of either, the security administrator, who may suspend it, and
    the auditor. Nobody else learns who reads what.
    """
    if actor.is_system or actor.has_role(Role.SECADMIN, Role.AUDITOR):
        return Q()
    condition = Q(pk__in=[])
    if is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD):
        condition |= Q(department=actor.department_id) | Q(dataset__entry__department=actor.department_id)
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        condition |= within("department__region", actor.region_path)
        condition |= within("dataset__entry__department__region", actor.region_path)
    return condition


def open_grants_on(dataset: Dataset) -> QuerySet[Grant]:
    """Return the grants under which a dataset is given, or will be: whoever may see them."""
    return Grant.objects.filter(dataset=dataset, status__in=OPEN_GRANT_STATUSES)


def grants_on(dataset: Dataset) -> QuerySet[Grant]:
    """Return those grants with their holders, by name."""
    return open_grants_on(dataset).select_related(*_SHOWN).order_by("department__name_pinyin", "pk")


def notices_open(grants: Sequence[Grant]) -> dict[int, GrantNotice]:
    """Return what is announced of grants and under way, by grant."""
    found = GrantNotice.objects.filter(grant__in=grants, closed_at__isnull=True)
    return {one.grant_id: one for one in found}


def stops_announced(dataset: Dataset) -> QuerySet[GrantNotice]:
    """Return the announced stops of services on a dataset that are under way, by day; what follows another first."""
    found = GrantNotice.objects.filter(
        grant__in=open_grants_on(dataset), closed_at__isnull=True, change__isnull=True
    ).select_related("grant__dataset__entry__department__region", "grant__department")
    return found.order_by("stops_on", "-grant")


def unannounced_on(dataset: Dataset) -> QuerySet[Grant]:
    """Return the open grants on a dataset of which nothing is announced."""
    announced = GrantNotice.objects.filter(grant__dataset=dataset, closed_at__isnull=True)
    return open_grants_on(dataset).exclude(pk__in=announced.values("grant"))


def grant_list_for(actor: Actor) -> QuerySet[Grant]:
    """Return the grants that the actor sees, latest first."""
    return Grant.objects.filter(visible(actor)).select_related(*_SHOWN).order_by("-pk")


def grant_get_for(actor: Actor, grant_id: int) -> Grant:
    """Return one grant.

    Raises:
        NotVisible: there is none, or the actor may not know of it.
    """
    grant = Grant.objects.filter(visible(actor), pk=grant_id).select_related(*_SHOWN).first()
    if grant is None:
        raise NotVisible
    return grant


def has_right() -> Exists:
    """Return whether the department's group holds the right on the dataset, for a query of grants."""
    return Exists(
        DatasetGroupObjectPermission.objects.filter(
            content_object=OuterRef("dataset"),
            group=OuterRef("department__group"),
            permission__codename="pull_dataset",
            permission__content_type__app_label="collection",
        )
    )


def live_grants(at: datetime | None = None) -> QuerySet[Grant]:
    """Return the grants under which data may be read at an instant: what was granted, and the right itself.

    Both are asked in one statement, so that neither a grant without its right nor a right without a grant opens
    anything (docs/adr/0070).
    """
    return (
        Grant.objects.live(at or clock.now())
        .filter(has_right(), department__valid_to__isnull=True)
        .select_related("dataset__published_version", "dataset__entry__published_revision", "department")
    )


def followers_of(grants: Collection[int]) -> list[tuple[int, Grant]]:
    """Return what goes on from grants on the same data, each with the number of the one before it, the first first.

    A decision in a dispute puts another in the place of a grant, by the same request: that goes on from it as well.
    """
    renewed = Grant.objects.filter(previous__in=grants, dataset=F("previous__dataset"))
    settled = Grant.objects.filter(
        request__grants__in=grants, dataset=F("request__grants__dataset"), pk__gt=F("request__grants")
    )
    found = renewed.annotate(former=F("previous")).union(settled.annotate(former=F("request__grants")), all=True)
    return [(one.former, one) for one in found.order_by("pk")]


def grants_after(grant: Grant) -> list[tuple[int, Grant]]:
    """Return what goes on from a grant, and from that, whatever became of what lies between, each with the number of
    the one before it.

    Each comes after all that it goes on from: a renewal is older than what a decision in a dispute put before it.
    """
    formers: dict[int, set[int]] = {}
    seen: set[int] = set()
    ahead = {grant.pk}
    while ahead:
        seen |= ahead
        for former, one in followers_of(ahead):
            formers.setdefault(one.pk, set()).add(former)
        ahead = formers.keys() - seen
    before = _in_line(grant.pk, formers)
    after = Grant.objects.select_related("request", "dataset__entry__department__region", "department__group")
    found = after.in_bulk(list(before))
    return [(former, found[pk]) for pk, former in before.items()]


def _in_line(first: int, formers: Mapping[int, set[int]]) -> dict[int, int]:
    """Return each grant with the last one before it, in an order in which that comes first.

    A ring, which no service makes, is entered where it is reached.
    """
    before: dict[int, int] = {}
    line = [first]
    while waiting := sorted(pk for pk in formers if pk not in line):
        free = [pk for pk in waiting if formers[pk] <= set(line)]
        free = free or [next(pk for pk in waiting if formers[pk] & set(line))]
        before |= {pk: next(one for one in reversed(line) if one in formers[pk]) for pk in free}
        line += free
    return before


def grants_beside(actor: Actor, grant: Grant) -> list[Grant]:
    """Return what else the holder of a grant reads, or will read, of the entry, as far as the actor sees it.

    Nothing of it is stopped with the grant; what goes on from that is stopped, and left out here.
    """
    held = grant_list_for(actor).filter(department=grant.department_id, dataset__entry=grant.dataset.entry_id)
    running = held.filter(status=GrantStatus.ACTIVE, valid_to__gt=clock.now()).exclude(pk=grant.pk)
    others = list(running.order_by("dataset__name", "pk"))
    with_it = {one.pk for _former, one in grants_after(grant)} if others else set()
    return [one for one in others if one.pk not in with_it]


def ends_unfollowed() -> QuerySet[Grant]:
    """Return what is open though the grant before it, in whose time it was made, ended for both."""
    return Grant.objects.filter(
        status__in=OPEN_GRANT_STATUSES,
        dataset=F("previous__dataset"),
        previous__end_reason__in=ENDS_WHAT_FOLLOWS,
        previous__ended_at__gt=F("created_at"),
    ).order_by("pk")


def follows_open(grant: Grant) -> QuerySet[ShareRequest]:
    """Return the renewals and changes of use of a grant that are under way; there is one of each at most."""
    return ShareRequest.objects.filter(previous_grant=grant, status__in=OPEN_STATUSES).order_by("pk")


def change_after(grant: Grant) -> Grant | None:
    """Return the change of use that took the place of a grant, or of one that it goes on from, or is to take it.

    One that ended before it began took none.
    """
    former: Grant | None = grant
    since = 0
    while former is not None:
        changes = former.later.filter(request__kind=RequestKind.CHANGE, pk__gt=since)
        found = changes.exclude(ended_at__lte=F("valid_from")).order_by("-pk").first()
        if found is not None:
            return found
        since, former = former.pk, former.previous
    return None


def renewals_of(grant: Grant, dataset_id: int | None = None) -> list[Grant]:
    """Return the renewals that go on from a grant, and from one another, in force or to come, the first first; or the
    change of use that took the place of one. What lies between may be over. Of several beside each other, as older
    releases made them, the first.

    Args:
        dataset_id: on which data, None for those of the grant.
    """
    of_data = Grant.objects.filter(dataset=dataset_id or grant.dataset_id).order_by("pk")
    ahead = list(of_data.filter(previous=grant, request__kind=RequestKind.RENEWAL))
    found: list[Grant] = []
    seen: set[int] = set()  # a ring, which no service makes, is gone round once
    while ahead:
        seen |= {one.pk for one in ahead}
        if going_on := [one for one in ahead if one.status in OPEN_GRANT_STATUSES][:1]:
            found += going_on
        before = going_on or ahead
        replaced = [one for one in before if one.end_reason == EndReason.REPLACED]
        renewed = Q(previous__in=before, request__kind=RequestKind.RENEWAL)
        changed = Q(previous__in=replaced, request__kind=RequestKind.CHANGE)
        ahead = list(of_data.filter(renewed | changed).exclude(pk__in=seen))
    return found


def renewal_of(grant: Grant, dataset_id: int | None = None) -> Grant | None:
    """Return the last of the renewals that go on from a grant already, which is the one to be renewed; None where none
    does.

    Args:
        dataset_id: on which data, None for those of the grant.
    """
    return next(reversed(renewals_of(grant, dataset_id)), None)


def steps_of(grant: Grant) -> QuerySet[GrantStep]:
    """Return the steps of a grant, first step first."""
    return GrantStep.objects.filter(grant=grant).order_by("at", "pk")


def end_words(grant: Grant) -> str:
    """Return what was said to the end of a grant, or why it came by itself."""
    ended = GrantStep.objects.filter(grant=grant, action=GrantAction.END).last()
    return grant.end_note or (ended.words if ended is not None else "")


def notices_of(grant: Grant) -> QuerySet[GrantNotice]:
    """Return the announcements that its service is to stop, latest first."""
    return GrantNotice.objects.filter(grant=grant).order_by("-pk")


def notice_open_of(grant: Grant) -> GrantNotice | None:
    """Return the announcement that is under way, or None."""
    return GrantNotice.objects.filter(grant=grant, closed_at__isnull=True).first()


def notice_unfiled_of(grant: Grant) -> GrantNotice | None:
    """Return what was carried out before the authority took it to its files, and waits for that still."""
    unfiled = GrantStep.objects.filter(grant=grant, detail__has_key="unfiled").values_list("detail__unfiled", flat=True)
    return GrantNotice.objects.filter(grant=grant, pk__in=list(unfiled), filed_at__isnull=True).order_by("pk").first()


def stop_first_day(grant: Grant, announced_at: datetime) -> date:
    """Return the first day from which a service may give less, or nothing, after it was announced.

    Requester and authority have so many whole working days to speak; a calendar that is corrected moves the day.

    Basis: internal rule, docs/adr/0071: the Regulation (Art. 27) wants consultation and filing and sets no time.
    """
    announced_on = announced_at.astimezone(clock.REGION_ZONE).date()
    return stop_first_days(grant.dataset.entry.department.region.path, [announced_on])[announced_on]


def stop_first_days(region_path: str, announced_on: Collection[date]) -> dict[date, date]:
    """Return, as ``stop_first_day``, from which day holds what a provider announced on each of several days; as many
    queries however many these are.

    Args:
        region_path: of the provider.
    """
    rules = clock_policies_for(ClockKey.STOP_NOTICE, region_path=region_path, days=announced_on)
    known = calendar()
    spoken = {
        day: known.add_working_days(day, rules[day].working_days).on if day in rules else day for day in announced_on
    }
    return {day: last + timedelta(days=1) for day, last in spoken.items()}


def last_rights_check() -> RightsCheck | None:
    """Return the latest comparison of rights and grants, None before the first."""
    return RightsCheck.objects.order_by("-pk").first()


def holder_names(differences: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the departments and people whose rights a comparison found to differ, by how it keeps them.

    What is neither by now, a group that belongs to no department say, is left out.
    """
    found = list(differences)
    logins = {one["holder"] for one in found if one["kind"] == "person"}
    groups = {one["holder"] for one in found} - logins
    people = User.objects.filter(username__in=logins).select_related("department")
    names = dict(Department.objects.filter(group__name__in=groups).values_list("group__name", "name"))
    for one in people:
        where = one.department.name if one.department is not None else ""
        names[one.username] = " · ".join(part for part in (one.full_name, one.username, where) if part)
    return names
