"""Pages of library datasets: the sources of one, naming and changing them, having it built."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import add_refusal, add_stale
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, posted
from collection.face import marks_by_dataset
from collection.models import Dataset
from core.exceptions import NotVisible, RuleViolation, StaleEdit
from libraries import fitting, policies, services
from libraries.digests import part_version
from libraries.forms import LineageForm, PartForm
from libraries.giving import given_own, given_under
from libraries.models import Part
from libraries.selectors import (
    grants_offered,
    library_datasets_for,
    library_rows,
    own_offered,
    part_dataset_id,
    part_get,
    sources_in_force,
)
from libraries.views.page import LibraryPage
from sharing.models import Grant
from workflow.once import once

OFFERED = 50
"""Of what can become a source so much is listed; the rest is searched for."""

PAGE_SIZE = 50


def _page(request: PageRequest, pk: int, **forms: Any) -> LibraryPage:
    require_signed_in(request.actor)
    request.nav_current = "collection.libraries"  # type: ignore[attr-defined]
    return LibraryPage(request.actor, pk, **forms)


def _kept(request: PageRequest, pk: int) -> LibraryPage:
    """Return the page for those who choose the sources, not for whoever may only take them out."""
    page = _page(request, pk)
    policies.require_keep_parts(request.actor, page.dataset, page.library)
    return page


@require_GET
def dataset_list(request: PageRequest) -> HttpResponse:
    """The datasets of libraries that the actor answers for: sources, rows, last builds, and which are behind."""
    require_signed_in(request.actor)
    policies.require_see_datasets(request.actor)
    page = Paginator(library_datasets_for(request.actor), PAGE_SIZE).get_page(request.GET.get("page"))
    datasets = list(page.object_list)
    marks = marks_by_dataset(request.actor, [one.pk for one in datasets])
    context = {"page": page, "rows": library_rows(datasets), "marks": marks}
    return render(request, "libraries/dataset_list.html", context)


@require_GET
def dataset_detail(request: PageRequest, pk: int) -> HttpResponse:
    """The sources of a library dataset and its builds."""
    page = _page(request, pk)
    return render(request, "libraries/dataset_detail.html", {"page": page, "crumbs": page.crumbs})


@require_http_methods(["GET", "POST"])
@once
def part_add(request: PageRequest, pk: int) -> HttpResponse:
    """Choose a grant or own data, then say which of its items fill which of the library's."""
    page = _kept(request, pk)
    words = request.GET.get("q", "").strip()[:100]
    grants, own = grants_offered(page.dataset, words), own_offered(page.dataset, words)
    grant = grants.filter(pk=_number(request.GET.get("grant", ""))).first()
    dataset = own.filter(pk=_number(request.GET.get("own", ""))).first()
    crumbs = [*page.crumbs, {"label": _("Sources of the library"), "url": page.here}]
    if grant is None and dataset is None:
        offered, offered_own = list(grants[: OFFERED + 1]), list(own[: OFFERED + 1])
        context = {
            "page": page,
            "words": words,
            "grants": offered[:OFFERED],
            "own": offered_own[:OFFERED],
            "are_more": max(len(offered), len(offered_own)) > OFFERED,
            "crumbs": crumbs,
        }
        status = 422 if request.method == "POST" else 200
        return render(request, "libraries/part_choose.html", context, status=status)
    chosen = {"grant_id": grant.pk} if grant is not None else {"own_id": dataset.pk if dataset is not None else None}

    def save(mapping: dict[str, str]) -> Any:
        return services.part_add(actor=request.actor, dataset_id=pk, mapping=mapping, **chosen)

    return _mapped(request, page, grant or dataset, save, crumbs)


def _number(value: str) -> int:
    """Return a number that was sent; 0, which is nobody's, where there is none."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 18 else 0


@require_http_methods(["GET", "POST"])
def part_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Say anew which items of a source fill which of the library's."""
    require_signed_in(request.actor)
    part = part_get(pk)
    page = _kept(request, part.composition.dataset_id)
    crumbs = [*page.crumbs, {"label": _("Sources of the library"), "url": page.here}]
    source = sources_in_force(page.dataset, [part]).get(part.pk)
    if source is None:
        messages.error(request, _("While it may not be read a source can only be moved or removed."))
        return redirect(page.here)

    def save(mapping: dict[str, str]) -> Any:
        seen = request.POST.get("edit_version", "")[:64] or None
        return services.part_update(actor=request.actor, part_id=pk, mapping=mapping, edit_version=seen)

    return _mapped(request, page, source, save, crumbs, part)


def _mapped(
    request: PageRequest,
    page: LibraryPage,
    chosen: Grant | Dataset | None,
    save: Any,
    crumbs: list[dict[str, str]],
    part: Part | None = None,
) -> HttpResponse:
    """Show the mapping of a source, by name where it is none yet, and save what was sent."""
    if chosen is None:
        raise NotVisible
    given = given_under(chosen) if isinstance(chosen, Grant) else given_own(chosen)
    first = fitting.mapping_guess(page.columns, given.items, page.lineage_item) if part is None else part.mapping
    form = PartForm(
        posted(request),
        columns=page.columns,
        source=given.items,
        mapping=first,
        lineage_item=page.lineage_item,
        edit_version=part_version(part) if part is not None else "",
    )
    context = {"page": page, "given": given, "is_new": part is None, "crumbs": crumbs}
    named, changed = (
        _("The source is named. Have the dataset built once all of them are."),
        _("Saved; it counts from the next build."),
    )
    return form_answer(
        request,
        form,
        lambda values: save(form.chosen),
        template="libraries/part_form.html",
        context=context,
        done=lambda part: page.here,
        message=named if part is None else changed,
    )


@require_POST
def part_move(request: PageRequest, pk: int, way: str) -> HttpResponse:
    """Let a source go before, or after, its neighbour."""
    require_signed_in(request.actor)
    place = _number(request.POST.get("place", ""))
    return act_answer(
        request,
        lambda: services.part_move(actor=request.actor, part_id=pk, is_up=way == "up", place=place),
        back=reverse("libraries:dataset_detail", args=[part_get(pk).composition.dataset_id]),
        message=_("The order is changed; it counts from the next build."),
    )


@require_POST
def part_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Take a source out."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.part_remove(actor=request.actor, part_id=pk),
        back=reverse("libraries:dataset_detail", args=[part_dataset_id(pk)]),
        message=_("The source is removed; its rows go with the next build."),
    )


@require_POST
def lineage_set(request: PageRequest, pk: int) -> HttpResponse:
    """Choose the item that keeps the sources of every row."""
    page = _kept(request, pk)
    form = LineageForm(request.POST, columns=page.columns)
    if form.is_valid():
        chosen, seen = form.cleaned_data["lineage_item"], form.cleaned_data["edit_version"] or None
        try:
            services.lineage_set(actor=request.actor, dataset_id=pk, item=chosen, edit_version=seen)
        except RuleViolation as refused:
            add_refusal(form, refused)
        except StaleEdit as refused:
            add_stale(form, refused)
        else:
            messages.success(request, _("Saved; it counts from the next build."))
            return redirect(page.here)
    page = _page(request, pk, lineage_form=form)
    return render(request, "libraries/dataset_detail.html", {"page": page, "crumbs": page.crumbs}, status=422)


@require_POST
def build_ask(request: PageRequest, pk: int) -> HttpResponse:
    """Have the dataset built now."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.build_ask(actor=request.actor, dataset_id=pk),
        back=reverse("libraries:dataset_detail", args=[pk]),
        message=_("It is being built. What comes of it stands below."),
    )
