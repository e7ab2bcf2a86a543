"""Pages of datasets: the list, one of them, hooking and changing it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import add_stale
from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import list_answer
from catalog.selectors import entry_get_for
from collection import policies, selectors, services
from collection.blind_loading import columns_told
from collection.duty_policies import can_create_duty
from collection.face import freshness_rows, kind_offered
from collection.forms import DatasetFilterForm, DatasetForm, HookForm, RetireForm, refusal_add
from collection.selectors.dataset import datasets_filtered, freshness_shown, time_columns
from collection.services.freshness import cycle_of
from collection.views.dataset_page import DatasetPage
from core.exceptions import InvalidTransition, RuleViolation, StaleEdit
from workflow.once import once

COLUMNS = [
    Column("name", gettext_lazy("Dataset"), lambda row: row.name, ("name",)),
    Column("entry", gettext_lazy("Entry"), lambda row: str(row.entry), ("entry__current_revision__name",)),
    Column("department", gettext_lazy("Provider"), lambda row: row.entry.department.name,
           ("entry__department__name_pinyin",)),
    Column("rows", gettext_lazy("Rows"), lambda row: row.published_version.row_count if row.published_version else "",
           ("published_version__row_count",)),
    Column("updated", gettext_lazy("Updated"), lambda row: row.changed_at or "", ("changed_at",)),
    Column("due", gettext_lazy("Next due"), lambda row: row.due_at or "", ("due_at",)),
    Column("freshness", gettext_lazy("Freshness"), freshness_shown, ("freshness",)),
]  # fmt: skip


@require_GET
def dataset_list(request: PageRequest) -> HttpResponse:
    """The datasets one answers for; also as CSV."""
    require_signed_in(request.actor)
    form = DatasetFilterForm(request.GET)
    chosen = form.chosen()
    columns = columns_told(request.actor, COLUMNS)
    listing = Listing(request, datasets_filtered(request.actor, **chosen), columns, default="due")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "datasets"))
    page = listing.page()
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": freshness_rows(request.actor, page.object_list),
        "is_told": policies.can_see_changes(request.actor),
        "ordering": listing.ordering,
        "is_filtered": any(chosen.values()),
        "can_hook": can_create_duty(request.actor),
    }
    return list_answer(request, "collection/dataset_list.html", "collection/partials/_datasets.html", context)


@require_http_methods(["GET", "POST"])
@once
def dataset_hook(request: PageRequest, ref: str) -> HttpResponse:
    """Hook data to an entry."""
    require_signed_in(request.actor)
    entry = entry_get_for(request.actor, ref)
    policies.require_manage_dataset(request.actor, entry)
    form = HookForm(request.POST or None, initial={"name": str(entry), "kind": kind_offered(entry)})
    if request.method == "POST" and form.is_valid():
        try:
            dataset = services.dataset_hook(
                actor=request.actor,
                ref=entry.pk,
                name=form.cleaned_data["name"],
                kind=form.cleaned_data["kind"] or kind_offered(entry),
            )
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Hooked. Now load the first file."))
            return redirect("collection:dataset_detail", dataset.pk)
    context = {"form": form, "entry": entry, "columns": selectors.columns_wanted(entry)}
    return render(request, "collection/dataset_hook.html", context, status=422 if form.errors else 200)


@require_GET
def dataset_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One dataset: rows, versions, runs, settings."""
    require_signed_in(request.actor)
    return dataset_answer(request, pk)


def dataset_answer(request: PageRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    dataset = selectors.dataset_get_for(request.actor, pk)
    page = DatasetPage(request.actor, dataset, request.GET, **forms)
    return render(request, "collection/dataset_detail.html", {"page": page, "crumbs": page.crumbs}, status=status)


@require_POST
def dataset_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change how the data are loaded."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_manage_dataset(request.actor, dataset.entry)
    columns, times = selectors.columns_of_dataset(dataset), time_columns(dataset)
    form = DatasetForm(request.POST, columns=columns, times=times, cycle=cycle_of(dataset.entry))
    if form.is_valid():
        try:
            services.dataset_update(
                actor=request.actor,
                dataset_id=pk,
                fields=form.cleaned_data,
                edit_version=form.cleaned_data["edit_version"] or None,
            )
        except RuleViolation as refused:
            refusal_add(form, refused)
        except StaleEdit as refused:
            add_stale(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("collection:dataset_detail", pk)
    return dataset_answer(request, pk, status=422, settings_form=form)


@require_POST
def dataset_retire(request: PageRequest, pk: int) -> HttpResponse:
    """Unhook the data."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_manage_dataset(request.actor, dataset.entry)
    form = RetireForm(request.POST)
    if form.is_valid():
        try:
            services.dataset_retire(actor=request.actor, dataset_id=pk, reason=form.cleaned_data["reason"])
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
            return dataset_answer(request, pk, status=409, retire_form=form)
        messages.success(request, _("Unhooked: nobody reads these data any more."))
        return redirect("collection:dataset_list")
    return dataset_answer(request, pk, status=422, retire_form=form)
