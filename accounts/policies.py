"""Who may do what to people, departments and settings.

Each rule is one function ``refusal_<verb>_<entity>(actor, obj)`` that returns why not, or an empty text. Pages
show that text beside a disabled button; services raise it through ``require``.
"""

from django.utils.translation import gettext as _

from accounts.choices import AttachmentStatus, Role
from accounts.models import Department, DepartmentAttachment, InformationSystem, User
from core.actors import Actor
from core.exceptions import NotAllowed, SignInRequired

SETUP_ACTORS = frozenset({"create-admins", "demo"})
"""Named system actors that set an installation up: they alone may create people with roles."""


def require(refusal: str) -> None:
    """Raise what a refusal says.

    Raises:
        NotAllowed: the refusal is not empty.
    """
    if refusal:
        raise NotAllowed(refusal)


def require_signed_in(actor: Actor) -> None:
    """Raise unless somebody stands behind the request.

    Raises:
        SignInRequired: the actor is the public.
    """
    if actor.is_public:
        raise SignInRequired


def is_setup(actor: Actor) -> bool:
    """Say whether this is a named system actor that sets the installation up."""
    return actor.is_system and actor.username in SETUP_ACTORS


def _unless(actor: Actor, role: Role, sentence: str) -> str:
    return "" if actor.has_role(role) else sentence


# --- Regions and departments ------------------------------------------------------------------------------------


def refusal_manage_regions(actor: Actor) -> str:
    if actor.is_system:
        return ""
    return _unless(actor, Role.SYSADMIN, _("Only the system administrator changes regions."))


def refusal_create_department(actor: Actor) -> str:
    if actor.is_system:
        return ""
    return _unless(actor, Role.SYSADMIN, _("Only the system administrator creates departments."))


def refusal_manage_department(actor: Actor, department: Department) -> str:
    """Rename, move, merge, dissolve and the like."""
    if not actor.is_system and not actor.has_role(Role.SYSADMIN):
        return _("Only the system administrator changes departments.")
    return _refusal_ended(department)


def refusal_edit_department_profile(actor: Actor, department: Department) -> str:
    """The responsible head, the dedicated unit and person: the department itself may keep them."""
    is_own_head = actor.has_role(Role.HEAD) and actor.department_id == department.pk
    if not actor.is_system and not actor.has_role(Role.SYSADMIN) and not is_own_head:
        return _("The profile is kept by the department's sharing office head or the system administrator.")
    return _refusal_ended(department)


def _refusal_ended(department: Department) -> str:
    return "" if department.is_active else _("This department no longer exists.")


def refusal_propose_attachment(actor: Actor, child: Department) -> str:
    is_own_head = actor.has_role(Role.HEAD) and actor.department_id == child.pk
    if not actor.is_system and not actor.has_role(Role.SYSADMIN) and not is_own_head:
        return _("An attachment is proposed by the department's sharing office head or the system administrator.")
    return _refusal_ended(child)


def sides_of(actor: Actor, attachment: DepartmentAttachment) -> frozenset[str]:
    """Return for which sides of an attachment the actor may speak: "child", "parent", or none."""
    if not actor.has_role(Role.HEAD):
        return frozenset()
    sides = {"child": attachment.child_id, "parent": attachment.parent_id}
    return frozenset(side for side, department_id in sides.items() if department_id == actor.department_id)


def refusal_answer_attachment(actor: Actor, attachment: DepartmentAttachment) -> str:
    """Agree or refuse."""
    sides = sides_of(actor, attachment)
    if not sides:
        return _("Each side's sharing office head answers for their own department.")
    if attachment.status == AttachmentStatus.PROPOSED and all(_has_agreed(attachment, side) for side in sides):
        return _("Your department has agreed already; the other side has yet to answer.")
    return ""


def _has_agreed(attachment: DepartmentAttachment, side: str) -> bool:
    return getattr(attachment, f"{side}_agreed_at") is not None


def refusal_withdraw_attachment(actor: Actor, attachment: DepartmentAttachment) -> str:
    if actor.has_role(Role.SYSADMIN) or (actor.is_person and actor.id == attachment.proposed_by_id):
        return ""
    return _("A proposal is withdrawn by who made it, or by the system administrator.")


def refusal_end_attachment(actor: Actor, attachment: DepartmentAttachment) -> str:
    if actor.has_role(Role.SYSADMIN) or sides_of(actor, attachment):
        return ""
    return _("An attachment is ended by the sharing office head of either side, or by the system administrator.")


# --- Information systems ----------------------------------------------------------------------------------------


def refusal_create_any_system(actor: Actor) -> str:
    """Say why there is no department whose systems the actor keeps; "" where there is one."""
    # Machine clients of the department hang on its systems: contractor staff keep none.
    is_own = actor.department_id and actor.has_role(Role.CATALOGUER, Role.HEAD) and not actor.is_contractor
    if actor.is_system or actor.has_role(Role.SYSADMIN) or is_own:
        return ""
    return _("The register of systems is kept by the department itself or by the system administrator.")


def refusal_create_system(actor: Actor, department: Department) -> str:
    is_bound = not actor.is_system and not actor.has_role(Role.SYSADMIN)
    if is_bound and actor.department_id != department.pk:
        return _("The register of systems is kept by the department itself or by the system administrator.")
    return refusal_create_any_system(actor) or _refusal_ended(department)


def refusal_edit_system(actor: Actor, system: InformationSystem) -> str:
    return refusal_create_system(actor, system.department) or (
        "" if system.is_active else _("This system has been retired.")
    )


# --- Accounts and roles -----------------------------------------------------------------------------------------


def can_see_accounts(actor: Actor) -> bool:
    """The list of accounts, their roles and sessions are open to the three administrators only."""
    return actor.has_role(Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)


def refusal_see_accounts(actor: Actor) -> str:
    return "" if can_see_accounts(actor) else _("Accounts are administered by the system and security administrators.")


def refusal_create_user(actor: Actor) -> str:
    if is_setup(actor):
        return ""
    return _unless(actor, Role.SYSADMIN, _("Only the system administrator creates accounts."))


def refusal_manage_user(actor: Actor, user: User) -> str:
    """Edit, move, switch off and on, reset the password."""
    if is_setup(actor):
        return ""
    return _unless(actor, Role.SYSADMIN, _("Only the system administrator changes accounts."))


def refusal_deactivate_user(actor: Actor, user: User) -> str:
    if actor.id == user.pk:
        return _("You cannot switch off your own account.")
    return refusal_manage_user(actor, user)


def refusal_reset_password(actor: Actor, user: User) -> str:
    if actor.id == user.pk:
        return _("Change your own password on your profile page.")
    return refusal_manage_user(actor, user)


def refusal_manage_roles(actor: Actor, user: User) -> str:
    """Grant and revoke."""
    if is_setup(actor):
        return ""
    if not actor.has_role(Role.SECADMIN):
        return _("Only the security administrator grants and ends roles.")
    if actor.id == user.pk:
        return _("Nobody grants or ends their own roles. Ask another security administrator.")
    return ""


def refusal_see_sessions(actor: Actor) -> str:
    if actor.has_role(Role.SECADMIN, Role.AUDITOR):
        return ""
    return _("Sessions and lock-outs are watched by the security administrator.")


def refusal_end_session(actor: Actor, user: User) -> str:
    if actor.is_person and actor.id == user.pk:
        return ""
    return _unless(actor, Role.SECADMIN, _("Only the security administrator ends sessions of others."))


def refusal_release(actor: Actor, user: User | None = None) -> str:
    """Release a locked-out name, a held account or a lost second factor."""
    if user is not None and actor.id == user.pk:
        return _("Nobody releases their own account. Ask another security administrator.")
    return _unless(actor, Role.SECADMIN, _("Only the security administrator releases accounts."))


def refusal_see_security_policy(actor: Actor) -> str:
    if can_see_accounts(actor):
        return ""
    return _("The security policy is open to the administrators and the auditor.")


def refusal_edit_security_policy(actor: Actor) -> str:
    return _unless(actor, Role.SECADMIN, _("Only the security administrator changes the security policy."))
