"""A table, or one SELECT, of a foreign database: read row by row in one read-only transaction, one line of JSON each.

SQLAlchemy speaks to the drivers, and the drivers connect where we say: psycopg to the address that was checked,
PyMySQL over a socket that is connected already.
"""

import base64
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
from psycopg.types.json import set_json_loads
from pymysql import converters
from pymysql.constants import FIELD_TYPE
from sqlalchemy import Connection, CursorResult, create_engine, select, table, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import quoted_name

from collection.outgoing import Access, OutgoingFailed, Permanent, Transient
from collection.outgoing.fetching import Sink
from collection.outgoing.timed import Deadline
from collection.sources.endpoint import addresses_allowed, connected, told_apart
from collection.sources.order import Brought, Order, Progress
from collection.sources.settings import SqlSettings

BATCH_ROWS = 2000
_ENVIRONMENT = threading.Lock()
_DIALECTS = {"postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://"}
_POSTGRES_TLS = {"verify": "verify-full", "encrypt": "require", "off": "disable"}

_WRONG_LOGIN = "28"
_NO_DATABASE = "3D"
_NO_RIGHT = "42501"
"""SQLSTATE, and classes of them, that no repetition mends."""
_FOR_NOW = ("08", "40", "53", "55", "57", "58", "XX")
_MYSQL_WRONG_LOGIN = {1045, 1130, 1251, 1698, 2049, 2059, 3118, 3159}
_MYSQL_NO_DATABASE = {1044, 1049}
_MYSQL_NO_RIGHT = {1142, 1143, 1227, 1370}
_MYSQL_FOR_NOW = {1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 2003, 2006, 2013, 2014, 2055}
_REFUSED_IN_WORDS = ("authentication failed", "role ", "pg_hba.conf", "认证失败", "角色")
_UNKNOWN_IN_WORDS = ("database ", "数据库")
_MISSING_IN_WORDS = ("does not exist", "不存在", "permission denied", "权限不够")


def bring(order: Order, into: Sink, on_progress: Progress) -> Brought:
    """Write the rows; numbers digit by digit, moments in ISO 8601, bytes in Base64, JSON as text."""
    deadline = Deadline(order.access.limits.total_seconds)
    count = size = 0
    with _rows(order, deadline) as (names, batches):
        heads = [f"{json.dumps(name, ensure_ascii=False)}: " for name in names]
        for rows in batches:
            lines = "".join(_line(heads, row) for row in rows).encode()
            size += len(lines)
            if size > order.access.limits.max_bytes:
                raise Permanent("too_large", host=order.settings.endpoint[0], limit=order.access.limits.max_bytes)
            into.write(lines)
            count += len(rows)
            on_progress(count, None)
            deadline.left(1)
    return Brought("ndjson", records=count)


def probe(order: Order) -> None:
    """Begin to read."""
    with _rows(order, Deadline(order.access.limits.total_seconds), most=1) as (_names, batches):
        next(batches, None)


@contextmanager
def _rows(
    order: Order, deadline: Deadline, most: int = BATCH_ROWS
) -> Iterator[tuple[list[str], Iterator[Sequence[Any]]]]:
    """Give the names of the columns and the rows in batches while the block runs.

    Raises:
        NotListed, Transient, Permanent: see ``collection.outgoing.failures``; no text of a database is repeated.
    """
    settings: SqlSettings = order.settings
    host, _port = settings.endpoint
    engine = create_engine(
        _DIALECTS[settings.engine],
        creator=lambda: _connect(order, deadline),
        poolclass=NullPool,
        hide_parameters=True,
    )
    with ExitStack() as stack:
        with _told(settings):
            connection = engine.connect()
            stack.callback(_leave, connection)
            options = {"stream_results": True, "max_row_buffer": most, "no_parameters": True}
            result = connection.execution_options(**options).exec_driver_sql(_statement(settings, connection))
            names = [str(name) for name in result.keys()]  # noqa: SIM118  no mapping
        if len(set(names)) < len(names):
            raise Permanent("columns_twice", host=host)
        yield names, _batches(result, most, settings)


def _batches(result: CursorResult[Any], most: int, settings: SqlSettings) -> Iterator[Sequence[Any]]:
    batches = iter(result.partitions(most))
    while True:
        with _told(settings):
            rows = next(batches, None)
        if rows is None:
            return
        yield rows


def _leave(connection: Connection) -> None:
    """Hang up without asking for the rows that were not read."""
    with suppress(SQLAlchemyError, psycopg.Error, pymysql.Error, OSError):
        connection.invalidate()
        connection.close()


@contextmanager
def _told(settings: SqlSettings) -> Iterator[None]:
    """Turn what a driver raises into a failure of ours."""
    host, port = settings.endpoint
    failure: OutgoingFailed
    try:
        with told_apart(host, port):
            yield
        return
    except DBAPIError as error:
        failure = _failure_of(host, error.orig)
    except (psycopg.Error, pymysql.Error) as error:
        failure = _failure_of(host, error)
    except SQLAlchemyError:
        failure = Permanent("query_failed", host=host, number="-")
    raise failure from None


def _statement(settings: SqlSettings, connection: Connection) -> str:
    if settings.query:
        return settings.query.rstrip(";")
    schema = quoted_name(settings.table_schema, quote=True) if settings.table_schema else None
    source = table(quoted_name(settings.table, quote=True), schema=schema)
    return str(select(text("*")).select_from(source).compile(dialect=connection.dialect))


def _moment_or_none(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read MySQL's zero date, its mark for "no date", as no value."""
    return lambda told: None if told.startswith("0000-00-00") else convert(told)


_MYSQL_VALUES = converters.conversions | {
    FIELD_TYPE.DATE: _moment_or_none(converters.convert_date),
    FIELD_TYPE.DATETIME: _moment_or_none(converters.convert_datetime),
    FIELD_TYPE.TIMESTAMP: _moment_or_none(converters.convert_datetime),
    # A time of day, or a span: as it is written there.
    FIELD_TYPE.TIME: str,
}

# --- Connections ------------------------------------------------------------------------------------------------------


def _connect(order: Order, deadline: Deadline) -> Any:
    settings: SqlSettings = order.settings
    if not order.secret:
        raise Permanent("no_credential")
    if settings.engine == "mysql":
        return _connect_mysql(settings, order.secret, order.access, deadline)
    return _connect_postgres(settings, order.secret, order.access, deadline)


def _connect_postgres(
    settings: SqlSettings, secret: str, access: Access, deadline: Deadline
) -> psycopg.Connection[Any]:
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
                    sslmode=_POSTGRES_TLS[settings.tls],
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


def _connect_mysql(
    settings: SqlSettings, secret: str, access: Access, deadline: Deadline
) -> "pymysql.connections.Connection[Any]":
    """Sign in over a socket that is connected to a checked address."""
    host, port = settings.endpoint
    seconds = max(1, round(deadline.seconds))
    connection: pymysql.connections.Connection[Any] = pymysql.connect(
        host=host,
        port=port,
        user=settings.username,
        password=secret,
        database=settings.database,
        charset="utf8mb4",
        read_timeout=seconds,
        write_timeout=seconds,
        ssl=_mysql_tls(settings),
        ssl_disabled=not settings.is_encrypted,
        init_command="SET SESSION TRANSACTION READ ONLY",
        conv=_MYSQL_VALUES,
        defer_connect=True,
    )
    sock = connected(host, port, access, deadline)
    sock.settimeout(None)
    try:
        connection.connect(sock)
    except BaseException:
        sock.close()
        raise
    return connection


def _mysql_tls(settings: SqlSettings) -> ssl.SSLContext | None:
    if not settings.is_encrypted:
        return None
    context = ssl.create_default_context()
    if settings.tls == "encrypt":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _failure_of(host: str, error: BaseException | None) -> OutgoingFailed:
    """Turn a driver's error into ours by its number; its text may hold data."""
    if isinstance(error, psycopg.Error):
        state = error.sqlstate or ""
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
    number = error.args[0] if error is not None and error.args else None
    for numbers, code in (
        (_MYSQL_WRONG_LOGIN, "refused"), (_MYSQL_NO_DATABASE, "unknown"), (_MYSQL_NO_RIGHT, "forbidden")
    ):  # fmt: skip
        if number in numbers:
            return Permanent(f"database_{code}", host=host)
    if number == 2026:
        return Permanent("database_tls", host=host)
    if number in _MYSQL_FOR_NOW:
        return Transient("database_busy", host=host)
    return Permanent("query_failed", host=host, number=number if isinstance(number, int) else "-")


# --- Values -----------------------------------------------------------------------------------------------------------


def _line(heads: Sequence[str], row: Sequence[Any]) -> str:
    members = ", ".join(head + json_of(value) for head, value in zip(heads, row, strict=True))
    return f"{{{members}}}\n"


def json_of(value: Any) -> str:
    """Return a value as JSON, without losing a digit; what JSON has no form for becomes a text."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case float() if value - value == 0:
            return repr(value)
        case datetime() | date() | time():
            return f'"{value.isoformat()}"'
        case bytes() | bytearray() | memoryview():
            return f'"{base64.b64encode(bytes(value)).decode()}"'
        case list() | tuple():
            return json.dumps("[" + ", ".join(json_of(one) for one in value) + "]", ensure_ascii=False)
    return json.dumps(str(value), ensure_ascii=False)
