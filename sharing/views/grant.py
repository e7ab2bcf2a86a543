"""Grants: lists, the page of one, what its two sides and the authority do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.choices import Role
from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, list_answer
from core.exceptions import InvalidTransition, RuleViolation
from sharing import grant_forms as own
from sharing import policies
from sharing.choices import ShareMethod
from sharing.forms import refusal_add
from sharing.models import Grant
from sharing.selectors import grant as selectors
from sharing.selectors import lists
from sharing.services import grant as services
from sharing.services import stopping
from sharing.views.grant_page import GrantPage

VIEW_LABELS: dict[str, Any] = {
    lists.HELD: gettext_lazy("What we hold"),
    lists.GIVEN: gettext_lazy("On our data"),
    lists.ALL: gettext_lazy("All grants"),
}
COLUMNS = [
    Column("number", pgettext_lazy("sharing", "Grant"), lambda row: row.pk, ("pk",)),
    Column("entry", gettext_lazy("Entry"), lambda row: str(row.dataset.entry),
           ("dataset__entry__current_revision__name",)),
    Column("dataset", gettext_lazy("Dataset"), lambda row: row.dataset.name),
    Column("department", gettext_lazy("Holder"), lambda row: row.department.name, ("department__name_pinyin",)),
    Column("provider", gettext_lazy("Provider"), lambda row: row.dataset.entry.department.name,
           ("dataset__entry__department__name_pinyin",)),
    Column("methods", gettext_lazy("Ways"),
           lambda row: "、".join(str(ShareMethod(one).label) for one in row.methods)),
    Column("from", pgettext_lazy("sharing", "From"), lambda row: row.valid_from, ("valid_from",)),
    Column("to", gettext_lazy("Until"), lambda row: row.last_moment, ("valid_to",)),
    Column("status", gettext_lazy("State"), lambda row: row.get_status_display(), ("status",)),
]  # fmt: skip


@require_GET
def grant_list(request: PageRequest) -> HttpResponse:
    """Grants that the department holds, those on its data, or all; also as CSV."""
    require_signed_in(request.actor)
    policies.require_see_sharing(request.actor)
    views = lists.grant_views_of(request.actor)
    view = request.GET.get("view", "")
    view = view if view in views else views[0]
    form = own.GrantFilterForm(request.GET)
    chosen = form.chosen()
    listing = Listing(request, lists.grants_filtered(request.actor, view, **chosen), COLUMNS, default="-number")
    if listing.wants_csv:
        return listing.csv("share-grants")
    address = reverse("sharing:grant_list")
    context = {
        "form": form,
        "chosen": chosen,
        "page": listing.page(),
        "view": view,
        "is_filtered": any(chosen.values()),
        "tabs": [
            {"url": f"{address}?view={one}", "label": VIEW_LABELS[one], "count": None, "is_current": one == view}
            for one in views
        ],
    }
    return list_answer(request, "sharing/grant_list.html", "sharing/partials/_grants.html", context)


@require_GET
def grant_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One grant."""
    require_signed_in(request.actor)
    return grant_answer(request, pk)


def grant_answer(request: PageRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    """Show a grant; forms that were refused are shown again with what was typed."""
    page = GrantPage(request.actor, selectors.grant_get_for(request.actor, pk), **forms)
    request.nav_current = "sharing.grants"  # type: ignore[attr-defined]
    return render(request, "sharing/grant_detail.html", {"page": page, "crumbs": page.crumbs}, status=status)


def _carry_out(
    request: PageRequest,
    grant: Grant,
    name: str,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    done: str,
) -> HttpResponse:
    """Carry a step out; what is refused is shown at its field, with what was typed."""
    status = 422
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except RuleViolation as refused:
            refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, done)
            return redirect("sharing:grant_detail", grant.pk)
    return grant_answer(request, grant.pk, status=status, **{name: form})


@require_POST
def grant_suspend(request: PageRequest, pk: int) -> HttpResponse:
    """Stop reading at once."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_suspend(request.actor, grant)
    return _carry_out(
        request,
        grant,
        "suspend_form",
        own.ReasonForm(request.POST, label_suffix=""),
        lambda given: services.grant_suspend(actor=request.actor, grant_id=pk, reason=given["reason"]),
        _("Suspended: nothing is given any more."),
    )


@require_POST
def grant_resume(request: PageRequest, pk: int) -> HttpResponse:
    """Let a suspended grant run again."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_resume(request.actor, grant)
    return _carry_out(
        request,
        grant,
        "resume_form",
        own.NoteForm(request.POST, label_suffix=""),
        lambda given: services.grant_resume(actor=request.actor, grant_id=pk, note=given["note"]),
        _("It runs again."),
    )


@require_POST
def grant_narrow(request: PageRequest, pk: int) -> HttpResponse:
    """Announce that masks are to grow stronger, or limits to be set."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_provide(request.actor, grant)
    masks = {item: value for item in grant.items if (value := request.POST.get(f"mask-{item}", "none")) != "none"}
    return _carry_out(
        request,
        grant,
        "narrow_form",
        own.NarrowForm(request.POST, label_suffix=""),
        lambda given: stopping.narrow_announce(actor=request.actor, grant_id=pk, masks=masks, **given),
        _("Announced: the requester is asked, the data authority is told."),
    )


@require_POST
def grant_end(request: PageRequest, pk: int) -> HttpResponse:
    """End a grant before its day."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    if not policies.can_suspend(request.actor, grant):
        policies.require_use(request.actor, grant, Role.HEAD)
    reasons = GrantPage(request.actor, grant).end_reasons
    return _carry_out(
        request,
        grant,
        "end_form",
        own.EndForm(request.POST, reasons=reasons),
        lambda given: services.grant_end(
            actor=request.actor,
            grant_id=pk,
            reason=given["reason"],
            note=given["note"],
            disposal_demand=given.get("disposal_demand", ""),
        ),
        _("Ended."),
    )


@require_POST
def grant_dispose(request: PageRequest, pk: int) -> HttpResponse:
    """Confirm that the data were disposed of."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_use(request.actor, grant, Role.CATALOGUER, Role.HEAD)
    return _carry_out(
        request,
        grant,
        "dispose_form",
        own.DisposeForm(request.POST, label_suffix=""),
        lambda given: services.grant_dispose(actor=request.actor, grant_id=pk, note=given["note"]),
        _("Confirmed."),
    )


# --- A service that is to stop --------------------------------------------------------------------------------------


@require_POST
def stop_announce(request: PageRequest, pk: int) -> HttpResponse:
    """Announce that a service is to stop."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_provide(request.actor, grant)
    return _carry_out(
        request,
        grant,
        "announce_form",
        own.AnnounceForm(request.POST, label_suffix=""),
        lambda given: stopping.stop_announce(
            actor=request.actor, grant_id=pk, reason=given["reason"], stops_on=given["stops_on"]
        ),
        _("Announced: the requester is asked, the data authority is told."),
    )


@require_POST
def stop_answer(request: PageRequest, pk: int) -> HttpResponse:
    """Answer an announcement for the department that holds the grant."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_use(request.actor, grant, Role.HEAD)
    is_agreed = request.POST.get("word") != "no"
    return _carry_out(
        request,
        grant,
        "stop_answer_form",
        own.StopAnswerForm(request.POST, label_suffix=""),
        lambda given: stopping.stop_answer(
            actor=request.actor, grant_id=pk, is_agreed=is_agreed, answer=given["answer"]
        ),
        _("Answered."),
    )


@require_POST
def stop_file(request: PageRequest, pk: int) -> HttpResponse:
    """Take an announced stop or change to the authority's files, or object to it."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_supervise(request.actor, grant)
    is_accepted = request.POST.get("word") != "no"
    return _carry_out(
        request,
        grant,
        "stop_file_form",
        own.NoteForm(request.POST, label_suffix=""),
        lambda given: stopping.stop_file(actor=request.actor, grant_id=pk, is_accepted=is_accepted, note=given["note"]),
        _("Taken to the files.") if is_accepted else _("Objected to: the service goes on."),
    )


@require_POST
def stop_carry_out(request: PageRequest, pk: int) -> HttpResponse:
    """Stop or narrow a service whose day has come."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    policies.require_provide(request.actor, grant)
    return _carry_out(
        request,
        grant,
        "carry_out_form",
        own.CarryOutForm(request.POST, label_suffix=""),
        lambda given: stopping.stop_carry_out(
            actor=request.actor, grant_id=pk, disposal_demand=given["disposal_demand"]
        ),
        _("Done as announced."),
    )


@require_POST
def stop_take_back(request: PageRequest, pk: int) -> HttpResponse:
    """Take an announcement back."""
    require_signed_in(request.actor)
    selectors.grant_get_for(request.actor, pk)
    return act_answer(
        request,
        lambda: stopping.stop_take_back(actor=request.actor, grant_id=pk),
        back=reverse("sharing:grant_detail", args=[pk]),
        message=_("Taken back: the service goes on."),
    )
