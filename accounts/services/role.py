"""Granting and ending roles: the security administrator's work, and nobody's for himself."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies
from accounts.choices import ADMIN_ROLES, AUTHORITY_ROLES, BUSINESS_ROLES, CONTRACTOR_ROLES, Role
from accounts.exceptions import broken
from accounts.locks import lock_accounts, lock_departments
from accounts.models import RoleAssignment, User, UserSession
from accounts.selectors.actor import roles_of
from accounts.selectors.security import security_policy
from accounts.selectors.user import is_only_head, other_holders, user_get_for
from accounts.services.session import sessions_end_of
from accounts.signals import department_headless, roles_changed
from audit import services as audit
from core import clock
from core.actors import Actor


@transaction.atomic
def role_grant(*, actor: Actor, user_id: int, role: str, reason: str = "") -> RoleAssignment:
    """Give a person a role.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor is not the security administrator, or means himself.
        RuleViolation: the role does not fit the person: an administrator holds nothing else, reviewers belong to
            an authority, contractors catalogue only, a password somebody else set must be changed first.
    """
    lock_departments()  # a reviewer's department must not cease to be the authority meanwhile
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_manage_roles(actor, user))
    obstacle = role_obstacle(user, role, held=roles_of(user), is_setup=policies.is_setup(actor))
    if obstacle:
        raise broken("role", "does_not_fit", obstacle)
    assignment = RoleAssignment.objects.create(
        user=user,
        role=role,
        granted_by_id=actor.id if actor.is_person else None,
        granted_at=clock.now(),
        grant_reason=reason.strip()[:200],
    )
    if role in security_policy().totp_roles:
        UserSession.objects.filter(user=user, ended_at__isnull=True, second_factor_at__isnull=True).update(
            must_enrol=True
        )
    audit.record(actor, "accounts.role.grant", user, after={"role": str(role)}, note=reason)
    roles_changed.send(sender=User, actor=actor, user=user)
    return assignment


def role_obstacle(user: User, role: str, *, held: frozenset[str], is_setup: bool = False) -> str:
    """Say why a role does not fit a person; empty when it does.

    Args:
        held: the roles he holds now.
    """
    if role not in Role.values:
        return _("There is no such role.")
    if role in held:
        return _("The person holds this role already.")
    return _account_obstacle(user, is_setup) or _combination_obstacle(role, held) or _place_obstacle(user, role)


def _account_obstacle(user: User, is_setup: bool) -> str:
    if user.is_held:
        return _("The account is held. Release it first.")
    if not user.can_sign_in(clock.now()):
        return _("The account is switched off or past its end.")
    if user.must_change_password and not is_setup:
        return _("The person has not signed in with an own password yet. Grant the role after that.")
    return ""


def _combination_obstacle(role: str, held: frozenset[str]) -> str:
    if role in ADMIN_ROLES and held:
        return _("An administrator holds no other role. End the other roles first.")
    if held & ADMIN_ROLES:
        return _("The person is an administrator, and administrators hold no other role.")
    return ""


def _place_obstacle(user: User, role: str) -> str:
    if user.is_contractor and role not in CONTRACTOR_ROLES:
        return _("Contractor staff can only be cataloguers.")
    if role in BUSINESS_ROLES and (user.department is None or not user.department.is_active):
        return _("The role belongs to a department, and the person is in none.")
    if role in AUTHORITY_ROLES and user.department is not None and not user.department.is_authority:
        return _("Reviewers belong to the authority of a region; this department is not one.")
    return ""


@transaction.atomic
def role_revoke(*, actor: Actor, user_id: int, role: str, reason: str = "") -> None:
    """End a role of a person; his sessions end with it.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor is not the security administrator, or means himself.
        RuleViolation: he does not hold the role, or nobody else could do that administrator's work.
    """
    lock_accounts()
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_manage_roles(actor, user))
    if role not in roles_of(user):
        raise broken("role", "not_held", _("The person does not hold this role."))
    require_not_last_administrator(user, {role})
    roles_end(actor, user, [role], reason=reason)


def require_not_last_administrator(user: User, roles: Collection[str]) -> None:
    """Raise where without this person nobody could do one administrator's work.

    Raises:
        RuleViolation: he is the last one who holds one of the roles and can sign in.
    """
    for role in sorted(ADMIN_ROLES & set(roles)):
        if not other_holders(user, role).exists():
            message = _("This is the last %(role)s. Give the role to somebody else first.") % {"role": Role(role).label}
            raise broken("role", "last_administrator", message)


def roles_end(actor: Actor, user: User, roles: Collection[str], *, reason: str) -> None:
    """End roles and sessions of a person, for services that have checked that the actor may.

    Called with the row of the person locked, inside their transaction.
    """
    ended = RoleAssignment.objects.select_for_update().filter(user=user, role__in=list(roles), revoked_at__isnull=True)
    codes = sorted(ended.values_list("role", flat=True))
    if not codes:
        return
    is_only = Role.HEAD in codes and is_only_head(user)
    ended.update(
        revoked_at=clock.now(),
        revoked_by_id=actor.id if actor.is_person else None,
        revoke_reason=reason.strip()[:200],
    )
    for code in codes:
        audit.record(actor, "accounts.role.revoke", user, before={"role": code}, note=reason)
    if is_only:
        department_headless.send(sender=User, actor=actor, department=user.department)
    sessions_end_of(actor, user)
    roles_changed.send(sender=User, actor=actor, user=user)
