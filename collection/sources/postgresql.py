"""PostgreSQL, and what speaks its protocol, as a source: libpq connects to the address that was checked."""

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads

from collection.outgoing import Access, OutgoingFailed, Permanent, Transient
from collection.outgoing.timed import Deadline
from collection.sources.endpoint import addresses_allowed
from collection.sources.engines import CANCEL_SECONDS, Engine
from collection.sources.settings import SqlSettings

_ENVIRONMENT = threading.Lock()
_TLS = {"verify": "verify-full", "encrypt": "require", "off": "disable"}

_WRONG_LOGIN = "28"
_NO_DATABASE = "3D"
_NO_RIGHT = "42501"
"""SQLSTATE, and classes of them, that no repetition mends."""
_FOR_NOW = ("08", "40", "53", "55", "57", "58", "XX")
_REFUSED_IN_WORDS = ("authentication failed", "role ", "pg_hba.conf", "认证失败", "角色")
_UNKNOWN_IN_WORDS = ("database ", "数据库")
_MISSING_IN_WORDS = ("does not exist", "不存在", "permission denied", "权限不够")


def _connect(settings: SqlSettings, secret: str, access: Access, deadline: Deadline) -> psycopg.Connection[Any]:
    """Connect to a checked address; no password, certificate or way of this machine's own environment is used."""
    host, port = settings.endpoint
    failed: OutgoingFailed = Transient("unreachable", host=host, port=port)
    for address in addresses_allowed(host, port, access, deadline):
        try:
            with _without_service():
                connection = psycopg.connect(
                    host=host,
                    hostaddr=address,
                    port=port,
                    user=settings.username,
                    password=secret,
                    dbname=settings.database,
                    passfile="/dev/null",
                    sslmode=_TLS[settings.tls],
                    sslrootcert=(ssl.get_default_verify_paths().cafile or "system") if settings.tls == "verify" else "",
                    sslcertmode="disable",
                    channel_binding="prefer",
                    target_session_attrs="any",
                    gssencmode="disable",
                    require_auth="" if settings.is_encrypted else "!password",
                    connect_timeout=max(2, round(deadline.left(access.limits.connect_seconds))),
                    client_encoding="utf8",
                    keepalives_idle=30,
                    keepalives_interval=10,
                    keepalives_count=3,
                    tcp_user_timeout=round(access.limits.read_seconds * 1000),
                    options=f"-c statement_timeout={round(max(deadline.seconds, 1) * 1000)}"
                    " -c default_transaction_read_only=on -c timezone=UTC",
                )
        except psycopg.Error as error:
            failed = _refusal_of(settings, error)
            continue
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        set_json_loads(_as_text, connection)
        return connection
    raise failed


@contextmanager
def _without_service() -> Iterator[None]:
    """Hide ``PGSERVICE`` from libpq: no parameter overrides it, and its file would fill in whatever is not given."""
    with _ENVIRONMENT:
        held = os.environ.pop("PGSERVICE", None)
        try:
            yield
        finally:
            if held is not None:
                os.environ["PGSERVICE"] = held


def _as_text(data: str | bytes) -> str:
    return data.decode() if isinstance(data, bytes) else data


def _refusal_of(settings: SqlSettings, error: psycopg.Error) -> OutgoingFailed:
    """Tell a refused sign-in from a server that cannot be reached: before a session there is no SQLSTATE to go by."""
    host, port = settings.endpoint
    said = str(error)
    if "SSL" in said or "certificate" in said:
        return Permanent("database_tls", host=host)
    if any(words in said for words in _REFUSED_IN_WORDS):
        return Permanent("database_refused", host=host)
    if any(words in said for words in _UNKNOWN_IN_WORDS) and any(words in said for words in _MISSING_IN_WORDS):
        return Permanent("database_unknown", host=host)
    if "FATAL" in said or "致命错误" in said:
        return Transient("database_busy", host=host)
    return Transient("unreachable", host=host, port=port)


def _failure(host: str, error: BaseException | None) -> OutgoingFailed:
    """Tell errors apart by their number; their texts may hold data."""
    state = getattr(error, "sqlstate", None) or ""
    if state == "57014":
        return Transient("timed_out", host=host)
    for told, code in ((_WRONG_LOGIN, "refused"), (_NO_DATABASE, "unknown"), (_NO_RIGHT, "forbidden")):
        if state.startswith(told):
            return Permanent(f"database_{code}", host=host)
    if state.startswith(_FOR_NOW):
        return Transient("database_busy", host=host)
    if not state:
        is_value = isinstance(error, psycopg.DataError)
        return Permanent("unreadable_value", host=host) if is_value else Transient("cut_short", host=host)
    return Permanent("query_failed", host=host, number=state)


def _cancel(connection: psycopg.Connection[Any], _again: Callable[[], Any]) -> None:
    """Ask the server to end the statement: at the address, and with the encryption, of the connection itself."""
    connection.cancel_safe(timeout=CANCEL_SECONDS)


ENGINE = Engine(
    label="PostgreSQL",
    port=5432,
    dialect="postgresql+psycopg",
    error=psycopg.Error,
    connect=_connect,
    failure=_failure,
    cancel=_cancel,
)
