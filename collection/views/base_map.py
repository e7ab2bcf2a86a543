"""The base map of the installation: its page, and its lines for the browser that draws it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer
from collection import policies, services
from collection.forms import BaseMapForm, refusal_add
from collection.maps import base_map_chart
from collection.selectors.base_map import base_map_in_use, base_map_lines, base_maps_ever
from core.exceptions import RuleViolation

KEPT_SECONDS = 24 * 60 * 60
MOST_SHOWN = 20


@require_http_methods(["GET", "POST"])
def base_map(request: PageRequest) -> HttpResponse:
    """What lies under the maps of data; with the form to load another."""
    require_signed_in(request.actor)
    policies.require_keep_base_map(request.actor)
    form = BaseMapForm(request.POST, request.FILES) if request.method == "POST" else BaseMapForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            services.base_map_load(
                actor=request.actor,
                content=file.read(),
                file_name=file.name,
                approval_number=form.cleaned_data["approval_number"],
                coordinates=form.cleaned_data["coordinates"],
            )
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Loaded. It lies under the maps of data from now on."))
            return redirect("collection:base_map")
    found = base_map_in_use()
    context = {
        "form": form,
        "base_map": found,
        "chart": base_map_chart(base_map_lines(found.pk)) if found else None,
        "earlier": base_maps_ever().filter(removed_at__isnull=False)[:MOST_SHOWN],
    }
    return render(request, "collection/base_map.html", context, status=422 if form.errors else 200)


@require_POST
def base_map_remove(request: PageRequest) -> HttpResponse:
    """Take the base map away."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.base_map_remove(actor=request.actor),
        back=reverse("collection:base_map"),
        message=_("Removed. Maps of data show the graticule alone."),
    )


@require_GET
def base_map_show(request: PageRequest, pk: int) -> HttpResponse:
    """The lines of the base map in use; another map has another address, so a browser may keep them."""
    require_signed_in(request.actor)
    response = HttpResponse(base_map_lines(pk), content_type="application/json")
    patch_cache_control(response, private=True, max_age=KEPT_SECONDS)
    return response
