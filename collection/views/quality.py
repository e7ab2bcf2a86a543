"""The quality of data: of all one answers for, of one dataset, its rules, and rows that break them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import list_answer
from collection import policies, selectors, services
from collection.charts import department_chart
from collection.choices import RuleKind, Severity
from collection.face import quality_face
from collection.forms import QualityFilterForm, QualityLimitForm, QualityRuleForm, RegionLimitForm, refusal_add
from collection.models import Dataset, QualityReport, QualityRule
from collection.quality.finding import findings_from
from collection.quality.wording import KINDS, found_words, rule_words
from collection.selectors import quality as reading
from collection.selectors.quality_limit import QualityLimits, quality_limits, region_limits_for
from collection.views.quality_page import (
    QualityPage,
    SamplesPage,
    dimension_bars,
    finding_rows,
    kinds_for,
    rule_form,
)
from core.actors import Actor
from core.exceptions import NotVisible, RuleViolation
from workflow.once import once

COLUMNS = [
    Column("name", gettext_lazy("Dataset"), lambda row: row.name, ("name",)),
    Column("entry", gettext_lazy("Entry"), lambda row: str(row.entry), ("entry__current_revision__name",)),
    Column("department", gettext_lazy("Provider"), lambda row: row.entry.department.name,
           ("entry__department__name_pinyin",)),
    Column("score", gettext_lazy("Score"), lambda row: "" if row.quality_score is None else row.quality_score,
           ("quality_score",)),
    Column("limit", pgettext_lazy("score", "Limit"), lambda row: row.limit_now, ("limit_now",)),
    Column("rows", gettext_lazy("Rows"), lambda row: row.published_version.row_count if row.published_version else "",
           ("published_version__row_count",)),
    Column("updated", gettext_lazy("Updated"), lambda row: row.changed_at or "", ("changed_at",)),
]  # fmt: skip


@require_GET
def quality_list(request: PageRequest) -> HttpResponse:
    """How good the data are that one answers for, by dataset, department and region; also as CSV."""
    require_signed_in(request.actor)
    policies.require_see_changes(request.actor)
    form = QualityFilterForm(request.GET)
    chosen = form.chosen()
    listing = Listing(request, reading.quality_list_for(request.actor, **chosen), COLUMNS, default="score")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "quality"))
    page = listing.page()
    departments = reading.quality_by_department(request.actor, chosen["region"])
    dimensions = reading.quality_dimensions(request.actor, region=chosen["region"], department=chosen["department"])
    limits = quality_limits()
    chosen_path = departments[0].path if chosen["region"] and departments else None
    limit = limits.of_region(chosen_path or request.actor.region_path or "")
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": _rows(request.actor, list(page.object_list), limits),
        "ordering": listing.ordering,
        "is_filtered": any(chosen.values()),
        "departments": departments,
        "regions": reading.quality_by_region(request.actor),
        "chart": department_chart(departments, request.path, limits),
        "dimensions": dimension_bars(dimensions, limit),
        "judged": sum(one.judged for one in departments),
        "unjudged": sum(one.datasets - one.judged for one in departments),
        "short": sum(one.short for one in departments),
    }
    return list_answer(request, "collection/quality_list.html", "collection/partials/_quality_list.html", context)


def _rows(actor: Actor, datasets: list[Dataset], limits: QualityLimits) -> list[dict[str, Any]]:
    """Return datasets with their marks and what costs them most."""
    reports = reading.latest_reports(datasets)
    rules = reading.rules_named(list(reports.values()))
    return [
        {"dataset": one, "quality": quality_face(actor, one, limits), "worst": _worst(reports.get(one.pk), rules)}
        for one in datasets
    ]


def _worst(report: QualityReport | None, rules: dict[int, QualityRule]) -> str:
    if report is None:
        return ""
    first = finding_rows(report, rules)[0]
    return first.words if first.finding.is_short else ""


@require_GET
def quality_dataset(request: PageRequest, pk: int) -> HttpResponse:
    """The quality of one dataset: scores, what costs them, its rules."""
    require_signed_in(request.actor)
    return _dataset_answer(request, pk)


def _dataset_answer(request: PageRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_see_quality(request.actor, dataset.entry)
    page = QualityPage(request.actor, dataset, **forms)
    return render(request, "collection/quality_dataset.html", {"page": page, "crumbs": page.crumbs}, status=status)


@require_POST
def quality_limit(request: PageRequest, pk: int) -> HttpResponse:
    """Set the limit of a dataset."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_edit_quality(request.actor, dataset.entry)
    form = QualityLimitForm(request.POST)
    if form.is_valid():
        try:
            services.quality_limit_set(actor=request.actor, dataset_id=pk, limit=form.cleaned_data["limit"])
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("collection:quality_dataset", pk)
    return _dataset_answer(request, pk, status=422, limit_form=form)


# --- Limits of regions ------------------------------------------------------------------------------------------------


@require_GET
def region_limit_list(request: PageRequest) -> HttpResponse:
    """The limits of the regions around the actor's own; its authority sets the one of its region."""
    require_signed_in(request.actor)
    return _limits_answer(request)


def _limits_answer(request: PageRequest, status: int = 200, form: RegionLimitForm | None = None) -> HttpResponse:
    standings = region_limits_for(request.actor)
    can_set = policies.can_set_region_limit(request.actor)
    own = next((one.own.score for one in standings if one.own and one.region.path == request.actor.region_path), None)
    context = {
        "standings": standings,
        "form": (form or RegionLimitForm(initial={"score": own})) if can_set else None,
        "default": quality_limits().default,
        "crumbs": [{"label": _("Quality"), "url": reverse("collection:quality_list")}],
    }
    return render(request, "collection/region_limit_list.html", context, status=status)


@require_POST
def region_limit_set(request: PageRequest) -> HttpResponse:
    """Set the limit of the actor's region."""
    require_signed_in(request.actor)
    policies.require_set_region_limit(request.actor)
    form = RegionLimitForm(request.POST)
    if not form.is_valid():
        return _limits_answer(request, status=422, form=form)
    services.region_limit_set(actor=request.actor, score=form.cleaned_data["score"])
    messages.success(request, _("Saved."))
    return redirect("collection:region_limit_list")


# --- Rules ------------------------------------------------------------------------------------------------------------


def _kind(request: PageRequest) -> RuleKind | None:
    """Return the kind that was chosen in the address, or with the form."""
    text = request.POST.get("kind") or request.GET.get("kind", "")
    return RuleKind(text) if text in RuleKind.values else None


def _crumbs(dataset: Dataset) -> list[dict[str, str]]:
    return [
        {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
        {"label": dataset.name, "url": reverse("collection:quality_dataset", args=[dataset.pk])},
    ]


def _form_answer(
    request: PageRequest, dataset: Dataset, form: QualityRuleForm, rule: QualityRule | None = None, **more: Any
) -> HttpResponse:
    context = {
        "dataset": dataset,
        "form": form,
        "rule": rule,
        "kind": form.kind,
        "text": KINDS[form.kind],
        "fields": [form[name] for name in form.fields if name != "severity"],
        "crumbs": _crumbs(dataset),
        **more,
    }
    return render(request, "collection/quality_rule.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@once
def quality_rule_add(request: PageRequest, pk: int) -> HttpResponse:
    """Choose a kind of rule, then write it."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_edit_quality(request.actor, dataset.entry)
    kind = _kind(request)
    if kind is None:
        context = {"dataset": dataset, "kinds": kinds_for(dataset), "crumbs": _crumbs(dataset)}
        status = 422 if request.method == "POST" else 200
        return render(request, "collection/quality_rule_kinds.html", context, status=status)
    form = rule_form(request.actor, dataset, kind, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.quality_rule_add(actor=request.actor, dataset_id=pk, fields=form.given())
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Added. The rule applies from the next run on."))
            return redirect("collection:quality_dataset", pk)
    return _form_answer(request, dataset, form)


@require_http_methods(["GET", "POST"])
def quality_rule_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Put another rule in a rule's place."""
    require_signed_in(request.actor)
    rule = reading.quality_rule_get_for(request.actor, pk)
    policies.require_edit_quality(request.actor, rule.dataset.entry)
    posted = request.POST if request.method == "POST" else None
    form = rule_form(request.actor, rule.dataset, RuleKind(rule.kind), posted, rule)
    if request.method == "POST" and form.is_valid():
        try:
            services.quality_rule_replace(actor=request.actor, rule_id=pk, fields=form.given())
        except RuleViolation as refused:
            refusal_add(form, refused)
        else:
            messages.success(request, _("Changed. The rule applies from the next run on."))
            return redirect("collection:quality_dataset", rule.dataset_id)
    return _form_answer(request, rule.dataset, form, rule)


@require_POST
def quality_rule_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a rule."""
    require_signed_in(request.actor)
    rule = services.quality_rule_remove(actor=request.actor, rule_id=pk)
    messages.success(request, _("Removed: %(rule)s") % {"rule": rule_words(rule)})
    return redirect("collection:quality_dataset", rule.dataset_id)


@require_POST
def quality_rule_try(request: PageRequest, pk: int) -> HttpResponse:
    """Say what the published version breaks of a rule as it stands in the form."""
    require_signed_in(request.actor)
    dataset = selectors.dataset_get_for(request.actor, pk)
    policies.require_edit_quality(request.actor, dataset.entry)
    rule = None
    given = request.POST.get("rule", "")
    if given.isascii() and given.isdecimal() and len(given) < 19:
        rule = reading.quality_rule_get_for(request.actor, int(given))
        if rule.dataset_id != dataset.pk:
            raise NotVisible
    kind = RuleKind(rule.kind) if rule else _kind(request)
    if kind is None:
        context = {"dataset": dataset, "kinds": kinds_for(dataset), "crumbs": _crumbs(dataset)}
        return render(request, "collection/quality_rule_kinds.html", context, status=422)
    form = rule_form(request.actor, dataset, kind, request.POST, rule)
    tried = None
    if form.is_valid():
        try:
            tried = services.quality_rule_try(actor=request.actor, dataset_id=pk, fields=form.given())
        except RuleViolation as refused:
            refusal_add(form, refused)
    rejects = form.is_valid() and form.cleaned_data["severity"] == Severity.REJECT
    return _form_answer(
        request, dataset, form, rule, tried=tried, tried_words=found_words(tried) if tried else "", rejects=rejects
    )


@require_GET
def quality_samples(request: PageRequest, pk: int, at: int) -> HttpResponse:
    """A few rows that break a rule."""
    require_signed_in(request.actor)
    report = reading.quality_report_get_for(request.actor, pk)
    findings = findings_from(report.findings)
    if at >= len(findings):
        raise NotVisible
    policies.require_see_changes(request.actor)
    page = SamplesPage(request.actor, report, findings[at])
    return render(request, "collection/quality_samples.html", {"page": page, "crumbs": _crumbs(report.dataset)})
