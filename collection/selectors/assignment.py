"""On which entries people of contractors work."""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import users_with_role
from catalog.models import Entry
from collection.models import Assignment
from core import clock
from core.exceptions import NotVisible
from workflow.selectors.people import role_holder_ids


def assignments_of(entry: Entry) -> QuerySet[Assignment]:
    """Return who was named for an entry that the caller may see, those whose job goes on first."""
    return Assignment.objects.filter(entry=entry).select_related("user").order_by("-ended_at", "-pk")


def assignment_get(entry: Entry, assignment_id: int) -> Assignment:
    """Return one that has not been ended.

    Raises:
        NotVisible: there is none of this entry.
    """
    found = assignments_of(entry).filter(pk=assignment_id, ended_at__isnull=True).first()
    if found is None:
        raise NotVisible
    return found


def contractors_for(entry: Entry) -> QuerySet[User]:
    """Return the people of contractors whom the head of the providing department may name."""
    return users_with_role(entry.department_id, Role.CATALOGUER).filter(is_contractor=True).order_by("full_name", "pk")


def contractors_among(user_ids: Iterable[int]) -> set[int]:
    """Return which of some people are staff of contractors, who are told less (``policies.can_see_changes``)."""
    return set(User.objects.filter(pk__in=set(user_ids), is_contractor=True).values_list("pk", flat=True))


def people_to_tell(entry: Entry, roles: Iterable[str]) -> set[int]:
    """Return whom news of the data of an entry reach: holders of the roles, with the contractors named for it."""
    roles = list(roles)
    people = set(role_holder_ids(entry.department_id, roles))
    if Role.CATALOGUER in roles:
        named = Assignment.objects.filter(entry=entry, until__gte=clock.today(), ended_at__isnull=True)
        people |= set(contractors_for(entry).filter(pk__in=named.values("user")).values_list("pk", flat=True))
    return people
