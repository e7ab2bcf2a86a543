"""Statements that a connection plans once: for the few that every call of a machine runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor


@contextmanager
def planned_cursor(alias: str = "default") -> Iterator[CursorWrapper]:
    """Give a cursor that binds values on the server, so that PostgreSQL keeps the plan of a text it sees again.

    Django's own cursors write the values into the text, which is a new statement every time (docs/adr/0079). Errors,
    the log of queries and the adaptation of values are Django's here too. ``prepare_threshold`` of the connection says
    from which call on the plan is kept.

    Args:
        alias: of the database.
    """
    database = connections[alias]
    database.close_if_health_check_failed()
    database.ensure_connection()
    wrap: Callable[[Any], CursorWrapper] = database.make_cursor
    if database.queries_logged:
        wrap = database.make_debug_cursor
    with Cursor(database.connection) as bare:
        yield wrap(bare)
