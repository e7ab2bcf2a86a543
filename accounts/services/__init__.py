"""Writes of the app: every function checks, changes and records in one transaction."""

from accounts.services.admins import NewAdmin, admins_create
from accounts.services.attachment import (
    attachment_agree,
    attachment_end,
    attachment_propose,
    attachment_refuse,
    attachment_withdraw,
)
from accounts.services.department import (
    alias_add,
    alias_remove,
    department_appoint,
    department_create,
    department_edit,
    department_rename,
)
from accounts.services.region import region_create
from accounts.services.role import role_grant, role_revoke
from accounts.services.second_factor import (
    backup_codes_renew,
    second_factor_check,
    totp_begin,
    totp_confirm,
    totp_remove,
    totp_reset,
)
from accounts.services.security import lockout_release, security_policy_edit
from accounts.services.session import (
    session_end,
    session_expire,
    session_open,
    session_refuse,
    session_rekey,
    session_touch,
    sessions_end_others,
    sign_in_leftovers_purge,
)
from accounts.services.succession import department_dissolve, department_merge, department_move, dissolve_errors
from accounts.services.system import system_create, system_edit, system_retire
from accounts.services.user import (
    password_change,
    password_expire,
    password_reset,
    user_activate,
    user_create,
    user_deactivate,
    user_edit,
    user_move,
    user_preferences_edit,
    user_release,
)

__all__ = [
    "NewAdmin",
    "admins_create",
    "alias_add",
    "alias_remove",
    "attachment_agree",
    "attachment_end",
    "attachment_propose",
    "attachment_refuse",
    "attachment_withdraw",
    "backup_codes_renew",
    "department_appoint",
    "department_create",
    "department_dissolve",
    "department_edit",
    "department_merge",
    "department_move",
    "department_rename",
    "dissolve_errors",
    "lockout_release",
    "password_change",
    "password_expire",
    "password_reset",
    "region_create",
    "role_grant",
    "role_revoke",
    "second_factor_check",
    "security_policy_edit",
    "session_end",
    "session_expire",
    "session_open",
    "session_refuse",
    "session_rekey",
    "session_touch",
    "sessions_end_others",
    "sign_in_leftovers_purge",
    "system_create",
    "system_edit",
    "system_retire",
    "totp_begin",
    "totp_confirm",
    "totp_remove",
    "totp_reset",
    "user_activate",
    "user_create",
    "user_deactivate",
    "user_edit",
    "user_move",
    "user_preferences_edit",
    "user_release",
]
