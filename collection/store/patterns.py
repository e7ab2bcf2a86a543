"""Whether a regular expression can be asked of millions of cells. The server is asked itself, and briefly."""

import re

from django.db import DatabaseError
from django.utils.translation import gettext as _
from psycopg import sql

from collection.store import tables

COLLATION = sql.SQL("COLLATE pg_catalog.pg_c_utf8")
"""Under this every store takes the same signs for letters, Chinese ones among them; columns are compared as bytes."""
MOST_CHARACTERS = 300
TIMEOUT = 1_000

_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_TEXTS = ("", "a" * 1500, "1" * 1500, "中" * 1500, "a1" * 750, " " * 1500, "a" * 1500 + "!")
"""What makes a pattern slow that is slow at all: long runs that almost fit."""


def framed(pattern: str) -> str:
    """Return a pattern that a text must fit from end to end."""
    return f"^(?:{pattern})$"


def pattern_problem(pattern: str) -> str:
    """Say in a sentence what is wrong with a pattern; empty where it can be used.

    Back references are refused: they alone make the server try every way of splitting a text.
    """
    if not pattern:
        return _("Write a pattern.")
    if len(pattern) > MOST_CHARACTERS:
        return _("A pattern has at most %(count)d characters.") % {"count": MOST_CHARACTERS}
    if "\x00" in pattern:
        return _("A pattern cannot hold the character NUL.")
    if _BACK_REFERENCE.search(pattern):
        return _("A pattern cannot refer back to an earlier part of itself (\\1).")
    try:
        with tables.bounded(TIMEOUT) as run:
            # Alone as well as framed: a bracket too many must not close the frame.
            run.execute(sql.SQL("SELECT '' {} ~ %s::text").format(COLLATION), [pattern])
            run.execute(
                sql.SQL("SELECT count(*) FROM unnest(%s::text[]) AS t (v) WHERE v {} ~ %s::text").format(COLLATION),
                [list(_TEXTS), framed(pattern)],
            )
    except DatabaseError:
        return _("The database cannot compute this pattern, or not fast enough. Look for brackets and make it simpler.")
    return ""
