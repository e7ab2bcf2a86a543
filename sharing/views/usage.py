"""How data that were granted are used: records by who holds the grant, inspections, what was pulled."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.choices import Role
from accounts.forms import add_refusal
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from core.exceptions import InvalidTransition, RuleViolation
from sharing import after_policies, policies
from sharing.after_forms import InspectionForm, RectifyForm, UsageForm
from sharing.charts import use_chart
from sharing.models import Grant, Inspection
from sharing.selectors import grant as selectors
from sharing.selectors import usage as reading
from sharing.selectors.figures import use_by_day
from sharing.services import rectifying
from sharing.services import usage as services
from workflow.once import once


@require_GET
def use(request: PageRequest, pk: int) -> HttpResponse:
    """Records of use, inspections and pulls of a grant."""
    require_signed_in(request.actor)
    return _shown(request, selectors.grant_get_for(request.actor, pk))


def _shown(
    request: PageRequest,
    grant: Grant,
    usage_form: UsageForm | None = None,
    inspection_form: InspectionForm | None = None,
    rectify_forms: dict[int, RectifyForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    request.nav_current = "sharing.grants"  # type: ignore[attr-defined]
    number = _("Grant %(number)d") % {"number": grant.pk}
    can_inspect = after_policies.can_inspect(request.actor, grant)
    context = {
        "grant": grant,
        "records": reading.usage_records_of(grant),
        "inspections": [
            {"inspection": one, "form": _rectify_form(request, grant, one, rectify_forms or {})}
            for one in reading.inspections_of(grant)
        ],
        "chart": use_chart(use_by_day(selectors.grant_list_for(request.actor).filter(pk=grant.pk))),
        "can_record": policies.uses(request.actor, grant, Role.CATALOGUER, Role.HEAD),
        "can_inspect": can_inspect,
        "beside": selectors.grants_beside(request.actor, grant) if can_inspect else [],
        "usage_form": usage_form or UsageForm(label_suffix="", initial={"scenario": grant.purpose}),
        "inspection_form": inspection_form or InspectionForm(label_suffix=""),
        "crumbs": [
            {"label": _("Grants"), "url": reverse("sharing:grant_list")},
            {"label": number, "url": reverse("sharing:grant_detail", args=[grant.pk])},
        ],
    }
    return render(request, "sharing/grant_use.html", context, status=status)


def _rectify_form(
    request: PageRequest, grant: Grant, inspection: Inspection, refused: dict[int, RectifyForm]
) -> RectifyForm | None:
    """Return the form by which the holder's head reports; None for others, and where there is nothing to report."""
    is_open = inspection.rectify_by is not None and not hasattr(inspection, "rectification")
    if not is_open or not policies.uses(request.actor, grant, Role.HEAD):
        return None
    return refused.get(inspection.pk) or RectifyForm(label_suffix="", auto_id=f"id_{inspection.pk}_%s")


@require_POST
@once
def inspection_rectify(request: PageRequest, pk: int, inspection: int) -> HttpResponse:
    """Report that what an inspection found was put right."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_use(request.actor, grant, Role.HEAD)
    form = RectifyForm(request.POST, label_suffix="", auto_id=f"id_{inspection}_%s")

    def save(given: dict[str, Any]) -> object:
        return rectifying.inspection_rectify(actor=request.actor, grant_id=pk, inspection_id=inspection, **given)

    return _saved(
        request, grant, form, save, _("Reported: the inspector is told."), {"rectify_forms": {inspection: form}}
    )


@require_POST
@once
def usage_add(request: PageRequest, pk: int) -> HttpResponse:
    """Record how data were used."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_use(request.actor, grant, Role.CATALOGUER, Role.HEAD)
    form = UsageForm(request.POST, label_suffix="")

    def save(given: dict[str, Any]) -> object:
        return services.usage_record_add(actor=request.actor, grant_id=pk, **given)

    return _saved(request, grant, form, save, _("Recorded."), {"usage_form": form})


@require_POST
@once
def inspection_add(request: PageRequest, pk: int) -> HttpResponse:
    """Keep what an inspection found."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    after_policies.require_inspect(request.actor, grant)
    form = InspectionForm(request.POST, label_suffix="")

    def save(given: dict[str, Any]) -> object:
        return services.inspection_record(actor=request.actor, grant_id=pk, **given)

    return _saved(request, grant, form, save, _("The inspection is on record."), {"inspection_form": form})


def _saved(
    request: PageRequest,
    grant: Grant,
    form: forms.Form,
    save: Callable[[dict[str, Any]], object],
    done: str,
    shown: dict[str, Any],
) -> HttpResponse:
    """Save what was sent; what is refused is shown at its field, with what was typed."""
    if form.is_valid():
        try:
            save(form.cleaned_data)
        except RuleViolation as refused:
            add_refusal(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, done)
            return redirect("sharing:grant_use", grant.pk)
    return _shown(request, grant, status=422, **shown)
