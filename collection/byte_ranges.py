"""Which part of a file a ``Range`` header asks for (RFC 9110, 14): one range of bytes."""

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte that are asked for; all where it is no range of ours, None where none fits."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return 0, size - 1
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else None
    start, end = int(first), min(int(last or size), size - 1)
    return (start, end) if start <= end else None
