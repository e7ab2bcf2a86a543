"""Cells as text, exactly as the file shows them."""

import json
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from catalog.imports.text import as_text

BLANKS = " \t\r\n\u00a0\u3000"

LOST_FROM = 10**15
"""A spreadsheet keeps 15 digits: a longer number stored as one has lost the rest already."""


def text_of(value: Any) -> str | None:
    """Return a cell as text without the blanks around it; None for an empty one."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    text = as_text(value).replace("\x00", "").strip(BLANKS)
    return text or None


def has_lost_digits(value: Any) -> bool:
    return isinstance(value, float) and abs(value) >= LOST_FROM


def fit(cells: Sequence[str | None], width: int) -> list[str | None]:
    """Return exactly ``width`` cells."""
    return [*cells[:width], *([None] * (width - len(cells)))]
