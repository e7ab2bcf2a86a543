"""Data that are shared unconditionally: the terms, their acceptance, and taking a grant on the spot."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.choices import Role
from accounts.forms import add_refusal
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection.face import marks_by_dataset
from collection.selectors.dataset import dataset_get_for
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from sharing import hindrances, policies, terms_policies
from sharing.choices import ShareMethod
from sharing.grant_forms import TakeForm, TermsForm
from sharing.selectors import request as selectors
from sharing.selectors.terms import (
    acceptance_of,
    service_limits_of,
    services_limited,
    terms_in_force,
    terms_versions,
)
from sharing.services import terms as services
from sharing.use_limits import LIMITS
from sharing.views.acting import number_in, way_back
from sharing.wording import limits_in_words
from workflow.once import once

MOST_LIMITED = 100


@require_http_methods(["GET", "POST"])
@once
def terms(request: PageRequest) -> HttpResponse:
    """The terms in force and their versions; the leading authority puts new ones into force."""
    require_signed_in(request.actor)
    in_force = terms_in_force()
    form = TermsForm(
        request.POST if request.method == "POST" else None,
        initial={"text": in_force.text if in_force else ""},
        label_suffix="",
    )
    if request.method == "POST":
        terms_policies.require_publish_terms(request.actor)
        if form.is_valid():
            services.terms_publish(actor=request.actor, text=form.cleaned_data["text"])
            messages.success(request, _("In force. Departments accept them before they take data again."))
            return redirect("sharing:terms")
    actor = request.actor
    context = {
        "in_force": in_force,
        "versions": terms_versions(),
        "limited": [
            (one, limits_in_words({name: getattr(one, name) for name in LIMITS}))
            for one in services_limited(actor)[:MOST_LIMITED]
        ],
        "form": form if terms_policies.can_publish_terms(actor) else None,
        "acceptance": acceptance_of(actor.department_id) if actor.department_id else None,
        "can_accept": policies.is_own(actor, actor.department_id, Role.HEAD),
    }
    return render(request, "sharing/terms.html", context, status=422 if form.errors else 200)


@require_POST
def terms_accept(request: PageRequest) -> HttpResponse:
    """Accept the terms for the department."""
    require_signed_in(request.actor)
    policies.require_accept_terms(request.actor)
    try:
        services.terms_accept(actor=request.actor, number=number_in(request.POST.get("number", "")))
    except InvalidTransition as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Accepted for your department."))
    return redirect(way_back(request, reverse("sharing:terms")))


@require_http_methods(["GET", "POST"])
@once
def grant_take(request: PageRequest, pk: int) -> HttpResponse:
    """Take data that are shared unconditionally: the grant is in force at once."""
    require_signed_in(request.actor)
    actor = request.actor
    dataset = dataset_get_for(actor, pk)
    policies.require_take(actor, dataset.entry)
    assert actor.department_id is not None  # noqa: S101  the policy has just required it
    hindrance = hindrances.taking(dataset, actor.department_id)
    if hindrance is not None and request.method == "GET":
        raise hindrance
    form = TakeForm(
        request.POST if request.method == "POST" else None,
        systems=[(str(one.pk), one.name) for one in selectors.systems_for(actor.department_id)],
        longest_days=selectors.policy_for(dataset.entry.department.region.path).longest_days,
        initial={"methods": [ShareMethod.API, ShareMethod.FILE]},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                grant = services.grant_take(
                    actor=actor,
                    dataset_id=pk,
                    purpose=given["purpose"],
                    until=given["until"],
                    systems=[int(one) for one in given["systems"]],
                    methods=given["methods"],
                )
            except RuleViolation as refused:
                add_refusal(form, refused)
            except InvalidTransition as refused:
                form.add_error(None, str(refused))
                status = 409
            except NotAllowed as refused:
                form.add_error(None, str(refused))
                status = 403
            else:
                messages.success(request, _("Granted: the data can be read at once."))
                return redirect("sharing:grant_detail", grant.pk)
    context = {
        "dataset": dataset,
        "marks": marks_by_dataset(request.actor, [dataset.pk]),
        "form": form,
        "in_force": terms_in_force(),
        "limits": limits_in_words(service_limits_of(dataset)),
        "acceptance": acceptance_of(actor.department_id),
        "can_accept": policies.is_own(actor, actor.department_id, Role.HEAD),
        "crumbs": [{"label": str(dataset.entry), "url": reverse("catalog:entry_detail", args=[dataset.entry.ref])}],
    }
    return render(request, "sharing/grant_take.html", context, status=status)
