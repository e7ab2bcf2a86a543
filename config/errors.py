"""The one place where an error becomes an HTTP answer: a page, an htmx fragment or RFC 9457 problem details."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from audit import services as audit
from core.actors import PUBLIC
from core.exceptions import (
    DomainError,
    FieldError,
    Gone,
    InvalidTransition,
    LimitExceeded,
    Malformed,
    NotAllowed,
    NotVisible,
    RuleViolation,
    SignInRequired,
    StaleEdit,
    Unavailable,
)
from sharing.api.answers import DataView
from sharing.services.refused_call import refused_call_record

logger = structlog.get_logger(__name__)

STATUS_OF: dict[type[DomainError], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    SignInRequired: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotVisible: HTTPStatus.NOT_FOUND,
    InvalidTransition: HTTPStatus.CONFLICT,
    StaleEdit: HTTPStatus.CONFLICT,
    RuleViolation: HTTPStatus.UNPROCESSABLE_ENTITY,
    LimitExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    Gone: HTTPStatus.GONE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """What went wrong, free of any form of presentation."""

    status: int
    code: str
    message: str
    errors: list[FieldError] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    retry_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a domain error: that of its nearest listed class."""
    for cls in type(error).__mro__:
        if cls in STATUS_OF:
            return STATUS_OF[cls]
    return HTTPStatus.BAD_REQUEST


def problem_from(error: Exception) -> Problem | None:
    """Describe an error as a problem; None means that it is a bug of ours."""
    match error:
        case DomainError():
            return Problem(
                status=status_of(error),
                code=error.code,
                message=force_str(error.message),
                errors=list(getattr(error, "errors", [])),
                extra=error.extra,
                retry_after=getattr(error, "retry_after", None),
                headers=dict(getattr(error, "headers", {})),
            )
        case Http404() | drf.NotFound():
            return problem_from(NotVisible())
        case drf.ValidationError():
            return problem_from(RuleViolation(list(_flatten(error.detail))))
        case drf.ParseError() | drf.UnsupportedMediaType() | MultiPartParserError():
            return problem_from(Malformed(force_str(getattr(error, "detail", error)) or None))
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return problem_from(SignInRequired())
        case drf.PermissionDenied():
            if force_str(error.detail).startswith("CSRF"):
                return _csrf_problem()
            return problem_from(NotAllowed())
        case PermissionDenied():
            return problem_from(NotAllowed(force_str(error) or None))
        case drf.Throttled():
            return problem_from(LimitExceeded(retry_after=int(getattr(error, "wait", None) or 60)))
        case drf.MethodNotAllowed():
            return _method_not_allowed()
        case drf.NotAcceptable():
            return Problem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", _("Only JSON can be returned here."))
        case drf.APIException():
            return Problem(error.status_code, "error", force_str(error.detail))
        case SuspiciousOperation():
            return problem_from(Malformed())
    return None


def _method_not_allowed() -> Problem:
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", _("This address does not take that method."))


# --- Pages ------------------------------------------------------------------------------------------------------


class ErrorMiddleware:
    """Answer domain errors raised by page views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            told = respond(request, _method_not_allowed())
            told.headers["Allow"] = response.headers["Allow"]
            return told
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404) and settings.DEBUG:
            return None  # Django's own page lists the routes
        problem = problem_from(exception)
        if problem is None:
            return None
        _record_denial(request, exception, problem)
        return respond(request, problem)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Answer with a problem in the form the caller expects."""
    if request.path_info.startswith("/api/"):
        response: HttpResponse = JsonResponse(
            problem_body(request, problem), status=problem.status, content_type=PROBLEM_JSON, json_dumps_params=_JSON
        )
    elif problem.status == HTTPStatus.UNAUTHORIZED:
        response = _to_sign_in(request)
    elif _wants_fragment(request):
        response = HttpResponse(_render(["partials/_error.html"], request, problem), status=problem.status)
    else:
        # Statuses without a page of their own (400, 405) are shown with the page for what could not be done.
        page = _render([f"{int(problem.status)}.html", "409.html"], request, problem)
        response = HttpResponse(page, status=problem.status)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    for name, value in problem.headers.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django itself refuses to read."""
    return respond(request, Problem(HTTPStatus.BAD_REQUEST, Malformed.code, force_str(Malformed.default_message)))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a refusal raised outside a view."""
    return respond(request, Problem(HTTPStatus.FORBIDDEN, NotAllowed.code, force_str(NotAllowed.default_message)))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that no route matches."""
    return respond(request, Problem(HTTPStatus.NOT_FOUND, NotVisible.code, force_str(NotVisible.default_message)))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug of ours, or a database that is away for a moment; both are in the log under the request id."""
    if _is_database_away(sys.exc_info()[1]):
        return respond(request, _database_away(request))
    message = _("Something went wrong on our side. It has been recorded; give the number below when you report it.")
    return respond(request, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", message))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose protection token is missing or stale."""
    logger.warning("csrf_failed", reason=reason)
    return respond(request, _csrf_problem())


# --- API --------------------------------------------------------------------------------------------------------


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer errors of API views with RFC 9457 problem details."""
    problem = problem_from(error)
    if problem is None:
        return None
    set_rollback()
    request: HttpRequest = context["request"]._request
    _record_denial(request, error, problem)
    if isinstance(context.get("view"), DataView):
        _record_refused_call(request, problem)
    headers: dict[str, str] = {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    headers |= problem.headers
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(problem_body(request, problem), problem.status, headers=headers, content_type=PROBLEM_JSON)


def problem_body(request: HttpRequest, problem: Problem) -> dict[str, Any]:
    """Return the RFC 9457 members of a problem, with our extensions ``code``, ``request_id`` and ``errors``."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": int(problem.status),
        "detail": problem.message,
        "instance": request.path,
        "code": problem.code,
        "request_id": getattr(request, "request_id", ""),
    }
    if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        body["errors"] = [
            {"field": error.field, "code": error.code, "message": force_str(error.message)} for error in problem.errors
        ]
    return {**problem.extra, **body}


# --- Details ----------------------------------------------------------------------------------------------------

_JSON = {"ensure_ascii": False}
_AWAY = ("08", "57P")
"""SQL states of a lost connection, and of a server that stops or is not ready yet."""
_NEVER_SHOWN = frozenset({"password", "old_password", "new_password", "repeated", "secret"})
_ASKS_ONE_TIME_CODE = frozenset({"accounts:login_code", "accounts:totp_enrol"})
"""Pages whose ``code`` is a secret; elsewhere it is a short code of a department or the like."""


def _csrf_problem() -> Problem:
    message = _("This form has been open too long, or came from another site. Reload the page and send it again.")
    return Problem(HTTPStatus.FORBIDDEN, "csrf_failed", message)


def _is_database_away(error: BaseException | None) -> bool:
    """Say whether an error means that the connection was lost or is not to be had.

    A statement that is too slow is none, nor is a cursor that was used after its end: that is a bug of ours.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error, InterfaceError) and "connection" not in str(error):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_AWAY)


def _database_away(request: HttpRequest) -> Problem:
    message = _("The database is not to be reached right now. Try again in a moment.")
    if request.method not in ("GET", "HEAD"):
        # The connection may have been lost between the commit and its answer.
        message += " " + _("What you sent may have been carried out: look first, before you send it again.")
    extra = {} if request.path_info.startswith("/api/") else {"typed": _typed(request)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_away", message, extra=extra, retry_after=5)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a form sent, so that it can be sent once more; nothing where it holds what is never shown again."""
    if request.method != "POST":
        return []
    try:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
    except (SuspiciousOperation, MultiPartParserError, OSError):
        return []
    match = request.resolver_match
    is_code_page = match is not None and match.view_name in _ASKS_ONE_TIME_CODE
    never_shown = _NEVER_SHOWN | {"code"} if is_code_page else _NEVER_SHOWN
    return [] if any(value and name in never_shown for name, value in sent) else sent


def _wants_fragment(request: HttpRequest) -> bool:
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if _wants_fragment(request):
        back = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        response = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        response.headers["HX-Redirect"] = f"{settings.LOGIN_URL}?next={quote(back)}"
        return response
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={quote(back)}")


def _render(templates: list[str], request: HttpRequest, problem: Problem) -> str:
    """Render an error; an error inside it (the database is away, say) falls back to a page that needs nothing."""
    context: dict[str, Any] = {"problem": problem, "request_id": getattr(request, "request_id", "")}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        context |= {"shell": None, "messages": ()}  # either would ask the database
    try:
        return render_to_string(templates, context, request=request)
    except Exception:
        logger.exception("error_page_failed", templates=templates)
        return render_to_string("error_plain.html", context)


def _record_denial(request: HttpRequest, error: Exception, problem: Problem) -> None:
    """Keep a refused attempt of somebody known; the refused transaction is rolled back by now."""
    if problem.status != HTTPStatus.FORBIDDEN or problem.code == "csrf_failed":
        return
    actor = getattr(request, "actor", PUBLIC)
    try:
        audit.record_denial(actor, method=request.method or "", path=request.path, reason=f"{problem.code}: {error}")
    except DatabaseError:
        logger.exception("denial_not_recorded")


def _record_refused_call(request: HttpRequest, problem: Problem) -> None:
    """Keep that a call of the data API was refused, for whatever reason: its department finds its errors there."""
    code = problem.errors[0].code if problem.errors else problem.code
    try:
        refused_call_record(
            actor=getattr(request, "actor", PUBLIC),
            client_id=getattr(request, "refused_client", None),
            code=code,
            status=problem.status,
            method=request.method or "",
            path=request.path,
            address=str(request.META.get("REMOTE_ADDR", "")),
        )
    except DatabaseError:
        logger.exception("refused_call_not_recorded")


def _flatten(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Walk DRF's nested error detail; places are named as the API names them, e.g. ``items[2].length``."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            if key == "non_field_errors":
                yield from _flatten(value, path)
            elif isinstance(key, int):  # a list field names only the rows that are wrong
                yield from _flatten(value, f"{path}[{key}]")
            else:
                yield from _flatten(value, f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            # A list of dicts stands for the rows of a list field, a list of texts for errors of one field.
            yield from _flatten(value, f"{path}[{index}]" if isinstance(value, dict | list) else path)
    else:
        yield FieldError(path, getattr(detail, "code", "invalid"), force_str(detail))
