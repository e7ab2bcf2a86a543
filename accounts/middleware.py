"""Who stands behind a request."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.selectors.actor import actor_for_user
from accounts.sessions import SignIn, sign_in_of
from core.actors import PUBLIC, Actor

OPEN_ROUTES = frozenset(
    {
        "accounts:login",
        "accounts:logout",
        "accounts:password_change",
        "accounts:totp_enrol",
        "set_language",
    }
)
"""Routes that stay open to a person who must first change the password or set up one-time codes."""


class ActorMiddleware:
    """Sets ``request.actor``, for pages and API alike, and ``request.user`` so that the two always agree.

    Both are lazy: a request that asks for neither costs no query, any other two. An account that is switched
    off or past its end, and a session that was ended or ran into a limit, count as nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found: list[SignIn | None] = []

        def sign_in() -> SignIn | None:
            if not found:
                found.append(sign_in_of(request, get_user(request)))
            return found[0]

        def user() -> User | AnonymousUser:
            current = sign_in()
            return current.user if current else AnonymousUser()

        def actor() -> Actor:
            current = sign_in()
            return actor_for_user(current.user, with_roles=not current.pending_route) if current else PUBLIC

        request.sign_in = SimpleLazyObject(sign_in)  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(user)  # type: ignore[assignment]
        request.actor = SimpleLazyObject(actor)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Lead a person who must first do something else there; the API refuses him by itself."""
        route = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or route in OPEN_ROUTES or request.path_info.startswith("/api/"):
            return None
        pending = request.sign_in.pending_route  # type: ignore[attr-defined]
        if not pending:
            return None
        response: HttpResponse = redirect(pending)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204, headers={"HX-Redirect": response.headers["Location"]})
        return response
