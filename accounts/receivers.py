"""Answers to signals of others."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.services.session import session_open
from accounts.sessions import SECOND_FACTOR, SESSION_ID


@receiver(user_logged_in, dispatch_uid="accounts.session")
def open_session(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Give every sign-in, from wherever it comes, a session with limits."""
    if not request.session.session_key:
        request.session.create()
    session = session_open(
        user=user,
        session_key=request.session.session_key or "",
        address=request.META.get("REMOTE_ADDR"),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        with_second_factor=bool(request.session.pop(SECOND_FACTOR, False)),
    )
    request.session[SESSION_ID] = session.pk
