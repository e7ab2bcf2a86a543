"""The register of information systems."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies, selectors, services
from accounts.choices import Role
from accounts.forms import SystemCreateForm, SystemFilterForm, SystemForm
from accounts.listing import Column, Listing
from accounts.models import InformationSystem
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, list_answer, note_of, posted
from core.exceptions import NotAllowed

COLUMNS = [
    Column("name", gettext_lazy("Name"), lambda row: row.name, ("name_pinyin",)),
    Column("department", gettext_lazy("Department"), lambda row: row.department.name, ("department__name_pinyin",)),
    Column("region", gettext_lazy("Region"), lambda row: row.department.region.name, ("department__region__path",)),
    Column("owner", pgettext_lazy("system", "Owner"), lambda row: row.owner_name),
    Column("phone", gettext_lazy("Telephone"), lambda row: row.owner_phone),
    Column(
        "connected",
        gettext_lazy("Connected to the platform"),
        lambda row: _("yes") if row.is_interconnected else _("no"),
        ("is_interconnected",),
    ),
    Column(
        "grade",
        gettext_lazy("Protection grade"),
        lambda row: row.get_protection_grade_display() or "",
        ("protection_grade",),
    ),
    Column("filing", gettext_lazy("Filing number of the grade"), lambda row: row.filing_number),
    Column("retired", gettext_lazy("Retired on"), lambda row: row.retired_on or ""),
]


@require_GET
def system_list(request: PageRequest) -> HttpResponse:
    """The register; also as CSV."""
    policies.require_signed_in(request.actor)
    form = SystemFilterForm(request.GET, regions=selectors.regions_with_departments())
    chosen = form.chosen()
    rows = selectors.system_list_for(
        request.actor,
        text=chosen["q"],
        region=chosen["region"],
        grade=int(chosen["grade"]) if chosen["grade"] else None,
        is_interconnected={"yes": True, "no": False}.get(chosen["kind"]),
        with_retired=bool(chosen["ended"]),
    )
    listing = Listing(request, rows, COLUMNS, default="name")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "systems"))
    context = {
        "form": form,
        "page": listing.page(),
        "ordering": listing.ordering,
        "create_refusal": policies.refusal_create_any_system(request.actor),
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "accounts/system_list.html", "accounts/partials/_systems.html", context)


@require_http_methods(["GET", "POST"])
def system_create(request: PageRequest) -> HttpResponse:
    """Register a system: the system administrator for any department, others for their own."""
    policies.require_signed_in(request.actor)
    refusal = policies.refusal_create_any_system(request.actor)
    if refusal:
        raise NotAllowed(refusal)
    chooses = request.actor.has_role(Role.SYSADMIN)
    form = (SystemCreateForm if chooses else SystemForm)(
        posted(request), initial={"department": request.GET.get("department")}
    )

    def save(values: dict[str, Any]) -> InformationSystem:
        values.pop("edit_version")
        department = values.pop("department", None)
        department_id = department.pk if department else request.actor.department_id or 0
        return services.system_create(actor=request.actor, department_id=department_id, **values)

    return form_answer(
        request,
        form,
        save,
        template="accounts/system_form.html",
        context={"crumbs": _crumbs()},
        done=_address,
        message=_("The system is registered."),
    )


@require_GET
def system_detail(request: PageRequest, system_id: int) -> HttpResponse:
    system = selectors.system_get_for(request.actor, system_id)
    context = {
        "system": system,
        "edit_refusal": policies.refusal_edit_system(request.actor, system),
        "crumbs": _crumbs(),
    }
    return render(request, "accounts/system_detail.html", context)


@require_http_methods(["GET", "POST"])
def system_edit(request: PageRequest, system_id: int) -> HttpResponse:
    system = selectors.system_get_for(request.actor, system_id)
    policies.require(policies.refusal_edit_system(request.actor, system))
    return form_answer(
        request,
        SystemForm(posted(request), initial={name: getattr(system, name) for name in SystemForm.base_fields}),
        lambda values: services.system_edit(actor=request.actor, system_id=system.pk, **values),
        template="accounts/system_form.html",
        context={"system": system, "crumbs": [*_crumbs(), {"label": system.name, "url": _address(system)}]},
        done=_address,
        message=_("Saved."),
    )


@require_POST
def system_retire(request: PageRequest, system_id: int) -> HttpResponse:
    return act_answer(
        request,
        lambda: services.system_retire(actor=request.actor, system_id=system_id, note=note_of(request)),
        back=reverse("accounts:system_detail", args=[system_id]),
        message=_("The system is retired."),
    )


def _address(system: InformationSystem) -> str:
    return reverse("accounts:system_detail", args=[system.pk])


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Information systems"), "url": reverse("accounts:system_list")}]
