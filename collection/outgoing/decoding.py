"""Unpacking of what came packed, a bounded piece at a time."""

import zlib
from collections.abc import Iterable, Iterator

PIECE_BYTES = 64 * 1024


class Incomplete(Exception):
    """The packed stream ended too early."""


def unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip (RFC 1952), also several members one after the other; no piece is larger than ``PIECE_BYTES``.

    Raises:
        Incomplete: the stream ended before its trailer.
        zlib.error: it is no gzip.
    """
    unpacker = None
    for piece in pieces:
        while piece:
            unpacker = unpacker or zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            if unpacked := unpacker.decompress(piece, PIECE_BYTES):
                yield unpacked
            if unpacker.eof:
                piece, unpacker = unpacker.unused_data, None
            else:
                piece = unpacker.unconsumed_tail
    if unpacker is not None:
        raise Incomplete
