"""Reads of accounts and roles."""

from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import policies
from accounts.choices import Role
from accounts.models import RoleAssignment, User
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible


def _with_roles(users: QuerySet[User]) -> QuerySet[User]:
    return users.annotate(
        role_codes=ArrayAgg("role_assignments__role", filter=Q(role_assignments__revoked_at__isnull=True), default=[])
    )


def user_list_for(
    actor: Actor, *, text: str = "", department_id: int | None = None, role: str = "", state: str = ""
) -> QuerySet[User]:
    """Return the accounts, with ``role_codes``.

    Args:
        text: part of a name or account name.
        role: a role in force, or "none".
        state: "active", "off", "held", "ended" (contractor past the end), "contractor", "first" (first sign-in due).

    Raises:
        NotAllowed: the actor is none of the three administrators.
    """
    policies.require_signed_in(actor)
    policies.require(policies.refusal_see_accounts(actor))
    users = User.objects.select_related("department__region")
    if text:
        users = users.filter(
            Q(full_name__contains=text)
            | Q(username__contains=text.lower())
            | Q(full_name_pinyin__startswith=text.lower())
            | Q(department__name__contains=text)
        )
    if department_id is not None:
        users = users.filter(department_id=department_id)
    if role:
        holds = RoleAssignment.objects.filter(user=OuterRef("pk"), revoked_at__isnull=True)
        users = users.exclude(Exists(holds)) if role == "none" else users.filter(Exists(holds.filter(role=role)))
    return _with_roles(_in_state(users, state, clock.now()))


def _in_state(users: QuerySet[User], state: str, now: datetime) -> QuerySet[User]:
    match state:
        case "active":
            return users.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), is_active=True, is_held=False)
        case "off":
            return users.filter(is_active=False)
        case "held":
            return users.filter(is_held=True)
        case "ended":
            return users.filter(expires_at__lte=now)
        case "contractor":
            return users.filter(is_contractor=True)
        case "first":
            return users.filter(must_change_password=True, is_active=True)
    return users


def user_get_for(actor: Actor, user_id: int, *, for_update: bool = False) -> User:
    """Return an account: one's own, or any for the three administrators.

    Raises:
        NotVisible: there is none, or the actor may not see it.
    """
    policies.require_signed_in(actor)
    users = User.objects.select_related("department__region")
    if for_update:
        users = users.select_for_update(of=("self",))
    is_own = actor.is_person and actor.id == user_id
    user = users.filter(pk=user_id).first() if is_own or _sees_accounts(actor) else None
    if user is None:
        raise NotVisible
    return user


def _sees_accounts(actor: Actor) -> bool:
    return policies.can_see_accounts(actor) or policies.is_setup(actor)


def user_get_by_username(username: str) -> User | None:
    return User.objects.select_related("department__region").filter(username=username.strip().lower()).first()


def roles_in_force(user: User) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(user=user, revoked_at__isnull=True).select_related("granted_by")


def role_history(user: User) -> QuerySet[RoleAssignment]:
    """Return every role a person holds or held, newest first."""
    return RoleAssignment.objects.filter(user=user).select_related("granted_by", "revoked_by")


def role_list_for(
    actor: Actor, *, role: str = "", text: str = "", with_ended: bool = False
) -> QuerySet[RoleAssignment]:
    """Return who holds which role, granted when and by whom.

    Raises:
        NotAllowed: the actor is none of the three administrators.
    """
    policies.require_signed_in(actor)
    policies.require(policies.refusal_see_accounts(actor))
    assignments = RoleAssignment.objects.select_related("user__department__region", "granted_by", "revoked_by")
    if not with_ended:
        assignments = assignments.filter(revoked_at__isnull=True)
    if role:
        assignments = assignments.filter(role=role)
    if text:
        assignments = assignments.filter(
            Q(user__full_name__contains=text)
            | Q(user__username__contains=text.lower())
            | Q(user__department__name__contains=text)
        )
    return assignments


def users_with_role(department_id: int, role: str) -> QuerySet[User]:
    """Return the people of a department who hold a role and can sign in now: whom a task or notice reaches."""
    return User.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now()),
        Exists(RoleAssignment.objects.filter(user=OuterRef("pk"), role=role, revoked_at__isnull=True)),
        department_id=department_id,
        is_active=True,
        is_held=False,
    )


def is_only_head(user: User) -> bool:
    """Say whether a person alone signs off and answers for his department."""
    if user.department_id is None:
        return False
    heads = set(users_with_role(user.department_id, Role.HEAD).values_list("pk", flat=True))
    return heads == {user.pk}


def users_with_role_at_all(department_id: int, role: str) -> QuerySet[User]:
    """Return the people of a department who hold a role, whether or not their account is on, by key."""
    holds = RoleAssignment.objects.filter(user=OuterRef("pk"), role=role, revoked_at__isnull=True)
    return User.objects.filter(Exists(holds), department_id=department_id).order_by("pk")


def holders_of(role: str) -> QuerySet[User]:
    """Return everybody who holds a role and whose account is on."""
    return User.objects.filter(
        Exists(RoleAssignment.objects.filter(user=OuterRef("pk"), role=role, revoked_at__isnull=True)), is_active=True
    )


def other_holders(user: User, role: str) -> QuerySet[User]:
    """Return others who hold a role and can sign in."""
    now = clock.now()
    usable = holders_of(role).filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), is_held=False)
    return usable.exclude(pk=user.pk)


def active_roles(user: User) -> frozenset[str]:
    """Return the role codes of an account from its prefetched assignments."""
    return frozenset(row.role for row in user.role_assignments.all() if row.revoked_at is None)
