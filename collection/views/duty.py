"""Pages of collection duties: the list, one of them, filing and deciding."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import as_refused, list_answer
from collection import duty_policies as policies
from collection.duty_forms import DutyFilterForm, ReasonForm, ReturnForm, SubmitForm, posted_items
from collection.forms import refusal_add
from collection.models import CollectionDuty
from collection.selectors import duty as selectors
from collection.services import duty as filing
from collection.services import duty_review as review
from collection.views.duty_page import DutyEditor, DutyPage, comment_fields
from core.exceptions import InvalidTransition, RuleViolation, StaleEdit
from workflow.once import once

COLUMNS = [
    Column("name", gettext_lazy("What is collected"), lambda row: str(row), ("current__name",)),
    Column("department", gettext_lazy("Collected by"), lambda row: row.department.name, ("department__name_pinyin",)),
    Column("subject", gettext_lazy("From whom"), lambda row: row.current.get_subject_display(), ("current__subject",)),
    Column("ground", gettext_lazy("Ground"), lambda row: row.current.get_ground_display(), ("current__ground",)),
    Column("basis", gettext_lazy("Legal basis"),
           lambda row: "；".join(f"{one['document']} {one['article']}" for one in row.current.legal_basis)),
    Column("manner", gettext_lazy("Manner"), lambda row: row.current.get_manner_display(), ("current__manner",)),
    Column("frequency", pgettext_lazy("collection", "How often"), lambda row: row.current.get_frequency_display()),
    Column("entry", gettext_lazy("Linked entry"), lambda row: row.current.entry or ""),
    Column("state", gettext_lazy("State"), lambda row: row.get_state_display(), ("state",)),
    Column("updated", gettext_lazy("Updated"), lambda row: row.updated_at, ("updated_at",)),
]  # fmt: skip


@require_GET
def duty_list(request: PageRequest) -> HttpResponse:
    """What departments collect; also as CSV."""
    require_signed_in(request.actor)
    form = DutyFilterForm(request.GET, selectors.duty_departments_for(request.actor))
    chosen = form.chosen()
    listing = Listing(request, selectors.duties_filtered(request.actor, **chosen), COLUMNS, default="-updated")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "collection-duties"))
    counts = selectors.duty_counts(request.actor)
    context = {
        "form": form,
        "chosen": chosen,
        "page": listing.page(),
        "ordering": listing.ordering,
        "is_filtered": any(chosen.values()),
        "can_create": policies.can_create_duty(request.actor),
        "figures": [
            {"value": value, "label": label, "count": counts.get(value, 0)}
            for value, label in form.fields["state"].choices  # type: ignore[attr-defined]
            if value
        ],
    }
    return list_answer(request, "collection/duty_list.html", "collection/partials/_duties.html", context)


@require_GET
def duty_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One duty: what is registered or filed, what the check found, its history, what can be done."""
    require_signed_in(request.actor)
    return duty_answer(request, pk)


def duty_answer(request: PageRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    """Show a duty; forms that were refused are shown again with what was typed."""
    duty = selectors.duty_get_for(request.actor, pk)
    page = DutyPage(request.actor, duty, request.GET.get("revision", ""), **forms)
    return render(request, "collection/duty_detail.html", {"page": page, "crumbs": page.crumbs}, status=status)


@require_http_methods(["GET", "POST"])
@once
def duty_create(request: PageRequest) -> HttpResponse:
    """Draft what the department collects."""
    require_signed_in(request.actor)
    policies.require_create_duty(request.actor)
    return _edit(
        request,
        DutyEditor(request.actor, None, request.POST if request.method == "POST" else None),
        lambda fields, items, _version: filing.duty_create(actor=request.actor, fields=fields, items=items),
    )


@require_http_methods(["GET", "POST"])
def duty_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    require_signed_in(request.actor)
    duty = selectors.duty_get_for(request.actor, pk)
    policies.require_file_duty(request.actor, duty)
    filing.open_revision(duty)
    return _edit(
        request,
        DutyEditor(request.actor, duty, request.POST if request.method == "POST" else None),
        lambda fields, items, version: filing.duty_update(
            actor=request.actor, duty_id=pk, fields=fields, items=items, edit_version=version
        ),
    )


def _edit(request: PageRequest, editor: DutyEditor, save: Callable[..., CollectionDuty]) -> HttpResponse:
    """Save a draft; taking the items of the linked entry over only fills the sheet."""
    form, status = editor.form, 200
    if request.method == "POST" and form.is_valid():
        if "take" in request.POST:
            editor.take_items()
        else:
            try:
                duty = save(form.values(), posted_items(request.POST), form.cleaned_data["edit_version"])
            except RuleViolation as refused:
                editor.refuse(refused.errors)
                status = 422
            except StaleEdit as refused:
                form.add_error(None, str(refused))
                status = 422
            else:
                messages.success(request, _("Saved. Check for repeated collection next, then submit."))
                return redirect("collection:duty_detail", duty.pk)
    elif request.method == "POST":
        status = 422
    crumbs = [{"label": _("Collection duties"), "url": reverse("collection:duty_list")}]
    context = {"editor": editor, "form": form, "crumbs": crumbs}
    # Nothing was saved: taking the items over may be asked for again, and what was refused sent again.
    return as_refused(render(request, "collection/duty_edit.html", context, status=status))


@require_POST
def duty_check(request: PageRequest, pk: int) -> HttpResponse:
    """Look whether others share or collect the same."""
    require_signed_in(request.actor)
    try:
        check = review.duty_check(actor=request.actor, duty_id=pk)
    except RuleViolation as refused:
        return duty_answer(request, pk, status=422, errors=refused.errors)
    if check.found_count:
        words = ngettext(
            "Checked: %(count)d entry or department has these items.",
            "Checked: %(count)d entries or departments have these items.",
            check.found_count,
        )
        messages.warning(request, words % {"count": check.found_count})
    else:
        messages.success(request, _("Checked: nobody shares or collects these items."))
    return redirect(f"{reverse('collection:duty_detail', args=[pk])}?revision=working#check")


@require_POST
def duty_submit(request: PageRequest, pk: int) -> HttpResponse:
    """Send a draft to the department's head."""
    require_signed_in(request.actor)
    duty = selectors.duty_get_for(request.actor, pk)
    policies.require_file_duty(request.actor, duty)
    form = SubmitForm(request.POST)
    if form.is_valid():
        try:
            review.duty_submit(actor=request.actor, duty_id=pk, justification=form.cleaned_data["justification"])
        except RuleViolation as refused:
            own = [one for one in refused.errors if one.field in form.fields]
            for one in own:
                form.add_error(one.field, one.message)
            others = [one for one in refused.errors if one not in own]
            return duty_answer(request, pk, status=422, submit_form=form, errors=others)
        messages.success(request, _("Submitted: the head of your sharing office signs it off."))
        return redirect("collection:duty_detail", pk)
    return duty_answer(request, pk, status=422, submit_form=form)


@require_POST
def duty_recall(request: PageRequest, pk: int) -> HttpResponse:
    """Take a submission back."""
    require_signed_in(request.actor)
    review.duty_recall(actor=request.actor, duty_id=pk)
    messages.success(request, _("Recalled. Change it and submit it again."))
    return redirect("collection:duty_detail", pk)


@require_POST
def duty_approve(request: PageRequest, pk: int) -> HttpResponse:
    """Sign off, or register."""
    require_signed_in(request.actor)
    duty = selectors.duty_get_for(request.actor, pk)
    policies.require_decide_duty(request.actor, duty)
    form = ReturnForm(request.POST, fields=comment_fields())
    if form.is_valid():
        decided = review.duty_approve(
            actor=request.actor,
            duty_id=pk,
            opinion=form.cleaned_data["opinion"],
            edit_version=form.cleaned_data["edit_version"],
        )
        done = _("Signed off: it is with the data authority now.") if decided.working else _("Registered.")
        messages.success(request, done)
        return redirect("collection:duty_detail", pk)
    return duty_answer(request, pk, status=422, return_form=form)


@require_POST
def duty_return(request: PageRequest, pk: int) -> HttpResponse:
    """Send a submission back."""
    require_signed_in(request.actor)
    duty = selectors.duty_get_for(request.actor, pk)
    policies.require_decide_duty(request.actor, duty)
    form = ReturnForm(request.POST, fields=comment_fields())
    if form.is_valid():
        try:
            review.duty_return(
                actor=request.actor,
                duty_id=pk,
                opinion=form.cleaned_data["opinion"],
                comments=form.comments(),
                edit_version=form.cleaned_data["edit_version"],
            )
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Returned to the department."))
            return redirect("collection:duty_detail", pk)
    return duty_answer(request, pk, status=422, return_form=form)


@require_POST
def duty_revise(request: PageRequest, pk: int) -> HttpResponse:
    """Open a change of what is registered."""
    require_signed_in(request.actor)
    filing.duty_revise(actor=request.actor, duty_id=pk)
    return redirect("collection:duty_edit", pk)


@require_POST
def duty_discard(request: PageRequest, pk: int) -> HttpResponse:
    """Give a draft up."""
    require_signed_in(request.actor)
    kept = filing.duty_discard(actor=request.actor, duty_id=pk)
    messages.success(request, _("Discarded."))
    return redirect("collection:duty_detail", pk) if kept else redirect("collection:duty_list")


@require_POST
def duty_end(request: PageRequest, pk: int) -> HttpResponse:
    """Note that something is no longer collected."""
    require_signed_in(request.actor)
    duty = selectors.duty_get_for(request.actor, pk)
    policies.require_file_duty(request.actor, duty)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            filing.duty_end(actor=request.actor, duty_id=pk, reason=form.cleaned_data["reason"])
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Noted: this is no longer collected."))
            return redirect("collection:duty_detail", pk)
    return duty_answer(request, pk, status=422, end_form=form)
