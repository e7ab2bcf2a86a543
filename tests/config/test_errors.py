"""One mapping: page, fragment and API answer the same error with the same status."""

import inspect

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import resolve

import core.exceptions
from audit.models import AuditEvent
from config import errors
from config.errors import STATUS_OF, status_of
from core.exceptions import DomainError, NotAllowed
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.error_urls")]

STATUSES = {
    "malformed": 400,
    "sign-in": 401,
    "not-allowed": 403,
    "not-visible": 404,
    "transition": 409,
    "stale": 409,
    "rules": 422,
    "limit": 429,
    "django-404": 404,
    "django-403": 403,
    "suspicious": 400,
}


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_every_domain_error_has_a_status() -> None:
    classes = [
        cls
        for _name, cls in inspect.getmembers(core.exceptions, inspect.isclass)
        if issubclass(cls, DomainError) and cls is not DomainError
    ]

    assert set(classes) == set(STATUS_OF)


def test_an_error_of_an_app_has_the_status_of_its_parent() -> None:
    class NotYours(NotAllowed):
        pass

    assert status_of(NotYours()) == 403


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_api_answers_problem_details(client: Client, name: str, status: int) -> None:
    response = client.get(f"/api/v1/raise/{name}/")

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["code"]
    assert body["instance"] == f"/api/v1/raise/{name}/"
    assert body["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize(("name", "status"), [item for item in STATUSES.items() if item[0] != "sign-in"])
def test_pages_and_fragments_have_the_same_status(client: Client, name: str, status: int) -> None:
    page = client.get(f"/raise/{name}/")
    fragment = client.get(f"/raise/{name}/", headers={"HX-Request": "true"})

    assert (page.status_code, fragment.status_code) == (status, status)
    assert b"<html" in page.content
    assert b"<html" not in fragment.content
    for response in (page, fragment):
        assert response.headers["X-Request-ID"] in response.content.decode()
        assert response.headers["Cache-Control"] == "no-store"


def test_a_boosted_request_gets_the_whole_page(client: Client) -> None:
    response = client.get("/raise/transition/", headers={"HX-Request": "true", "HX-Boosted": "true"})

    assert response.status_code == 409
    assert b"<html" in response.content


def test_the_message_of_the_service_is_what_people_read(client: Client) -> None:
    assert "只有主管部门可以审核。" in client.get("/raise/not-allowed/").content.decode()
    assert client.get("/api/v1/raise/not-allowed/").json()["detail"] == "只有主管部门可以审核。"


def test_who_is_not_signed_in_goes_to_the_sign_in_page_and_back(client: Client) -> None:
    page = client.get("/raise/sign-in/?page=2")
    fragment = client.get(
        "/raise/sign-in/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/catalog/?q=x"}
    )

    assert page.status_code == 302
    assert page.headers["Location"] == "/accounts/login/?next=/raise/sign-in/%3Fpage%3D2"
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"] == "/accounts/login/?next=/catalog/%3Fq%3Dx"


def test_api_without_a_token_says_how_to_authenticate(client: Client) -> None:
    response = client.get("/api/v1/closed/")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "sign_in_required"


def test_broken_rules_are_listed_by_field(client: Client) -> None:
    assert client.get("/api/v1/raise/rules/").json()["errors"] == [
        {"field": "items[2].length", "code": "required", "message": "Say how long it may be."}
    ]


def test_input_of_the_wrong_shape_is_a_broken_rule_with_its_place(client: Client) -> None:
    body = {"name": "too long", "items": [{"name": "a", "length": 1}, {"name": "b", "length": 0}]}

    response = client.post("/api/v1/raise/x/", body, content_type="application/json")

    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("name", "max_length"),
        ("items[1].length", "min_value"),
    ]


@pytest.mark.parametrize(
    ("body", "content_type"), [(b'{"name": ', "application/json"), (b"name=x", "application/x-www-form-urlencoded")]
)
def test_what_cannot_be_read_is_malformed(client: Client, body: bytes, content_type: str) -> None:
    response = client.post("/api/v1/raise/x/", body, content_type=content_type)

    assert response.status_code == 400
    assert response.json()["code"] == "malformed"


def test_a_form_s_address_that_is_looked_at_has_a_page(client: Client) -> None:
    response = client.get("/form/")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert 'data-problem="405"' in response.content.decode()


def test_a_method_that_is_not_there_is_405(client: Client) -> None:
    response = client.delete("/api/v1/raise/x/")

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_extras_reach_the_client_and_cannot_replace_our_members(client: Client) -> None:
    body = client.get("/api/v1/raise/stale/").json()

    assert body["edit_version"] == 7
    assert body["status"] == 409


def test_a_limit_says_when_to_come_back(client: Client) -> None:
    assert client.get("/api/v1/raise/limit/").headers["Retry-After"] == "30"
    assert client.get("/raise/limit/").headers["Retry-After"] == "30"


def test_unknown_addresses_answer_in_the_form_of_their_part(client: Client) -> None:
    assert client.get("/api/v1/nowhere/").headers["Content-Type"] == "application/problem+json"
    assert client.get("/nowhere/").status_code == 404
    assert b"<html" in client.get("/nowhere/").content


def test_a_bug_tells_its_number_and_nothing_else(client: Client) -> None:
    page, api = client.get("/raise/bug/"), client.get("/api/v1/raise/bug/")

    assert (page.status_code, api.status_code) == (500, 500)
    assert page.headers["X-Request-ID"] in page.content.decode()
    assert api.json()["code"] == "internal_error"
    for response in (page, api):
        assert b"a bug" not in response.content
        assert b"ZeroDivision" not in response.content


def test_a_database_that_is_away_keeps_what_was_typed_and_asks_to_send_it_again(client: Client) -> None:
    page = client.post("/raise/database-away/", {"opinion": "须核对姓名<b>", "items": ["1", "2"]})
    api = client.get("/api/v1/raise/database-away/")

    assert (page.status_code, api.status_code) == (503, 503)
    assert page.headers["Retry-After"] == api.headers["Retry-After"] == "5"
    assert api.json()["code"] == "database_away"
    body = page.content.decode()
    assert "须核对姓名&lt;b&gt;" in body
    assert body.count('name="items"') == 2
    assert "css/app" in body
    assert "<style" not in body
    assert "您提交的内容可能已经办理" in body
    for name in ("password", "old_password", "new_password", "repeated", "secret"):
        secret = client.post("/raise/database-away/", {"name": "甲", name: "hunter2"})
        assert "hunter2" not in secret.content.decode()
        assert "甲" not in secret.content.decode()
    # A short code is none, nor a box that stands beside an empty secret.
    kept = client.post("/raise/database-away/", {"code": "990100-01", "secret": "", "forgets_secret": "on"})
    for text in ("990100-01", "forgets_secret"):
        assert text in kept.content.decode()


def test_a_one_time_code_is_never_sent_back(rf: RequestFactory) -> None:
    for path, is_kept in (("/accounts/login/code/", False), ("/accounts/departments/new/", True)):
        request = rf.post(path, {"code": "123456"})
        request.resolver_match = resolve(path)
        typed = errors._typed(request)
        assert typed == ([("code", "123456")] if is_kept else [])


def test_a_cursor_that_was_used_after_its_end_is_a_bug_of_ours(client: Client) -> None:
    assert client.get("/raise/cursor-closed/").status_code == 500


def test_the_page_of_a_database_that_is_away_looks_like_the_product_and_asks_it_nothing(client: Client) -> None:
    client.force_login(UserFactory())

    def away(*_given: object) -> None:
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(away):
        page = client.get("/raise/database-away/")

    assert page.status_code == 503
    assert "css/app" in page.content.decode()
    assert page.headers["X-Request-ID"] in page.content.decode()


def test_an_error_page_needs_nothing_that_could_fail(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: object) -> dict[str, object]:
        raise RuntimeError("the database is away")

    monkeypatch.setattr("django.template.context_processors.csrf", broken)
    monkeypatch.setattr("django.template.engine.Engine.template_context_processors", (broken,))

    response = client.get("/raise/bug/")

    assert response.status_code == 500
    assert response.headers["X-Request-ID"] in response.content.decode()


def test_a_stale_form_is_told_to_reload() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/i18n/setlang/", {"language": "en"})

    assert response.status_code == 403
    assert not AuditEvent.objects.exists()


def test_a_refusal_is_kept_in_the_trail(client: Client) -> None:
    client.get("/raise/not-allowed/")
    client.get("/api/v1/raise/not-allowed/")

    denials = AuditEvent.objects.filter(action="access.denied")
    assert [event.object_name for event in denials.order_by("pk")] == [
        "GET /raise/not-allowed/",
        "GET /api/v1/raise/not-allowed/",
    ]


def test_the_policy_is_strict_on_every_answer(client: Client) -> None:
    for path in ("/healthz", "/nowhere/", "/raise/bug/", "/api/v1/nowhere/"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
