"""The classification tree and the libraries: read by everybody, kept by the authority and the lead departments."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import policies, services
from catalog.forms.keeping import (
    CategoryAddForm,
    CategoryForm,
    LibraryAddForm,
    LibraryForm,
    LibraryLeadForm,
    add_refusal,
)
from catalog.selectors import classification as reading
from catalog.views import classification_page
from core.exceptions import RuleViolation


@require_http_methods(["GET", "POST"])
def category_list(request: PageRequest) -> HttpResponse:
    """The tree with its entries counted; a POST adds a category below another."""
    require_signed_in(request.actor)
    if request.method == "POST":
        return _category_add(request)
    text = request.GET.get("q", "").replace("\x00", "")
    nodes = classification_page.tree(text, only_used=request.GET.get("used") == "1")
    context = {
        "nodes": nodes,
        "totals": classification_page.totals(nodes),
        "q": text,
        "only_used": request.GET.get("used") == "1",
        "can_edit": policies.can_administer_classification(request.actor),
    }
    partial = request.htmx and not request.htmx.boosted
    template = "catalog/partials/_category_tree.html" if partial else "catalog/category_list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _category_add(request: PageRequest) -> HttpResponse:
    policies.require_administer_classification(request.actor)
    form = CategoryAddForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            category = services.category_create(
                actor=request.actor, parent_code=values["parent"], digits=values["digits"], name=values["name"]
            )
        except RuleViolation as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Added: %(category)s") % {"category": category})
            return redirect("catalog:category_edit", code=category.code)
    return _category_page(request, request.POST.get("parent", ""), status=422, add_form=form)


@require_http_methods(["GET", "POST"])
def category_edit(request: PageRequest, code: str) -> HttpResponse:
    """One category; a POST renames it, closes it to new filings or opens it again."""
    require_signed_in(request.actor)
    if request.method == "GET":
        return _category_page(request, code)
    policies.require_administer_classification(request.actor)
    category = reading.category_get(code)
    action = request.POST.get("action", "rename")
    form = CategoryForm(request.POST if action == "rename" else {"name": category.name})
    if form.is_valid():
        is_active = {"close": False, "reopen": True}.get(action, category.is_active)
        try:
            services.category_edit(actor=request.actor, code=code, name=form.cleaned_data["name"], is_active=is_active)
        except RuleViolation as refused:
            add_refusal(form, refused)
        else:
            words = {"close": _("Closed to new filings."), "reopen": _("Open to filings again.")}
            messages.success(request, words.get(action, _("Saved.")))
            return redirect("catalog:category_edit", code=code)
    return _category_page(request, code, status=422, form=form)


def _category_page(request: PageRequest, code: str, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = classification_page.category_page(request.actor, code)
    category = context["category"]
    context["form"] = forms.get("form") or CategoryForm(initial={"name": category.name})
    context["add_form"] = forms.get("add_form") or CategoryAddForm(initial={"parent": category.code})
    return render(request, "catalog/category_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def library_list(request: PageRequest) -> HttpResponse:
    """The base and theme libraries; a POST sets up a theme library."""
    require_signed_in(request.actor)
    form = LibraryAddForm(request.POST or None)
    status = 200
    if request.method == "POST":
        policies.require_administer_classification(request.actor)
        status = 422
        if form.is_valid():
            try:
                library = services.library_create(actor=request.actor, **form.cleaned_data)
            except RuleViolation as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, _("Added: %(name)s. Now name its lead department.") % {"name": library})
                return redirect("catalog:library_edit", code=library.code)
    context = {
        "rows": classification_page.library_rows(request.actor),
        "form": form,
        "can_edit": policies.can_administer_classification(request.actor),
    }
    return render(request, "catalog/library_list.html", context, status=status)


@require_http_methods(["GET", "POST"])
def library_edit(request: PageRequest, code: str) -> HttpResponse:
    """One library; a POST by its lead department changes name and description."""
    require_signed_in(request.actor)
    if request.method == "GET":
        return _library_page(request, code)
    policies.require_edit_library(request.actor, reading.library_get(code))
    form = LibraryForm(request.POST)
    if form.is_valid():
        try:
            services.library_edit(actor=request.actor, code=code, **form.cleaned_data)
        except RuleViolation as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("catalog:library_edit", code=code)
    return _library_page(request, code, status=422, form=form)


@require_POST
def library_lead_set(request: PageRequest, code: str) -> HttpResponse:
    """Name the lead department."""
    require_signed_in(request.actor)
    policies.require_administer_classification(request.actor)
    form = LibraryLeadForm(request.POST, region_path=request.actor.region_path)
    if form.is_valid():
        try:
            library = services.library_lead_set(
                actor=request.actor, code=code, department_code=form.cleaned_data["department"]
            )
        except RuleViolation as refused:
            add_refusal(form, refused)
        else:
            words = _("%(department)s leads “%(name)s” from now on.")
            messages.success(request, words % {"department": library.lead_department, "name": library})
            return redirect("catalog:library_edit", code=code)
    return _library_page(request, code, status=422, lead_form=form)


def _library_page(request: PageRequest, code: str, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = classification_page.library_page(request.actor, code)
    library = context["library"]
    if context["can_edit"]:
        values = {"name": library.name, "description": library.description}
        context["form"] = forms.get("form") or LibraryForm(initial=values)
    if context["can_lead"]:
        lead = library.lead_department.code if library.lead_department else ""
        context["lead_form"] = forms.get("lead_form") or LibraryLeadForm(
            initial={"department": lead}, region_path=request.actor.region_path
        )
    return render(request, "catalog/library_edit.html", context, status=status)
