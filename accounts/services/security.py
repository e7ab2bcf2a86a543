"""The security policy, and releasing names that failed sign-ins have locked."""

from datetime import timedelta
from typing import Any

from axes.utils import reset
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from accounts import policies
from accounts.changes import apply_changes, require_version
from accounts.exceptions import require_all
from accounts.models import RoleAssignment, SecurityPolicy, UserSession
from audit import services as audit
from audit.services import Subject
from core.actors import Actor
from core.exceptions import FieldError

EDITABLE = frozenset(
    {
        "idle_minutes",
        "absolute_hours",
        "totp_roles",
        "password_min_length",
        "password_min_classes",
        "password_max_age_days",
        "password_history",
        "lockout_failures",
        "lockout_minutes",
    }
)


@transaction.atomic
def security_policy_edit(*, actor: Actor, edit_version: int | None = None, **values: Any) -> SecurityPolicy:
    """Change the security settings; sessions that are open come under the new limits at once.

    Raises:
        NotAllowed: the actor is not the security administrator.
        StaleEdit: somebody saved them since the form was opened.
        RuleViolation: a value is out of its range.
    """
    policies.require(policies.refusal_edit_security_policy(actor))
    SecurityPolicy.objects.get_or_create(pk=1)
    policy = SecurityPolicy.objects.select_for_update().get(pk=1)
    require_version(policy, edit_version)
    unknown = set(values) - EDITABLE
    if unknown:
        raise TypeError(f"unknown settings: {sorted(unknown)}")
    if "totp_roles" in values:
        values["totp_roles"] = sorted(str(role) for role in values["totp_roles"])
    changes = apply_changes(policy, values)
    require_all(_errors(policy))
    if changes:
        policy.edit_version += 1
        policy.save(update_fields=[*changes.fields, "edit_version"])
        _apply_to_open_sessions(policy)
        audit.record(actor, "accounts.security_policy.edit", policy, before=changes.before, after=changes.after)
    return policy


def _errors(policy: SecurityPolicy) -> list[FieldError]:
    errors = []
    try:
        policy.clean_fields()
    except ValidationError as error:
        for name, problems in error.error_dict.items():
            errors += [FieldError(name, each.code or "invalid", " ".join(each.messages)) for each in problems]
    if not errors and policy.idle_minutes > policy.absolute_hours * 60:
        message = _("The idle limit cannot be longer than the limit in any case.")
        errors.append(FieldError("idle_minutes", "order", message))
    return errors


def _apply_to_open_sessions(policy: SecurityPolicy) -> None:
    """Shorten what is open, never lengthen it."""
    sessions = UserSession.objects.filter(ended_at__isnull=True)

    def after(field: str, length: timedelta) -> Any:
        return ExpressionWrapper(F(field) + length, output_field=DateTimeField())

    sessions.update(
        idle_ends_at=Least("idle_ends_at", after("last_seen_at", timedelta(minutes=policy.idle_minutes))),
        absolute_ends_at=Least("absolute_ends_at", after("started_at", timedelta(hours=policy.absolute_hours))),
    )
    holders = RoleAssignment.objects.filter(role__in=policy.totp_roles, revoked_at__isnull=True)
    sessions.filter(second_factor_at__isnull=True).update(must_enrol=False)
    sessions.filter(second_factor_at__isnull=True, user__in=holders.values("user")).update(must_enrol=True)


@transaction.atomic
def lockout_release(*, actor: Actor, username: str, reason: str = "") -> int:
    """Let a name sign in again before its lock runs out; return how many records of failures were removed.

    Raises:
        NotAllowed: the actor is not the security administrator, or means himself.
    """
    username = username.strip().lower()
    policies.require(policies.refusal_release(actor))
    if username == actor.username:
        policies.require(_("Nobody releases their own account. Ask another security administrator."))
    removed = int(reset(username=username))
    if removed:
        subject = Subject("accounts.user", "", username)
        audit.record(actor, "accounts.lockout.release", subject, note=reason)
    return removed
