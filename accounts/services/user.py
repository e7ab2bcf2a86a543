"""Writes of accounts. The system administrator keeps them, but gives and inherits no right with them."""

from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies
from accounts.changes import apply_changes, require_version
from accounts.choices import BUSINESS_ROLES, CONTRACTOR_ROLES, Language, Role
from accounts.exceptions import broken, require_all
from accounts.locks import lock_accounts, lock_departments
from accounts.models import Department, PreviousPassword, User
from accounts.pinyin import sort_key
from accounts.selectors.actor import roles_of
from accounts.selectors.user import is_only_head, user_get_for
from accounts.services.role import require_not_last_administrator, roles_end
from accounts.services.session import sessions_end_of
from accounts.signals import department_headless
from audit import services as audit
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import FieldError

USERNAME_FORM = User._meta.get_field("username").validators[0]
PASSWORD_AGE = system_actor("password-age")
KEPT_PASSWORDS = 10
"""More than any policy may ask for."""


@transaction.atomic
def user_create(
    *,
    actor: Actor,
    username: str,
    full_name: str,
    password: str,
    department: Department | None = None,
    email: str = "",
    phone: str = "",
    post: str = "",
    language: str = "",
    is_contractor: bool = False,
    expires_at: datetime | None = None,
    is_password_own: bool = False,
) -> User:
    """Create an account without any right.

    Args:
        password: for the first sign-in; it must be changed then.
        is_password_own: the person chose the password himself; only the setting-up of an installation may say so.

    Raises:
        NotAllowed: the actor does not manage accounts.
        RuleViolation: the name is taken or malformed, the password too weak, the end of a contractor missing.
    """
    policies.require(policies.refusal_create_user(actor))
    lock_departments()
    lock_accounts()
    department = _as_it_is_now(department) if department else None
    username = username.strip().lower()
    user = User(
        username=username,
        full_name=full_name.strip(),
        full_name_pinyin=sort_key(full_name),
        department=department,
        email=email.strip(),
        phone=phone.strip(),
        post=post.strip(),
        language=language,
        is_contractor=is_contractor,
        expires_at=expires_at,
        must_change_password=not (is_password_own and policies.is_setup(actor)),
        password_changed_at=clock.now(),
    )
    require_all(
        [*_username_errors(username), *_person_errors(user), *password_errors(password, user, field="password")]
    )
    user.set_password(password)
    user.save()
    if department is not None:
        user.groups.set([department.group])
    after = {
        "username": username,
        "full_name": user.full_name,
        "department": department.code if department else None,
        "is_contractor": is_contractor,
        "expires_at": expires_at,
    }
    audit.record(actor, "accounts.user.create", user, after=after)
    return user


@transaction.atomic
def user_edit(*, actor: Actor, user_id: int, edit_version: int | None = None, **values: Any) -> User:
    """Change a person's data: ``full_name email phone post is_contractor expires_at``.

    An account past its end that gets a later one is switched on again by that, and is held like one.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor does not manage accounts.
        StaleEdit: somebody changed it since the form was opened.
        RuleViolation: name missing, e-mail malformed, a contractor without an end, or an end for the last
            administrator of a kind.
    """
    lock_accounts()
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_manage_user(actor, user))
    require_version(user, edit_version)
    unknown = set(values) - {"full_name", "email", "phone", "post", "is_contractor", "expires_at"}
    if unknown:
        raise TypeError(f"unknown fields of an account: {sorted(unknown)}")
    was_past_end = _is_past_end(user)
    changes = apply_changes(user, {key: _stripped(value) for key, value in values.items()})
    require_all([*_person_errors(user), *_contractor_errors(user)])
    if "expires_at" in changes.fields and user.expires_at is not None:
        require_not_last_administrator(user, roles_of(user))
    if changes:
        comes_back = was_past_end and not _is_past_end(user) and not user.is_held and bool(roles_of(user))
        user.is_held = user.is_held or comes_back
        user.full_name_pinyin = sort_key(user.full_name)
        user.edit_version += 1
        user.save(update_fields=[*changes.fields, "is_held", "full_name_pinyin", "edit_version"])
        held = {"is_held": True} if comes_back else {}
        audit.record(actor, "accounts.user.edit", user, before=changes.before, after={**changes.after, **held})
    return user


@transaction.atomic
def user_move(*, actor: Actor, user_id: int, department: Department, reason: str = "") -> User:
    """Move a person to another department. Roles held in the former one end: rights come from the security
    administrator, never with a move.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor does not manage accounts.
        RuleViolation: he is in that department already, or it has ended.
    """
    lock_departments()
    department = _as_it_is_now(department)
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_manage_user(actor, user))
    if user.department_id == department.pk:
        raise broken("department", "unchanged", _("The person belongs to this department already."))
    if not department.is_active:
        raise broken("department", "ended", _("This department no longer exists."))
    roles_end(actor, user, BUSINESS_ROLES, reason=_("Moved to another department."))
    former = user.department
    user.department = department
    user.edit_version += 1
    user.save(update_fields=["department", "edit_version"])
    user.groups.set([department.group])
    audit.record(
        actor,
        "accounts.user.move",
        user,
        before={"department": former.code if former else None},
        after={"department": department.code},
        note=reason,
    )
    return user


@transaction.atomic
def user_deactivate(*, actor: Actor, user_id: int, reason: str = "") -> User:
    """Switch an account off; its sessions end.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor does not manage accounts, or means himself.
        RuleViolation: it is off already, or nobody else could do that administrator's work.
    """
    lock_accounts()
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_deactivate_user(actor, user))
    if not user.is_active:
        raise broken("is_active", "unchanged", _("The account is switched off already."))
    require_not_last_administrator(user, roles_of(user))
    is_only = is_only_head(user)
    user.is_active = False
    user.edit_version += 1
    user.save(update_fields=["is_active", "edit_version"])
    sessions_end_of(actor, user)
    audit.record(
        actor, "accounts.user.deactivate", user, before={"is_active": True}, after={"is_active": False}, note=reason
    )
    if is_only:
        department_headless.send(sender=User, actor=actor, department=user.department)
    return user


@transaction.atomic
def user_activate(*, actor: Actor, user_id: int, reason: str = "") -> User:
    """Switch an account on again. One that holds roles stays held until the security administrator releases it.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor does not manage accounts.
        RuleViolation: it is on already, or its department has ended.
    """
    lock_departments()
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_manage_user(actor, user))
    if user.is_active:
        raise broken("is_active", "unchanged", _("The account is switched on already."))
    if user.department is not None and not user.department.is_active:
        message = _("The person's department no longer exists. Move the person to another one first.")
        raise broken("department", "ended", message)
    user.is_active = True
    user.is_held = user.is_held or bool(roles_of(user))
    user.edit_version += 1
    user.save(update_fields=["is_active", "is_held", "edit_version"])
    audit.record(
        actor,
        "accounts.user.activate",
        user,
        before={"is_active": False},
        after={"is_active": True, "is_held": user.is_held},
        note=reason,
    )
    return user


@transaction.atomic
def user_release(*, actor: Actor, user_id: int, reason: str = "") -> User:
    """Release an account that is held since its password was reset or it was switched on again.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor is not the security administrator, or means himself.
        RuleViolation: it is not held.
    """
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_release(actor, user))
    if not user.is_held:
        raise broken("is_held", "unchanged", _("The account is not held."))
    user.is_held = False
    user.edit_version += 1
    user.save(update_fields=["is_held", "edit_version"])
    audit.record(actor, "accounts.user.release", user, before={"is_held": True}, after={"is_held": False}, note=reason)
    return user


@transaction.atomic
def user_preferences_edit(*, actor: Actor, **values: Any) -> User:
    """Change one's own ``language shortcuts_enabled email phone``.

    Raises:
        NotVisible: the actor is no person.
        RuleViolation: unknown language or malformed e-mail.
    """
    user = user_get_for(actor, actor.id or 0, for_update=True)
    unknown = set(values) - {"language", "shortcuts_enabled", "email", "phone"}
    if unknown:
        raise TypeError(f"not one's own to change: {sorted(unknown)}")
    changes = apply_changes(user, {key: _stripped(value) for key, value in values.items()})
    errors = _person_errors(user)
    if user.language and user.language not in Language.values:
        errors.append(FieldError("language", "invalid", _("The product does not speak this language.")))
    require_all(errors)
    if changes:
        user.save(update_fields=changes.fields)
        audit.record(actor, "accounts.user.set_preferences", user, before=changes.before, after=changes.after)
    return user


@transaction.atomic
def password_reset(*, actor: Actor, user_id: int, password: str, reason: str = "") -> User:
    """Give an account a new password for one sign-in, at which it must be changed; its sessions end.

    An account with roles is held until the security administrator releases it, so that whoever resets a
    password does not come by another's rights.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor does not manage accounts, or means himself.
        RuleViolation: the password is too weak, or it is the last security administrator's: nobody could release
            the account.
    """
    lock_accounts()
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_reset_password(actor, user))
    require_not_last_administrator(user, roles_of(user) & {Role.SECADMIN.value})
    require_all(password_errors(password, user, field="password"))
    _set_password(user, password, must_change=True)
    user.is_held = user.is_held or bool(roles_of(user))
    user.edit_version += 1
    user.save(update_fields=["is_held", "edit_version"])
    sessions_end_of(actor, user)
    after = {"must_change_password": True, "is_held": user.is_held}
    audit.record(actor, "accounts.user.reset_password", user, after=after, note=reason)
    return user


@transaction.atomic
def password_change(*, actor: Actor, old_password: str, new_password: str, keep_session_id: int | None = None) -> User:
    """Change one's own password; one's other sessions end.

    Args:
        keep_session_id: the session in which it is changed.

    Raises:
        NotVisible: the actor is no person.
        RuleViolation: the old password is wrong, or the new one breaks the policy.
    """
    user = user_get_for(actor, actor.id or 0, for_update=True)
    if not user.check_password(old_password):
        raise broken("old_password", "wrong", _("This is not your present password."))
    require_all(password_errors(new_password, user, field="new_password"))
    _set_password(user, new_password, must_change=False)
    sessions_end_of(actor, user, keep_session_id=keep_session_id)
    audit.record(actor, "accounts.user.change_password", user)
    return user


@transaction.atomic
def password_expire(*, user: User) -> None:
    """Demand a new password of a person whose own is older than the policy allows; called at sign-in."""
    changed = User.objects.filter(pk=user.pk, must_change_password=False).update(must_change_password=True)
    if changed:
        user.must_change_password = True
        audit.record(PASSWORD_AGE, "accounts.user.expire_password", user, after={"must_change_password": True})


def password_errors(password: str, user: User, *, field: str) -> list[FieldError]:
    """Return every rule of the policy that a password breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [FieldError(field, each.code or "invalid", " ".join(each.messages)) for each in error.error_list]
    return []


def _set_password(user: User, password: str, *, must_change: bool) -> None:
    now = clock.now()
    if user.has_usable_password():
        PreviousPassword.objects.create(user=user, password=user.password, replaced_at=now)
        kept = PreviousPassword.objects.filter(user=user).values_list("pk", flat=True)[:KEPT_PASSWORDS]
        PreviousPassword.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
    user.set_password(password)
    user.must_change_password = must_change
    user.password_changed_at = now
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])


def _as_it_is_now(department: Department) -> Department:
    """Read a department again under the lock of the tree: it may have ended since the caller read it."""
    return Department.objects.select_related("region").get(pk=department.pk)


def _is_past_end(user: User) -> bool:
    return user.expires_at is not None and user.expires_at <= clock.now()


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _username_errors(username: str) -> list[FieldError]:
    try:
        USERNAME_FORM(username)
    except ValidationError as error:
        return [FieldError("username", "invalid", error.messages[0])]
    if len(username) > 60:
        return [FieldError("username", "too_long", _("An account name has at most 60 characters."))]
    if User.objects.filter(username=username).exists():
        return [FieldError("username", "taken", _("This account name is taken."))]
    return []


def _person_errors(user: User) -> list[FieldError]:
    errors = []
    if not user.full_name:
        errors.append(FieldError("full_name", "required", _("Give the person's name.")))
    if user.email:
        try:
            validate_email(user.email)
        except ValidationError as error:
            errors.append(FieldError("email", "invalid", error.messages[0]))
    if user.is_contractor and user.expires_at is None:
        errors.append(FieldError("expires_at", "required", _("A contractor's account needs an end date.")))
    if user.department is not None and not user.department.is_active:
        errors.append(FieldError("department", "ended", _("This department no longer exists.")))
    return errors


def _contractor_errors(user: User) -> list[FieldError]:
    if user.is_contractor and roles_of(user) - CONTRACTOR_ROLES:
        message = _("Contractor staff can only be cataloguers. Have the other roles ended first.")
        return [FieldError("is_contractor", "roles", message)]
    return []
