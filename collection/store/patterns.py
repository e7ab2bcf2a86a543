"""Whether a regular expression can be asked of millions of cells. The server is asked itself, and briefly."""

import re

from django.db import DatabaseError
from django.utils.translation import gettext as _

from collection.store import tables

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
            run.execute("SELECT '' ~ %s::text", [pattern])
            run.execute(
                "SELECT count(*) FROM unnest(%s::text[]) AS t (v) WHERE v ~ %s::text", [list(_TEXTS), framed(pattern)]
            )
    except DatabaseError:
        return _("The database cannot compute this pattern, or not fast enough. Look for brackets and make it simpler.")
    return ""
