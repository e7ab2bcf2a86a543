"""A table, or one SELECT, of a foreign database: read row by row in one read-only transaction, one line of JSON each.

SQLAlchemy speaks to the drivers, and the drivers connect where we say (``collection.sources.engines``).
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import Connection, CursorResult, create_engine, select, table, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import quoted_name

from collection.outgoing import OutgoingFailed, Permanent
from collection.outgoing.fetching import Sink
from collection.outgoing.timed import Deadline
from collection.sources.endpoint import told_apart
from collection.sources.engines import CANCEL_SECONDS, Engine, engine_of
from collection.sources.order import Brought, Order, Progress
from collection.sources.settings import SqlSettings
from core.faults import place_of

LOOK_SECONDS = 1.0
"""How often somebody looks on while the server thinks."""
FIRST_ROWS = 10
BATCH_ROWS = 200
"""No more is asked for at once: rows may suddenly be large."""
ROW_BYTES = 16 * 2**20
WRITE_BYTES = 8 * 2**20
"""No more is put together before it is written and counted, whatever the rows are like."""

log = structlog.get_logger(__name__)


def bring(order: Order, into: Sink, on_progress: Progress) -> Brought:
    """Write the rows; numbers digit by digit, moments in ISO 8601, bytes in Base64, JSON as text."""
    deadline = Deadline(order.access.limits.total_seconds)
    count = size = 0
    host, _port = order.settings.endpoint
    most = FIRST_ROWS
    with _rows(order, deadline, lambda: on_progress(count, None)) as (names, fetch):
        heads = [f"{json.dumps(name, ensure_ascii=False)}: " for name in names]
        while rows := fetch(most):
            before = size
            for lines in _pieces(heads, rows, host):
                size += len(lines)
                if size > order.access.limits.max_bytes:
                    raise Permanent("too_large", host=host, limit=order.access.limits.max_bytes)
                into.write(lines)
            count += len(rows)
            most = max(1, min(BATCH_ROWS, WRITE_BYTES * len(rows) // (size - before)))
            on_progress(count, None)
            with _told(order.settings):
                deadline.left(1)
    return Brought("ndjson", records=count)


def probe(order: Order) -> None:
    """Begin to read."""
    with _rows(order, Deadline(order.access.limits.total_seconds)) as (_names, fetch):
        fetch(1)


@contextmanager
def _rows(
    order: Order, deadline: Deadline, look: Callable[[], None] | None = None
) -> Iterator[tuple[list[str], Callable[[int], Sequence[Any]]]]:
    """Give the names of the columns, and how to fetch so many rows, while the block runs.

    Args:
        look: called again and again while the server thinks; what it raises ends the statement there.

    Raises:
        NotListed, Transient, Permanent: see ``collection.outgoing.failures``; no text of a database is repeated.
    """
    settings: SqlSettings = order.settings
    host, _port = settings.endpoint
    system = engine_of(settings.engine)
    with ExitStack() as stack:
        with _told(settings):
            engine = create_engine(
                f"{system.dialect}://",
                creator=lambda: _connect(system, order, deadline),
                poolclass=NullPool,
                hide_parameters=True,
            )
            connection = engine.connect()
            stack.callback(_leave, connection, system)
        options = {"stream_results": True, "max_row_buffer": 1, "no_parameters": True}
        connection = connection.execution_options(**options)
        watched = stack.enter_context(_watched(connection, order, look))
        result = watched(lambda: _begin(connection, settings))
        names = [str(name) for name in result.keys()]  # noqa: SIM118  no mapping
        if len(set(names)) < len(names):
            raise Permanent("columns_twice", host=host)
        yield names, lambda most: watched(lambda: _fetch(result, most, settings))


def _begin(connection: Connection, settings: SqlSettings) -> CursorResult[Any]:
    with _told(settings):
        return connection.exec_driver_sql(_statement(settings, connection))


def _fetch(result: CursorResult[Any], most: int, settings: SqlSettings) -> Sequence[Any]:
    with _told(settings):
        return result.fetchmany(most)


@contextmanager
def _watched(
    connection: Connection, order: Order, look: Callable[[], None] | None
) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Give how to take a step that may last while somebody looks on: in a thread beside the one that looks.

    Where looking raises, the statement is ended on the server, and the step with it.
    """
    system = engine_of(order.settings.engine)
    if look is None or system.cancel is None:
        yield lambda step: step()
        return
    beside = ThreadPoolExecutor(1, thread_name_prefix="source")

    def take(step: Callable[[], Any]) -> Any:
        taken = beside.submit(step)
        try:
            while not wait([taken], LOOK_SECONDS).done:
                look()
        except BaseException:
            _cancel(connection, order, system)
            wait([taken], CANCEL_SECONDS)
            raise
        return taken.result()

    try:
        yield take
    finally:
        beside.shutdown(wait=False)  # a server that does not end the step loses the connection next


def _cancel(connection: Connection, order: Order, system: Engine) -> None:
    assert system.cancel is not None  # noqa: S101  only such a step is watched
    deadline = Deadline(CANCEL_SECONDS)
    try:
        system.cancel(connection.connection.dbapi_connection, lambda: _connect(system, order, deadline))
    except (SQLAlchemyError, system.error, OSError, OutgoingFailed) as error:
        # Among these that the step itself has lost the connection meanwhile: there is nothing to end then.
        log.warning("source_statement_not_cancelled", system=order.settings.engine, error=type(error).__name__)


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
    except OutgoingFailed:
        raise
    except Exception as error:  # a driver's other errors may hold the credential in their frames and texts
        log.error("database_driver_failed", system=settings.engine, **place_of(error))
        failure = Permanent("driver_failed", host=host)
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


def _pieces(heads: Sequence[str], rows: Sequence[Any], host: str) -> Iterator[bytes]:
    """Give rows as lines, no more at once than are held together.

    Raises:
        Permanent: row_too_large.
    """
    held = bytearray()
    for row in rows:
        line = _line(heads, row).encode()
        if len(line) > ROW_BYTES:
            raise Permanent("row_too_large", host=host, limit=ROW_BYTES)
        held += line
        if len(held) >= WRITE_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


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
