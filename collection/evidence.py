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

import structlog
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from collection.vault import SealedReader, SealedWriter, Tampered
from core.exceptions import Unavailable

log = structlog.get_logger(__name__)

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


class Lost(Unavailable):
    """The storage does not give a sealed file: it is gone, or cannot be read."""

    code = "file_lost"
    default_message = _(
        "The file is no longer in the storage of this installation, or cannot be read there."
        " Tell the operator, who can restore it from a backup; or collect it again."
    )


@contextmanager
def opened(name: str, context: str) -> Iterator[IO[bytes]]:
    """Open a sealed file for reading its content.

    Raises:
        Lost: the storage does not give it.
        collection.vault.Tampered: it is not what was sealed under this context.
    """
    try:
        raw = default_storage.open(name, "rb")
    except OSError as error:
        raise _lost(name, error) from error
    with raw:
        yield SealedReader(raw, context)


def _lost(name: str, error: OSError) -> Lost:
    log.error("evidence_lost", name=name, error=type(error).__name__)
    return Lost()


def content_of(name: str, context: str, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    """Return a sealed file, or a part of it, in pieces, of which one is read at once.

    So an answer has not begun yet when a file turns out to be gone, or not to be what was sealed.

    Args:
        first, last: places of the bytes wanted, both included; to the end by default.

    Raises:
        Lost: the storage does not give it. What fails in the hands of who reads is none of this.
        collection.vault.Tampered: it is not what was sealed under this context.
    """
    pieces = _part_of(name, context, first, last)
    begun = next(pieces, b"")

    def whole() -> Iterator[bytes]:
        yield begun
        yield from pieces

    return whole()


def _part_of(name: str, context: str, first: int, last: int | None) -> Iterator[bytes]:
    try:
        with opened(name, context) as source:
            if first:
                source.seek(first)
            left = _PIECE if last is None else last - first + 1
            while left > 0 and (piece := source.read(min(left, _PIECE))):
                left -= 0 if last is None else len(piece)
                yield piece
    except OSError as error:
        raise _lost(name, error) from error


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
        for piece in content_of(name, context):
            digest.update(piece)
            plain.write(piece)
        plain.flush()
        if digest.hexdigest() != sha256:
            raise Tampered(name)
        yield path


def lines_of(name: str, context: str, *, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Return the rejected rows of a sealed file, of which the first piece is read at once.

    Args:
        most: stop after so many.

    Raises:
        Lost, collection.vault.Tampered: as ``unsealed``.
    """
    return _lines_in(content_of(name, context), most)


def _lines_in(pieces: Iterable[bytes], most: int | None) -> Iterator[dict[str, Any]]:
    rest = b""
    count = 0
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield json.loads(line)
            count += 1
            if count == most:
                return
