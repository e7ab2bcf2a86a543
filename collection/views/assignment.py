"""The people of contractors who work on the data of an entry."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, posted
from catalog.selectors.entry import entry_get_for
from collection import policies
from collection.forms import AssignmentForm
from collection.selectors.assignment import assignments_of, contractors_for
from collection.services import assignment as services
from core import clock


@require_http_methods(["GET", "POST"])
def assignment_list(request: PageRequest, ref: str) -> HttpResponse:
    """Who is named, with the form to name somebody."""
    require_signed_in(request.actor)
    entry = entry_get_for(request.actor, ref)
    policies.require_name_contractors(request.actor, entry)
    people = list(contractors_for(entry))

    def save(values: dict[str, Any]) -> object:
        return services.assignment_add(
            actor=request.actor, entry_ref=ref, user_id=int(values["user"]), until=values["until"]
        )

    context = {
        "entry": entry,
        "rows": list(assignments_of(entry)),
        "today": clock.today(),
        "crumbs": [
            {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
            {"label": str(entry), "url": reverse("catalog:entry_detail", args=[entry.ref])},
        ],
    }
    return form_answer(
        request,
        AssignmentForm(posted(request), people=[(str(one.pk), one.full_name) for one in people]),
        save,
        template="collection/assignment_list.html",
        context=context,
        done=lambda _made: _address(ref),
        message=_("Named: the work may begin."),
    )


@require_POST
def assignment_end(request: PageRequest, ref: str, pk: int) -> HttpResponse:
    """End somebody's work."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.assignment_end(actor=request.actor, entry_ref=ref, assignment_id=pk),
        back=_address(ref),
        message=_("Ended from now on."),
    )


def _address(ref: str) -> str:
    return reverse("collection:assignment_list", args=[ref])
