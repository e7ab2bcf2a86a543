"""A table, or one SELECT, of a foreign database: read row by row in one read-only transaction, one line of JSON each.

SQLAlchemy speaks to the drivers, and the drivers connect where we say (``collection.sources.engines``).
"""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, CursorResult, create_engine, select, table, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import quoted_name

from collection.outgoing import OutgoingFailed, Permanent
from collection.outgoing.fetching import Sink
from collection.outgoing.timed import Deadline
from collection.sources.endpoint import told_apart
from collection.sources.engines import Engine, engine_of
from collection.sources.order import Brought, Order, Progress
from collection.sources.settings import SqlSettings

BATCH_ROWS = 2000


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
            with _told(order.settings):
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
    system = engine_of(settings.engine)
    engine = create_engine(
        f"{system.dialect}://",
        creator=lambda: _connect(system, order, deadline),
        poolclass=NullPool,
        hide_parameters=True,
    )
    with ExitStack() as stack:
        with _told(settings):
            connection = engine.connect()
            stack.callback(_leave, connection, system)
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


def _leave(connection: Connection, system: Engine) -> None:
    """Hang up without asking for the rows that were not read."""
    with suppress(SQLAlchemyError, system.error, OSError):
        connection.invalidate()
        connection.close()


@contextmanager
def _told(settings: SqlSettings) -> Iterator[None]:
    """Turn what a driver raises into a failure of ours."""
    host, port = settings.endpoint
    system = engine_of(settings.engine)
    failure: OutgoingFailed
    try:
        with told_apart(host, port):
            yield
        return
    except DBAPIError as error:
        failure = system.failure(host, error.orig)
    except system.error as error:
        failure = system.failure(host, error)
    except SQLAlchemyError:
        failure = Permanent("query_failed", host=host, number="-")
    raise failure from None


def _statement(settings: SqlSettings, connection: Connection) -> str:
    if settings.query:
        return settings.query.rstrip(";")
    schema = quoted_name(settings.table_schema, quote=True) if settings.table_schema else None
    source = table(quoted_name(settings.table, quote=True), schema=schema)
    return str(select(text("*")).select_from(source).compile(dialect=connection.dialect))


def _connect(system: Engine, order: Order, deadline: Deadline) -> Any:
    if not order.secret:
        raise Permanent("no_credential")
    return system.connect(order.settings, order.secret, order.access, deadline)


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
