"""Pages of sources: the list, one of them, entering and changing it, reading it now."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, list_answer, posted
from collection import policies, selectors, services
from collection.choices import RunState, SourceKind
from collection.exceptions import RunOpen
from collection.face import marks_by_dataset
from collection.selectors.source import source_get_for, sources_filtered
from collection.source_face import source_faces
from collection.source_forms import FORMS, SourceFilterForm
from collection.views.source_page import SourcePage
from workflow.once import once

COLUMNS = [
    Column("name", gettext_lazy("Source"), lambda row: row.name, ("name",)),
    Column("dataset", gettext_lazy("Dataset"), lambda row: row.dataset.name, ("dataset__name",)),
    Column("kind", gettext_lazy("Kind"), lambda row: row.get_kind_display(), ("kind",)),
    Column("host", gettext_lazy("Host and port"), lambda row: row.endpoint, ("host", "port")),
    Column("last", gettext_lazy("Last run"), lambda row: row.last_at or "", ("last_at",)),
    Column("state", gettext_lazy("State"), lambda row: _state_label(row.last_state), ("last_state",)),
]


def _state_label(state: str | None) -> str:
    return str(RunState(state).label) if state else ""


@require_GET
def source_list(request: PageRequest) -> HttpResponse:
    """The sources of one's department; also as CSV."""
    require_signed_in(request.actor)
    form = SourceFilterForm(request.GET)
    chosen = form.chosen()
    listing = Listing(request, sources_filtered(request.actor, **chosen), COLUMNS, default="name")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "sources"))
    page = listing.page()
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": source_faces(page.object_list),
        "marks": marks_by_dataset(request.actor, [one.dataset_id for one in page.object_list]),
        "ordering": listing.ordering,
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "collection/source_list.html", "collection/partials/_sources.html", context)


@require_http_methods(["GET", "POST"])
@once
def source_add(request: PageRequest, pk: int, kind: str) -> HttpResponse:
    """Enter a source of a dataset."""
    require_signed_in(request.actor)
    if kind not in FORMS:
        raise Http404
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_manage_source(request.actor, dataset.entry)
    form = FORMS[kind](posted(request), mode=dataset.default_mode)
    crumbs = [
        {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
        {"label": dataset.name, "url": reverse("collection:dataset_detail", args=[pk]) + "?tab=sources"},
    ]
    return form_answer(
        request,
        form,
        lambda values: services.source_add(actor=request.actor, dataset_id=pk, kind=kind, fields=form.chosen()),
        template="collection/source_form.html",
        context={"dataset": dataset, "kind": SourceKind(kind), "crumbs": crumbs},
        done=_address,
        message=_("The source is entered. Try the connection, or let it run."),
    )


@require_http_methods(["GET", "POST"])
def source_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a source."""
    require_signed_in(request.actor)
    source = source_get_for(request.actor, pk)
    policies.require_manage_source(request.actor, source.dataset.entry)
    form = FORMS[source.kind](posted(request), source=source)
    crumbs = [*SourcePage(request.actor, source).crumbs, {"label": source.name, "url": _address(source)}]

    def save(values: dict[str, Any]) -> Any:
        version = values["edit_version"] or 0
        return services.source_update(actor=request.actor, source_id=pk, fields=form.chosen(), edit_version=version)

    return form_answer(
        request,
        form,
        save,
        template="collection/source_form.html",
        context={"dataset": source.dataset, "kind": SourceKind(source.kind), "source": source, "crumbs": crumbs},
        done=_address,
        message=_("Saved."),
    )


def _address(source: Any) -> str:
    return reverse("collection:source_detail", args=[source.pk])


@require_GET
def source_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One source: where it is, when it is read, what became of it."""
    require_signed_in(request.actor)
    page = SourcePage(request.actor, source_get_for(request.actor, pk))
    context = {"page": page, "crumbs": page.crumbs, "marks": marks_by_dataset(request.actor, [page.dataset.pk])}
    return render(request, "collection/source_detail.html", context)


@require_POST
def source_run(request: PageRequest, pk: int) -> HttpResponse:
    """Read a source now."""
    require_signed_in(request.actor)
    try:
        run = services.source_run(actor=request.actor, source_id=pk)
    except RunOpen as refused:
        messages.error(request, str(refused))
        return redirect("collection:source_detail", pk)
    return redirect("collection:run_detail", run.pk)


@require_POST
def source_try(request: PageRequest, pk: int) -> HttpResponse:
    """Try the connection to a source."""
    require_signed_in(request.actor)
    failure = services.source_try(actor=request.actor, source_id=pk)
    if failure is None:
        messages.success(request, _("The source answers, and what it gives looks like data."))
    else:
        messages.error(request, str(failure))
    return redirect("collection:source_detail", pk)


@require_POST
def source_pause(request: PageRequest, pk: int) -> HttpResponse:
    """Let the schedule rest."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.source_pause(actor=request.actor, source_id=pk),
        back=reverse("collection:source_detail", args=[pk]),
        message=_("The schedule rests. The source can still be read by hand."),
    )


@require_POST
def source_resume(request: PageRequest, pk: int) -> HttpResponse:
    """Let the schedule go on."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.source_resume(actor=request.actor, source_id=pk),
        back=reverse("collection:source_detail", args=[pk]),
        message=_("The schedule goes on with the next due time."),
    )


@require_POST
def source_retire(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a source."""
    require_signed_in(request.actor)
    source = services.source_retire(actor=request.actor, source_id=pk)
    messages.success(request, _("The source and its credential are removed. What it brought stays."))
    return redirect(reverse("collection:dataset_detail", args=[source.dataset_id]) + "?tab=sources")
