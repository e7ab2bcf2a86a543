"""Reading one stream of a compound file (MS-CFB), as old Office documents are: its sectors lie where they like."""

import array
import struct
from collections.abc import Iterator
from typing import IO

_HEADER_BYTES = 512
_ENTRY_BYTES = 128
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
