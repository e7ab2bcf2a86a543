from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.exceptions import NotAllowed, RuleViolation
from workflow import policies, selectors, services
from workflow.forms import LegalBasisFilterForm, LegalBasisForm, LegalBasisRetireForm, add_rule_errors
from workflow.models import LegalBasis
from workflow.views.requests import page_of, person, render_part

PAGE_SIZE = 60


@require_GET
def legal_basis_list(request: HttpRequest) -> HttpResponse:
    """The register of legal bases, by document and article."""
    actor = person(request)
    form = LegalBasisFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    bases = selectors.legal_basis_search(
        text=chosen.get("q", ""),
        purpose=chosen.get("purpose", ""),
        kind=chosen.get("kind", ""),
        retired=chosen.get("retired", False),
    )
    context = {
        "form": form,
        "page": page_of(request, bases, PAGE_SIZE),
        "can_manage": policies.can_manage_installation_rules(actor),
        "is_filtered": any(chosen.values()),
    }
    return render_part(request, "workflow/legal_basis_list.html", "workflow/partials/_legal_bases.html", context)


@require_http_methods(["GET", "POST"])
def legal_basis_add(request: HttpRequest) -> HttpResponse:
    actor = person(request)
    if not policies.can_manage_installation_rules(actor):
        raise NotAllowed
    form = LegalBasisForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            basis = services.legal_basis_create(actor=actor, **form.cleaned_data)
        except RuleViolation as violation:
            add_rule_errors(form, violation)
        else:
            messages.success(request, _("Added to the register."))
            return redirect("workflow:legal_basis_detail", basis_id=basis.pk)
    context = {"form": form, "crumbs": _crumbs(_("Add"))}
    return render(request, "workflow/legal_basis_add.html", context, status=422 if form.errors else 200)


@require_GET
def legal_basis_detail(request: HttpRequest, basis_id: int) -> HttpResponse:
    actor = person(request)
    return _detail(request, selectors.legal_basis_get(basis_id), policies.can_manage_installation_rules(actor))


@require_POST
def legal_basis_retire(request: HttpRequest, basis_id: int) -> HttpResponse:
    actor = person(request)
    basis = selectors.legal_basis_get(basis_id)
    form = LegalBasisRetireForm(request.POST)
    if form.is_valid():
        try:
            services.legal_basis_retire(actor=actor, basis_id=basis_id, **form.cleaned_data)
        except RuleViolation as violation:
            add_rule_errors(form, violation)
        else:
            messages.success(request, _("Retired. What cited it keeps its words."))
            return redirect("workflow:legal_basis_detail", basis_id=basis_id)
    return _detail(request, basis, policies.can_manage_installation_rules(actor), form)


def _detail(
    request: HttpRequest, basis: LegalBasis, can_manage: bool, form: LegalBasisRetireForm | None = None
) -> HttpResponse:
    context = {
        "basis": basis,
        "form": form or LegalBasisRetireForm(),
        "can_retire": can_manage and basis.valid_to is None,
        "crumbs": _crumbs(str(basis)),
    }
    return render(request, "workflow/legal_basis_detail.html", context, status=422 if form else 200)


def _crumbs(label: str) -> list[dict[str, str]]:
    return [{"label": _("Legal bases"), "url": reverse("workflow:legal_basis_list")}, {"label": label, "url": ""}]
