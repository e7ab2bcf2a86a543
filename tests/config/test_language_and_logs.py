"""The language of answers, and what stays out of the logs."""

import logging
import re

import pytest
import structlog
from django.test import Client

from config.logs import hide_secrets, logging_config
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "headers", "cookie", "language"),
    [
        ("/nowhere/", {}, "", "zh-hans"),
        ("/nowhere/", {"Accept-Language": "en"}, "", "zh-hans"),
        ("/nowhere/", {"Accept-Language": "en"}, "zh-hant", "zh-hant"),
        ("/nowhere/", {}, "tlh", "zh-hans"),
        ("/api/v1/nowhere/", {"Accept-Language": "en-GB,en"}, "", "en"),
        ("/api/v1/nowhere/", {"Accept-Language": "zh-TW"}, "", "zh-hant"),
        ("/api/v1/nowhere/", {}, "", "zh-hans"),
    ],
)
def test_language_of_an_answer(client: Client, path: str, headers: dict[str, str], cookie: str, language: str) -> None:
    if cookie:
        client.cookies["django_language"] = cookie

    assert client.get(path, headers=headers).headers["Content-Language"] == language


def test_what_a_page_asks_the_api_for_speaks_the_language_of_the_page(client: Client) -> None:
    client.force_login(UserFactory())
    answer = client.get("/api/v1/nowhere/", headers={"Accept-Language": "en"})
    assert answer.headers["Content-Language"] == "zh-hans"


def test_language_can_be_switched_on_any_page(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "en", "next": "/nowhere/"})

    assert client.get("/nowhere/").headers["Content-Language"] == "en"


def test_secrets_do_not_reach_the_log() -> None:
    event = hide_secrets(None, "info", {"event": "x", "password": "p", "client_secret": "s", "Authorization": "b"})

    assert event == {"event": "x", "password": "[hidden]", "client_secret": "[hidden]", "Authorization": "[hidden]"}


def test_the_log_of_a_request_has_its_id_but_not_its_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    response = client.get("/nowhere/?q=990000199001011234")

    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [line["event"] for line in lines] == ["request_finished"]
    assert lines[0]["request"] == "GET /nowhere/"
    assert lines[0]["request_id"] == response.headers["X-Request-ID"]
    assert "990000199001011234" not in str(lines)
    assert structlog.contextvars.get_contextvars() == {}


def test_production_logs_are_json() -> None:
    formatter = logging_config(json=True)["formatters"]["structured"]
    logging_config(json=False)

    assert type(formatter["processors"][-1]).__name__ == "JSONRenderer"


def test_the_page_of_the_api_fits_the_policy(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()

    assert "<style" not in page
    assert re.findall(r"<script(?! src=)", page) == []
    assert "//" not in re.sub(r"<!--.*?-->", "", page).replace("</", "")
