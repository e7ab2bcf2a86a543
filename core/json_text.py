"""JSON that comes from outside: Python reads more than a database can keep, and less deep than people can write."""

import json
import math
import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

MAX_DEPTH = 20
"""How deep a value may be nested that is to be kept; nothing in the catalog's own fields comes near it."""


class NestedTooDeeply(ValueError):
    """A text is nested deeper than can be read."""


def read_json(text: str | bytes, decoder: json.JSONDecoder | None = None) -> Any:
    """Return what a JSON text says.

    Args:
        decoder: how values are read, for a text that is decoded already.

    Raises:
        ValueError: it is no JSON, or holds a number of more digits than can be read.
        NestedTooDeeply: it is nested deeper than can be read.
    """
    try:
        return decoder.decode(text) if decoder is not None and isinstance(text, str) else json.loads(text)
    except RecursionError:
        raise NestedTooDeeply("nested too deeply") from None


def is_storable(value: Any) -> bool:
    """Say whether a value read from JSON can be kept by the database: plain text, finite numbers, not too deep."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return False
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif isinstance(one, list | tuple):
            waiting += [(part, depth + 1) for part in one]
        elif isinstance(one, str):
            if _UNSTORABLE.search(one):
                return False
        elif isinstance(one, float) and not math.isfinite(one):
            return False
    return True


def storable(value: Any, depth: int = 0) -> Any:
    """Return a value read from JSON as it can be kept: signs that no text can hold and what is too deep left out."""
    if depth == 0 and is_storable(value):
        return value
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if depth >= MAX_DEPTH and isinstance(value, dict | list | tuple):
        return None
    if isinstance(value, dict):
        return {storable(key, 1): storable(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one, depth + 1) for one in value]
    return value
