"""Requests and grants as their lists filter them."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.choices import Role
from core import clock
from core.actors import Actor
from sharing.choices import OPEN_GRANT_STATUSES, OPEN_STATUSES, GrantStatus, RequestAction
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.policies import is_own
from sharing.selectors.grant import grant_list_for
from sharing.selectors.request import request_list_for, requests_waiting
from workflow.choices import OPEN_CLOCK_STATES
from workflow.models import Clock
from workflow.selectors.of_subject import PAUSED_LAST

MINE, WAITING, INCOMING, ALL = "mine", "waiting", "incoming", "all"
HELD, GIVEN = "held", "given"
SOON_DAYS = 30
"""A grant that ends within these is told as ending soon."""


def request_views_of(actor: Actor) -> list[str]:
    """Return the lists of requests that make sense to somebody, the most useful one first."""
    views = []
    if actor.is_person and actor.has_role(Role.HEAD, Role.REVIEWER):
        views.append(WAITING)
    if is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD):
        views += [MINE, INCOMING]
    if actor.is_person and ((actor.is_authority and actor.has_role(Role.REVIEWER)) or actor.has_role(Role.AUDITOR)):
        views.append(ALL)
    return views


def requests_of_view(actor: Actor, view: str) -> QuerySet[ShareRequest]:
    """Return the requests of one list: the own department's, those to decide, those for its data, or all visible."""
    match view:
        case "mine":
            return request_list_for(actor).filter(department=actor.department_id)
        case "waiting":
            return requests_waiting(actor)
        case "incoming":
            return request_list_for(actor).filter(entry__department=actor.department_id)
    return request_list_for(actor)


def requests_filtered(
    actor: Actor, view: str, *, q: str = "", status: str = "", attribute: str = "", kind: str = ""
) -> QuerySet[ShareRequest]:
    """Return the requests of a list that fit, with ``due_at``, when the time that runs is over.

    Args:
        q: part of the receipt, of the entry's name or code, or of a department's name.
        status: a value of ``RequestStatus``, or ``open`` for all that are under way.
    """
    found = requests_of_view(actor, view)
    if q:
        found = found.filter(
            Q(number__icontains=q)
            | Q(entry__current_revision__name__icontains=q)
            | Q(entry__code__icontains=q)
            | Q(department__name__icontains=q)
            | Q(entry__department__name__icontains=q)
        )
    if status == "open":
        found = found.filter(status__in=OPEN_STATUSES)
    elif status:
        found = found.filter(status=status)
    if attribute:
        found = found.filter(attribute=attribute)
    if kind:
        found = found.filter(kind=kind)
    clocks = Clock.objects.filter(
        subject_label=ShareRequest._meta.label_lower, subject_pk=OuterRef("pk"), state__in=OPEN_CLOCK_STATES
    )
    first = Subquery(clocks.order_by(PAUSED_LAST, "due_at").values("due_at")[:1])
    return found.annotate(due_at=first).prefetch_related(
        Prefetch("grants", Grant.objects.only("request", "created_at", "status", "valid_from")),
        Prefetch("steps", RequestStep.objects.filter(action=RequestAction.WITHDRAW)),
    )


def request_view_counts(actor: Actor, views: Iterable[str]) -> dict[str, int]:
    """Return how many requests each list has."""
    return {view: requests_of_view(actor, view).order_by().count() for view in views}


def grant_views_of(actor: Actor) -> list[str]:
    """Return the lists of grants that make sense to somebody."""
    is_departments = is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)
    views = [HELD, GIVEN] if is_departments else []
    if not is_departments or actor.has_role(Role.REVIEWER, Role.SECADMIN, Role.AUDITOR):
        views.append(ALL)
    return views


def grants_of_view(actor: Actor, view: str) -> QuerySet[Grant]:
    """Return the grants that the department holds, those on its data, or all visible."""
    found = grant_list_for(actor)
    if view == HELD:
        return found.filter(department=actor.department_id)
    if view == GIVEN:
        return found.filter(dataset__entry__department=actor.department_id)
    return found


def grants_filtered(actor: Actor, view: str, *, q: str = "", status: str = "") -> QuerySet[Grant]:
    """Return the grants of a list that fit.

    Args:
        q: part of the entry's name, of the dataset's, or of a department's.
        status: a value of ``GrantStatus``, ``coming`` for those that have not begun, or ``ending`` for those that end
            within 30 days.
    """
    found = grants_of_view(actor, view).select_related("dataset__entry__current_revision")
    if q:
        found = found.filter(
            Q(dataset__entry__current_revision__name__icontains=q)
            | Q(dataset__name__icontains=q)
            | Q(department__name__icontains=q)
            | Q(dataset__entry__department__name__icontains=q)
        )
    if status == "coming":
        found = found.filter(status=GrantStatus.ACTIVE, valid_from__gt=clock.now())
    elif status == "ending":
        found = found.filter(status__in=OPEN_GRANT_STATUSES, valid_to__lt=clock.now() + timedelta(days=SOON_DAYS))
    elif status:
        found = found.filter(status=status)
    return found


def grant_counts(actor: Actor) -> dict[str, int]:
    """Return how many of the visible grants are in which state."""
    rows = grant_list_for(actor).order_by().values("status").annotate(count=Count("pk"))
    return {GrantStatus(row["status"]): row["count"] for row in rows}


def grants_between(department_id: int, entry_id: int) -> QuerySet[Grant]:
    """Return the grants in force of a department on the data of an entry."""
    return (
        Grant.objects.filter(department=department_id, dataset__entry=entry_id, status__in=OPEN_GRANT_STATUSES)
        .select_related("dataset")
        .order_by("pk")
    )
