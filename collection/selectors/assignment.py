"""On which entries people of contractors work."""

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import users_with_role
from catalog.models import Entry
from collection.models import Assignment
from core.exceptions import NotVisible


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
