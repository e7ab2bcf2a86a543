"""Compound files (MS-CFB), as old Office documents are, and whether they hold macros: sectors lie where they like."""

import array
import os
import re
import struct
from collections.abc import Iterator
from typing import IO

_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_PIECE = 1 << 20
_LAST_SECTOR = 0xFFFFFFFA
"""Greater numbers are none of a sector: ends of chains, free sectors and the like (2.1)."""


class NoCompoundFileError(Exception):
    """The sectors of a file lead to more than the file has: it was made so, and nobody can tell what is in it."""


def stream_pieces(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the sectors of the streams of a name in their order, whatever storage they lie in.

    Of a stream that is shorter than a sector's worth, so that it lies within another, nothing comes; neither does what
    a damaged file says is there and is not.

    Raises:
        NoCompoundFileError: sectors belong to several chains, or a chain bites its tail.
    """
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):  # 2.2: the two sizes that there are
        return
    sectors = _Sectors(file, 1 << shift)
    following = array.array("I")
    for number in _tables(sectors, header):
        following.extend(_numbers(sectors.read(number)))
    wanted = f"{name}\0".encode("utf-16-le")
    for piece in _chain(sectors, struct.unpack_from("<I", header, 48)[0], following):
        for at in range(0, len(piece) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            entry = piece[at : at + _ENTRY_BYTES]
            if entry[: len(wanted)].lower() == wanted.lower():
                yield from _chain(sectors, struct.unpack_from("<I", entry, 116)[0], following)


class _Sectors:
    """The sectors of a file, each read once: no sector of a sound file belongs to two chains."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file = file
        self.size = size
        self.was_read = bytearray(file.seek(0, os.SEEK_END) // size + 1)

    def read(self, number: int) -> bytes:
        """Return a sector; nothing where the file has none of that number.

        Raises:
            NoCompoundFileError: it was read before.
        """
        if number >= len(self.was_read):
            return b""
        if self.was_read[number]:
            raise NoCompoundFileError
        self.was_read[number] = 1
        self.file.seek((number + 1) * self.size)
        return self.file.read(self.size)


def _tables(sectors: _Sectors, header: bytes) -> Iterator[int]:
    """Yield the numbers of the sectors that hold the table of chains (2.5): 109 in the header, others in a list."""
    numbers = list(struct.unpack_from("<109I", header, 76))
    (list_at,) = struct.unpack_from("<I", header, 68)
    while True:
        yield from (number for number in numbers if number <= _LAST_SECTOR)
        if list_at > _LAST_SECTOR or not (numbers := _numbers(sectors.read(list_at))):
            return
        list_at = numbers.pop()


def _chain(sectors: _Sectors, first: int, following: "array.array[int]") -> Iterator[bytes]:
    number = first
    while number < len(following) and (piece := sectors.read(number)):
        yield piece
        number = following[number]


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
    """Say whether a presentation holds macros, or was made so that nobody can tell. Of an encrypted one nobody can."""
    rest = b""
    try:
        for piece in stream_pieces(file, _PRESENTATION):
            window = rest + piece
            if _VBA_INFO.search(window):
                return True
            rest = window[1 - _VBA_INFO_BYTES :]
    except NoCompoundFileError:
        return True
    return False
