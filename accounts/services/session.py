"""Sessions of signed-in people."""

from datetime import timedelta
from importlib import import_module

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction

from accounts import policies
from accounts.choices import SessionEnd
from accounts.models import User, UserSession
from accounts.selectors.actor import actor_for_user, roles_of
from accounts.selectors.security import security_policy, session_get_for
from accounts.selectors.user import user_get_for
from audit import services as audit
from audit.services import Subject
from core import clock
from core.actors import PUBLIC, Actor, system_actor

SESSION_LIMITS = system_actor("session-limits")
LEFTOVERS_KEPT = timedelta(days=1)


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


@transaction.atomic
def session_refuse(*, username: str, reason: str) -> None:
    """Keep a failed sign-in in the trail, under the name that was typed.

    Args:
        reason: "password", "code" or "locked".
    """
    attempted = Subject("accounts.user", "", username[:60])
    audit.record(PUBLIC, "accounts.session.refuse", attempted, note=reason, outcome=audit.Outcome.DENIED)


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


@transaction.atomic
def session_rekey(*, session: UserSession, session_key: str) -> None:
    """Follow the browser's session to its new key, which it gets when the password changes."""
    UserSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(session_key=session_key)


@transaction.atomic
def session_end(*, actor: Actor, session_id: int, is_sign_out: bool = False) -> None:
    """End a session: one's own, or another's as security administrator. One that has ended stays as it is.

    Args:
        is_sign_out: the person leaves this very session.

    Raises:
        NotVisible: there is no such session, or it is another's and the actor does not watch sessions.
        NotAllowed: the actor watches sessions but may not end them.
    """
    session = session_get_for(actor, session_id)
    policies.require(policies.refusal_end_session(actor, session.user))
    is_own = actor.id == session.user_id
    reason = SessionEnd.SIGNED_OUT if is_sign_out else SessionEnd.BY_OWNER if is_own else SessionEnd.BY_SECADMIN
    _end(actor, session.user, [session], reason)


@transaction.atomic
def sessions_end_others(*, actor: Actor, keep_session_id: int) -> int:
    """End all other sessions of one's own; return how many.

    Raises:
        NotVisible: the actor is no person.
    """
    user = user_get_for(actor, actor.id or 0)
    others = UserSession.objects.filter(user=user, ended_at__isnull=True).exclude(pk=keep_session_id)
    return _end(actor, user, list(others), SessionEnd.BY_OWNER)


def sessions_end_of(actor: Actor, user: User, *, keep_session_id: int | None = None) -> int:
    """End a person's sessions because account, roles or password changed, for services that have checked it."""
    sessions = UserSession.objects.filter(user=user, ended_at__isnull=True)
    if keep_session_id is not None:
        sessions = sessions.exclude(pk=keep_session_id)
    return _end(actor, user, list(sessions), SessionEnd.ACCOUNT_CHANGED)


def sign_in_leftovers_purge() -> int:
    """Delete what sign-ins leave behind: browser sessions past their end, and counts of failures a day after the
    lock they may have led to; return how many counts there were. What happened stays in the trail.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    before = clock.now() - timedelta(minutes=security_policy().lockout_minutes) - LEFTOVERS_KEPT
    return int(AccessAttempt.objects.filter(attempt_time__lt=before).delete()[0])


def _end(actor: Actor, user: User, sessions: list[UserSession], reason: SessionEnd) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = 0
    for session in sessions:
        changed = UserSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(
            ended_at=clock.now(),
            end_reason=reason,
            session_key="",
            ended_by_id=actor.id if actor.is_person else None,
        )
        if not changed:
            continue
        if session.session_key and reason != SessionEnd.SIGNED_OUT:
            store().delete(session.session_key)
        audit.record(actor, "accounts.session.end", user, after={"session": session.pk, "reason": str(reason)})
        ended += 1
    return ended
