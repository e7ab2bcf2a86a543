"""The first three administrators of an installation."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import ADMIN_ROLES, Role
from accounts.exceptions import broken
from accounts.locks import lock_accounts, lock_departments
from accounts.models import RoleAssignment, User
from accounts.services.role import role_grant
from accounts.services.user import user_create
from core.actors import system_actor

CREATE_ADMINS = system_actor("create-admins")


@dataclass(frozen=True, slots=True)
class NewAdmin:
    """One of the three, with the password for the first sign-in."""

    role: Role
    username: str
    full_name: str
    password: str


@transaction.atomic
def admins_create(*, admins: list[NewAdmin]) -> list[User]:
    """Create system administrator, security administrator and auditor; once in the life of an installation.

    Raises:
        RuleViolation: there are administrators already, or a name or password does not do.
    """
    lock_departments()
    lock_accounts()
    if RoleAssignment.objects.filter(role__in=sorted(ADMIN_ROLES)).exists():
        message = _("This installation has administrators already. Further ones get their role on the roles page.")
        raise broken("admins", "exist", message)
    if {admin.role.value for admin in admins} != ADMIN_ROLES or len(admins) != len(ADMIN_ROLES):
        raise broken("admins", "three", _("Name one person for each of the three administrators."))
    users = []
    for admin in admins:
        user = user_create(
            actor=CREATE_ADMINS, username=admin.username, full_name=admin.full_name, password=admin.password
        )
        role_grant(actor=CREATE_ADMINS, user_id=user.pk, role=admin.role, reason="create_admins")
        users.append(user)
    return users
