"""A database for each browser test: a copy of the demo city, made in a fraction of a second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, connections

from config.demo.datasets import demo_data_load
from config.demo.duties import demo_duties_load, demo_erasures_load
from config.demo.libraries import demo_libraries_load
from config.demo.loading import demo_load
from config.demo.sharing import demo_sharing_load
from config.management.commands.load_reference import reference_load
from core.actors import system_actor
from sharing.selectors import reading
from workflow import outbox_delivery
from workflow.services.reminder import clocks_mark_overdue

LONGEST_WAIT_SECONDS = 60


def _administer(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def name_in_use() -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def in_use(name: str) -> Iterator[None]:
    """Let this process, the live server's threads among it, talk to another database, which is the row store too.

    What is known of a version by its key is forgotten with each change: another database has others by the same keys.
    """
    before = {alias: settings["NAME"] for alias, settings in connections.settings.items()}
    connections.close_all()
    reading._pinned.cache_clear()
    for settings in connections.settings.values():
        settings["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        reading._pinned.cache_clear()
        for alias, settings in connections.settings.items():
            settings["NAME"] = before[alias]


@contextmanager
def copied(source: str, name: str) -> Iterator[str]:
    """Make a copy of a database nobody is connected to, and drop it at the end."""
    copy(source, name)
    try:
        yield name
    finally:
        drop(name)


def copy(source: str, name: str) -> None:
    drop(name)
    _alone_with(source, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


def drop(name: str) -> None:
    connections.close_all()
    _alone_with(name, f'DROP DATABASE IF EXISTS "{name}"')


def _alone_with(name: str, statement: str) -> None:
    """Do what PostgreSQL does to a database only while nobody is connected to it.

    Connections that earlier tests left open are closed; the server's own work in it, an autovacuum say, is waited
    for: WITH (FORCE) would end that too, and only a superuser may.
    """
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        _administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{name}' AND usename = current_user AND pid <> pg_backend_pid()"
        )
        try:
            return _administer(statement)
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def exists(name: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        return bool(cursor.fetchone()[0])


def city_load() -> None:
    """Fill the database in use as `make run` does on its first start, and deliver what that has set off."""
    reference_load()
    demo_load()
    demo_data_load()
    demo_duties_load()
    demo_erasures_load()
    demo_sharing_load()
    demo_libraries_load()
    clocks_mark_overdue(actor=system_actor("clocks"))
    deliver()


def deliver() -> None:
    """Do the worker's part: carry out what the outbox holds."""
    while outbox_delivery.deliver():
        pass
