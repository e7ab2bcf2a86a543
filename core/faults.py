"""Where an error of ours happened, for the log."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError

log = structlog.get_logger(__name__)

FRAMES = 6


def place_of(error: BaseException) -> dict[str, Any]:
    """Return what kind of error it was and where, without a value: messages of the database hold cells of rows."""
    return {
        "error": type(error).__name__,
        "sqlstate": getattr(error.__cause__, "sqlstate", None),
        "place": "".join(traceback.format_tb(error.__traceback__)[-FRAMES:]),
    }


def said_by(error: BaseException) -> str:
    """Return an error in a line that people may read: of one of the database its kind alone."""
    if not _is_of_database(error):
        return f"{type(error).__name__}: {error}"
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return f"{type(error).__name__} {state}" if state else type(error).__name__


def tells_cells(error: BaseException | None) -> bool:
    """Say whether an error, or one that it came of, is the database's: where the chain is written out, its message,
    which holds cells of rows, is written with it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        if _is_of_database(one):
            return True
        seen.add(id(one))
        waiting += [one.__cause__, None if one.__suppress_context__ else one.__context__]
    return False


def _is_of_database(error: BaseException) -> bool:
    return isinstance(error, DatabaseError | psycopg.Error)


@contextmanager
def held_apart(event: str, **named: Any) -> Iterator[None]:
    """Log what goes wrong, and go on: one of many that cannot be done keeps the others from nothing.

    Only outside a transaction: a database error would leave it unusable.
    """
    try:
        yield
    except Exception as error:
        log.error(event, **named, **place_of(error))
