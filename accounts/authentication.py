"""Who calls the API with a browser's session."""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.models import User
from core.exceptions import NotAllowed


class ActorSessionAuthentication(SessionAuthentication):
    """Takes the signed-in person of the session and asks for the CSRF token.

    ``request.actor`` is set for every request by ``ActorMiddleware``. Somebody who must first change the
    password, or set up one-time codes, is refused until he has.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = request._request.user
        if not isinstance(user, User):
            return None
        self.enforce_csrf(request)
        pending = request._request.sign_in.pending_route  # type: ignore[attr-defined]
        if pending == "accounts:password_change":
            raise NotAllowed(_("Change your password on the web page first."), code="password_change_required")
        if pending:
            raise NotAllowed(_("Set up one-time codes on the web page first."), code="second_factor_required")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return "Session"
