"""Reads around sign-in: the policy in force, sessions."""

from accounts.models import PreviousPassword, SecurityPolicy, User, UserSession


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
