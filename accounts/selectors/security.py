"""Reads around sign-in: the policy in force, sessions, locked names, second factors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import policies
from accounts.models import PreviousPassword, SecurityPolicy, User, UserSession
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible


def security_policy() -> SecurityPolicy:
    """Return the security settings in force; the defaults until somebody has saved some."""
    return SecurityPolicy.objects.first() or SecurityPolicy()


def session_open_get(session_id: int | None, *, user_id: int) -> UserSession | None:
    """Return a session of a person that nobody has ended."""
    if session_id is None:
        return None
    return UserSession.objects.filter(pk=session_id, user_id=user_id, ended_at__isnull=True).first()


def previous_passwords(user: User, count: int) -> list[str]:
    """Return the hashes of a person's last passwords, newest first."""
    return list(PreviousPassword.objects.filter(user=user).values_list("password", flat=True)[:count])


def session_list_for(
    actor: Actor, *, user_id: int | None = None, text: str = "", state: str = "open"
) -> QuerySet[UserSession]:
    """Return sessions: one's own, or everybody's for those who watch them.

    Args:
        user_id: only this person's; naming oneself needs no role.
        state: "open", "ended" or "all".

    Raises:
        NotAllowed: the sessions are another's and the actor does not watch sessions.
    """
    policies.require_signed_in(actor)
    if not (actor.is_person and actor.id == user_id):
        policies.require(policies.refusal_see_sessions(actor))
    sessions = UserSession.objects.select_related("user__department", "ended_by")
    now = clock.now()
    is_open = Q(ended_at__isnull=True, idle_ends_at__gt=now, absolute_ends_at__gt=now)
    if user_id is not None:
        sessions = sessions.filter(user_id=user_id)
    if state == "open":
        sessions = sessions.filter(is_open)
    elif state == "ended":
        sessions = sessions.exclude(is_open)
    if text:
        sessions = sessions.filter(
            Q(user__full_name__contains=text) | Q(user__username__contains=text.lower()) | Q(address__startswith=text)
        )
    return sessions


def session_get_for(actor: Actor, session_id: int) -> UserSession:
    """Return a session: one's own, or any for those who watch them.

    Raises:
        NotVisible: there is none, or it is another's.
    """
    policies.require_signed_in(actor)
    session = UserSession.objects.select_related("user").filter(pk=session_id).first()
    if session is None or (session.user_id != actor.id and policies.refusal_see_sessions(actor)):
        raise NotVisible
    return session


@dataclass(frozen=True, slots=True)
class LockedName:
    """An account name with failed sign-ins; whether such an account exists is not looked up."""

    username: str
    failures: int
    last_attempt_at: datetime
    addresses: list[str]
    is_locked: bool
    ends_at: datetime


def lockout_list_for(actor: Actor, *, text: str = "", only_locked: bool = False) -> list[LockedName]:
    """Return names with failed attempts, the latest first.

    Raises:
        NotAllowed: the actor does not watch sign-ins.
    """
    policies.require_signed_in(actor)
    policies.require(policies.refusal_see_sessions(actor))
    policy = security_policy()
    lasts = timedelta(minutes=policy.lockout_minutes)
    attempts = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - lasts)
    if text:
        attempts = attempts.filter(username__contains=text.lower())
    rows = (
        attempts.values("username")
        .annotate(
            failures=Sum("failures_since_start"),
            last=Max("attempt_time"),
            addresses=ArrayAgg("ip_address", distinct=True),
        )
        .order_by("-last")
    )
    found = [
        LockedName(
            username=row["username"] or "",
            failures=row["failures"],
            last_attempt_at=row["last"],
            addresses=[address for address in row["addresses"] if address],
            is_locked=row["failures"] >= policy.lockout_failures,
            ends_at=row["last"] + lasts,
        )
        for row in rows
    ]
    return [row for row in found if row.is_locked] if only_locked else found


def totp_device_of(user: User) -> TOTPDevice | None:
    """Return the confirmed authenticator of a person."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def backup_code_count(user: User) -> int:
    """Count the unused backup codes of a person."""
    return int(StaticToken.objects.filter(device__user=user).count())
