"""Steps an entry takes besides being edited: revise, submit, recall, discard, withdraw. Each asks once, by page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import policies, selectors, services
from catalog.choices import WithdrawalStatus
from catalog.filing import steps
from catalog.forms import ReviseForm, WithdrawForm
from catalog.models import Entry
from catalog.panels import filing_panels
from catalog.selectors import filing
from catalog.views import editor_page
from core.exceptions import InvalidTransition, RuleViolation


def _see_other(request: PageRequest, address: str) -> HttpResponse:
    """Lead on after a POST, also where htmx sent it."""
    if request.htmx and not request.htmx.boosted:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _sent(request: PageRequest) -> QueryDict | None:
    """Return what was posted, also where that is nothing at all."""
    return request.POST if request.method == "POST" else None


def _entry_for(request: PageRequest, ref: str, action: str) -> Entry:
    """Return the entry if the actor may take this step now, else say why not."""
    entry = selectors.entry_get_for(request.actor, ref)
    policies.require_file_entry(request.actor, entry)
    if request.method == "GET" and action not in policies.allowed_actions(request.actor, entry):
        extra = {"action_url": _detail(entry), "action_label": _("Open the entry")}
        raise InvalidTransition(_closed(entry, action), extra=extra)
    return entry


def _closed(entry: Entry, action: str) -> str:
    """Say why a step is not open now."""
    working = entry.working_revision
    if action == "discard" and entry.code and entry.published_revision is None:
        return _("An entry that has been submitted keeps its code and cannot be discarded.")
    if action == "withdraw" and working is not None and entry.published_revision is not None:
        return _("A revision is open. Discard or finish it before you ask for withdrawal.")
    state = working.get_status_display() if working else entry.get_status_display()
    return _("This cannot be done while the state is “%(state)s”.") % {"state": state}


def _detail(entry: Entry) -> str:
    return reverse("catalog:entry_detail", args=[entry.ref])


def _ask(request: PageRequest, entry: Entry, template: str, status: int = 200, **context: Any) -> HttpResponse:
    crumbs = [
        {"label": _("My department's entries"), "url": reverse("catalog:entry_own_list")},
        {"label": str(entry), "url": _detail(entry)},
    ]
    shown = {"entry": entry, "crumbs": crumbs, "detail_url": _detail(entry), **context}
    return render(request, f"catalog/{template}.html", shown, status=status)


@require_http_methods(["GET", "POST"])
def entry_revise(request: PageRequest, ref: str) -> HttpResponse:
    """Open the working revision of a published entry."""
    require_signed_in(request.actor)
    entry = selectors.entry_get_for(request.actor, ref)
    policies.require_file_entry(request.actor, entry)
    if entry.working_revision is not None:
        return _see_other(request, reverse("catalog:entry_edit", args=[entry.ref]))
    _entry_for(request, ref, "revise")
    changes = list(filing.duty_changes_open(entry))
    form = ReviseForm(_sent(request), changes=changes, initial={"duty_change": str(changes[0].pk) if changes else ""})
    if request.method == "POST" and form.is_valid():
        services.entry_revise(actor=request.actor, ref=entry.pk, duty_change=form.cleaned_data["duty_change"])
        return _see_other(request, reverse("catalog:entry_edit_step", args=[entry.ref, steps.BASIC.key]))
    status = 422 if form.is_bound else 200
    return _ask(request, entry, "entry_revise", status, form=form, changes=changes, published=entry.published_revision)


@require_http_methods(["GET", "POST"])
def entry_submit(request: PageRequest, ref: str) -> HttpResponse:
    """Send the working revision to the head; what is missing is shown on the last step of the editor."""
    require_signed_in(request.actor)
    entry = _entry_for(request, ref, "submit")
    check = reverse("catalog:entry_edit_step", args=[entry.ref, steps.CHECK.key])
    if request.method == "GET":
        return redirect(check)
    try:
        entry = services.entry_submit(actor=request.actor, ref=entry.pk)
    except RuleViolation as refused:
        page = editor_page.load(request.actor, entry, steps.CHECK)
        shown = editor_page.context(request, page) | {"is_refused": True}
        known = {(one.field, one.code) for one in page.findings.errors}
        shown["refusals"] = [one.message for one in refused.errors if (one.field, one.code) not in known]
        shown["error_count"] += len(shown["refusals"])
        return render(request, "catalog/entry_edit.html", shown, status=422)
    name = entry.working_revision.name if entry.working_revision else entry
    text = _("“%(name)s” was submitted as %(code)s and waits for the sign-off of your department's head.")
    messages.success(request, text % {"name": name, "code": entry.code})
    return _see_other(request, f"{_detail(entry)}?revision=working")


@require_http_methods(["GET", "POST"])
def entry_recall(request: PageRequest, ref: str) -> HttpResponse:
    """Take a submission, or a request for withdrawal, back."""
    require_signed_in(request.actor)
    entry = _entry_for(request, ref, "recall")
    is_withdrawal = entry.withdrawal != WithdrawalStatus.NONE
    if request.method == "GET":
        return _ask(request, entry, "entry_recall", is_withdrawal=is_withdrawal)
    entry = services.entry_recall(actor=request.actor, ref=entry.pk)
    if is_withdrawal:
        messages.success(request, _("The request for withdrawal was taken back; the entry stays published."))
        return _see_other(request, _detail(entry))
    messages.success(request, _("Recalled. You can edit the revision again; submit it when it is ready."))
    return _see_other(request, reverse("catalog:entry_edit", args=[entry.ref]))


@require_http_methods(["GET", "POST"])
def entry_discard(request: PageRequest, ref: str) -> HttpResponse:
    """Throw a draft or an open revision away, once confirmed."""
    require_signed_in(request.actor)
    entry = _entry_for(request, ref, "discard")
    if request.method == "GET" or request.POST.get("confirmed") != "1":
        return _ask(request, entry, "entry_discard", revision=entry.working_revision)
    name = str(entry.working_revision.name if entry.working_revision else entry)
    left = services.entry_discard(actor=request.actor, ref=entry.pk)
    if left is None:
        messages.success(request, _("The draft “%(name)s” was discarded.") % {"name": name})
        return _see_other(request, reverse("catalog:entry_own_list"))
    messages.success(
        request, _("The open revision of “%(name)s” was discarded; the published one stays.") % {"name": name}
    )
    return _see_other(request, _detail(left))


@require_http_methods(["GET", "POST"])
def entry_withdraw(request: PageRequest, ref: str) -> HttpResponse:
    """Ask for the withdrawal of a published entry, with the reason."""
    require_signed_in(request.actor)
    entry = _entry_for(request, ref, "withdraw")
    form = WithdrawForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            entry = services.entry_withdraw(actor=request.actor, ref=entry.pk, reason=form.cleaned_data["reason"])
        except RuleViolation as refused:
            for error in refused.errors:
                form.add_error("reason", str(error.message))
        else:
            text = _("Withdrawal asked for. “%(name)s” stays published until the data authority has decided.")
            messages.success(request, text % {"name": entry})
            return _see_other(request, _detail(entry))
    shown = {"form": form, "panels": filing_panels(request.actor, entry, is_withdrawal=True)}
    return _ask(request, entry, "entry_withdraw", 422 if form.is_bound else 200, **shown)
