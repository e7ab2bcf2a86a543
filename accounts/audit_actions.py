"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _

from accounts.choices import AliasKind, Role, SessionEnd
from accounts.models import (
    Department,
    DepartmentAttachment,
    InformationSystem,
    Region,
    SecurityPolicy,
    User,
)
from audit import actions

actions.register_app("accounts", _("People and departments"))
actions.register_roles(Role.choices)
actions.register_actor("reference-data", _("Reference data"))
actions.register_actor("create-admins", _("First administrators"))
actions.register_actor("session-limits", _("Limits of sessions"))
actions.register_actor("password-age", _("Age of passwords"))
actions.register_model(Region)
actions.register_model(
    Department,
    fields={
        "alias": _("Other name"),
        "kind": _("Kind"),
        "users": _("People"),
        "systems": _("Information systems"),
        "names": _("Names"),
        "departments": _("Attached departments"),
    },
    values={"kind": AliasKind.choices},
)
actions.register_model(
    DepartmentAttachment, fields={"side": _("Side"), "child": _("Department"), "parent": _("Attached to")}
)
actions.register_model(InformationSystem)
actions.register_model(SecurityPolicy, values={"totp_roles": Role.choices})
actions.register_model(
    User,
    fields={
        "role": _("Role"),
        "roles": _("Roles"),
        "session": _("Session"),
        "code": _("One-time code given"),
        "reason": _("Reason"),
    },
    values={
        "role": Role.choices,
        "roles": Role.choices,
        "reason": SessionEnd.choices,
    },
)

for _code, _label in {
    "accounts.session.open": _("Sign in"),
    "accounts.session.refuse": _("Failed sign-in"),
    "accounts.session.end": _("End a session"),
    "accounts.session.expire": _("Session ran out"),
    "accounts.lockout.release": _("Unlock an account"),
    "accounts.user.create": _("Create an account"),
    "accounts.user.edit": _("Edit an account"),
    "accounts.user.move": _("Move a person to another department"),
    "accounts.user.activate": _("Switch an account on"),
    "accounts.user.deactivate": _("Switch an account off"),
    "accounts.user.release": _("Release a held account"),
    "accounts.user.change_password": _("Change one's password"),
    "accounts.user.reset_password": _("Reset a password"),
    "accounts.user.expire_password": _("Password ran out"),
    "accounts.user.set_preferences": _("Set one's preferences"),
    "accounts.second_factor.enrol": _("Set up one-time codes"),
    "accounts.second_factor.remove": _("Remove one-time codes"),
    "accounts.second_factor.renew_codes": _("Renew recovery codes"),
    "accounts.second_factor.reset": _("Reset one-time codes"),
    "accounts.role.grant": _("Grant a role"),
    "accounts.role.revoke": _("Revoke a role"),
    "accounts.security_policy.edit": _("Edit the security policy"),
    "accounts.department.create": _("Create a department"),
    "accounts.department.edit": _("Edit a department"),
    "accounts.department.rename": _("Rename a department"),
    "accounts.department.appoint": _("Name the authority of a region"),
    "accounts.department.move": _("Move a department to another region"),
    "accounts.department.attach": _("Attach a department"),
    "accounts.department.merge": _("Merge departments"),
    "accounts.department.dissolve": _("Dissolve a department"),
    "accounts.department.add_alias": _("Add another name of a department"),
    "accounts.department.remove_alias": _("Remove another name of a department"),
    "accounts.attachment.propose": _("Propose to attach a department"),
    "accounts.attachment.agree": _("Agree to attach a department"),
    "accounts.attachment.refuse": _("Refuse to attach a department"),
    "accounts.attachment.withdraw": _("Withdraw a proposal to attach"),
    "accounts.attachment.end": _("Detach a department"),
    "accounts.region.create": _("Create a region"),
    "accounts.region.load": _("Load the regions"),
    "accounts.system.create": _("Register an information system"),
    "accounts.system.edit": _("Edit an information system"),
    "accounts.system.move": _("Move an information system to another department"),
    "accounts.system.retire": _("Retire an information system"),
}.items():
    actions.register(_code, _label)
