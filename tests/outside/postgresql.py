"""A PostgreSQL of a test's own, which may be killed."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connections

from config import env
from config.embedded.postgres import PostgresServer, binaries_folder


@contextmanager
def own_postgresql() -> Iterator[PostgresServer]:
    """Start a server that keeps what it committed, as the one of ``make run`` does."""
    folder = Path(tempfile.mkdtemp(prefix="catalog-killed-"))
    server = PostgresServer(folder / "postgres", folder / "sockets", admin_password="own")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def copied_to(server: PostgresServer) -> Iterator[dict[str, str]]:
    """Copy the databases of the test to a server of their own, and use them there."""
    urls = {}
    for alias in ("default", "store"):
        values = connections[alias].get_connection_params()
        source = psycopg.conninfo.make_conninfo(
            **{name: values[name] for name in ("dbname", "user", "password", "host", "port") if values.get(name)}
        )
        name = f"own_{alias}"
        server.ensure_database(name, owner="own", owner_password="own", role="own", role_password="own")
        urls[alias] = server.url("own", "own", name)
        dump = subprocess.Popen(
            [binaries_folder() / "pg_dump", "--format=custom", "--no-owner", "--no-acl", "--dbname", source],
            stdout=subprocess.PIPE,
        )
        target = f"host={server.sockets} user=postgres password={server.admin_password} dbname={name}"
        subprocess.run(
            [binaries_folder() / "pg_restore", "--no-owner", "--role=own", "--dbname", target],
            stdin=dump.stdout, check=True,
        )  # fmt: skip
        assert dump.wait() == 0
    kept = {alias: dict(connections.settings[alias]) for alias in urls}
    connections.close_all()
    for alias, config in env.databases(urls["default"], urls["store"]).items():
        connections.settings[alias].update(
            {name: config.get(name, "") for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
        )
    try:
        yield {"DATABASE_URL": urls["default"], "STORE_DATABASE_URL": urls["store"]}
    finally:
        connections.close_all()
        for alias, settings in kept.items():
            connections.settings[alias].update(settings)


def killed(server: PostgresServer) -> None:
    """Kill the server with every process of it, and start it again."""
    kill(server)
    started_again(server)


def kill(server: PostgresServer) -> None:
    assert server.process is not None
    os.killpg(server.process.pid, signal.SIGKILL)


def started_again(server: PostgresServer) -> None:
    assert server.process is not None
    server.process.wait()
    connections.close_all()
    server.start()
