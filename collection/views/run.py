"""Loading: send a file, watch the run, answer its question, see what was rejected."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog.imports.text import escape_formula
from collection import policies, selectors, services
from collection.choices import RunState
from collection.exceptions import RunOpen
from collection.face import marks_by_dataset
from collection.forms import ResubmitForm, UploadForm, refusal_add
from collection.models import Run
from collection.rejected import RejectedWords
from collection.selectors.quality import rules_ever
from collection.views.dataset import dataset_answer
from collection.views.run_page import RunPage, layout_form, layout_form_anew
from collection.wording import state_told
from core.exceptions import InvalidTransition, RuleViolation, StaleEdit
from workflow.once import once

PAGE_SIZE = 30


@require_GET
def run_list(request: PageRequest) -> HttpResponse:
    """The runs of one's datasets, latest first."""
    require_signed_in(request.actor)
    state = request.GET.get("state", "")
    runs = selectors.run_list_for(request.actor)
    told = policies.can_see_changes(request.actor)
    states = [one for one in RunState.choices if told or one[0] != RunState.UNCHANGED]
    if state in dict(states):
        runs = runs.filter(state__in=[one for one in RunState if state_told(one, tells_changes=told) == state])
    page = Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page"))
    marks = marks_by_dataset(request.actor, [one.dataset_id for one in page.object_list])
    context = {"page": page, "marks": marks, "state": state, "states": states, "is_told": told}
    partial = request.htmx and not request.htmx.boosted
    response = render(request, "collection/partials/_runs.html" if partial else "collection/run_list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def run_upload(request: PageRequest, pk: int) -> HttpResponse:
    """Send a file to a dataset."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_load_dataset(request.actor, dataset.entry)
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = services.run_upload(
                actor=request.actor,
                dataset_id=pk,
                pieces=file.chunks(),
                file_name=file.name,
                mode=form.cleaned_data["mode"],
            )
        except RuleViolation as refused:
            refusal_add(form, refused)
        except RunOpen as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("collection:run_detail", run.pk)
    return dataset_answer(request, pk, status=422, upload_form=form)


@require_POST
def run_rollback(request: PageRequest, pk: int) -> HttpResponse:
    """Publish an earlier version again."""
    require_signed_in(request.actor)
    number = request.POST.get("version", "")
    run = services.run_rollback(
        actor=request.actor, dataset_id=pk, number=int(number) if number.isdecimal() and len(number) < 10 else 0
    )
    return redirect("collection:run_detail", run.pk)


@require_GET
def run_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One run; htmx gets what moves."""
    require_signed_in(request.actor)
    return _detail(request, selectors.run_get_for(request.actor, pk))


def _detail(request: PageRequest, run: Run, status: int = 200, **forms: Any) -> HttpResponse:
    page = RunPage(request.actor, run, **forms)
    partial = request.htmx and not request.htmx.boosted
    template = "collection/partials/_run_body.html" if partial else "collection/run_detail.html"
    crumbs = [
        {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
        {"label": run.dataset.name, "url": reverse("collection:dataset_detail", args=[run.dataset_id])},
    ]
    context = {"page": page, "crumbs": crumbs, "is_part": partial}
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@once
def run_confirm(request: PageRequest, pk: int) -> HttpResponse:
    """Say how a file is read and let the run go on."""
    require_signed_in(request.actor)
    run = selectors.run_get_for(request.actor, pk)
    policies.require_steer_run(request.actor, run)
    form = layout_form(run, request.POST)
    if form.is_valid():
        try:
            services.run_confirm(
                actor=request.actor,
                run_id=pk,
                layout=form.chosen_layout(),
                mapping=form.chosen_mapping(),
                mode=form.cleaned_data["mode"],
                question=form.cleaned_data["question"],
            )
        except RuleViolation as refused:
            refusal_add(form, refused)
        except (StaleEdit, InvalidTransition) as refused:
            return _too_late(request, pk, refused)
        else:
            return redirect("collection:run_detail", pk)
    return _detail(request, run, status=422, layout_form=form)


def _too_late(request: PageRequest, pk: int, refused: StaleEdit | InvalidTransition) -> HttpResponse:
    """Show the run as it is now, with what was chosen for a question that stands no longer."""
    run = selectors.run_get_for(request.actor, pk)
    why = str(refused)
    if isinstance(refused, InvalidTransition):
        why = _("The run does not ask any more: it was answered, or has ended. What you chose is kept below.")
    return _detail(request, run, status=409, layout_form=layout_form_anew(run, request.POST, why))


@require_POST
def run_cancel(request: PageRequest, pk: int) -> HttpResponse:
    """Cancel a run."""
    require_signed_in(request.actor)
    run = services.run_cancel(actor=request.actor, run_id=pk)
    messages.success(request, _("Cancelled. Readers still see the earlier version."))
    return redirect("collection:dataset_detail", run.dataset_id)


@require_POST
def run_resubmit(request: PageRequest, pk: int) -> HttpResponse:
    """Send corrected rows."""
    require_signed_in(request.actor)
    run = selectors.run_get_for(request.actor, pk)
    policies.require_load_dataset(request.actor, run.dataset.entry)
    form = ResubmitForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            new = services.run_resubmit(actor=request.actor, run_id=pk, pieces=file.chunks(), file_name=file.name)
        except RuleViolation as refused:
            refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("collection:run_detail", new.pk)
    return _detail(request, run, status=422, resubmit_form=form)


def _attachment(pieces: Iterator[bytes], content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@require_GET
def run_original(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Download what was sent, byte by byte."""
    require_signed_in(request.actor)
    run, pieces = services.original_read(actor=request.actor, run_id=pk)
    return _attachment(pieces, "application/octet-stream", run.file_name)


@require_GET
def run_rejects(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Download the rejected rows: the original columns, then row number and reasons."""
    require_signed_in(request.actor)
    run, lines = services.rejects_read(actor=request.actor, run_id=pk)
    labels = list(run.found.get("columns", []))
    heads = [*labels, _("Row"), _("Reasons")]
    words = RejectedWords(selectors.columns_wanted(run.dataset.entry), run.mapping, rules_ever(run.dataset_id))

    def pieces() -> Iterator[bytes]:
        yield "\ufeff".encode() + _csv_line(heads)
        for line in lines:
            reasons = "；".join(
                _reason(words.name(item), words.reason(rule, line["cells"])) for item, rule in line["problems"]
            )
            cells = [escape_formula(line["cells"].get(label) or "") for label in labels]
            yield _csv_line([*cells, line["row"], reasons])

    name = _("%(dataset)s-rejected-%(number)d.csv") % {"dataset": run.dataset.name, "number": run.pk}
    return _attachment(pieces(), "text/csv; charset=utf-8", name)


def _csv_line(cells: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()


def _reason(name: str, words: str) -> str:
    return f"{name}：{words}" if name else words
