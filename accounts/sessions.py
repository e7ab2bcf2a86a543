"""The session of a request: found, checked against its limits, kept alive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.choices import SessionEnd
from accounts.models import User, UserSession
from accounts.selectors.security import session_open_get
from accounts.services.session import session_expire, session_touch
from core import clock

SESSION_ID = "accounts.session"
"""Where the browser's session keeps the key of its ``UserSession``."""

SECOND_FACTOR = "accounts.second_factor"
"""Set just before the sign-in of a person who gave a one-time code."""

ENDED_REASON = "accounts.ended"
"""Where the sign-in page finds why the last session ended."""

TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person with the session he works in."""

    user: User
    session: UserSession

    @property
    def pending_route(self) -> str:
        """Name of the page the person must complete before anything else is open; empty for none."""
        if self.user.must_change_password:
            return "accounts:password_change"
        if self.session.must_enrol:
            return "accounts:totp_enrol"
        return ""


def sign_in_of(request: HttpRequest, user: User | AnonymousUser) -> SignIn | None:
    """Return who works in the request's session, or None where it has ended or reached a limit."""
    if not isinstance(user, User):
        return None
    now = clock.now()
    session = session_open_get(request.session.get(SESSION_ID), user_id=user.pk)
    reason = _end_of(session, now)
    if reason or session is None:
        if session is not None and reason:
            session_expire(session=session, reason=reason)
        request.session.flush()
        request.session[ENDED_REASON] = reason or SessionEnd.BY_SECADMIN
        return None
    if now - session.last_seen_at >= TOUCH_EVERY:
        session_touch(session=session)
    return SignIn(user, session)


def _end_of(session: UserSession | None, now: datetime) -> SessionEnd | None:
    if session is None:
        return None
    if now >= session.absolute_ends_at:
        return SessionEnd.EXPIRED
    if now >= session.idle_ends_at:
        return SessionEnd.IDLE
    return None
