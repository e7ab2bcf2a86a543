"""The basket: entries whose data a person means to ask for together. It becomes drafts when he goes on with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import add_refusal
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog.row_marks import marks_for
from core.exceptions import DomainError, RuleViolation
from sharing import policies
from sharing.forms import RequestForm
from sharing.selectors import request as selectors
from sharing.selectors.basket import basket_of
from sharing.services import basket as services
from sharing.services import drafting
from sharing.views.acting import way_back
from workflow.choices import LegalPurpose
from workflow.citations import citation_text
from workflow.once import once
from workflow.selectors.legal_basis import legal_bases_for

ALIKE = (
    "legal_basis", "scenario", "methods", "frequency", "valid_from", "valid_until", "systems", "contact_name",
    "contact_phone",
)  # fmt: skip
"""What the requests of a basket say alike."""


@require_http_methods(["GET", "POST"])
@once
def basket(request: PageRequest) -> HttpResponse:
    """Show the basket with what its requests say alike; sent, it becomes one draft for each entry."""
    require_signed_in(request.actor)
    policies.require_ask_at_all(request.actor)
    entries = list(basket_of(request.actor))
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        fields = form.values(ALIKE)
        fields["legal_basis"] = [
            {"document": document, "article": article}
            for document, _bar, article in (key.partition("|") for key in fields["legal_basis"])
        ]
        try:
            made = drafting.requests_create(
                actor=request.actor, entry_refs=[str(one.pk) for one in entries], fields=fields
            )
        except RuleViolation as refused:
            add_refusal(form, refused)
        except DomainError as refused:
            form.add_error(None, str(refused))
        else:
            words = ngettext(
                "%(count)d request drafted. Tick its items, then submit it.",
                "%(count)d requests drafted. Tick the items of each, then submit them.",
                len(made),
            )
            messages.success(request, words % {"count": len(made)})
            return redirect(f"{reverse('sharing:request_list')}?view=mine&status=draft")
    crumbs = [{"label": _("Requests for data"), "url": reverse("sharing:request_list")}]
    marks = marks_for(request.actor, entries)
    context = {"entries": entries, "marks": marks, "form": form, "crumbs": crumbs}
    return render(request, "sharing/basket.html", context, status=422 if form.errors else 200)


def _form(request: PageRequest) -> RequestForm:
    assert request.actor.department_id is not None  # noqa: S101  the policy has just required it
    return RequestForm(
        request.POST if request.method == "POST" else None,
        datasets=[],
        bases=[
            (f"{one.document}|{one.article}", citation_text(one.document, one.article))
            for one in legal_bases_for(LegalPurpose.REQUEST)
        ],
        systems=[(str(one.pk), one.name) for one in selectors.systems_for(request.actor.department_id)],
        longest_days=selectors.policy_for(request.actor.region_path).longest_days,
    )


@require_POST
def basket_add(request: PageRequest, ref: str) -> HttpResponse:
    """Put an entry into the basket."""
    require_signed_in(request.actor)
    entry = services.basket_add(actor=request.actor, entry_ref=ref)
    messages.success(request, _("In the basket: %(name)s") % {"name": entry})
    return redirect(way_back(request, reverse("catalog:entry_detail", args=[entry.ref])))


@require_POST
def basket_remove(request: PageRequest, ref: str) -> HttpResponse:
    """Take an entry out of the basket."""
    require_signed_in(request.actor)
    services.basket_remove(actor=request.actor, entry_ref=ref)
    return redirect("sharing:basket")
