"""Who is to be told: holders of a role, and the authority in charge of a region."""

from collections.abc import Iterable

from accounts.choices import Role
from accounts.selectors.department import authority_of
from accounts.selectors.region import regions_above
from accounts.selectors.user import holders_of, users_with_role
from workflow.models import Clock


def role_holder_ids(department_id: int | None, roles: Iterable[str]) -> list[int]:
    """Return the people of a department who hold one of the roles and can sign in.

    Without staff of contractors: a role alone tells them nothing (docs/adr/0081); who is named for something is told
    by the app that knows of it.

    Args:
        department_id: None for the whole installation.
    """
    found: set[int] = set()
    for role in roles:
        people = holders_of(role) if department_id is None else users_with_role(department_id, role)
        found.update(people.filter(is_contractor=False).values_list("pk", flat=True))
    return sorted(found)


def authority_id_of(region_path: str) -> int | None:
    """Return the authority of a region, or the nearest one above it where it has none of its own."""
    for region in reversed(regions_above(region_path)):
        authority = authority_of(region.pk)
        if authority is not None:
            return authority.pk
    return None


def reviewer_ids_of(clock: Clock) -> list[int]:
    """Return the reviewers of the authority in charge where a clock runs."""
    authority_id = authority_id_of(clock.region.path)
    return role_holder_ids(authority_id, [Role.REVIEWER]) if authority_id else []
