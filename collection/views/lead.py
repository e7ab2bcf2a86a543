"""Pages of lead source departments and of digitisation."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from accounts.listing import Column, csv_response
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import duty_policies as policies
from collection.duty_forms import DigitisationForm, ItemFilterForm
from collection.forms import refusal_add
from collection.selectors import duty as duties
from collection.selectors import lead as selectors
from collection.services import lead as services
from collection.views.duty import duty_answer
from core.exceptions import InvalidTransition, RuleViolation
from workflow.once import once

MOST_SHOWN = 300

ITEM_COLUMNS = [
    Column("item", gettext_lazy("Item"), lambda row: row.name),
    Column("departments", gettext_lazy("Collected by"), lambda row: "；".join(name for _key, name in row.departments)),
    Column("lead", gettext_lazy("Lead source department"), lambda row: "；".join(row.leads)),
]
PAPER_COLUMNS = [
    Column("name", gettext_lazy("What is collected"), lambda row: str(row.duty)),
    Column("department", gettext_lazy("Collected by"), lambda row: row.duty.department.name),
    Column("total", gettext_lazy("Paper records"), lambda row: row.total),
    Column("done", gettext_lazy("Digitised"), lambda row: row.done),
    Column("due", gettext_lazy("Digitised by"), lambda row: row.due or ""),
    Column("reported", gettext_lazy("Last report"), lambda row: row.reported or ""),
]


@require_GET
def lead_list(request: PageRequest) -> HttpResponse:
    """The items that several departments collect, and who leads; also as CSV."""
    require_signed_in(request.actor)
    return _leads(request)


def _leads(request: PageRequest, status: int = 200, errors: Any = ()) -> HttpResponse:
    chosen = ItemFilterForm(request.GET).chosen()
    appoints = policies.can_appoint_lead(request.actor)
    rows = selectors.collected_items(request.actor, q=chosen["q"], region_only=appoints)
    if request.GET.get("export") == "csv":
        return csv_response(pgettext("file", "lead-sources"), ITEM_COLUMNS, rows)
    context = {
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "led": sum(bool(one.leads) for one in rows),
        "chosen": chosen,
        "appoints": appoints,
        "errors": errors,
        "crumbs": [{"label": _("Collection duties"), "url": reverse("collection:duty_list")}],
    }
    return render(request, "collection/lead_list.html", context, status=status)


@require_POST
def lead_appoint(request: PageRequest) -> HttpResponse:
    """Name the lead of an item."""
    require_signed_in(request.actor)
    policies.require_appoint_lead(request.actor)
    key = request.POST.get("department", "")
    try:
        lead = services.lead_appoint(
            actor=request.actor,
            folded=request.POST.get("item", "").replace("\x00", "")[:200],
            department_id=int(key) if key.isascii() and key.isdecimal() and len(key) < 18 else 0,
        )
    except RuleViolation as refused:
        return _leads(request, status=422, errors=refused.errors)
    messages.success(request, _("%(department)s leads the collection of “%(item)s”.")
                     % {"department": lead.department.name, "item": lead.name})  # fmt: skip
    return redirect("collection:lead_list")


@require_GET
def digitisation_list(request: PageRequest) -> HttpResponse:
    """How far paper records are digitised; also as CSV."""
    require_signed_in(request.actor)
    rows = [selectors.digitisation_of(one) for one in selectors.paper_duties(request.actor)]
    if request.GET.get("export") == "csv":
        return csv_response(pgettext("file", "digitisation"), PAPER_COLUMNS, rows)
    total, done = sum(one.total for one in rows), sum(one.done for one in rows)
    context = {
        "rows": rows,
        "total": total,
        "done": done,
        "share": done / total if total else None,
        "late": sum(one.is_late for one in rows),
        "crumbs": [{"label": _("Collection duties"), "url": reverse("collection:duty_list")}],
    }
    return render(request, "collection/digitisation_list.html", context)


@require_POST
@once
def digitisation_report(request: PageRequest, pk: int) -> HttpResponse:
    """Report how many records are digitised."""
    require_signed_in(request.actor)
    duty = duties.duty_get_for(request.actor, pk)
    policies.require_file_duty(request.actor, duty)
    form = DigitisationForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            services.digitisation_report(actor=request.actor, duty_id=pk, **form.cleaned_data)
        except RuleViolation as refused:
            refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Reported."))
            return redirect("collection:duty_detail", pk)
    return duty_answer(request, pk, status=422, digitisation_form=form)
