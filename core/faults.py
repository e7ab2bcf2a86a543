"""Where an error of ours happened, for the log."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

log = structlog.get_logger(__name__)

FRAMES = 6


def place_of(error: BaseException) -> dict[str, Any]:
    """Return what kind of error it was and where, without a value: messages of the database hold cells of rows."""
    return {
        "error": type(error).__name__,
        "sqlstate": getattr(error.__cause__, "sqlstate", None),
        "place": "".join(traceback.format_tb(error.__traceback__)[-FRAMES:]),
    }


@contextmanager
def held_apart(event: str, **named: Any) -> Iterator[None]:
    """Log what goes wrong, and go on: one of many that cannot be done keeps the others from nothing.

    Only outside a transaction: a database error would leave it unusable.
    """
    try:
        yield
    except Exception as error:
        log.error(event, **named, **place_of(error))
