"""Compound files that were made to keep a reader busy: each sector is read once at most."""

import io
import struct

import pytest

from core.compound_files import NoCompoundFileError, has_macros, stream_pieces

END = 0xFFFFFFFE
NAME = "PowerPoint Document"


def compound(sectors: list[bytes], tables: list[int], *, list_at: int = END) -> io.BytesIO:
    """Return a file with sectors of 512 bytes, its directory in the first."""
    header = struct.pack("<30xH16xI16xII", 9, 0, list_at, 0)
    header += struct.pack(f"<{len(tables)}I", *tables).ljust(109 * 4, b"\xff")
    return io.BytesIO(header + b"".join(one.ljust(512, b"\0") for one in sectors))


def entry(first: int) -> bytes:
    return f"{NAME}\0".encode("utf-16-le").ljust(116, b"\0") + struct.pack("<I", first).ljust(12, b"\0")


def table(*followers: int) -> bytes:
    return struct.pack(f"<{len(followers)}I", *followers).ljust(512, b"\xff")


def test_a_stream_is_read_in_the_order_of_its_chain():
    file = compound([entry(3), table(END, END, END, 2), b"second", b"first"], [1])
    assert [piece[:6].rstrip(b"\0") for piece in stream_pieces(file, NAME)] == [b"first", b"second"]


@pytest.mark.parametrize(
    "file",
    [
        compound([entry(2), table(END, END, 2)], [1] * 109),
        compound([entry(2), table(END, END, END), table(*[1] * 127, 2)], [1], list_at=2),
        compound([entry(2) * 4, table(END, END, 3, END), b"", b""], [1]),
        compound([entry(2), table(END, END, 3, 2), b"", b""], [1]),
    ],
    ids=["a table named again", "a list that names itself", "a stream under four names", "a chain that bites its tail"],
)
def test_no_sector_is_read_twice(file: io.BytesIO):
    with pytest.raises(NoCompoundFileError):
        list(stream_pieces(file, NAME))
    file.seek(0)
    assert has_macros(file)
