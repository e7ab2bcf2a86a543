"""The list of destinations: where requests may go."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.listing import Column, csv_response
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, posted
from collection import services
from collection.selectors.destination import destination_list_for, sources_by_endpoint
from collection.source_forms import DestinationForm

COLUMNS = [
    Column("host", gettext_lazy("Host"), lambda row: row.host),
    Column("networks", gettext_lazy("Networks"), lambda row: " ".join(row.networks)),
    Column("ports", gettext_lazy("Ports"), lambda row: " ".join(str(port) for port in row.ports)),
    Column("purpose", gettext_lazy("Purpose"), lambda row: row.get_purpose_display()),
    Column("reason", gettext_lazy("Reason"), lambda row: row.reason),
    Column("by", gettext_lazy("Added by"), lambda row: row.added_by.full_name if row.added_by else ""),
    Column("at", gettext_lazy("Added at"), lambda row: row.added_at),
]


@require_http_methods(["GET", "POST"])
def destination_list(request: PageRequest) -> HttpResponse:
    """What is allowed and which sources use it; with the form to allow more. Also as CSV."""
    require_signed_in(request.actor)
    destinations = list(destination_list_for(request.actor))
    if request.GET.get("export") == "csv":
        return csv_response(pgettext("file", "destinations"), COLUMNS, destinations)
    by_host = sources_by_endpoint(request.actor)
    used = [
        [source for source in by_host.get(one.host, []) if source.port in one.ports] if one.is_for_sources else []
        for one in destinations
    ]
    rows = [{"destination": one, "sources": sources} for one, sources in zip(destinations, used, strict=True)]
    covered = {source.pk for sources in used for source in sources}
    waiting = [source for sources in by_host.values() for source in sources if source.pk not in covered]
    return form_answer(
        request,
        DestinationForm(posted(request)),
        lambda values: services.destination_add(actor=request.actor, **values),
        template="collection/destination_list.html",
        context={"rows": rows, "waiting": waiting},
        done=lambda added: reverse("collection:destination_list"),
        message=_("Allowed from now on."),
    )


@require_POST
def destination_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Take a destination off the list."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.destination_remove(actor=request.actor, destination_id=pk),
        back=reverse("collection:destination_list"),
        message=_("Removed. What leads there fails from now on."),
    )
