"""Changes of law or duties: record one, see how the updates stand, consent to a longer time."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import policies, services
from catalog.forms.keeping import DutyChangeForm, ExtensionForm, add_refusal
from catalog.models import DutyChange
from catalog.selectors import duty_change as reading
from catalog.views import duty_change_page
from core.exceptions import InvalidTransition, RuleViolation
from workflow.once import once


def _is_partial(request: PageRequest) -> bool:
    return bool(request.htmx) and not request.htmx.boosted


@require_GET
def duty_change_list(request: PageRequest) -> HttpResponse:
    """The recorded changes, and how the updates they oblige to stand."""
    require_signed_in(request.actor)
    context = duty_change_page.change_list(request.actor, request.GET)
    template = "catalog/partials/_changes.html" if _is_partial(request) else "catalog/duty_change_list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
@once
def duty_change_create(request: PageRequest) -> HttpResponse:
    """Record a change. A GET with a search keeps what was typed; htmx gets the list of entries only."""
    require_signed_in(request.actor)
    policies.require_record_duty_change(request.actor)
    if request.method == "GET":
        picked = duty_change_page.candidates(request.actor, request.GET, request.GET.getlist("entries"))
        if _is_partial(request):
            response = render(request, "catalog/partials/_change_entries.html", {"picked": picked})
            patch_vary_headers(response, ["HX-Request"])
            return response
        return _create_page(request, DutyChangeForm(initial=request.GET.dict()), picked)
    form = DutyChangeForm(request.POST)
    refs = request.POST.getlist("entries")
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "basis"}
        try:
            change = services.duty_change_record(actor=request.actor, entry_refs=refs, **values)
        except RuleViolation as refused:
            add_refusal(form, refused)
        else:
            return _recorded(request, change, len(set(refs)))
    picked = duty_change_page.candidates(request.actor, request.POST, refs)
    return _create_page(request, form, picked, status=422)


def _create_page(
    request: PageRequest, form: DutyChangeForm, picked: duty_change_page.Candidates, status: int = 200
) -> HttpResponse:
    crumbs = [{"label": _("Law and duties"), "url": reverse("catalog:duty_change_list")}]
    context = {"form": form, "picked": picked, "crumbs": crumbs}
    return render(request, "catalog/duty_change_create.html", context, status=status)


def _recorded(request: PageRequest, change: DutyChange, count: int) -> HttpResponse:
    words = ngettext(
        "Recorded. The time limit runs for %(count)d entry; its department has been notified.",
        "Recorded. The time limit runs for %(count)d entries; their departments have been notified.",
        count,
    )
    messages.success(request, words % {"count": count})
    return redirect("catalog:duty_change_detail", pk=change.pk)


@require_GET
def duty_change_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One change, with the clock of every entry it concerns."""
    require_signed_in(request.actor)
    return _detail(request, pk)


def _detail(request: PageRequest, pk: int, form: ExtensionForm | None = None, status: int = 200) -> HttpResponse:
    change = reading.duty_change_get_for(request.actor, pk)
    context = duty_change_page.change_detail(request.actor, change, form)
    return render(request, "catalog/duty_change_detail.html", context, status=status)


@require_POST
def duty_change_extend(request: PageRequest, pk: int) -> HttpResponse:
    """Consent to a longer time for one entry of a change."""
    require_signed_in(request.actor)
    policies.require_extend_duty_change(request.actor)
    change = reading.duty_change_get_for(request.actor, pk)
    key = request.POST.get("concerned", "")
    row = reading.concerned_get(change, key)
    limit = reading.clocks_of_concerned([row]).get(row.pk)
    form = duty_change_page.extension_form(row, limit, request.POST)
    if form.is_valid():
        try:
            services.duty_change_extend(
                actor=request.actor,
                concerned_id=row.pk,
                days=form.cleaned_data["days"],
                reason=form.cleaned_data["reason"],
            )
        except RuleViolation as refused:
            add_refusal(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Extended for “%(name)s”.") % {"name": row.entry})
            return redirect(f"{reverse('catalog:duty_change_detail', args=[pk])}#c-{row.pk}")
    return _detail(request, pk, form, status=422)
