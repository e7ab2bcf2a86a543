"""Accounts: the system administrator's pages, with the security administrator's acts on them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies, selectors, services
from accounts.choices import Role
from accounts.forms import UserCreateForm, UserFilterForm, UserForm, UserMoveForm, last_day_of
from accounts.listing import Column, Listing
from accounts.models import User
from accounts.panels import USER_PANELS
from accounts.passwords import temporary_password
from accounts.requests import PageRequest
from accounts.roles import obstacles_of, role_choices_for
from accounts.views.answers import act_answer, form_answer, list_answer, note_of, posted
from core import clock
from core.actors import Actor
from core.exceptions import RuleViolation

ONCE = "accounts.once"
"""Where the browser's session keeps a new password until it has been shown once."""


def _roles(row: User) -> str:
    return "、".join(str(Role(code).label) for code in Role.values if code in row.role_codes)  # type: ignore[attr-defined]


def _state(row: User) -> str:
    if not row.is_active:
        return _("Switched off")
    return _("Held") if row.is_held else _("First sign-in due") if row.must_change_password else _("Usable")


COLUMNS = [
    Column("name", pgettext_lazy("person", "Name"), lambda row: row.full_name, ("full_name_pinyin",)),
    Column("username", gettext_lazy("Account"), lambda row: row.username, ("username",)),
    Column(
        "department",
        gettext_lazy("Department"),
        lambda row: row.department.name if row.department else "",
        ("department__name_pinyin",),
    ),
    Column("post", gettext_lazy("Post"), lambda row: row.post),
    Column("roles", gettext_lazy("Roles"), _roles),
    Column("state", gettext_lazy("State"), _state, ("is_active", "is_held", "must_change_password")),
    Column("phone", gettext_lazy("Telephone"), lambda row: row.phone),
    Column("email", gettext_lazy("E-mail"), lambda row: row.email),
    Column("contractor", gettext_lazy("Contractor"), lambda row: _("yes") if row.is_contractor else ""),
    Column("last_day", gettext_lazy("Last day"), lambda row: last_day_of(row) or "", ("expires_at",)),
    Column(
        "last_login",
        gettext_lazy("Last signed in"),
        lambda row: row.last_login.astimezone().strftime("%Y-%m-%d %H:%M") if row.last_login else "",
        ("last_login",),
    ),
]


@require_GET
def user_list(request: PageRequest) -> HttpResponse:
    """The accounts; also as CSV."""
    form = UserFilterForm(request.GET)
    chosen = form.chosen()
    rows = selectors.user_list_for(request.actor, text=chosen["q"], role=chosen["role"], state=chosen["state"])
    listing = Listing(request, rows, COLUMNS, default="name")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "accounts"))
    context = {
        "form": form,
        "page": listing.page(),
        "ordering": listing.ordering,
        "create_refusal": policies.refusal_create_user(request.actor),
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "accounts/user_list.html", "accounts/partials/_users.html", context)


@never_cache
@require_GET
def user_detail(request: PageRequest, user_id: int) -> HttpResponse:
    """One account: person, roles, sessions, and what may be done."""
    policies.require_signed_in(request.actor)
    user = selectors.user_get_for(request.actor, user_id)
    if not policies.can_see_accounts(request.actor):
        return redirect("accounts:profile")
    once = request.session.pop(ONCE, None)
    choices = role_choices_for(user, selectors.roles_of(user))
    sees_sessions = not policies.refusal_see_sessions(request.actor)
    context = {
        "person": user,
        "last_day": last_day_of(user),
        "is_past": user.expires_at is not None and user.expires_at <= clock.now(),
        "roles": selectors.role_history(user),
        "role_choices": choices,
        "role_obstacles": obstacles_of(choices),
        "device": selectors.totp_device_of(user),
        "sessions": selectors.session_list_for(request.actor, user_id=user.pk)[:20] if sees_sessions else None,
        "actions": user_actions(request.actor, user),
        "panels": USER_PANELS.of(request.actor, user),
        "once": once["password"] if once and once["user"] == user.pk else "",
        "crumbs": _crumbs(),
    }
    return render(request, "accounts/user_detail.html", context)


def user_actions(actor: Actor, user: User) -> dict[str, str]:
    """Return for each act on an account why the actor may not do it; empty where he may."""
    return {
        "edit": policies.refusal_manage_user(actor, user),
        "deactivate": policies.refusal_deactivate_user(actor, user),
        "reset": policies.refusal_reset_password(actor, user),
        "roles": policies.refusal_manage_roles(actor, user),
        "release": policies.refusal_release(actor, user),
        "sessions": policies.refusal_end_session(actor, user),
    }


@never_cache
@require_http_methods(["GET", "POST"])
def user_create(request: PageRequest) -> HttpResponse:
    """Create an account; its first password is made here and shown once."""
    policies.require_signed_in(request.actor)
    policies.require(policies.refusal_create_user(request.actor))
    form = UserCreateForm(posted(request), initial={"department": request.GET.get("department")})

    def save(values: dict[str, Any]) -> User:
        password = temporary_password()
        user = services.user_create(
            actor=request.actor,
            username=values["username"],
            department=values["department"],
            password=password,
            **form.person_values(),
        )
        request.session[ONCE] = {"user": user.pk, "password": password}
        return user

    return form_answer(
        request, form, save, template="accounts/user_create.html", context={"crumbs": _crumbs()}, done=_address
    )


@require_http_methods(["GET", "POST"])
def user_edit(request: PageRequest, user_id: int) -> HttpResponse:
    policies.require_signed_in(request.actor)
    user = selectors.user_get_for(request.actor, user_id)
    policies.require(policies.refusal_manage_user(request.actor, user))
    initial = {name: getattr(user, name, None) for name in UserForm.base_fields}
    form = UserForm(posted(request), initial={**initial, "expires_on": last_day_of(user)})
    return form_answer(
        request,
        form,
        lambda values: services.user_edit(
            actor=request.actor,
            user_id=user.pk,
            edit_version=values["edit_version"],
            **form.person_values(),
        ),
        template="accounts/user_edit.html",
        context={"person": user, "crumbs": _crumbs(user)},
        done=_address,
        message=_("Saved."),
    )


@require_http_methods(["GET", "POST"])
def user_move(request: PageRequest, user_id: int) -> HttpResponse:
    policies.require_signed_in(request.actor)
    user = selectors.user_get_for(request.actor, user_id)
    policies.require(policies.refusal_manage_user(request.actor, user))
    return form_answer(
        request,
        UserMoveForm(posted(request)),
        lambda values: services.user_move(actor=request.actor, user_id=user.pk, **values),
        template="accounts/user_move.html",
        context={
            "person": user,
            "roles": selectors.roles_in_force(user),
            "panels": USER_PANELS.of(request.actor, user),
            "crumbs": _crumbs(user),
        },
        done=_address,
        message=_("Moved. Roles in the new department come from the security administrator."),
    )


@require_POST
def user_deactivate(request: PageRequest, user_id: int) -> HttpResponse:
    return _act(request, user_id, services.user_deactivate, _("The account is switched off; its sessions have ended."))


@require_POST
def user_activate(request: PageRequest, user_id: int) -> HttpResponse:
    return _act(request, user_id, services.user_activate, _("The account is switched on."))


@require_POST
def user_release(request: PageRequest, user_id: int) -> HttpResponse:
    return _act(request, user_id, services.user_release, _("The account is released."))


@require_POST
def totp_reset(request: PageRequest, user_id: int) -> HttpResponse:
    return _act(request, user_id, services.totp_reset, _("The authenticator is removed."))


def _act(request: PageRequest, user_id: int, service: Any, message: str) -> HttpResponse:
    policies.require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: service(actor=request.actor, user_id=user_id, reason=note_of(request)),
        back=reverse("accounts:user_detail", args=[user_id]),
        message=message,
    )


@never_cache
@require_POST
def password_reset(request: PageRequest, user_id: int) -> HttpResponse:
    """Give an account a new first password, shown once on its page."""
    policies.require_signed_in(request.actor)
    password = temporary_password()
    try:
        user = services.password_reset(actor=request.actor, user_id=user_id, password=password, reason=note_of(request))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    else:
        request.session[ONCE] = {"user": user.pk, "password": password}
    return redirect("accounts:user_detail", user_id=user_id)


def _address(user: User) -> str:
    return reverse("accounts:user_detail", args=[user.pk])


def _crumbs(user: User | None = None) -> list[dict[str, str]]:
    crumbs = [{"label": _("Accounts"), "url": reverse("accounts:user_list")}]
    return [*crumbs, {"label": user.full_name, "url": _address(user)}] if user else crumbs
