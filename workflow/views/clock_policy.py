from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock
from core.actors import Actor
from core.exceptions import NotAllowed, RuleViolation
from workflow import policies, selectors, services
from workflow.forms import ClockPolicyForm, add_rule_errors
from workflow.models import ClockPolicy
from workflow.views.requests import person

NATIONAL = "national"
LOCAL = "local"


@require_GET
def clock_policy_list(request: HttpRequest) -> HttpResponse:
    """The time limits in force, with their earlier versions."""
    actor = person(request)
    context = {
        "sections": selectors.clock_policy_sections(),
        "can_add": bool(policies.is_reviewer(actor)),
        "today": clock.today(),
    }
    return render(request, "workflow/clock_policy_list.html", context)


@require_http_methods(["GET", "POST"])
def clock_policy_add(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Put a new version of a time limit in force."""
    actor = person(request)
    policy = selectors.clock_policy_get(policy_id)
    scopes = _scopes(actor, policy)
    if not scopes:
        raise NotAllowed
    form = ClockPolicyForm(request.POST or None, scopes=scopes, initial=_initial(policy, scopes))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        scope = values.pop("scope")
        region_id = None if scope == NATIONAL else actor.region_id if scope == LOCAL else policy.region_id
        try:
            services.clock_policy_add_version(actor=actor, policy_id=policy.pk, region_id=region_id, **values)
        except RuleViolation as violation:
            add_rule_errors(form, violation)
        else:
            messages.success(request, _("The new version holds from the day you named."))
            return redirect("workflow:clock_policy_list")
    status = 422 if form.errors else 200
    context = {"form": form, "policy": policy, "crumbs": _crumbs(policy)}
    return render(request, "workflow/clock_policy_add.html", context, status=status)


def _scopes(actor: Actor, policy: ClockPolicy) -> list[tuple[str, Any]]:
    """Return where the actor may put a version in force, starting from this policy."""
    if policy.region is not None:
        allowed = policies.can_manage_clock_policy(actor, policy.region.path)
        return [("same", policy.region.name)] if allowed else []
    scopes: list[tuple[str, Any]] = []
    if policies.can_manage_clock_policy(actor, None):
        scopes.append((NATIONAL, _("Everywhere")))
    if policies.is_reviewer(actor):
        scopes.append((LOCAL, _("%(region)s and below") % {"region": selectors.region_name(actor)}))
    return scopes


def _initial(policy: ClockPolicy, scopes: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        "scope": scopes[-1][0],
        "working_days": policy.working_days,
        "extension_working_days": policy.extension_working_days,
        "valid_from": max(clock.today(), policy.valid_from + timedelta(days=1)),
        "document": policy.document,
        "article": policy.article,
    }


def _crumbs(policy: ClockPolicy) -> list[dict[str, str]]:
    return [
        {"label": _("Time limits"), "url": reverse("workflow:clock_policy_list")},
        {"label": policy.name, "url": ""},
    ]
