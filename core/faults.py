"""Where an error of ours happened, for the log."""

import traceback
from typing import Any

FRAMES = 6


def place_of(error: BaseException) -> dict[str, Any]:
    """Return what kind of error it was and where, without a value: messages of the database hold cells of rows."""
    return {
        "error": type(error).__name__,
        "sqlstate": getattr(error.__cause__, "sqlstate", None),
        "place": "".join(traceback.format_tb(error.__traceback__)[-FRAMES:]),
    }
