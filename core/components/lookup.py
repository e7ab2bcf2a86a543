"""Read a value that may be an attribute or a key."""

from collections.abc import Mapping
from typing import Any


def look_up(source: Any, name: str, default: Any = "") -> Any:
    """Return the attribute or key of that name, or the default."""
    if isinstance(source, Mapping):
        return source.get(name, default)
    return getattr(source, name, default)
