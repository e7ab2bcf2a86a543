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

from django.conf import settings
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


class Sealing:
    """A sealed file in the making: counts what is written to it and takes its checksum."""

    def __init__(self, sealed: IO[bytes], context: str) -> None:
        self._sealed = sealed
        self._writer = SealedWriter(sealed, context)
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """The checksum of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes, /) -> None:
        self._digest.update(data)
        self.size_bytes += len(data)
        self._writer.write(data)

    def keep(self, folder: str, name: str = "") -> Kept:
        """Bring it into the file storage, whole.

        Args:
            name: of the file. By default it says nothing: were it made from the checksum, the content of a short file
                could be guessed at.
        """
        self._writer.close()
        self._sealed.seek(0)
        stored = default_storage.save(f"{folder}/{name or uuid4().hex}", File(self._sealed))
        return Kept(stored, self.size_bytes, self.sha256)

    def abandon(self) -> None:
        """Give it up: what was written will be refused."""
        self._writer.abandon()


@contextmanager
def sealing(context: str) -> Iterator[Sealing]:
    """Give a file to write into; what is not kept goes with the block."""
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as sealed:
        made = Sealing(sealed, context)
        try:
            yield made
        finally:
            made.abandon()


def keep(pieces: Iterable[bytes], *, folder: str, context: str) -> Kept:
    """Seal a stream into the file storage."""
    with sealing(context) as made:
        for piece in pieces:
            made.write(piece)
        return made.keep(folder)


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


class Lost(OSError):
    """The storage does not give a sealed file: it is gone, or cannot be read."""


def _content_of(name: str, context: str) -> Iterator[bytes]:
    """Read a sealed file in pieces.

    Raises:
        Lost: the storage does not give it. What fails in the hands of who reads is none of this.
        collection.vault.Tampered: it is not what was sealed under this context.
    """
    try:
        with opened(name, context) as source:
            yield from pieces_of(source)
    except OSError as error:
        raise Lost(name) from error


@contextmanager
def nameless() -> Iterator[tuple[IO[bytes], Path]]:
    """Give a file that has no name in any folder, and a path to open it by; it goes with the block, or the process."""
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        yield file, Path(f"/proc/self/fd/{file.fileno()}")


@contextmanager
def unsealed(name: str, context: str, *, sha256: str) -> Iterator[Path]:
    """Give the content as a file that has no name in any folder: it is gone with the block, also after a kill.

    Args:
        sha256: of the content, as it was when it was kept.

    Raises:
        Lost: the storage does not give it.
        collection.vault.Tampered: it is not what was kept.
    """
    digest = hashlib.sha256()
    with nameless() as (plain, path):
        for piece in _content_of(name, context):
            digest.update(piece)
            plain.write(piece)
        plain.flush()
        if digest.hexdigest() != sha256:
            raise Tampered(name)
        yield path


def lines_of(name: str, context: str, *, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rejected rows of a sealed file.

    Args:
        most: stop after so many.

    Raises:
        Lost, collection.vault.Tampered: as ``unsealed``.
    """
    rest = b""
    count = 0
    for piece in _content_of(name, context):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield json.loads(line)
            count += 1
            if count == most:
                return
