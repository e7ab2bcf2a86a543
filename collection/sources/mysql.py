"""MySQL and MariaDB as a source: PyMySQL signs in over a socket that is connected already."""

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pymysql
from pymysql import converters
from pymysql.constants import FIELD_TYPE

from collection.outgoing import OutgoingFailed, Permanent, Transient
from collection.sources.engines import Engine, over_socket
from collection.sources.settings import SqlSettings

_WRONG_LOGIN = {1045, 1130, 1251, 1698, 2049, 2059, 3118, 3159}
_NO_DATABASE = {1044, 1049}
_NO_RIGHT = {1142, 1143, 1227, 1370}
_FOR_NOW = {1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 2003, 2006, 2013, 2014, 2055}
_TLS_FAILED = 2026


def _moment_or_none(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read MySQL's zero date, its mark for "no date", as no value."""
    return lambda told: None if told.startswith("0000-00-00") else convert(told)


_VALUES = converters.conversions | {
    FIELD_TYPE.DATE: _moment_or_none(converters.convert_date),
    FIELD_TYPE.DATETIME: _moment_or_none(converters.convert_datetime),
    FIELD_TYPE.TIMESTAMP: _moment_or_none(converters.convert_datetime),
    # A time of day, or a span: as it is written there.
    FIELD_TYPE.TIME: str,
}


def _sign_in(
    sock: socket.socket, settings: SqlSettings, secret: str, seconds: float
) -> "pymysql.connections.Connection[Any]":
    host, port = settings.endpoint
    patience = max(1, round(seconds))
    connection: pymysql.connections.Connection[Any] = pymysql.connect(
        host=host,
        port=port,
        user=settings.username,
        password=secret,
        database=settings.database,
        charset="utf8mb4",
        read_timeout=patience,
        write_timeout=patience,
        ssl=_tls_of(settings),
        ssl_disabled=not settings.is_encrypted,
        init_command="SET SESSION TRANSACTION READ ONLY",
        conv=_VALUES,
        defer_connect=True,
    )
    connection.connect(sock)
    return connection


def _tls_of(settings: SqlSettings) -> ssl.SSLContext | None:
    if not settings.is_encrypted:
        return None
    context = ssl.create_default_context()
    if settings.tls == "encrypt":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _failure(host: str, error: BaseException | None) -> OutgoingFailed:
    """Tell errors apart by their number; their texts may hold data."""
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ssl.SSLError):
        return Permanent("database_tls", host=host)
    if isinstance(cause, TimeoutError):
        return Transient("timed_out", host=host)
    if isinstance(cause, OSError):
        return Transient("cut_short", host=host)
    number = error.args[0] if error is not None and error.args else None
    for numbers, code in ((_WRONG_LOGIN, "refused"), (_NO_DATABASE, "unknown"), (_NO_RIGHT, "forbidden")):
        if number in numbers:
            return Permanent(f"database_{code}", host=host)
    if number == _TLS_FAILED:
        return Permanent("database_tls", host=host)
    if number in _FOR_NOW:
        return Transient("database_busy", host=host)
    return Permanent("query_failed", host=host, number=number if isinstance(number, int) else "-")


def _cancel(connection: "pymysql.connections.Connection[Any]", again: Callable[[], Any]) -> None:
    """End the statement from a second connection, which alone can; where none comes about, cut the first off."""
    try:
        with again() as second, second.cursor() as cursor:
            cursor.execute(f"KILL QUERY {int(connection.thread_id())}")
    except (pymysql.Error, OSError, OutgoingFailed):
        connection._sock.shutdown(socket.SHUT_RDWR)


ENGINE = Engine(
    label="MySQL / MariaDB",
    port=3306,
    dialect="mysql+pymysql",
    error=pymysql.Error,
    connect=over_socket(_sign_in),
    failure=_failure,
    cancel=_cancel,
)
