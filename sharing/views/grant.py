"""Grants: lists, the page of one, what its two sides and the authority do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.choices import Role
from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import list_answer
from collection.face import marks_by_dataset
from core.actors import Actor
from core.exceptions import StaleEdit
from sharing import grant_forms as own
from sharing import policies
from sharing.choices import GrantStatus, ShareMethod
from sharing.models import Grant, GrantNotice
from sharing.selectors import grant as selectors
from sharing.selectors import lists
from sharing.selectors.suspension import require_resume, sides_in_words, suspensions_open
from sharing.services import disposal, stopping
from sharing.services import grant as services
from sharing.views.acting import carry_out
from sharing.views.grant_page import GrantPage
from workflow.once import once

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
    Column("status", gettext_lazy("State"), lambda row: row.state_label, ("status",)),
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
        return listing.csv(pgettext("file", "share-grants"))
    address = reverse("sharing:grant_list")
    page = listing.page()
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "marks": marks_by_dataset(request.actor, [one.dataset_id for one in page.object_list]),
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
    grant = selectors.grant_get_for(request.actor, pk)
    page = GrantPage(request.actor, grant, request.GET.get("page", ""), **forms)
    request.nav_current = "sharing.grants"  # type: ignore[attr-defined]
    return render(request, "sharing/grant_detail.html", {"page": page, "crumbs": page.crumbs}, status=status)


def _grant(request: PageRequest, pk: int, require: Callable[[Actor, Grant], None]) -> Grant:
    """Return the grant that a button is about, once the actor may press it."""
    require_signed_in(request.actor)
    grant = selectors.grant_get_for(request.actor, pk)
    require(request.actor, grant)
    return grant


def _act(
    request: PageRequest, grant: Grant, name: str, form: forms.Form, service: Callable[..., Any], done: Any
) -> HttpResponse:
    """Let a service take a step with what the form says.

    Args:
        name: under which ``GrantPage`` looks for the form.
        done: see ``carry_out``.
    """
    return carry_out(
        request,
        form,
        lambda given: service(actor=request.actor, grant_id=grant.pk, **given),
        show=lambda status: grant_answer(request, grant.pk, status=status, **{name: form}),
        done=done,
        back=lambda: reverse("sharing:grant_detail", args=[grant.pk]),
    )


def _require_head_of_holder(actor: Actor, grant: Grant) -> None:
    policies.require_use(actor, grant, Role.HEAD)


def _require_people_of_holder(actor: Actor, grant: Grant) -> None:
    policies.require_use(actor, grant, Role.CATALOGUER, Role.HEAD)


def _require_resume(actor: Actor, grant: Grant) -> None:
    require_resume(actor, grant, suspensions_open(grant))


def _require_end(actor: Actor, grant: Grant) -> None:
    if not policies.can_suspend(actor, grant):
        _require_head_of_holder(actor, grant)


@require_POST
def grant_suspend(request: PageRequest, pk: int) -> HttpResponse:
    """Stop reading at once."""
    grant = _grant(request, pk, policies.require_suspend)
    form = own.ReasonForm(request.POST, label_suffix="")
    return _act(
        request, grant, "suspend_form", form, services.grant_suspend, _("Suspended: nothing is given any more.")
    )


@require_POST
def grant_resume(request: PageRequest, pk: int) -> HttpResponse:
    """Let a suspended grant run again."""
    grant = _grant(request, pk, _require_resume)
    form = own.ResumeForm(request.POST, choices=GrantPage(request.actor, grant).resume_choices, label_suffix="")

    def resume(*, suspension: int | None, **given: Any) -> Grant:
        return services.grant_resume(suspension_id=suspension, **given)

    return _act(request, grant, "resume_form", form, resume, _resumed)


def _resumed(grant: Grant) -> str:
    """Say what became of a grant with a suspension that was lifted."""
    if grant.status == GrantStatus.ACTIVE:
        return _("It runs again.")
    if held := suspensions_open(grant):
        sides = "、".join(sides_in_words(held))
        if grant.status == GrantStatus.SUSPENDED:
            return _("Lifted: the grant stays suspended by: %(sides)s.") % {"sides": sides}
        return _("Lifted: a suspension still stands against the holder, by: %(sides)s.") % {"sides": sides}
    return _("Lifted: it stands against the holder no more.")


@require_POST
@once
def grant_narrow(request: PageRequest, pk: int) -> HttpResponse:
    """Announce that masks are to grow stronger, or limits to be set."""
    grant = _grant(request, pk, policies.require_provide)
    form = own.NarrowForm(
        request.POST, masks=GrantPage(request.actor, grant).mask_choices, is_table=grant.dataset.is_table
    )

    def announce(**given: Any) -> GrantNotice:
        values = {name: value for name, value in given.items() if not name.startswith("mask-")}
        return stopping.narrow_announce(masks=form.masks(), **values)

    done = _("Announced: the requester is asked, the data authority is told.")
    return _act(request, grant, "narrow_form", form, announce, done)


@require_POST
def grant_loosen(request: PageRequest, pk: int) -> HttpResponse:
    """Loosen the limits of use."""
    grant = _grant(request, pk, policies.require_provide)
    form = own.LoosenForm(request.POST, is_table=grant.dataset.is_table)

    def loosen(*, note: str, actor: Actor, grant_id: int, **_given: Any) -> Grant:
        try:
            return services.grant_loosen(
                actor=actor, grant_id=grant_id, limits=form.limits(), read=form.read(), note=note
            )
        except StaleEdit as refused:
            form.reread(refused.extra["limits"])
            raise

    return _act(request, grant, "loosen_form", form, loosen, _("Loosened: it holds at once."))


@require_POST
def grant_end(request: PageRequest, pk: int) -> HttpResponse:
    """End a grant before its day."""
    grant = _grant(request, pk, _require_end)
    page = GrantPage(request.actor, grant)
    form = own.EndForm(request.POST, reasons=page.end_reasons, is_provider=page.is_provider)
    return _act(request, grant, "end_form", form, services.grant_end, _("Ended."))


@require_POST
def disposal_demand(request: PageRequest, pk: int) -> HttpResponse:
    """Say how the data are to be disposed of."""
    grant = _grant(request, pk, policies.require_provide)
    form = own.DemandForm(request.POST, label_suffix="")
    return _act(request, grant, "demand_form", form, disposal.disposal_demand, _("Kept: the holder is told."))


@require_POST
def grant_dispose(request: PageRequest, pk: int) -> HttpResponse:
    """Confirm that the data were disposed of."""
    grant = _grant(request, pk, _require_people_of_holder)
    form = own.DisposeForm(request.POST, label_suffix="")
    return _act(request, grant, "dispose_form", form, disposal.grant_dispose, _("Confirmed."))


# --- A service that is to stop --------------------------------------------------------------------------------------


@require_POST
@once
def stop_announce(request: PageRequest, pk: int) -> HttpResponse:
    """Announce that a service is to stop."""
    grant = _grant(request, pk, policies.require_provide)
    form = own.AnnounceForm(request.POST, label_suffix="")
    done = _("Announced: the requester is asked, the data authority is told.")
    return _act(request, grant, "announce_form", form, stopping.stop_announce, done)


@require_POST
def stop_answer(request: PageRequest, pk: int) -> HttpResponse:
    """Answer an announcement for the department that holds the grant."""
    grant = _grant(request, pk, _require_head_of_holder)
    form = own.StopAnswerForm(request.POST, label_suffix="")

    def answer(*, word: str, notice: int, **given: Any) -> GrantNotice:
        return stopping.stop_answer(is_agreed=word == "yes", notice_id=notice, **given)

    return _act(request, grant, "stop_answer_form", form, answer, _("Answered."))


@require_POST
def stop_file(request: PageRequest, pk: int) -> HttpResponse:
    """Take an announced stop or change to the authority's files, or object to it."""
    grant = _grant(request, pk, policies.require_supervise)
    form = own.StopFileForm(request.POST, label_suffix="")

    def file(*, word: str, notice: int, **given: Any) -> GrantNotice:
        return stopping.stop_file(is_accepted=word == "yes", notice_id=notice, **given)

    done = _("Taken to the files.")
    if request.POST.get("word") == "no":
        unfiled = GrantPage(request.actor, grant).unfiled
        is_done = unfiled is not None and request.POST.get("notice") == str(unfiled.pk)
        done = _("Objected to: the service goes on.")
        if is_done:
            done = _("Your objection is on record: what was done stays.")
    return _act(request, grant, "stop_file_form", form, file, done)


@require_POST
def stop_carry_out(request: PageRequest, pk: int) -> HttpResponse:
    """Stop or narrow a service whose day has come."""
    grant = _grant(request, pk, policies.require_provide)
    form = own.CarryOutForm(request.POST, label_suffix="")

    def carry_out_announced(*, notice: int, **given: Any) -> Grant:
        return stopping.stop_carry_out(notice_id=notice, **given)

    return _act(request, grant, "carry_out_form", form, carry_out_announced, _("Done as announced."))


@require_POST
def stop_take_back(request: PageRequest, pk: int) -> HttpResponse:
    """Take an announcement back."""
    grant = _grant(request, pk, policies.require_provide)
    form = own.CarryOutForm(request.POST, label_suffix="")

    def take_back(*, notice: int, actor: Actor, grant_id: int, **_given: Any) -> GrantNotice:
        return stopping.stop_take_back(actor=actor, grant_id=grant_id, notice_id=notice)

    return _act(request, grant, "carry_out_form", form, take_back, _("Taken back: the service goes on."))
