"""Pages of erasures: the list, asking, deciding, the report. Only the provider's own people come here."""

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, list_answer, posted
from collection import duty_policies as policies
from collection.duty_choices import ErasureState
from collection.duty_forms import ErasureApprovalForm, ErasureDatasetForm, ErasureFilterForm, ErasureForm, OpinionForm
from collection.erasure_wording import noted_lines, removed_lines
from collection.face import marks_by_dataset
from collection.forms import refusal_add
from collection.models import Dataset
from collection.selectors import erasure as selectors
from collection.services import erasure as services
from collection.services.erasure_count import is_count_paused
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from workflow.once import once

COLUMNS = [
    Column("number", pgettext_lazy("collection", "Number"), lambda row: row.pk, ("pk",)),
    Column("dataset", gettext_lazy("Dataset"), lambda row: row.dataset.name, ("dataset__name",)),
    Column("item", gettext_lazy("Found by"), lambda row: row.item_name or _("Files"), ("item_name",)),
    Column("ground", pgettext_lazy("erasure", "Ground"), lambda row: row.get_ground_display(), ("ground",)),
    Column("document", gettext_lazy("Demand"), lambda row: row.document_number),
    Column("asked", gettext_lazy("Asked for"), lambda row: row.asked_at, ("asked_at",)),
    Column("by", gettext_lazy("Asked for by"), lambda row: row.asked_by.full_name),
    Column("rows", gettext_lazy("Rows"), lambda row: row.rows_erased if row.rows_erased is not None else ""),
    Column("state", gettext_lazy("State"), lambda row: row.get_state_display(), ("state",)),
]


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Erasures"), "url": reverse("collection:erasure_list")}]


@require_GET
def erasure_list(request: PageRequest) -> HttpResponse:
    """The erasures of the department; also as CSV."""
    require_signed_in(request.actor)
    policies.require_see_erasures(request.actor)
    form = ErasureFilterForm(request.GET)
    chosen = form.chosen()
    listing = Listing(request, selectors.erasures_filtered(request.actor, **chosen), COLUMNS, default="-asked")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "erasures"))
    page = listing.page()
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "marks": marks_by_dataset(request.actor, [one.dataset_id for one in page.object_list]),
        "ordering": listing.ordering,
        "is_filtered": any(chosen.values()),
        "can_ask": policies.can_create_duty(request.actor),
    }
    return list_answer(request, "collection/erasure_list.html", "collection/partials/_erasures.html", context)


FILES = "files"
"""Stands in a target for the files of a dataset, as an item stands for its rows."""


def _dataset_chosen(request: PageRequest) -> Dataset | None:
    """Return the dataset that was chosen first: the items of all of them would be tens of thousands."""
    given = request.POST.get("target", "").partition(":")[0] or request.GET.get("dataset", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        return None
    return selectors.erasable_datasets(request.actor).filter(pk=int(given)).first()


def _targets_of(dataset: Dataset) -> list[tuple[str, str]]:
    """Return the items by which rows can be found, or the data of which files can be named."""
    if not dataset.is_table:
        return [(f"{dataset.pk}:{FILES}", _("%(name)s · files") % {"name": dataset.name})]
    columns = selectors.erasable_columns(dataset)
    return [(f"{dataset.pk}:{one.item}", f"{dataset.name} · {one.name}") for one in columns]


@require_http_methods(["GET", "POST"])
@once
def erasure_create(request: PageRequest) -> HttpResponse:
    """Choose a dataset, then ask for an erasure in it."""
    require_signed_in(request.actor)
    policies.require_ask_any_erasure(request.actor)
    dataset = _dataset_chosen(request)
    targets = _targets_of(dataset) if dataset else []
    is_of_files = dataset is not None and not dataset.is_table
    form = ErasureForm(posted(request), request.FILES or None, targets=targets, is_of_files=is_of_files)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        dataset_id, _colon, item = values.pop("target").partition(":")
        values["item"] = "" if item == FILES else item
        try:
            erasure = services.erasure_ask(actor=request.actor, dataset_id=int(dataset_id), **values)
        except RuleViolation as refused:
            refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Asked for: the head of your sharing office decides."))
            return redirect("collection:erasure_detail", erasure.pk)
    choice = ErasureDatasetForm(datasets=selectors.erasable_datasets(request.actor))
    has_no_row = "without_rows" in form.errors or bool(request.POST.get("without_rows"))
    context = {"form": form, "dataset": dataset, "choice": choice, "has_no_row": has_no_row, "crumbs": _crumbs()}
    return render(request, "collection/erasure_create.html", context, status=422 if form.errors else 200)


@require_GET
def erasure_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One erasure: what is demanded, what was decided, what was removed and what could not be."""
    require_signed_in(request.actor)
    return _detail(request, pk)


def _detail(request: PageRequest, pk: int, form: OpinionForm | None = None, status: int = 200) -> HttpResponse:
    erasure = selectors.erasure_get_for(request.actor, pk)
    waits, has_failed = erasure.state == ErasureState.AWAITING_HEAD, erasure.state == ErasureState.FAILED
    try:
        policies.require_decide_erasure(request.actor, erasure)
        may_decide = waits
    except NotAllowed:
        may_decide = False
    concerned = selectors.erasure_concerns(erasure) if waits else None
    is_uncounted = waits and concerned is None
    may_withdraw = (waits or has_failed) and policies.can_withdraw_erasure(request.actor, erasure)
    context = {
        "erasure": erasure,
        "form": form or OpinionForm(label_suffix=""),
        "may_decide": may_decide,
        "concerned": concerned,
        "is_count_paused": is_uncounted and is_count_paused(selectors.erasures_uncounted(erasure.dataset_id)),
        "is_count_outdated": waits and selectors.is_count_outdated(erasure),
        "published": selectors.published_number(erasure.dataset),
        "may_be_many": may_decide and not erasure.is_of_files and not selectors.tells_people_apart(erasure),
        "is_value_lost": waits and selectors.is_value_lost(erasure),
        "may_withdraw": may_withdraw,
        "has_aside": waits or (may_withdraw and has_failed),  # nobody decides on what is decided
        "may_retry": has_failed and policies.can_retry_erasure(request.actor, erasure.dataset),
        "has_failed": has_failed,
        "is_done": erasure.state == ErasureState.DONE,
        "is_part_removed": bool(erasure.rows_erased) and erasure.state != ErasureState.DONE,
        "is_working": erasure.state in (ErasureState.APPROVED, ErasureState.RUNNING),
        "removed": removed_lines(erasure),
        "end": selectors.erasure_end_of(erasure),
        "noted": noted_lines(erasure),
        "crumbs": _crumbs(),
    }
    return render(request, "collection/erasure_detail.html", context, status=status)


@require_POST
def erasure_approve(request: PageRequest, pk: int) -> HttpResponse:
    """Let a worker remove the rows."""
    require_signed_in(request.actor)
    policies.require_decide_erasure(request.actor, selectors.erasure_get_for(request.actor, pk))
    form = ErasureApprovalForm(request.POST)
    if form.is_valid():
        try:
            services.erasure_approve(actor=request.actor, erasure_id=pk, **form.cleaned_data)
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Approved: a worker removes them now."))
            return redirect("collection:erasure_detail", pk)
    return _detail(request, pk, form, status=422)


@require_POST
def erasure_refuse(request: PageRequest, pk: int) -> HttpResponse:
    """Refuse an erasure."""
    require_signed_in(request.actor)
    policies.require_decide_erasure(request.actor, selectors.erasure_get_for(request.actor, pk))
    form = OpinionForm(request.POST)
    if form.is_valid():
        try:
            services.erasure_refuse(actor=request.actor, erasure_id=pk, opinion=form.cleaned_data["opinion"])
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Refused. Tell who demanded it why."))
            return redirect("collection:erasure_detail", pk)
    return _detail(request, pk, form, status=422)


@require_POST
def erasure_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    """Take the asking back, or end what could not be carried out."""
    require_signed_in(request.actor)
    policies.require_withdraw_erasure(request.actor, selectors.erasure_get_for(request.actor, pk))
    form = OpinionForm(request.POST)
    if form.is_valid():
        try:
            ended = services.erasure_withdraw(actor=request.actor, erasure_id=pk, reason=form.cleaned_data["opinion"])
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            was_approved = ended.decided_by_id is not None
            messages.success(request, _("Ended. Tell who demanded it why.") if was_approved else _("Taken back."))
            return redirect("collection:erasure_detail", pk)
    return _detail(request, pk, form, status=422)


@require_POST
def erasure_retry(request: PageRequest, pk: int) -> HttpResponse:
    """Have a worker try once more."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.erasure_retry(actor=request.actor, erasure_id=pk),
        back=reverse("collection:erasure_detail", args=[pk]),
        message=_("A worker tries it again."),
    )


@require_GET
def erasure_document(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Download the demand as it was handed in."""
    require_signed_in(request.actor)
    erasure, pieces = services.erasure_document_read(actor=request.actor, erasure_id=pk)
    response = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    name = quote(f"{_('demand')}-{erasure.pk}{erasure.document_name}")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response
