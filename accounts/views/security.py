"""The security administrator's pages: roles, sessions, locked names, policy."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts import policies, selectors, services
from accounts.choices import Role
from accounts.forms import (
    LockoutReleaseForm,
    RoleFilterForm,
    RoleGrantForm,
    SecurityPolicyForm,
    SessionFilterForm,
)
from accounts.listing import Column, Listing
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, list_answer, note_of


def _when(moment: Any) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


ROLE_COLUMNS = [
    Column("name", pgettext_lazy("person", "Name"), lambda row: row.user.full_name, ("user__full_name_pinyin",)),
    Column("username", gettext_lazy("Account"), lambda row: row.user.username, ("user__username",)),
    Column(
        "department",
        gettext_lazy("Department"),
        lambda row: row.user.department.name if row.user.department else "",
        ("user__department__name_pinyin",),
    ),
    Column("role", gettext_lazy("Role"), lambda row: row.get_role_display(), ("role", "user__full_name_pinyin")),
    Column("granted_at", gettext_lazy("Granted at"), lambda row: _when(row.granted_at), ("granted_at",)),
    Column("granted_by", gettext_lazy("Granted by"), lambda row: row.granted_by or ""),
    Column("reason", gettext_lazy("Reason"), lambda row: row.grant_reason),
    Column("revoked_at", gettext_lazy("Ended at"), lambda row: _when(row.revoked_at), ("revoked_at",)),
    Column("revoked_by", gettext_lazy("Ended by"), lambda row: row.revoked_by or ""),
]

SESSION_COLUMNS = [
    Column("name", pgettext_lazy("person", "Name"), lambda row: row.user.full_name, ("user__full_name_pinyin",)),
    Column("username", gettext_lazy("Account"), lambda row: row.user.username, ("user__username",)),
    Column("started", gettext_lazy("Signed in at"), lambda row: _when(row.started_at), ("started_at",)),
    Column("seen", gettext_lazy("Last seen at"), lambda row: _when(row.last_seen_at), ("last_seen_at",)),
    Column("address", pgettext_lazy("network", "Address"), lambda row: row.address or "", ("address",)),
    Column("browser", gettext_lazy("Browser"), lambda row: row.user_agent),
    Column("code", gettext_lazy("One-time code"), lambda row: _("yes") if row.second_factor_at else _("no")),
    Column("ended", gettext_lazy("Ended at"), lambda row: _when(row.ended_at), ("ended_at",)),
    Column("reason", gettext_lazy("Why it ended"), lambda row: row.get_end_reason_display()),
]


@require_GET
def role_list(request: PageRequest) -> HttpResponse:
    """Who holds which role; also as CSV."""
    form = RoleFilterForm(request.GET)
    chosen = form.chosen()
    rows = selectors.role_list_for(
        request.actor, role=chosen["role"], text=chosen["q"], with_ended=bool(chosen["ended"])
    )
    listing = Listing(request, rows, ROLE_COLUMNS, default="role")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "roles"))
    context = {
        "form": form,
        "page": listing.page(),
        "ordering": listing.ordering,
        "with_ended": bool(chosen["ended"]),
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "accounts/role_list.html", "accounts/partials/_roles.html", context)


@require_POST
def role_grant(request: PageRequest, user_id: int) -> HttpResponse:
    policies.require_signed_in(request.actor)
    form = RoleGrantForm(request.POST)
    values = form.cleaned_data if form.is_valid() else {"role": "", "reason": ""}
    return act_answer(
        request,
        lambda: services.role_grant(actor=request.actor, user_id=user_id, **values),
        back=reverse("accounts:user_detail", args=[user_id]),
        message=_("The role is granted."),
    )


@require_POST
def role_revoke(request: PageRequest, user_id: int, role: str) -> HttpResponse:
    policies.require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.role_revoke(actor=request.actor, user_id=user_id, role=role, reason=note_of(request)),
        back=reverse("accounts:user_detail", args=[user_id]),
        message=_("The role has ended; the person must sign in again."),
    )


@require_GET
def session_list(request: PageRequest) -> HttpResponse:
    """Sessions of everybody and names locked by failed sign-ins; also as CSV."""
    form = SessionFilterForm(request.GET)
    chosen = form.chosen()
    state = chosen["state"] or "open"
    rows = selectors.session_list_for(request.actor, text=chosen["q"], state=state)
    listing = Listing(request, rows, SESSION_COLUMNS, default="-seen")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "sessions"))
    context = {
        "form": form,
        "page": listing.page(),
        "ordering": listing.ordering,
        "state": state,
        "locked": selectors.lockout_list_for(request.actor),
        "end_refusal": "" if request.actor.has_role(Role.SECADMIN) else _("Only the security administrator ends them."),
        "current_session_id": request.sign_in.session.pk,
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "accounts/session_list.html", "accounts/partials/_sessions.html", context)


@require_POST
def session_end(request: PageRequest, session_id: int) -> HttpResponse:
    """End a session: one's own from the profile, another's from the list."""
    policies.require_signed_in(request.actor)
    session = selectors.session_get_for(request.actor, session_id)
    is_own = session.user_id == request.actor.id
    back = reverse("accounts:profile") if is_own else reverse("accounts:session_list")
    return act_answer(
        request,
        lambda: services.session_end(actor=request.actor, session_id=session_id),
        back=back,
        message=_("The session has ended."),
    )


@require_POST
def lockout_release(request: PageRequest) -> HttpResponse:
    policies.require_signed_in(request.actor)
    form = LockoutReleaseForm(request.POST)
    username = form.cleaned_data["username"] if form.is_valid() else ""
    return act_answer(
        request,
        lambda: services.lockout_release(actor=request.actor, username=username),
        back=reverse("accounts:session_list"),
        message=_("The name is released and can sign in again."),
    )


@require_GET
def security_policy(request: PageRequest) -> HttpResponse:
    """The settings in force; a form for the security administrator, a page to read for the others."""
    policies.require_signed_in(request.actor)
    policies.require(policies.refusal_see_security_policy(request.actor))
    policy = selectors.security_policy()
    context = {
        "form": SecurityPolicyForm(instance=policy, initial={"edit_version": policy.edit_version}),
        "policy": policy,
        "edit_refusal": policies.refusal_edit_security_policy(request.actor),
        "totp_roles": [role.label for role in Role if role in policy.totp_roles],
    }
    return render(request, "accounts/security_policy.html", context)


@require_POST
def security_policy_edit(request: PageRequest) -> HttpResponse:
    policies.require_signed_in(request.actor)
    policies.require(policies.refusal_edit_security_policy(request.actor))
    policy = selectors.security_policy()
    form = SecurityPolicyForm(request.POST, instance=policy)
    return form_answer(
        request,
        form,
        lambda values: services.security_policy_edit(actor=request.actor, **values),
        template="accounts/security_policy.html",
        context={"policy": policy, "edit_refusal": ""},
        done=lambda saved: reverse("accounts:security_policy"),
        message=_("The security policy is in force. Open sessions come under it at once."),
    )
