"""Compound files (MS-CFB), as old Office documents are, and whether they hold macros: sectors lie where they like."""

import array
import re
import struct
from collections.abc import Iterator
from typing import IO

_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_PIECE = 1 << 20
_LAST_SECTOR = 0xFFFFFFFA
"""Greater numbers are none of a sector: ends of chains, free sectors and the like (2.1)."""


def stream_pieces(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the sectors of the streams of a name in their order, whatever storage they lie in.

    Of a stream that is shorter than a sector's worth, so that it lies within another, nothing comes; neither does what
    a damaged file says is there and is not.
    """
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):  # 2.2: the two sizes that there are
        return
    directory, next_table = struct.unpack_from("<I", header, 48)[0], struct.unpack_from("<I", header, 68)[0]
    size = 1 << shift
    tables = list(struct.unpack_from("<109I", header, 76))
    seen = set()
    while next_table <= _LAST_SECTOR and next_table not in seen:
        seen.add(next_table)
        numbers = _numbers(_sector(file, next_table, size))
        if not numbers:
            break
        tables += numbers[:-1]
        next_table = numbers[-1]
    following = array.array("I")
    for number in tables:
        if number <= _LAST_SECTOR:
            following.extend(_numbers(_sector(file, number, size)))
    wanted = f"{name}\0".encode("utf-16-le")
    for piece in _chain(file, directory, following, size):
        for at in range(0, len(piece) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            entry = piece[at : at + _ENTRY_BYTES]
            if entry[: len(wanted)].lower() == wanted.lower():
                yield from _chain(file, struct.unpack_from("<I", entry, 116)[0], following, size)


def _chain(file: IO[bytes], first: int, following: "array.array[int]", size: int) -> Iterator[bytes]:
    number = first
    for _step in range(len(following)):  # a chain that bites its tail ends
        if number >= len(following):
            return
        piece = _sector(file, number, size)
        if not piece:
            return
        yield piece
        number = following[number]


def _sector(file: IO[bytes], number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    return file.read(size)


def _numbers(sector: bytes) -> list[int]:
    count = len(sector) // 4
    return list(struct.unpack_from(f"<{count}I", sector))


# --- Macros ----------------------------------------------------------------------------------------------------------


def _macro_names() -> bytes:
    """Return a pattern of the entries that name macros in a compound file: the name, and how long it is.

    An entry is 128 bytes: 64 of the name in UTF-16 with its zero, then two of its length (MS-CFB, 2.6.1); case does not
    tell names apart. A project is a storage VBA with a stream _VBA_PROJECT (MS-OVBA, 2.2.1); Word keeps it under
    Macros, Excel under _VBA_PROJECT_CUR. PowerPoint packs its project into another stream: see ``_presents_macros``.
    """
    patterns = []
    for name in ("VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"):
        field = f"{name}\0".encode("utf-16-le")
        patterns.append(re.escape(field) + b".{%d}" % (64 - len(field)) + re.escape(len(field).to_bytes(2, "little")))
    return b"(?=" + b"|".join(patterns) + b")"


_MACROS = re.compile(_macro_names(), re.DOTALL | re.IGNORECASE)

_PRESENTATION = "PowerPoint Document"
_VBA_INFO = re.compile(rb"\xff\x03\x14\0\0\0\x02\0\0\x04\x0c\0\0\0.{4}(?!\0{4}).{4}", re.DOTALL)
"""A VBAInfoContainer and its VBAInfoAtom (MS-PPT, 2.4.10 and 2.4.11): where the project is, and that it is not empty.

Presentations without macros may have the record too; it then says that the project is empty.
"""
_VBA_INFO_BYTES = 22


def has_macros(file: IO[bytes]) -> bool:
    """Say whether a compound file names macros anywhere in its directory, whose sectors lie where they like."""
    at, rest = 0, b""
    try:
        while piece := file.read(_PIECE):
            window = rest + piece
            if any((at + match.start()) % _ENTRY_BYTES == 0 for match in _MACROS.finditer(window)):
                return True
            rest = window[-(len(window) % _ENTRY_BYTES + _ENTRY_BYTES) :]
            at += len(window) - len(rest)
        return _presents_macros(file)
    finally:
        file.seek(0)


def _presents_macros(file: IO[bytes]) -> bool:
    """Say whether a presentation holds macros. Of one that is encrypted nobody can tell."""
    rest = b""
    for piece in stream_pieces(file, _PRESENTATION):
        window = rest + piece
        if _VBA_INFO.search(window):
            return True
        rest = window[1 - _VBA_INFO_BYTES :]
    return False
