"""Rights on data beside the grants in force: what the nightly comparison found, for the security administrator."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection.selectors.dataset import dataset_names
from sharing import policies
from sharing.selectors.grant import holder_names, last_rights_check
from sharing.services.restoring import rights_restore

KINDS: dict[str, Any] = {
    "surplus": gettext_lazy("A right without a grant"),
    "missing": gettext_lazy("A grant without its right"),
    "person": gettext_lazy("A right of a single person"),
    "generic": gettext_lazy("A right outside the table of rights"),
    "unsuspended": gettext_lazy("A grant that is suspended by nobody"),
    "suspended": gettext_lazy("A grant in force although it is suspended"),
    "everywhere": gettext_lazy("A right on all datasets"),
}


@require_http_methods(["GET", "POST"])
def rights(request: PageRequest) -> HttpResponse:
    """Show the differences; bring the rights in line with the grants."""
    require_signed_in(request.actor)
    policies.require_restore_rights(request.actor)
    if request.method == "POST":
        changed = rights_restore(actor=request.actor)
        words = ngettext("%(count)d right was brought in line.", "%(count)d rights were brought in line.", changed)
        messages.success(request, words % {"count": changed})
        return redirect("sharing:rights")
    check = last_rights_check()
    found = check.differences if check else []
    names = dataset_names({one["dataset"] for one in found if one["dataset"] is not None})
    holders = holder_names(found)
    rows = [
        {
            "kind": KINDS.get(one["kind"], one["kind"]),
            "dataset": one["dataset"],
            "name": names.get(one["dataset"], _("All datasets") if one["dataset"] is None else ""),
            "holder": holders.get(one["holder"], one["holder"]),
            "grant": one.get("grant"),
        }
        for one in found
    ]
    crumbs = [{"label": _("Data sharing"), "url": reverse("sharing:home")}]
    return render(request, "sharing/rights.html", {"check": check, "rows": rows, "crumbs": crumbs})
