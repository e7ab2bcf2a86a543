"""Signing in and out."""

from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors, services
from accounts.choices import SessionEnd
from accounts.forms import CodeForm, LoginForm
from accounts.models import User
from accounts.requests import PageRequest
from accounts.sessions import ENDED_REASON, SECOND_FACTOR
from accounts.views.answers import posted
from core import clock
from core.exceptions import LimitExceeded

PENDING = "accounts.pending"
"""Where the browser's session keeps who has given the password and owes a one-time code."""

PENDING_LASTS = timedelta(minutes=5)
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60


@never_cache
@csrf_protect
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login_view(request: PageRequest) -> HttpResponse:
    """Ask for account and password. Unknown names, wrong passwords and closed accounts all read the same."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = LoginForm(posted(request), initial={"username": ""})
    context = {"form": form, "next": _next(request), "ended": _why_ended(request)}
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/login.html", context, status=422 if form.errors else 200)
    username = form.cleaned_data["username"]
    user = authenticate(request, username=username, password=form.cleaned_data["password"])
    if isinstance(user, User):
        return _after_password(request, user)
    policy = selectors.security_policy()
    is_locked = bool(getattr(request, "axes_locked_out", False))
    services.session_refuse(username=username, reason="locked" if is_locked else "password")
    left = policy.lockout_failures - AxesProxyHandler.get_failures(request, {"username": username})
    context |= {"is_locked": is_locked or left <= 0, "left": left, "minutes": policy.lockout_minutes, "refused": True}
    return render(request, "accounts/login.html", context, status=429 if context["is_locked"] else 422)


def _after_password(request: PageRequest, user: User) -> HttpResponse:
    going_to = _next(request)
    request.session.flush()
    if selectors.totp_device_of(user) is None:
        return _complete(request, user, going_to, with_code=False)
    request.session[PENDING] = {"user": user.pk, "at": clock.now().timestamp(), "next": going_to}
    return redirect("accounts:login_code")


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def login_code(request: PageRequest) -> HttpResponse:
    """Ask for the one-time code of somebody who has just given the right password."""
    user, going_to = _pending(request)
    if user is None:
        return redirect("accounts:login")
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            if services.second_factor_check(user=user, code=form.cleaned_data["code"]):
                return _complete(request, user, going_to, with_code=True)
            services.session_refuse(username=user.username, reason="code")
            form.add_error("code", _("The code is wrong or has been used. Wait for the next one."))
        except LimitExceeded as refusal:
            wait = _("Too many wrong codes. Try again in %(count)d seconds.") % {"count": refusal.retry_after}
            form.add_error("code", wait)
    return render(request, "accounts/login_code.html", {"form": form}, status=422 if form.errors else 200)


def _pending(request: PageRequest) -> tuple[User | None, str]:
    waiting = request.session.get(PENDING)
    if not waiting or clock.now().timestamp() - waiting["at"] > PENDING_LASTS.total_seconds():
        request.session.pop(PENDING, None)
        return None, ""
    user = selectors.user_with_actor(waiting["user"])
    return (user if user is not None and user.can_sign_in(clock.now()) else None), waiting["next"]


def _complete(request: PageRequest, user: User, going_to: str, *, with_code: bool) -> HttpResponse:
    request.session.pop(PENDING, None)
    max_age = selectors.security_policy().password_max_age_days
    changed_at = user.password_changed_at or user.created_at
    if max_age and clock.now() - changed_at > timedelta(days=max_age):
        services.password_expire(user=user)
    request.session[SECOND_FACTOR] = with_code
    login(request, user, backend="accounts.backends.AccountBackend")
    response = redirect(going_to)
    if user.language:
        response.set_cookie("django_language", user.language, max_age=LANGUAGE_COOKIE_AGE, samesite="Lax")
    return response


@require_POST
def logout_view(request: PageRequest) -> HttpResponse:
    """Leave this session."""
    if request.user.is_authenticated:
        services.session_end(
            actor=request.actor,
            session_id=request.sign_in.session.pk,
            is_sign_out=True,
        )
    logout(request)
    messages.info(request, _("You are signed out."))
    return redirect("accounts:login")


def _next(request: PageRequest) -> str:
    """Return where the person wanted to go, if that is on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else "/"


def _why_ended(request: PageRequest) -> str:
    """Say once why the last session ended."""
    reason: str = request.session.pop(ENDED_REASON, "") if request.method == "GET" else ""
    sentences: dict[str, str] = {
        SessionEnd.IDLE: _("You were signed out because nothing was done for a while."),
        SessionEnd.EXPIRED: _("You were signed out because a session does not last longer. Please sign in again."),
    }
    return sentences.get(reason, _("Your session was ended. Please sign in again.") if reason else "")
