"""What every test gets: servers, a database, no network."""

from __future__ import annotations

import fcntl
import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django_structlog.middlewares import request as requests_logged
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker
from pytest_socket import socket_allow_hosts

from config import translations
from config.embedded import throwaway
from tests import kept

_servers = ExitStack()

# Each run tries the same examples, however slow the machine is: nothing fails by chance what others pass. What a test
# with examples gets from its fixtures stands for all of them: it must hold whatever an earlier one left behind.
hypothesis_settings.register_profile(
    "suite",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, in the process that starts the workers."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    for domain in translations.domains(settings.BASE_DIR, settings.OUR_APPS):
        translations.compile_domain(domain)
    if "REDIS_URL" not in os.environ or "DATABASE_URL" not in os.environ:
        _servers.enter_context(throwaway.running_servers(postgres="DATABASE_URL" not in os.environ))


def pytest_unconfigure(config: pytest.Config) -> None:
    _servers.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test that uses a database use both, the row store's too: mistakes across them then show.

    Those without one come first: among them are the longest, which start processes of their own and wait for them.
    """
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "transactional_db" in names:
            item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "store"]))
        elif "db" in names and item.get_closest_marker("django_db") is None:
            item.add_marker(pytest.mark.django_db(databases=["default", "store"]))
    items.sort(key=lambda item: item.get_closest_marker("django_db") is not None)


def pytest_collection_finish() -> None:
    """Keep the collector of cycles away from what stays until the end, the product and thousands of tests.

    It would walk through all of that again and again: one part in 25 of a run went there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let tests talk to this machine only; let nothing kept stand beneath those that commit."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    if any(marker.kwargs.get("transaction") for marker in item.iter_markers("django_db")):
        kept.take_back()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Migrate once per run, however many workers there are: each copies the result."""
    if "DATABASE_URL" in os.environ:
        return
    with django_db_blocker.unblock(), (throwaway.folder() / "template.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if lock.tell() == 0:
            call_command("migrate", verbosity=0, interactive=False)
            connection.close()
            lock.write("migrated")
    connection.settings_dict["TEST"]["TEMPLATE"] = throwaway.DATABASE


class _Lettered(UUID):
    """The number of a call, in letters alone: by chance its digits were now and then a code that a row holds."""

    def __str__(self) -> str:
        return super().__str__().translate(str.maketrans("0123456789", "abcdefabcd"))


@pytest.fixture(scope="session", autouse=True)
def _numbers_of_calls() -> Iterator[None]:
    """Let what a page says never hold by chance what a test looks for in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests_logged, "uuid", SimpleNamespace(UUID=UUID, uuid4=lambda: _Lettered(int=uuid4().int)))
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    for cache in caches.all():
        cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests that commit empty the tables behind them; ``tests/audit`` shows the guard itself at work."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE tgname = %s",
            ["audit_no_truncate"],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER audit_no_truncate')
