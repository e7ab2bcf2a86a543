"""From an account to the ``Actor`` that every policy judges."""

from functools import cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from accounts.models import RoleAssignment, User
from core.actors import Actor, ActorKind


@cache
def _people() -> QuerySet[User]:
    """Return people with department, region and roles in force; put together once, as every request asks."""
    in_force = RoleAssignment.objects.filter(user=OuterRef("pk"), revoked_at__isnull=True).order_by()
    people = User.objects.select_related("department__region").order_by()
    return people.annotate(role_codes=ArraySubquery(in_force.values("role")))


def user_with_actor(user_id: int) -> User | None:
    """Return a person with department, region and roles in force, in one query."""
    return next(iter(_people().filter(pk=user_id)), None)


def user_for_sign_in(username: str) -> User | None:
    """Return the account of a name as typed at sign-in; capitals make no difference."""
    return User.objects.filter(username=username.strip().lower()).first()


def roles_of(user: User) -> frozenset[str]:
    """Return the codes of the roles a person holds now."""
    codes = getattr(user, "role_codes", None)
    if codes is None:
        codes = RoleAssignment.objects.filter(user=user, revoked_at__isnull=True).values_list("role", flat=True)
    return frozenset(codes)


def actor_for_user(user: User, *, with_roles: bool = True) -> Actor:
    """Turn a signed-in person into the actor of his reads and writes.

    Args:
        with_roles: False for a person who must first change the password or set up one-time codes.
    """
    department = user.department
    region = department.region if department else None
    return Actor(
        kind=ActorKind.USER,
        id=user.pk,
        name=user.full_name,
        username=user.username,
        department_id=department.pk if department else None,
        department_code=department.code if department else "",
        department_name=department.name if department else "",
        region_id=region.pk if region else None,
        region_code=region.code if region else "",
        region_path=region.path if region else "",
        is_authority=bool(department and department.is_authority),
        roles=roles_of(user) if with_roles else frozenset(),
        is_contractor=user.is_contractor,
    )
