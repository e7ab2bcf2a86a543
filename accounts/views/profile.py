"""One's own account: preferences, password, one-time codes, sessions."""

from base64 import b32encode
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import selectors, services
from accounts.forms import CodeForm, PasswordChangeForm, PasswordConfirmForm, PreferencesForm, last_day_of
from accounts.forms import add_refusal as show
from accounts.models import User
from accounts.policies import require_signed_in
from accounts.qr import qr_drawing
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, posted
from accounts.views.sign_in import LANGUAGE_COOKIE_AGE
from core.exceptions import RuleViolation


@never_cache
@require_GET
def profile(request: PageRequest) -> HttpResponse:
    """One's account at a glance, with what can be set."""
    require_signed_in(request.actor)
    return _profile(request, _preferences_form(request))


def _preferences_form(request: PageRequest, data: Any = None) -> PreferencesForm:
    user = request.sign_in.user
    initial = {name: getattr(user, name) for name in ("language", "shortcuts_enabled", "email", "phone")}
    return PreferencesForm(data, initial=initial)


def _profile(request: PageRequest, form: PreferencesForm, status: int = 200) -> HttpResponse:
    user = request.sign_in.user
    context = {
        "form": form,
        "person": user,
        "last_day": last_day_of(user),
        "roles": selectors.roles_in_force(user),
        "device": selectors.totp_device_of(user),
        "backup_codes_left": selectors.backup_code_count(user),
        "totp_is_required": not selectors.roles_of(user).isdisjoint(selectors.security_policy().totp_roles),
        "sessions": selectors.session_list_for(request.actor, user_id=user.pk)[:20],
        "current_session_id": request.sign_in.session.pk,
        "confirm_form": PasswordConfirmForm(),
        "waiting": selectors.attachments_waiting_for(request.actor),
    }
    return render(request, "accounts/profile.html", context, status=status)


@require_POST
def preferences_edit(request: PageRequest) -> HttpResponse:
    require_signed_in(request.actor)
    form = _preferences_form(request, request.POST)
    if form.is_valid():
        try:
            user = services.user_preferences_edit(actor=request.actor, **form.cleaned_data)
        except RuleViolation as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("Saved."))
            response = redirect("accounts:profile")
            if user.language:
                response.set_cookie("django_language", user.language, max_age=LANGUAGE_COOKIE_AGE, samesite="Lax")
            else:
                response.delete_cookie("django_language")
            return response
    return _profile(request, form, status=422)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: PageRequest) -> HttpResponse:
    """Change one's password; also the page that a first sign-in leads to."""
    require_signed_in(request.actor)
    is_forced = request.sign_in.user.must_change_password

    def save(values: dict[str, Any]) -> User:
        session = request.sign_in.session
        user = services.password_change(
            actor=request.actor,
            old_password=values["old_password"],
            new_password=values["new_password"],
            keep_session_id=session.pk,
        )
        update_session_auth_hash(request, user)
        services.session_rekey(session=session, session_key=request.session.session_key or "")
        return user

    return form_answer(
        request,
        PasswordChangeForm(posted(request)),
        save,
        template="accounts/password_change_forced.html" if is_forced else "accounts/password_change.html",
        context={"policy": selectors.security_policy(), "crumbs": _crumbs(_("Change password"))},
        done=lambda user: "/" if is_forced else reverse("accounts:profile"),
        message=_("Your password is changed. Your other sessions have ended."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
def totp_enrol(request: PageRequest) -> HttpResponse:
    """Set up an authenticator: scan, type a code, keep the backup codes."""
    require_signed_in(request.actor)
    if selectors.totp_device_of(request.sign_in.user) is not None:
        return redirect("accounts:profile")
    device = services.totp_begin(actor=request.actor)
    form = CodeForm(posted(request))
    frame = "accounts/totp_enrol_forced.html" if request.sign_in.session.must_enrol else "accounts/totp_enrol.html"
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.totp_confirm(
                actor=request.actor, code=form.cleaned_data["code"], session=request.sign_in.session
            )
        except RuleViolation as refusal:
            show(form, refusal)
        else:
            return _show_codes(request, codes)
    context = {
        "form": form,
        "qr": qr_drawing(device.config_url),
        "secret": _in_groups(device),
        "crumbs": _crumbs(_("One-time codes")),
    }
    return render(request, frame, context, status=422 if form.errors else 200)


def _in_groups(device: Any) -> str:
    """Return the secret as people type it: base 32 in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _show_codes(request: PageRequest, codes: list[str]) -> HttpResponse:
    """Show backup codes, this once; they are not kept anywhere in plain sight."""
    context = {"codes": codes, "crumbs": _crumbs(_("Backup codes"))}
    return render(request, "accounts/backup_codes.html", context)


@never_cache
@require_POST
def backup_codes_renew(request: PageRequest) -> HttpResponse:
    require_signed_in(request.actor)
    try:
        codes = services.backup_codes_renew(actor=request.actor, password=_password(request))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
        return redirect("accounts:profile")
    return _show_codes(request, codes)


@require_POST
def totp_remove(request: PageRequest) -> HttpResponse:
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.totp_remove(actor=request.actor, password=_password(request)),
        back=reverse("accounts:profile"),
        message=_("One-time codes are no longer asked for."),
    )


@require_POST
def sessions_end_others(request: PageRequest) -> HttpResponse:
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.sessions_end_others(actor=request.actor, keep_session_id=request.sign_in.session.pk),
        back=reverse("accounts:profile"),
        message=_("Your other sessions have ended."),
    )


def _password(request: PageRequest) -> str:
    form = PasswordConfirmForm(request.POST)
    return str(form.cleaned_data["password"]) if form.is_valid() else ""


def _crumbs(label: str) -> list[dict[str, str]]:
    return [{"label": _("Profile and security"), "url": reverse("accounts:profile")}, {"label": label, "url": ""}]
