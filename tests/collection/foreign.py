"""Foreign databases of the tests: the test server behind a TCP port, and one that speaks MySQL."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

PASSWORD = "foreign-7c1e"
LONGEST_WAIT_SECONDS = 60


class Forwarder:
    """A TCP port in front of the server's socket: drivers reach it as they would reach another machine.

    Attributes:
        break_after: bytes of answers after which connections are cut; None for never.
    """

    def __init__(self, target: str | tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self.break_after: int | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                self.connections += 1
                family = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
                server = socket.socket(family, socket.SOCK_STREAM)
                server.connect(self._target)
                threading.Thread(target=self._copy, args=(client, server, None), daemon=True).start()
                threading.Thread(target=self._copy, args=(server, client, self.break_after), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket, most: int | None) -> None:
        done = 0
        with suppress(OSError):
            while piece := source.recv(65536):
                done += len(piece)
                if most is not None and done > most:
                    break
                target.sendall(piece)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class ForeignPostgres:
    """A database of its own on the test server, behind a port."""

    def __init__(self) -> None:
        given = connection.get_connection_params()
        host, port = str(given["host"]), int(given.get("port") or 5432)
        self._server: dict[str, Any] = {
            "host": host,
            "port": port,
            "user": given["user"],
            "password": given["password"],
        }
        self.database = f"foreign_{uuid.uuid4().hex[:12]}"
        with self._connect("postgres") as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
        self.forwarder = Forwarder(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(**self._server, dbname=database, autocommit=True)

    def execute(self, *statements: str) -> None:
        with self._connect(self.database) as server:
            for statement in statements:
                server.execute(statement.encode())

    def busy(self) -> int:
        """Return how many statements of others the server carries out in this database."""
        with self._connect(self.database) as server:
            found = server.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = %s AND state = 'active' AND pid <> pg_backend_pid()",
                [self.database],
            ).fetchone()
        assert found is not None
        return int(found[0])

    def drop(self) -> None:
        """End the connections that are left, and wait for the server's own work in the database, an autovacuum say:
        WITH (FORCE) would end that too, and only a superuser may.
        """
        self.forwarder.close()
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        with self._connect("postgres") as server:
            while True:
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND usename = current_user",
                    [self.database],
                )
                try:
                    server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(self.database)))
                except psycopg.errors.ObjectInUse:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.3)
                else:
                    return

    @property
    def password(self) -> str:
        return str(self._server["password"])

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "engine": "postgresql",
            "host": "127.0.0.1",
            "port": self.forwarder.port,
            "database": self.database,
            "username": str(self._server["user"]),
            "tls": "off",
            **more,
        }


@pytest.fixture
def postgres(db: None) -> Iterator[ForeignPostgres]:
    database = ForeignPostgres()
    try:
        yield database
    finally:
        database.drop()


@contextmanager
def mysql_server(answers: dict[str, tuple[list[tuple[Any, ...]], list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Run a server that speaks MySQL and knows the answers to some queries; yields its port and what it was asked."""
    from mysql_mimic import MysqlServer, Session
    from mysql_mimic.auth import IdentityProvider, NativePasswordAuthPlugin, User

    asked: list[str] = []

    class Answering(Session):
        async def handle_query(self, sql: str, attrs: Any) -> Any:
            asked.append(sql)
            return answers[sql] if sql in answers else await super().handle_query(sql, attrs)

        async def query(self, expression: Any, sql: str, attrs: Any) -> Any:
            return [], []

    class OneUser(IdentityProvider):
        def get_plugins(self) -> list[Any]:
            return [NativePasswordAuthPlugin()]

        async def get_user(self, username: str) -> User | None:
            if username != "reader":
                return None
            return User(
                name=username,
                auth_string=NativePasswordAuthPlugin.create_auth_string(PASSWORD),
                auth_plugin=NativePasswordAuthPlugin.name,
            )

    loop = asyncio.new_event_loop()
    started = threading.Event()
    port: list[int] = []

    async def serve() -> None:
        server = MysqlServer(session_factory=Answering, identity_provider=OneUser())
        await server.start_server(host="127.0.0.1", port=0)
        port.append(server.sockets()[0].getsockname()[1])
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield port[0], asked
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
