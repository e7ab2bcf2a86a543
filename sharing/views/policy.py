"""How regions go about requests, where the Regulation leaves it open."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import form_answer, posted
from sharing import policies
from sharing.grant_forms import PolicyForm
from sharing.selectors.policy import policy_of, region_of, regions_kept
from sharing.selectors.request import policy_for
from sharing.services.policy import sharing_policy_set


@require_GET
def policy_list(request: PageRequest) -> HttpResponse:
    """The policy of each region; where a region has none, that of the one above counts."""
    require_signed_in(request.actor)
    policies.require_keep_policies(request.actor)
    context = {"regions": regions_kept(request.actor)}
    return render(request, "sharing/policy_list.html", context)


@require_http_methods(["GET", "POST"])
def policy_edit(request: PageRequest, code: str) -> HttpResponse:
    """Set the policy of a region."""
    require_signed_in(request.actor)
    policies.require_keep_policies(request.actor)
    region = region_of(code)
    policies.require_keep_policy(request.actor, region.path)
    own = policy_of(region)
    shown = own or policy_for(region.path)
    form = PolicyForm(
        posted(request),
        initial={
            "edit_version": own.edit_version if own else 0,
            "checked": shown.checked,
            "supplement_clock": shown.supplement_clock,
            "longest_days": shown.longest_days,
            "usage_record_days": shown.usage_record_days,
        },
        label_suffix="",
    )
    crumbs = [{"label": _("Policy for requests"), "url": reverse("sharing:policy_list")}]
    return form_answer(
        request,
        form,
        lambda given: sharing_policy_set(actor=request.actor, region_id=region.pk, **given),
        template="sharing/policy_edit.html",
        done=lambda _policy: reverse("sharing:policy_list"),
        message=_("Saved."),
        context={"region": region, "is_own": own is not None, "crumbs": crumbs},
    )
