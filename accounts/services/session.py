"""Sessions of signed-in people."""

from datetime import timedelta

from django.db import transaction

from accounts.choices import SessionEnd
from accounts.models import User, UserSession
from accounts.selectors.actor import actor_for_user, roles_of
from accounts.selectors.security import security_policy
from audit import services as audit
from core import clock
from core.actors import system_actor

SESSION_LIMITS = system_actor("session-limits")


@transaction.atomic
def session_open(
    *, user: User, session_key: str, address: str | None, user_agent: str, with_second_factor: bool
) -> UserSession:
    """Register a new sign-in under the limits of the policy in force.

    Args:
        session_key: key of the browser's session in the session store.
        with_second_factor: a one-time code was given besides the password.
    """
    now = clock.now()
    policy = security_policy()
    session = UserSession.objects.create(
        user=user,
        session_key=session_key,
        started_at=now,
        last_seen_at=now,
        idle_ends_at=now + timedelta(minutes=policy.idle_minutes),
        absolute_ends_at=now + timedelta(hours=policy.absolute_hours),
        second_factor_at=now if with_second_factor else None,
        must_enrol=not with_second_factor and not roles_of(user).isdisjoint(policy.totp_roles),
        address=address or None,
        user_agent=user_agent[:200],
    )
    audit.record(
        actor_for_user(user), "accounts.session.open", user, after={"session": session.pk, "code": with_second_factor}
    )
    return session


def session_touch(*, session: UserSession) -> None:
    """Note that the person is still there; his idle time starts anew."""
    now = clock.now()
    idle_ends_at = now + timedelta(minutes=security_policy().idle_minutes)
    UserSession.objects.filter(pk=session.pk, ended_at__isnull=True, last_seen_at__lt=now).update(
        last_seen_at=now, idle_ends_at=idle_ends_at
    )


@transaction.atomic
def session_expire(*, session: UserSession, reason: SessionEnd) -> None:
    """End a session that ran into its idle or absolute limit."""
    ended = UserSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(
        ended_at=clock.now(), end_reason=reason, session_key=""
    )
    if ended:
        audit.record(
            SESSION_LIMITS, "accounts.session.expire", session.user, after={"session": session.pk, "reason": reason}
        )
