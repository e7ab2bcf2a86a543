"""What came and what was rejected, kept sealed: written once, read as a stream, plain only in a private folder."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage

from collection.vault import SealedReader, SealedWriter, Tampered

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A sealed file: where it is, and what its content was.

    Attributes:
        size_bytes: of the content, not of the sealed file.
        sha256: of the content, in hexadecimal.
    """

    name: str
    size_bytes: int
    sha256: str


def context_of(run_id: int, kind: str) -> str:
    """Return what a sealed file is bound to, so that one cannot be put in another's place."""
    return f"collection.run.{run_id}.{kind}"


def keep(pieces: Iterable[bytes], *, folder: str, context: str) -> Kept:
    """Seal a stream into the file storage."""
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as sealed:
        with SealedWriter(sealed, context) as writer:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                writer.write(piece)
        sealed.seek(0)
        # Not named after the content: the name of a short file would let its content be guessed at.
        name = default_storage.save(f"{folder}/{uuid4().hex}", File(sealed))
    return Kept(name, size, digest.hexdigest())


def pieces_of(source: IO[bytes]) -> Iterator[bytes]:
    """Read a stream in pieces."""
    while piece := source.read(_PIECE):
        yield piece


@contextmanager
def opened(name: str, context: str) -> Iterator[IO[bytes]]:
    """Open a sealed file for reading its content.

    Raises:
        collection.vault.Tampered: it is not what was sealed under this context.
    """
    with default_storage.open(name, "rb") as raw:
        yield SealedReader(raw, context)


@contextmanager
def unsealed(name: str, context: str, *, sha256: str) -> Iterator[Path]:
    """Give the content as a file that has no name in any folder: it is gone with the block, also after a kill.

    Args:
        sha256: of the content, as it was when it was kept.

    Raises:
        collection.vault.Tampered: it is not what was kept.
    """
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as plain, opened(name, context) as source:
        for piece in pieces_of(source):
            digest.update(piece)
            plain.write(piece)
        plain.flush()
        if digest.hexdigest() != sha256:
            raise Tampered(name)
        yield Path(f"/proc/self/fd/{plain.fileno()}")


def lines_of(name: str, context: str, *, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rejected rows of a sealed file.

    Args:
        most: stop after so many.
    """
    with opened(name, context) as source:
        rest = b""
        count = 0
        for piece in pieces_of(source):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield json.loads(line)
                count += 1
                if count == most:
                    return
