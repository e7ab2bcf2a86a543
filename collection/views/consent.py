"""Consent pages of a duty: the text, people's answers, what is found and exported. Only the department's own people."""

from datetime import datetime, time
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.listing import Column, Listing, csv_response
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import duty_policies as policies
from collection.duty_choices import DutyState, Ground
from collection.duty_forms import (
    ConsentFilterForm,
    ConsentFindForm,
    ConsentForm,
    ConsentImportForm,
    ConsentTextForm,
    SubjectExportForm,
)
from collection.forms import refusal_add
from collection.models import CollectionDuty, ConsentRecord
from collection.selectors import consent as selectors
from collection.services import consent as services
from core import clock
from core.exceptions import InvalidTransition, RuleViolation
from workflow.once import once

COLUMNS = [
    Column("number", pgettext_lazy("collection", "Number"), lambda row: row.pk, ("pk",)),
    Column("at", gettext_lazy("Answered on"), lambda row: row.at, ("at", "pk")),  # a day has several
    Column("decision", gettext_lazy("Answer"), lambda row: row.get_decision_display(), ("decision",)),
    Column("channel", gettext_lazy("Through"), lambda row: row.get_channel_display(), ("channel",)),
    Column("text", gettext_lazy("Version of the text"), lambda row: row.text.number),
    Column("withdrawn", gettext_lazy("Withdrawn on"), lambda row: row.withdrawn_at or "", ("withdrawn_at",)),
    Column("by", gettext_lazy("Recorded by"), lambda row: row.recorded_by_name),
]
EXPORT_COLUMNS = [
    Column("duty", gettext_lazy("What is collected"), lambda row: str(row.duty)),
    Column("decision", gettext_lazy("Answer"), lambda row: row.get_decision_display()),
    Column("at", gettext_lazy("Answered on"), lambda row: row.at),
    Column("channel", gettext_lazy("Through"), lambda row: row.get_channel_display()),
    Column("text", gettext_lazy("Text"), lambda row: row.text.text),
    Column("refusal", gettext_lazy("On refusal"), lambda row: row.text.refusal_note),
    Column("withdrawn", gettext_lazy("Withdrawn on"), lambda row: row.withdrawn_at or ""),
    Column("recorded", gettext_lazy("Recorded on"), lambda row: row.recorded_at),
]


@require_GET
def consent_list(request: PageRequest, pk: int) -> HttpResponse:
    """The text in force, the answers, what can be recorded; the answers also as CSV, without any number."""
    require_signed_in(request.actor)
    duty = selectors.consent_duty_get_for(request.actor, pk)
    if request.GET.get("export") == "csv":
        chosen = ConsentFilterForm(request.GET).chosen()
        listing = Listing(request, selectors.consents_filtered(duty, **chosen), COLUMNS, default="-at")
        return listing.csv(pgettext("file", "consents"))
    return _page(request, duty)


def _page(
    request: PageRequest, duty: CollectionDuty, status: int = 200, found: Any = None, **forms: Any
) -> HttpResponse:
    filters = ConsentFilterForm(request.GET)
    chosen = filters.chosen()
    listing = Listing(request, selectors.consents_filtered(duty, **chosen), COLUMNS, default="-at")
    text = selectors.text_in_force(duty)
    texts = list(selectors.texts_of(duty))
    can_record = policies.can_file_duty(request.actor, duty)
    note = _("Whoever refuses is served all the same; nothing is refused or delayed because of it.")
    written = {"text": text.text, "refusal_note": text.refusal_note} if text else {"refusal_note": note}
    context = {
        "duty": duty,
        "text": text,
        "texts": texts,
        "counts": selectors.consent_counts(duty),
        "filters": filters,
        "chosen": chosen,
        "page": listing.page(),
        "ordering": listing.ordering,
        "found": found,
        "can_record": can_record,
        "is_recording": can_record and text is not None and _takes_answers(duty),
        "text_form": forms.get("text_form") or ConsentTextForm(initial=written, label_suffix=""),
        "record_form": forms.get("record_form")
        or ConsentForm(texts=texts, initial={"on": clock.today()}, label_suffix=""),
        "import_form": forms.get("import_form") or ConsentImportForm(label_suffix=""),
        "find_form": forms.get("find_form") or ConsentFindForm(label_suffix="", auto_id="id_find_%s"),
        "export_form": forms.get("export_form") or SubjectExportForm(label_suffix="", auto_id="id_export_%s"),
        "crumbs": [
            {"label": _("Collection duties"), "url": reverse("collection:duty_list")},
            {"label": str(duty), "url": reverse("collection:duty_detail", args=[duty.pk])},
        ],
    }
    return render(request, "collection/consent_list.html", context, status=status)


def _takes_answers(duty: CollectionDuty) -> bool:
    registered = duty.registered
    return duty.state == DutyState.REGISTERED and registered is not None and registered.ground == Ground.CONSENT


def _recording_duty(request: PageRequest, pk: int) -> CollectionDuty:
    require_signed_in(request.actor)
    duty = selectors.consent_duty_get_for(request.actor, pk)
    policies.require_record_consent(request.actor, duty)
    return duty


@require_POST
@once
def consent_text(request: PageRequest, pk: int) -> HttpResponse:
    """Write the words that people consent to."""
    duty = _recording_duty(request, pk)
    form = ConsentTextForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            written = services.consent_text_write(actor=request.actor, duty_id=pk, **form.cleaned_data)
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Saved as version %(number)d.") % {"number": written.number})
            return redirect("collection:consent_list", pk)
    return _page(request, duty, status=422, text_form=form)


@require_POST
@once
def consent_record(request: PageRequest, pk: int) -> HttpResponse:
    """Record one answer."""
    duty = _recording_duty(request, pk)
    form = ConsentForm(request.POST, request.FILES, texts=selectors.texts_of(duty), label_suffix="")
    if form.is_valid():
        values = form.cleaned_data
        at = datetime.combine(values["on"], values["hour"] or time(12), clock.REGION_ZONE)
        if values["hour"] is None and values["on"] == clock.today():
            at = min(at, clock.now())
        answer = services.Answer(values["number"], values["decision"], values["channel"], at, values.get("text"))
        try:
            services.consent_record(actor=request.actor, duty_id=pk, answer=answer, file=values["evidence"] or None)
        except RuleViolation as refused:
            for error in refused.errors:
                form.add_error({"at": "on"}.get(error.field, error.field), error.message)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Recorded. The number is kept as a hash only."))
            return redirect("collection:consent_list", pk)
    return _page(request, duty, status=422, record_form=form)


@require_POST
def consent_import(request: PageRequest, pk: int) -> HttpResponse:
    """Record the answers of a CSV file."""
    duty = _recording_duty(request, pk)
    form = ConsentImportForm(request.POST, request.FILES, label_suffix="")
    if form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read(services.MOST_FILE_BYTES + 1)
        try:
            count = services.consent_import(actor=request.actor, duty_id=pk, content=content)
        except RuleViolation as refused:
            refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
        else:
            words = ngettext("%(count)d answer recorded.", "%(count)d answers recorded.", count)
            messages.success(request, words % {"count": count})
            return redirect("collection:consent_list", pk)
    return _page(request, duty, status=422, import_form=form)


@require_POST
def consent_find(request: PageRequest, pk: int) -> HttpResponse:
    """Look a person's answers up; the number comes in the body, so that no address and no log holds it."""
    require_signed_in(request.actor)
    duty = selectors.consent_duty_get_for(request.actor, pk)
    form = ConsentFindForm(request.POST, label_suffix="", auto_id="id_find_%s")
    if form.is_valid():
        try:
            found = services.consent_find(actor=request.actor, duty_id=pk, number=form.cleaned_data["number"])
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            return _page(request, duty, found=found)
    return _page(request, duty, status=422, find_form=form)


@require_POST
def consent_withdraw(request: PageRequest, pk: int, record: int) -> HttpResponse:
    """Note that a consent was withdrawn."""
    _recording_duty(request, pk)
    services.consent_withdraw(
        actor=request.actor, duty_id=pk, record_id=record, channel=request.POST.get("channel", "")
    )
    messages.success(request, _("Noted: the consent is withdrawn. Nothing more may be collected from this person."))
    return redirect("collection:consent_list", pk)


@require_POST
def subject_export(request: PageRequest, pk: int) -> HttpResponse:
    """Give out what is on record of a person, for that person's request."""
    duty = _recording_duty(request, pk)
    form = SubjectExportForm(request.POST, label_suffix="", auto_id="id_export_%s")
    if form.is_valid():
        try:
            _asked, found = services.subject_export(actor=request.actor, duty_id=pk, **form.cleaned_data)
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            return csv_response(pgettext("file", "consents-of-a-person"), EXPORT_COLUMNS, found)
    return _page(request, duty, status=422, export_form=form)


@require_GET
def consent_evidence(request: PageRequest, pk: int, record: int) -> StreamingHttpResponse:
    """Download the evidence of an answer."""
    require_signed_in(request.actor)
    answer, pieces = services.consent_evidence_read(actor=request.actor, duty_id=pk, record_id=record)
    return _attachment(answer, pieces)


def _attachment(answer: ConsentRecord, pieces: Any) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(answer.evidence_name)}"
    return response
