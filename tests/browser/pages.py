"""Every page of the product, by who looks at it: what the tests check and ``screenshots.py`` takes pictures of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import Department, InformationSystem, User
from audit.models import AuditEvent
from catalog.choices import EntryStatus, RevisionStatus, WithdrawalStatus
from catalog.models import DutyChange, Entry, Library
from collection.models import CollectionDuty, Dataset, DatasetFile, Erasure, QualityReport, QualityRule, Run, Source
from libraries.models import Part
from sharing.models import Client, Grant, Objection, ShareRequest
from workflow.models import ClockPolicy, LegalBasis

PUBLIC = ""


@dataclass(frozen=True)
class Place:
    """One page: a route with its arguments, worked out from the demo city when it is asked for.

    Attributes:
        title: short name, unique within a role; the name of its picture.
        status: what it answers.
    """

    title: str
    route: str
    arguments: Callable[[], list[Any]] = list
    query: str = ""
    status: int = 200

    @property
    def path(self) -> str:
        return reverse(self.route, args=self.arguments()) + (f"?{self.query}" if self.query else "")


def _entry(**conditions: Any) -> Callable[[], list[str]]:
    def found() -> list[str]:
        entry = Entry.objects.filter(**conditions).order_by("pk").first()
        assert entry is not None, conditions
        return [entry.ref]

    return found


def _step(step: str, **conditions: Any) -> Callable[[], list[str]]:
    return lambda: [*_entry(**conditions)(), step]


def _broken_rows() -> list[int]:
    """Return the last report about a dataset, and the place of a finding with rows to show."""
    report = QualityReport.objects.filter(dataset__name="最低生活保障对象信息").latest("pk")
    return [report.pk, next(at for at, one in enumerate(report.findings) if one["places"])]


def _pk(model: Any, **conditions: Any) -> Callable[[], list[int]]:
    return lambda: [model.objects.filter(**conditions).order_by("pk").values_list("pk", flat=True)[0]]


def _free_data() -> list[int]:
    """Return data that are shared unconditionally and that the requester has not taken."""
    free = Dataset.objects.filter(entry__published_revision__sharing="unconditional", published_version__isnull=False)
    return [free.exclude(entry__department__code="rsj").order_by("pk").values_list("pk", flat=True)[0]]


def _request(status: str, **conditions: Any) -> Callable[[], list[int]]:
    return _pk(ShareRequest, status=status, **conditions)


MINE = {"department__code": "mzj"}
DRAFT = {"status": EntryStatus.DRAFT, **MINE}
RETURNED = {"working_revision__status": RevisionStatus.RETURNED, **MINE}
PUBLISHED = {"status": EntryStatus.PUBLISHED, "working_revision": None, **MINE}
WAITING_HEAD = {"working_revision__status": RevisionStatus.AWAITING_HEAD, **MINE}
WAITING_AUTHORITY = {"working_revision__status": RevisionStatus.AWAITING_AUTHORITY}
FIRST_FILING = {**WAITING_AUTHORITY, "published_revision": None}
UPDATE = {**WAITING_AUTHORITY, "published_revision__isnull": False}
LOADED = {"name": "最低生活保障对象信息"}
MINE_DATA = {"entry__department__code": "mzj"}
ASKING = {"department__code": "rsj"}
WITHDRAWAL = {"withdrawal": WithdrawalStatus.AWAITING_HEAD, **MINE}

SHARED = [
    Place("home", "catalog:home"),
    Place("profile", "accounts:profile"),
    Place("notifications", "workflow:notification_list"),
]
"""What everybody has, though never with the same content."""

READING = [
    Place("catalog", "catalog:entry_list"),
    Place("search", "catalog:entry_list", query="q=低保&sharing=conditional"),
    Place("search-nothing", "catalog:entry_list", query="q=zzzz"),
    Place("entry", "catalog:entry_detail", _entry(**PUBLISHED)),
    Place("entry-items", "catalog:entry_detail", _entry(**PUBLISHED), query="tab=items"),
    Place("entry-versions", "catalog:entry_detail", _entry(**PUBLISHED), query="tab=versions"),
    Place("entry-decisions", "catalog:entry_detail", _entry(**PUBLISHED), query="tab=decisions"),
]

PLACES: dict[str, list[Place]] = {
    PUBLIC: [
        Place("sign-in", "accounts:login"),
        Place("open-list", "catalog:open_list"),
        Place("open-search", "catalog:open_list", query="q=养老"),
        Place("open-entry", "catalog:open_detail", _entry(published_revision__opening="open")),
    ],
    "cataloguer": [
        *SHARED,
        *READING,
        Place("notification-preferences", "workflow:notification_preferences"),
        Place("own", "catalog:entry_own_list"),
        Place("own-returned", "catalog:entry_own_list", query="status=draft"),
        Place("categories", "catalog:category_list"),
        Place("category", "catalog:category_edit", lambda: ["307013"]),
        Place("libraries", "catalog:library_list"),
        Place("library", "catalog:library_edit", lambda: [Library.objects.order_by("pk")[0].code]),
        Place("changes", "catalog:duty_change_list"),
        Place("change", "catalog:duty_change_detail", _pk(DutyChange)),
        Place("import", "catalog:import_page"),
        Place("new", "catalog:entry_create"),
        Place("edit-basic", "catalog:entry_edit_step", _step("basic", **DRAFT)),
        Place("edit-format", "catalog:entry_edit_step", _step("format", **DRAFT)),
        Place("edit-items", "catalog:entry_edit_step", _step("items", **DRAFT)),
        Place("edit-sharing", "catalog:entry_edit_step", _step("sharing", **DRAFT)),
        Place("edit-grading", "catalog:entry_edit_step", _step("grading", **DRAFT)),
        Place("edit-check", "catalog:entry_edit_step", _step("check", **DRAFT)),
        Place("returned-basic", "catalog:entry_edit_step", _step("basic", **RETURNED)),
        Place("returned-items", "catalog:entry_edit_step", _step("items", **RETURNED), query="check=1"),
        Place("revise", "catalog:entry_revise", _entry(**PUBLISHED)),
        Place("withdraw", "catalog:entry_withdraw", _entry(**PUBLISHED)),
        Place("discard", "catalog:entry_discard", _entry(**DRAFT)),
        Place("recall", "catalog:entry_recall", _entry(**WAITING_HEAD)),
        Place("working", "catalog:entry_detail", _entry(**DRAFT), query="revision=working"),
        Place("deadlines", "workflow:clock_list"),
        Place("rules-limits", "workflow:clock_policy_list"),
        Place("rules-bases", "workflow:legal_basis_list"),
        Place("rules-basis", "workflow:legal_basis_detail", _pk(LegalBasis)),
        Place("rules-calendar", "workflow:calendar_now"),
        Place("departments", "accounts:department_list"),
        Place("department", "accounts:department_detail", _pk(Department, code="mzj")),
        Place("systems", "accounts:system_list"),
        Place("system", "accounts:system_detail", _pk(InformationSystem, **MINE)),
        Place("system-new", "accounts:system_create"),
        Place("system-edit", "accounts:system_edit", _pk(InformationSystem, **MINE)),
        Place("datasets", "collection:dataset_list"),
        Place("datasets-nothing", "collection:dataset_list", query="q=zzzz"),
        Place("hook", "collection:dataset_hook", _entry(**PUBLISHED)),
        Place("dataset", "collection:dataset_detail", _pk(Dataset, **LOADED)),
        Place("dataset-filter", "collection:dataset_detail", _pk(Dataset, **LOADED), query="v=zzzz"),
        Place("dataset-profile", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=profile"),
        Place("dataset-outlook", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=outlook"),
        Place("dataset-versions", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=versions"),
        Place("dataset-earlier", "collection:dataset_detail", _pk(Dataset, **LOADED), query="version=1"),
        Place("dataset-map", "collection:dataset_detail", _pk(Dataset, name="养老机构基本信息"), query="tab=map"),
        Place("dataset-compare", "collection:compare", _pk(Dataset, **LOADED)),
        Place("dataset-files", "collection:dataset_detail", _pk(Dataset, kind="files")),
        Place("dataset-files-versions", "collection:dataset_detail", _pk(Dataset, kind="files"), query="tab=versions"),
        Place("dataset-files-settings", "collection:dataset_detail", _pk(Dataset, kind="files"), query="tab=settings"),
        Place("file-picture", "collection:file_detail", _pk(DatasetFile, content_type="image/png")),
        Place("file-pdf", "collection:file_detail", _pk(DatasetFile, content_type="application/pdf")),
        Place("file-sound", "collection:file_detail", _pk(DatasetFile, content_type="audio/wav")),
        Place("dataset-runs", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=runs"),
        Place("dataset-settings", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=settings"),
        Place("dataset-sources", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=sources"),
        Place("sources", "collection:source_list"),
        Place("source", "collection:source_detail", _pk(Source)),
        Place("source-new", "collection:source_add", lambda: [*_pk(Dataset, **LOADED)(), "http"]),
        Place("source-edit", "collection:source_edit", _pk(Source)),
        Place("runs", "collection:run_list"),
        Place("run-rejects", "collection:run_detail", _pk(Run, rows_rejected__gt=0)),
        Place("freshness", "collection:freshness_list"),
        Place("freshness-calendar", "collection:freshness_calendar"),
        Place("library-datasets", "libraries:dataset_list"),
        Place("library-dataset", "collection:dataset_detail", _pk(Dataset, composition__isnull=False)),
        Place("library-sources", "libraries:dataset_detail", _pk(Dataset, composition__isnull=False)),
        Place("library-source-new", "libraries:part_add", _pk(Dataset, composition__isnull=False)),
        Place("library-source", "libraries:part_edit", _pk(Part, grant__isnull=False)),
        Place("library-grant", "sharing:grant_detail", _pk(Grant, library_parts__isnull=False)),
        Place("pools", "collection:pool_list"),
        Place("pool", "collection:pool_detail", lambda: ["mzj"]),
        Place("quality", "collection:quality_list"),
        Place("quality-limits", "collection:region_limit_list"),
        Place("quality-dataset", "collection:quality_dataset", _pk(Dataset, **LOADED)),
        Place("quality-short", "collection:quality_dataset", _pk(Dataset, quality_score__lt=80, **MINE_DATA)),
        Place("quality-kinds", "collection:quality_rule_add", _pk(Dataset, **LOADED)),
        Place("quality-rule", "collection:quality_rule_add", _pk(Dataset, **LOADED), query="kind=range"),
        Place("quality-rule-edit", "collection:quality_rule_edit", _pk(QualityRule, kind="code_list")),
        Place("quality-rows", "collection:quality_samples", _broken_rows),
        Place("duties", "collection:duty_list"),
        Place("duties-nothing", "collection:duty_list", query="q=zzzz"),
        Place("duty-new", "collection:duty_create"),
        Place("duty-edit", "collection:duty_edit", _pk(CollectionDuty, state="draft", **MINE)),
        Place("duty-draft", "collection:duty_detail", _pk(CollectionDuty, state="draft", **MINE)),
        Place("duty-returned", "collection:duty_detail", _pk(CollectionDuty, state="returned", **MINE)),
        Place("duty-registered", "collection:duty_detail", _pk(CollectionDuty, state="registered", **MINE)),
        Place("duty-paper", "collection:duty_detail", _pk(CollectionDuty, registered__manner="paper", **MINE)),
        Place("digitisation", "collection:digitisation_list"),
        Place("consents", "collection:consent_list", _pk(CollectionDuty, registered__ground="consent")),
        Place("erasures", "collection:erasure_list"),
        Place("erasure-new", "collection:erasure_create"),
        Place("erasure-waiting", "collection:erasure_detail", _pk(Erasure, state="awaiting_head")),
        Place("erasure-done", "collection:erasure_detail", _pk(Erasure, state="done")),
        Place("password", "accounts:password_change"),
        Place("codes", "accounts:totp_enrol"),
        Place("not-found", "catalog:entry_detail", lambda: ["307013-999999"], status=404),
        Place("not-allowed", "audit:event_list", status=403),
    ],
    "head": [
        *SHARED,
        *READING,
        Place("contractors", "collection:assignment_list", _entry(**PUBLISHED)),
        Place("own", "catalog:entry_own_list"),
        Place("deadlines", "workflow:clock_list"),
        Place("review", "catalog:review_list"),
        Place("review-decided", "catalog:review_list", query="view=decided"),
        Place("review-entry", "catalog:review_detail", _entry(**WAITING_HEAD)),
        Place("review-withdrawal", "catalog:review_detail", _entry(**WITHDRAWAL)),
        Place("department", "accounts:department_detail", _pk(Department, code="mzj")),
        Place("department-edit", "accounts:department_edit", _pk(Department, code="mzj")),
        Place("department-attach", "accounts:attachment_propose", _pk(Department, code="mzj")),
        Place("sharing", "sharing:home"),
        Place("sharing-figures", "sharing:figures"),
        Place("requests", "sharing:request_list"),
        Place("request-answer", "sharing:request_detail", _request("awaiting_provider", **MINE_DATA)),
        Place("request-mediated", "sharing:request_detail", _request("disputed", mediations__is_agreed=True)),
        Place("service", "sharing:service", _pk(Dataset, name=LOADED["name"])),
        Place(
            "service-free",
            "sharing:service",
            _pk(Dataset, entry__published_revision__sharing="unconditional", **MINE_DATA),
        ),
        Place("grant", "sharing:grant_detail", _pk(Grant, dataset__name=LOADED["name"])),
        Place("objection", "sharing:objection_detail", _pk(Objection, state="open")),
        Place("grant-use", "sharing:grant_use", _pk(Grant, dataset__name=LOADED["name"])),
    ],
    "requester": [
        Place("sharing", "sharing:home"),
        Place("entry", "catalog:entry_detail", _entry(**PUBLISHED)),
        Place("requests", "sharing:request_list"),
        Place("requests-nothing", "sharing:request_list", query="q=zzzz"),
        Place("basket", "sharing:basket"),
        Place("request-draft", "sharing:request_detail", _request("draft", **ASKING)),
        Place("request-edit", "sharing:request_edit", _request("draft", **ASKING)),
        Place("request-returned", "sharing:request_edit", _request("returned", **ASKING)),
        Place("request-material", "sharing:request_detail", _request("awaiting_material", **ASKING)),
        Place("request-delivered", "sharing:request_detail", _request("delivered", **ASKING)),
        Place("request-print", "sharing:request_print", _request("delivered", **ASKING)),
        Place("take", "sharing:grant_take", _free_data),
        Place("grants", "sharing:grant_list"),
        Place("grant", "sharing:grant_detail", _pk(Grant, **ASKING)),
        Place("grant-data", "sharing:grant_data", _pk(Grant, methods__contains=["file"], **ASKING)),
        Place("terms", "sharing:terms"),
        Place("objections", "sharing:objection_list"),
        Place("objection", "sharing:objection_detail", _pk(Objection, **ASKING)),
        Place("objection-new", "sharing:objection_new", _entry(published_revision__name=LOADED["name"])),
        Place("grant-use", "sharing:grant_use", _pk(Grant, **ASKING)),
        Place("webhooks", "sharing:webhooks"),
        Place("clients", "sharing_clients:client_list"),
        Place("client-new", "sharing_clients:client_create"),
        Place("client", "sharing_clients:client_detail", _pk(Client)),
        Place("client-edit", "sharing_clients:client_edit", _pk(Client)),
    ],
    "requester_head": [
        Place("requests", "sharing:request_list"),
        Place("request-agree", "sharing:request_detail", _request("awaiting_head", **ASKING)),
        Place("request-refused", "sharing:request_detail", _request("refused", **ASKING)),
        Place("request-mediated", "sharing:request_detail", _request("disputed", mediations__is_agreed=True)),
        Place("grant", "sharing:grant_detail", _pk(Grant, **ASKING)),
        Place("terms", "sharing:terms"),
    ],
    "reviewer": [
        *SHARED,
        *READING,
        Place("deadlines", "workflow:clock_list"),
        Place("review", "catalog:review_list"),
        Place("review-filtered", "catalog:review_list", query="kind=first&q=信息"),
        Place("review-first", "catalog:review_detail", _entry(**FIRST_FILING)),
        Place("review-update", "catalog:review_detail", _entry(**UPDATE)),
        Place("review-update-all", "catalog:review_detail", _entry(**UPDATE), query="show=all"),
        Place("compare", "catalog:revision_diff", lambda: [*_entry(**UPDATE)(), "1", "2"]),
        Place("categories", "catalog:category_list"),
        Place("category", "catalog:category_edit", lambda: ["307013"]),
        Place("libraries", "catalog:library_list"),
        Place("library", "catalog:library_edit", lambda: [Library.objects.order_by("pk")[0].code]),
        Place("changes", "catalog:duty_change_list"),
        Place("change", "catalog:duty_change_detail", _pk(DutyChange)),
        Place("change-new", "catalog:duty_change_create"),
        Place("datasets", "collection:dataset_list"),
        Place("dataset", "collection:dataset_detail", _pk(Dataset, **LOADED)),
        Place("dataset-profile", "collection:dataset_detail", _pk(Dataset, **LOADED), query="tab=profile"),
        Place("dataset-files", "collection:dataset_detail", _pk(Dataset, kind="files")),
        Place("run", "collection:run_detail", _pk(Run, rows_rejected__gt=0)),
        Place("freshness", "collection:freshness_list"),
        Place("freshness-calendar", "collection:freshness_calendar"),
        Place("pools", "collection:pool_list"),
        Place("pool", "collection:pool_detail", lambda: ["mzj"]),
        Place("quality", "collection:quality_list"),
        Place("quality-limits", "collection:region_limit_list"),
        Place("quality-dataset", "collection:quality_dataset", _pk(Dataset, **LOADED)),
        Place("leads", "collection:lead_list"),
        Place("duty-decide", "collection:duty_detail", _pk(CollectionDuty, state="awaiting_authority")),
        Place("rules-limits", "workflow:clock_policy_list"),
        Place("rules-limit", "workflow:clock_policy_add", _pk(ClockPolicy, region=None)),
        Place("rules-basis", "workflow:legal_basis_detail", _pk(LegalBasis)),
        Place("rules-basis-new", "workflow:legal_basis_add"),
        Place("rules-calendar", "workflow:calendar_year", lambda: [2026]),
        Place("rules-calendar-next", "workflow:calendar_import", lambda: [2027]),
        Place("sharing", "sharing:home"),
        Place("requests", "sharing:request_list"),
        Place("request-check", "sharing:request_detail", _request("awaiting_check")),
        Place("request-decide", "sharing:request_detail", _request("awaiting_authority")),
        Place("request-settle", "sharing:request_detail", _request("disputed")),
        Place("sharing-policies", "sharing:policy_list"),
        Place("sharing-policy", "sharing:policy_edit", lambda: ["990100"]),
        Place("terms", "sharing:terms"),
        Place("open-entry", "catalog:open_detail", _entry(published_revision__opening="open")),
    ],
    "sysadmin": [
        *SHARED,
        Place("catalog", "catalog:entry_list"),
        Place("background", "workflow:outbox_list"),
        Place("base-map", "collection:base_map"),
        Place("regions", "accounts:region_list"),
        Place("region", "accounts:region_detail", lambda: ["990100"]),
        Place("departments", "accounts:department_list"),
        Place("department", "accounts:department_detail", _pk(Department, code="rsj")),
        Place("department-new", "accounts:department_create"),
        Place("department-edit", "accounts:department_edit", _pk(Department, code="rsj")),
        Place("department-rename", "accounts:department_rename", _pk(Department, code="rsj")),
        Place("department-move", "accounts:department_move", _pk(Department, code="rsj")),
        Place("department-merge", "accounts:department_merge", _pk(Department, code="rsj")),
        Place("department-dissolve", "accounts:department_dissolve", _pk(Department, code="rsj")),
        Place("department-appoint", "accounts:department_appoint", _pk(Department, code="rsj")),
        Place("systems", "accounts:system_list"),
        Place("users", "accounts:user_list"),
        Place("user", "accounts:user_detail", _pk(User, username="cataloguer")),
        Place("user-new", "accounts:user_create"),
        Place("user-edit", "accounts:user_edit", _pk(User, username="cataloguer")),
        Place("user-move", "accounts:user_move", _pk(User, username="cataloguer")),
    ],
    "secadmin": [
        *SHARED,
        Place("users", "accounts:user_list"),
        Place("user", "accounts:user_detail", _pk(User, username="cataloguer")),
        Place("roles", "accounts:role_list"),
        Place("sessions", "accounts:session_list"),
        Place("policy", "accounts:security_policy"),
        Place("destinations", "collection:destination_list"),
        Place("sharing", "sharing:home"),
        Place("rights", "sharing:rights"),
        Place("grants", "sharing:grant_list"),
        Place("grant", "sharing:grant_detail", _pk(Grant)),
        Place("clients", "sharing_clients:client_list"),
        Place("client", "sharing_clients:client_detail", _pk(Client)),
    ],
    "auditor": [
        *SHARED,
        Place("requests", "sharing:request_list"),
        Place("request", "sharing:request_detail", _request("delivered", **ASKING)),
        Place("grant", "sharing:grant_detail", _pk(Grant)),
        Place("grant-use", "sharing:grant_use", _pk(Grant)),
        Place("objections", "sharing:objection_list"),
        Place("client", "sharing_clients:client_detail", _pk(Client)),
        Place("trail", "audit:event_list"),
        Place("trail-denied", "audit:event_list", query="outcome=denied&since=2020-01-01"),
        Place("trail-nothing", "audit:event_list", query="request=0"),
        Place("trail-edit", "audit:event_detail", _pk(AuditEvent, action="catalog.entry.edit")),
        Place("trail-create", "audit:event_detail", _pk(AuditEvent, action="catalog.entry.create")),
    ],
}

ELSEWHERE: dict[str, str] = {
    "libraries:part_answer": "for the head of another department, whom no role here is",
    "accounts:attachment_propose": "leads back to the department",
    "workflow:calendar_now": "leads to the year",
    "healthz": "no page",
    "readyz": "no page",
    "metrics": "no page",
    "api_schema": "no page",
    "oauth:metadata": "JSON",
    "api_docs": "drawn by Swagger UI",
    "catalog:entry_export": "a file",
    "collection:export": "a file",
    "collection:file_download": "a file",
    "collection:file_show": "a file",
    "collection:run_original": "a file",
    "collection:run_rejects": "a file",
    "collection:consent_evidence": "a file",
    "collection:erasure_document": "a file",
    "collection:rows": "part of the dataset's page",
    "collection:base_map_show": "lines that a map draws",
    "catalog:import_template": "a file",
    "catalog:import_report": "a file",
    "catalog:import_detail": "test_import.py goes there with a file",
    "catalog:import_undo": "test_import.py goes there with a file",
    "catalog:entry_find": "JSON",
    "audit:event_export": "a file",
    "workflow:attachment_download": "a file",
    "catalog:review_comment": "part of the review page",
}
"""Routes that answer a GET and are no page of ours, and why."""


def routes() -> set[str]:
    return {place.route for places in PLACES.values() for place in places}
