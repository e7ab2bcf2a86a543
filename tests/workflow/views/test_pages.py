"""The pages of rules, deadlines and background work: shown to whom, changed by whom, refused without a trace."""

import json
from collections.abc import Iterator
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Department
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory
from tests.factories.workflow import (
    TESTER,
    AttachmentFactory,
    ClockPolicyFactory,
    LegalBasisFactory,
    TaskFactory,
    clock_running,
    values,
)
from tests.unchanged import nothing_changes
from tests.workflow.services.test_calendar import OFF_2027, WORKED_2027, notice_2027
from workflow import attachments, outbox, outbox_delivery, services
from workflow.models import CalendarYear, ClockPolicy, LegalBasis, OutboxDelivery
from workflow.outbox import OutboxEvent


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock_at("2026-11-24 10:00"):
        yield


def browser(department: Department, *roles: str) -> Client:
    client = Client()
    client.force_login(UserFactory(department=department, roles=list(roles)))
    return client


@pytest.fixture
def reviewer(authority: Department) -> Client:
    return browser(authority, "reviewer")


@pytest.fixture
def cataloguer(department: Department) -> Client:
    return browser(department, "cataloguer")


# --- Time limits ----------------------------------------------------------------------------------------------------


def test_everybody_signed_in_reads_the_limits(cataloguer: Client, policy: ClockPolicy) -> None:
    page = cataloguer.get(reverse("workflow:clock_policy_list")).content.decode()
    assert "第十七条" in page
    assert reverse("workflow:clock_policy_add", args=[policy.pk]) not in page


def test_the_authority_puts_a_shorter_local_limit_in_force(
    reviewer: Client, authority: Department, policy: ClockPolicy
) -> None:
    url = reverse("workflow:clock_policy_add", args=[policy.pk])
    assert reviewer.get(url).status_code == 200
    posted = {"scope": "local", "working_days": "6", "extension_working_days": "0", "valid_from": "2026-12-01"}
    assert reviewer.post(url, posted).status_code == 302
    local = ClockPolicy.objects.get(region=authority.region)
    assert (local.working_days, local.valid_from, local.article) == (6, date(2026, 12, 1), "第十七条")


def test_a_longer_local_limit_is_refused_beside_its_field(reviewer: Client, policy: ClockPolicy) -> None:
    url = reverse("workflow:clock_policy_add", args=[policy.pk])
    posted = {"scope": "local", "working_days": "12", "extension_working_days": "0", "valid_from": "2026-12-01"}
    reviewer.get(url)
    with nothing_changes():
        response = reviewer.post(url, posted)
    assert response.status_code == 422
    assert "working_days" in response.context["form"].errors
    assert 'value="12"' in response.content.decode()


def test_a_scope_that_was_not_offered_is_refused(cataloguer: Client, reviewer: Client, policy: ClockPolicy) -> None:
    url = reverse("workflow:clock_policy_add", args=[policy.pk])
    posted = {"scope": "same", "working_days": "6", "extension_working_days": "0", "valid_from": "2026-12-01"}
    for client, status in ((reviewer, 422), (cataloguer, 403)):
        client.get(reverse("workflow:clock_policy_list"))
        with nothing_changes():
            assert client.post(url, posted).status_code == status


# --- Legal bases ----------------------------------------------------------------------------------------------------


def test_the_register_is_read_and_filtered(cataloguer: Client) -> None:
    LegalBasisFactory(document="甲条例", article="第十条", article_position=10)
    LegalBasisFactory(document="甲条例", article="第九条", article_position=9)
    LegalBasisFactory(document="乙办法")
    page = cataloguer.get(reverse("workflow:legal_basis_list")).content.decode()
    assert page.index("第九条") < page.index("第十条")
    part = cataloguer.get(reverse("workflow:legal_basis_list"), {"q": "乙办"}, headers={"HX-Request": "true"})
    assert "甲条例" not in part.content.decode()
    assert "乙办法" in part.content.decode()


def test_the_authority_adds_and_retires_an_article(reviewer: Client) -> None:
    posted = {
        "document": "示例法",
        "article": "第五条",
        "gist": "要旨",
        "kind": "law",
        "may_justify": ["withheld", "conditional"],
    }
    response = reviewer.post(reverse("workflow:legal_basis_add"), posted)
    basis = LegalBasis.objects.get()
    assert response.headers["Location"] == reverse("workflow:legal_basis_detail", args=[basis.pk])
    assert reviewer.get(response.headers["Location"]).status_code == 200
    reviewer.post(reverse("workflow:legal_basis_retire", args=[basis.pk]), {"valid_to": "2026-12-31"})
    assert values(basis, "valid_to")["valid_to"] == date(2026, 12, 31)
    assert (
        reviewer.post(reverse("workflow:legal_basis_retire", args=[basis.pk]), {"valid_to": "2027-01-01"}).status_code
        == 409
    )


def test_a_rank_that_cannot_forbid_is_refused_beside_its_field(reviewer: Client) -> None:
    posted = {
        "document": "示例办法",
        "article": "第五条",
        "gist": "要旨",
        "kind": "department_rule",
        "may_justify": ["withheld"],
    }
    reviewer.get(reverse("workflow:legal_basis_add"))
    with nothing_changes():
        response = reviewer.post(reverse("workflow:legal_basis_add"), posted)
    assert response.status_code == 422
    assert "may_justify" in response.context["form"].errors
    assert "示例办法" in response.content.decode()


def test_others_add_and_retire_nothing(cataloguer: Client, authority: Department) -> None:
    basis = LegalBasisFactory()
    clients = (cataloguer, browser(authority, "sysadmin"))
    for client in clients:
        client.get(reverse("workflow:legal_basis_list"))
        with nothing_changes():
            assert client.get(reverse("workflow:legal_basis_add")).status_code == 403
            assert client.post(reverse("workflow:legal_basis_add"), {}).status_code == 403
            url = reverse("workflow:legal_basis_retire", args=[basis.pk])
            assert client.post(url, {"valid_to": "2026-12-31"}).status_code == 403


def test_an_article_that_does_not_exist_is_not_found(reviewer: Client) -> None:
    assert reviewer.get(reverse("workflow:legal_basis_detail", args=[0])).status_code == 404


# --- Working days ---------------------------------------------------------------------------------------------------


def test_a_year_shows_its_days(cataloguer: Client) -> None:
    page = cataloguer.get(reverse("workflow:calendar_year", args=[2026])).content.decode()
    assert page.count("is-made_up") == 1 + 6
    assert cataloguer.get(reverse("workflow:calendar_now")).context["state"].year == 2026
    assert cataloguer.get(reverse("workflow:calendar_year", args=[1999])).status_code == 404


def test_a_year_without_notice_says_what_waits_for_it(cataloguer: Client, department: Department) -> None:
    ClockPolicyFactory(key="long", working_days=30)
    clock_running("long", department)
    page = cataloguer.get(reverse("workflow:calendar_year", args=[2027]))
    assert page.context["state"].provisional_clocks == 1
    assert reverse("workflow:calendar_import", args=[2027]) not in page.content.decode()


def test_a_notice_is_typed_in_and_corrected(reviewer: Client) -> None:
    url = reverse("workflow:calendar_import", args=[2027])
    assert reviewer.get(url).status_code == 200
    reviewer.post(url, {"notice": "国办发明电〔2026〕1号", "days_off": OFF_2027, "make_up_days": WORKED_2027})
    assert CalendarYear.objects.get().notice == "国办发明电〔2026〕1号"
    again = reviewer.get(url).content.decode()
    assert "10-09 国庆节" in again
    page = reviewer.get(reverse("workflow:calendar_year", args=[2027])).content.decode()
    assert "国办发明电" in page


def test_a_notice_comes_as_a_file(reviewer: Client) -> None:
    typed = services_days()
    content = json.dumps({"year": 2027, "papers": ["https://www.gov.cn/x"], "days": typed}).encode()
    url = reverse("workflow:calendar_import", args=[2027])
    response = reviewer.post(url, {"file": SimpleUploadedFile("2027.json", content)})
    assert response.status_code == 302
    assert CalendarYear.objects.get().notice_url == "https://www.gov.cn/x"
    wrong_year = reviewer.post(
        reverse("workflow:calendar_import", args=[2028]), {"file": SimpleUploadedFile("2027.json", content)}
    )
    assert wrong_year.status_code == 422


def services_days() -> list[dict[str, object]]:
    return [
        {"name": row.name, "date": row.day.isoformat(), "isOffDay": not row.is_working_day} for row in notice_2027()
    ]


@pytest.mark.parametrize(
    ("days_off", "field"), [("", "days_off"), ("国庆放假", "days_off"), ("10-01 国庆节", "days_off")]
)
def test_a_wrong_notice_keeps_what_was_typed(reviewer: Client, days_off: str, field: str) -> None:
    url = reverse("workflow:calendar_import", args=[2027])
    reviewer.get(url)
    with nothing_changes():
        response = reviewer.post(url, {"notice": "通知", "days_off": days_off})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "通知" in response.content.decode()


def test_others_enter_no_notice(cataloguer: Client, authority: Department) -> None:
    url = reverse("workflow:calendar_import", args=[2027])
    for client in (cataloguer, browser(authority, "sysadmin")):
        client.get(reverse("workflow:calendar_now"))
        with nothing_changes():
            assert client.get(url).status_code == 403
            assert client.post(url, {"days_off": OFF_2027}).status_code == 403


# --- Deadlines ------------------------------------------------------------------------------------------------------


@pytest.fixture
def board(department: Department, authority: Department) -> dict[str, Department]:
    """Clocks of the own department, of another one of the city, of a county below and of another city."""
    ClockPolicyFactory(key="catalog_update")
    ClockPolicyFactory(key="head_signoff", is_statutory=False, document="", article="", role="head")
    county = RegionFactory(level="county", code=f"{department.region.code[:4]}21")
    places = {
        "own": department,
        "city": DepartmentFactory(region=department.region, name="市民政局"),
        "county": DepartmentFactory(region=county, name="县民政局"),
        "elsewhere": DepartmentFactory(region=RegionFactory(code="880100"), name="外市民政局"),
    }
    for place in places.values():
        clock_running("catalog_update", place, started_at="2026-11-02 10:00")
        clock_running("head_signoff", place, started_at="2026-11-23 10:00")
    return places


def test_a_department_sees_its_own_deadlines(board: dict[str, Department]) -> None:
    page = browser(board["own"], "head").get(reverse("workflow:clock_list"))
    assert {(row.department, row.policy_key) for row, _face in page.context["rows"]} == {
        (board["own"], "catalog_update"),
        (board["own"], "head_signoff"),
    }


def test_the_authority_sees_those_set_by_law_in_its_region_and_below(
    reviewer: Client, board: dict[str, Department]
) -> None:
    page = reviewer.get(reverse("workflow:clock_list"))
    assert {(row.department, row.policy_key) for row, _face in page.context["rows"]} == {
        (board[name], "catalog_update") for name in ("own", "city", "county")
    }


def test_administrators_have_no_deadlines(board: dict[str, Department]) -> None:
    for role in ("sysadmin", "secadmin", "auditor"):
        page = browser(board["own"], role).get(reverse("workflow:clock_list"))
        assert list(page.context["rows"]) == []


def test_the_board_is_filtered(reviewer: Client, board: dict[str, Department]) -> None:
    url = reverse("workflow:clock_list")

    def rows(**query: object) -> int:
        return len(reviewer.get(url, query).context["rows"])

    assert rows(state="overdue") == 3
    assert rows(state="soon") == 0
    assert rows(department=board["city"].pk) == 1
    assert rows(q="县民") == 1
    assert rows(limit="head_signoff") == 0
    assert rows(state="nonsense", department="x" * 30) == 3


def test_a_deadline_leads_to_its_task(board: dict[str, Department]) -> None:
    client = browser(board["own"], "cataloguer")
    clock = next(row for row, _face in client.get(reverse("workflow:clock_list")).context["rows"] if row.is_statutory)
    TaskFactory(department=board["own"], role="cataloguer", clock=clock, url="/catalog/9/")
    assert 'href="/catalog/9/"' in client.get(reverse("workflow:clock_list")).content.decode()


def test_fifty_deadlines_cost_as_many_queries_as_one(
    reviewer: Client, department: Department, django_assert_max_num_queries: object
) -> None:
    ClockPolicyFactory(key="catalog_update")
    for count in (1, 49):
        for _number in range(count):
            clock = clock_running("catalog_update", DepartmentFactory(region=department.region))
            services.clock_pause(actor=TESTER, clock=clock)
            services.clock_resume(actor=TESTER, clock=clock)
        with django_assert_max_num_queries(21):  # type: ignore[operator]
            page = reviewer.get(reverse("workflow:clock_list"))
    assert len(page.context["rows"]) == 50


# --- Background work ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registries")
def test_the_system_administrator_sends_again_what_was_given_up(authority: Department) -> None:
    def fail(event: OutboxEvent) -> None:
        raise ValueError("邮件服务器拒绝")

    outbox.handler("example.happened", max_attempts=1)(fail)
    outbox.put("example.happened")
    outbox_delivery.deliver()
    name = OutboxDelivery.objects.get().handler
    admin = browser(authority, "sysadmin")
    page = admin.get(reverse("workflow:outbox_list")).content.decode()
    assert "邮件服务器拒绝" in page
    admin.post(reverse("workflow:outbox_retry"), {"handler": name})
    assert OutboxDelivery.objects.get().state == "pending"
    outbox_delivery.deliver()
    admin.post(reverse("workflow:outbox_dismiss"), {"handler": name})
    assert OutboxDelivery.objects.get().state == "dismissed"


@pytest.mark.parametrize("role", ["cataloguer", "head", "secadmin", "auditor"])
def test_nobody_else_looks_into_background_work(department: Department, role: str) -> None:
    client = browser(department, role)
    client.get(reverse("workflow:clock_policy_list"))
    with nothing_changes():
        assert client.get(reverse("workflow:outbox_list")).status_code == 403
        assert client.post(reverse("workflow:outbox_retry"), {"handler": "x"}).status_code == 403
        assert client.post(reverse("workflow:outbox_dismiss"), {"handler": "x"}).status_code == 403


# --- Files ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registries", "file_folder")
def test_a_file_is_handed_out_by_the_policy_of_its_object(cataloguer: Client, department: Department) -> None:
    attachment = AttachmentFactory(subject_pk=department.pk, original_name='评估"报告.pdf')
    url = reverse("workflow:attachment_download", args=[attachment.pk])
    assert cataloguer.get(url).status_code == 404
    attachments.register_policy("accounts.department", lambda actor, file: actor.department_id == file.subject_pk)
    response = cataloguer.get(url)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 example"
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "private, no-store"
    assert browser(DepartmentFactory(), "cataloguer").get(url).status_code == 404
    assert Client().get(url).status_code == 404


# --- Nobody signed in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "notification_list",
        "notification_preferences",
        "clock_list",
        "clock_policy_list",
        "legal_basis_list",
        "calendar_now",
        "outbox_list",
    ],
)
def test_the_public_is_asked_to_sign_in(db: None, name: str) -> None:
    response = Client().get(reverse(f"workflow:{name}"))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")
