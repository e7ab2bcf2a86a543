"""The whole product in a real browser, on the demo city."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from tests.browser import database
from tests.browser.visitor import ARGUMENTS, DESK, Visitor, chromium_path

Open = Callable[..., Visitor]

# A machine that runs other tests beside these may take its time.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this process."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install one, or name it in CHROMIUM")
    # Playwright's loop runs in this thread; the tests use the database beside it, never inside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture(scope="session")
def city(
    django_db_setup: None, django_db_keepdb: bool, django_db_createdb: bool, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The name of a database with the demo city in it, made once; ``--reuse-db`` keeps it for the next run."""
    with django_db_blocker.unblock():
        empty = database.name_in_use()
        name = f"{empty}_city"
        keep = django_db_keepdb and not django_db_createdb
        if keep and database.exists(name):
            with database.in_use(name):
                call_command("migrate", verbosity=0, interactive=False)
        else:
            database.copy(empty, name)
            with database.in_use(name):
                database.city_load()
    yield name
    if not keep:
        with django_db_blocker.unblock():
            database.drop(name)


@pytest.fixture
def transactional_db(chromium: Browser, city: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo city as it is on its first day, for this test alone: dropped afterwards rather than emptied."""
    with (
        django_db_blocker.unblock(),
        database.copied(city, f"{city}_now") as name,
        database.in_use(name),
    ):
        yield


@pytest.fixture
def open_browser(transactional_db: None, live_server: LiveServer, chromium: Browser) -> Iterator[Open]:
    """Open a window: ``open_browser("cataloguer")`` for a person who is signed in already.

    At the end no page may have met a script error, a refused script or style, another host or an error of the server.
    """
    windows: list[Visitor] = []

    def open_window(
        username: str = "", *, size: dict[str, int] = DESK, language: str = "zh-CN", **options: object
    ) -> Visitor:
        context = chromium.new_context(viewport=size, locale=language, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        if username:
            context.add_cookies([{"name": "sessionid", "value": session_of(username), "url": live_server.url}])
        visitor = Visitor(context, live_server.url)
        windows.append(visitor)
        return visitor

    yield open_window
    problems = [problem for window in windows for problem in window.problems]
    for window in windows:
        window.context.close()
    assert problems == []


def session_of(username: str) -> str:
    """Sign a person in without the form, and return the session's key."""
    client = Client()
    client.force_login(User.objects.get(username=username), backend="accounts.backends.AccountBackend")
    key = client.cookies["sessionid"].value
    assert SessionStore(key).exists(key)
    return key
