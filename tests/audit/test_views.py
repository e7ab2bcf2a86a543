"""The auditor's pages."""

import csv
import io

import pytest
import structlog
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import services
from audit.export import without_formula
from audit.models import AuditEvent
from audit.services import Subject
from tests.factories.accounts import UserFactory
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db
LIST = reverse("audit:event_list")
EXPORT = reverse("audit:event_export")


BUDGET = 12
"""Queries of a page: the reader's session, account and roles, the shell's counts, and two or three of its own."""


def cost(client, url) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def make(actor, count=1, **values):
    return [
        services.record(actor, "catalog.entry.edit", Subject("catalog.entry", "1", "名"), **values)
        for _ in range(count)
    ]


@pytest.mark.parametrize("role", ["cataloguer", "head", "reviewer", "sysadmin", "secadmin"])
def test_nobody_else_reads_the_trail(client, cataloguer, role):
    (event,) = make(cataloguer)
    client.force_login(UserFactory(roles=[role], department__authority=True))
    for url in (LIST, EXPORT, reverse("audit:event_detail", args=[event.pk])):
        with nothing_changes():
            assert client.get(url).status_code == 403
        assert AuditEvent.objects.filter(outcome="denied", object_name=f"GET {url}").exists()


def test_who_is_not_signed_in_is_led_there(client):
    for url in (LIST, EXPORT, reverse("audit:event_detail", args=[1])):
        with nothing_changes():
            response = client.get(url)
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/?next=/audit/")


def test_the_list_costs_the_same_however_long_it_is(as_auditor, cataloguer):
    make(cataloguer, 2)
    as_auditor.get(LIST)
    short = cost(as_auditor, LIST)
    make(cataloguer, 60)
    assert cost(as_auditor, LIST) == short <= BUDGET
    assert len(as_auditor.get(LIST).context["rows"]) == 50


def test_pages_lead_on_and_keep_the_filters(as_auditor, cataloguer):
    make(cataloguer, 60)
    response = as_auditor.get(LIST, {"department": "mzj"})
    following = response.context["page"]["next_url"]
    assert "department=mzj" in following
    assert "offset" not in following
    second = as_auditor.get(LIST + following)
    assert len(second.context["rows"]) == 10
    assert second.context["page"]["next_url"] == ""
    back = as_auditor.get(LIST + second.context["page"]["previous_url"])
    assert [row.event.pk for row in back.context["rows"]] == [row.event.pk for row in response.context["rows"]]


def test_filters_come_from_the_address_and_stand_as_chips(as_auditor, cataloguer):
    make(cataloguer)
    response = as_auditor.get(
        LIST, {"actor": f"user:{cataloguer.id}", "action": "catalog.entry.edit", "outcome": "done"}
    )
    chips = {str(chip["key"]): chip["value"] for chip in response.context["chips"]}
    assert chips == {"Person": "林晓岚", "Action": "Edit an entry", "Outcome": "Done"}
    assert len(response.context["rows"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "outcome=maybe",
        "cursor=older-x",
        "until=9999-12-31",
        "since=2026-02-02&until=2026-01-01",
        "actor=user:99999999999999999999",
        "object=%00",
    ],
)
def test_an_address_that_makes_no_sense_is_no_error(as_auditor, query):
    assert as_auditor.get(f"{LIST}?{query}").status_code == 200


def test_htmx_gets_the_part_that_changes(as_auditor):
    response = as_auditor.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in response.text
    assert "HX-Request" in response.headers["Vary"]


def test_a_row_shows_what_changed_and_the_rest_of_its_request(as_auditor, cataloguer):
    with structlog.contextvars.bound_contextvars(request_id="one-request"):
        services.record(cataloguer, "workflow.clock.stop", Subject("workflow.clock", "9", "期限"))
        (event,) = make(cataloguer, before={"cycle": "monthly"}, after={"cycle": "weekly"})
    make(cataloguer)
    url = reverse("audit:event_detail", args=[event.pk])
    as_auditor.get(url)
    assert cost(as_auditor, url) <= BUDGET
    response = as_auditor.get(url)
    assert "<del>Monthly</del>" in response.text
    assert "<ins>Weekly</ins>" in response.text
    assert [row.event.action for row in response.context["same_request"]] == [
        "workflow.clock.stop",
        "catalog.entry.edit",
    ]


def test_a_row_without_both_sides_shows_what_was_recorded(as_auditor, cataloguer):
    (created,) = make(cataloguer, after={"name": "低保"})
    (removed,) = make(cataloguer, before={"name": "低保"})
    assert "Recorded values" in as_auditor.get(reverse("audit:event_detail", args=[created.pk])).text
    assert "Removed values" in as_auditor.get(reverse("audit:event_detail", args=[removed.pk])).text


def test_a_row_that_is_not_there_is_not_found(as_auditor):
    assert as_auditor.get(reverse("audit:event_detail", args=[999_999_999])).status_code == 404


def test_the_export_is_a_stream_that_spreadsheets_cannot_run(as_auditor, cataloguer):
    services.record(cataloguer, "catalog.entry.edit", Subject("catalog.entry", "1", "=HYPERLINK(1)"), note="+1")
    make(cataloguer, before={"a": 1}, after={"a": "二"})
    response = as_auditor.get(EXPORT, {"department": "mzj"})
    assert response.streaming
    assert response.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert len(rows) == 2
    named = [dict(zip(head, row, strict=True)) for row in rows]
    assert named[0]["After"] == '{"a": "二"}'
    assert named[1]["Object"] == "'=HYPERLINK(1)"
    assert named[1]["Note"] == "'+1"
    assert AuditEvent.objects.get(action="audit.trail.export").after["department"] == "mzj"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＠x"])
def test_what_a_spreadsheet_would_run_is_escaped(text):
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1-1", "a=b", "低保", "{"])
def test_other_text_stays_as_it_is(text):
    assert without_formula(text) == text
