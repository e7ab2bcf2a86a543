"""Servers for one test run: nothing outlives it, and no care is taken for crashes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from config.embedded import processes
from config.embedded.postgres import PostgresServer
from config.embedded.redis import RedisServer

ROLE = "tester"
DATABASE = "catalog"
_PASSWORD = "tester"  # noqa: S105 - the socket's folder is what keeps others out
_PREFIX = "catalog-test"
_VARIABLE = "CATALOG_TEST_FOLDER"


def folder() -> Path:
    """Return the folder of this run; every process that the run starts inherits it."""
    default = str(processes.own_folder(_PREFIX))
    return Path(os.environ.setdefault(_VARIABLE, default))


def database_url() -> str:
    return _postgres().url(ROLE, _PASSWORD, DATABASE)


def redis_url() -> str:
    return f"unix://{_redis().socket}"


@contextmanager
def running_servers(*, postgres: bool = True) -> Iterator[None]:
    """Run PostgreSQL and Redis in the folder of this run, and remove it at the end."""
    processes.remove_folders_of_the_dead(_PREFIX)
    root = folder()
    root.mkdir(mode=0o700, parents=True)
    server, broker = _postgres(), _redis()
    try:
        broker.start()
        if postgres:
            server.start()
            server.ensure_database(DATABASE, owner=ROLE, owner_password=_PASSWORD, role=ROLE, role_password=_PASSWORD)
            with server.connect_as_admin() as connection:
                connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(ROLE)))
        yield
    finally:
        server.stop()
        broker.stop()
        shutil.rmtree(root, ignore_errors=True)


def _postgres() -> PostgresServer:
    return PostgresServer(folder() / "postgres", folder() / "sockets", admin_password=_PASSWORD, throwaway=True)


def _redis() -> RedisServer:
    return RedisServer(folder() / "sockets")
