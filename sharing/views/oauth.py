"""The addresses of the authorization server. Errors follow RFC 6749, 5.2."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from oauthlib.oauth2.rfc6749 import errors

from sharing.client_choices import Scope
from sharing.oauth import server

_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


def _answer(request: HttpRequest, respond: Callable[..., tuple[dict[str, str], str, int]]) -> HttpResponse:
    """Hand a request to the server and its answer back."""
    headers = {"REMOTE_ADDR": request.META.get("REMOTE_ADDR", "")}
    for name in ("Authorization", "Content-Type"):
        if name in request.headers:
            headers[name] = request.headers[name]
    sent = [(key, value) for key, values in request.POST.lists() for value in values]
    try:
        if request.GET:
            raise errors.InvalidRequestError("Send the parameters in the body.")
        said, body, status = respond(request.path, request.method, urlencode(sent), headers)
    except errors.OAuth2Error as error:
        said, body, status = error.headers, error.json, error.status_code
    response = HttpResponse(body or "", status=status, content_type="application/json")
    for name, value in said.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="token"'
    return response


@csrf_exempt
@require_POST
@sensitive_post_parameters()
def token(request: HttpRequest) -> HttpResponse:
    """Give a token to a client that shows its secret (RFC 6749, 4.4)."""
    return _answer(request, server().create_token_response)


@csrf_exempt
@require_POST
@sensitive_post_parameters()
def revoke(request: HttpRequest) -> HttpResponse:
    """Drop a token (RFC 7009)."""
    return _answer(request, server().create_revocation_response)


@csrf_exempt
@require_POST
@sensitive_post_parameters()
def introspect(request: HttpRequest) -> HttpResponse:
    """Say what one of the caller's own tokens is worth (RFC 7662)."""
    return _answer(request, server().create_introspect_response)


@require_GET
def metadata(request: HttpRequest) -> JsonResponse:
    """Say what works here (RFC 8414)."""
    about: dict[str, Any] = {
        "issuer": settings.SITE_URL,
        "token_endpoint": settings.SITE_URL + reverse("oauth:token"),
        "token_endpoint_auth_methods_supported": _AUTH_METHODS,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": Scope.values,
        "revocation_endpoint": settings.SITE_URL + reverse("oauth:revoke"),
        "revocation_endpoint_auth_methods_supported": _AUTH_METHODS,
        "introspection_endpoint": settings.SITE_URL + reverse("oauth:introspect"),
        "introspection_endpoint_auth_methods_supported": _AUTH_METHODS,
        "service_documentation": settings.SITE_URL + reverse("api_docs"),
    }
    return JsonResponse(about)
