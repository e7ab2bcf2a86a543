"""Files of any length, sealed and opened as streams.

A file is cut into chunks that are sealed one by one with AES-256-GCM in the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance" (2015): the nonce of a chunk
is a prefix, the number of the chunk and whether it is the last. Each file has a key of its own, derived with a random
salt, so that the short prefix can never repeat under one key.

    header: magic 5 bytes, id of the field key 6, salt 32, nonce prefix 7; then the chunks, each with its tag of 16
"""

from __future__ import annotations

import io
import os
from types import TracebackType
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from collection.vault.keys import KEY_ID_BYTES, FieldKey, Tampered, bound_to, field_keys, key_named

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK_BYTES = 64 * 1024
"""Content per chunk of a sealed file; only the last may hold less."""

_MAGIC = b"SEAL\x01"
_SALT_BYTES, _PREFIX_BYTES, _TAG_BYTES = 32, 7, 16
_HEADER_BYTES = len(_MAGIC) + KEY_ID_BYTES + _SALT_BYTES + _PREFIX_BYTES
_SEALED_CHUNK_BYTES = CHUNK_BYTES + _TAG_BYTES


class SealedWriter(io.BufferedIOBase):
    """A binary file that encrypts what is written to it into another, in constant memory.

    Closing it writes the last chunk and leaves the other file open. A file that was abandoned – closed by an exception
    inside ``with``, or never closed – lacks its last chunk and is refused by the reader.

    Args:
        raw_file: a buffered binary file, written from where it stands; it need not be seekable.
        context: what the file belongs to; only the same context opens it. Never empty.
    """

    def __init__(self, raw_file: IO[bytes], context: str) -> None:
        key = field_keys()[0]
        header = _MAGIC + key.id + os.urandom(_SALT_BYTES + _PREFIX_BYTES)
        self._cipher = _FileCipher(header, key, context)
        self._raw_file, self._number, self._pending = raw_file, 0, bytearray()
        raw_file.write(header)

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Take bytes; a full chunk is sealed once something follows it, since only the end knows which is the last."""
        if self.closed:
            raise ValueError("the file is closed")
        with memoryview(data).cast("B") as view:
            taken = 0
            while len(view) - taken > (room := CHUNK_BYTES - len(self._pending)):
                self._pending += view[taken : taken + room]
                self._seal(last=False)
                taken += room
            self._pending += view[taken:]
            return len(view)

    def close(self) -> None:
        """Write the last chunk. Closing again does nothing."""
        if not self.closed:
            try:
                self._seal(last=True)
            finally:
                super().close()

    def abandon(self) -> None:
        """Close without the last chunk: what was written so far will be refused."""
        super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close() if kind is None else self.abandon()

    def __del__(self) -> None:
        self.abandon()

    def _seal(self, *, last: bool) -> None:
        self._raw_file.write(self._cipher.seal(self._pending, self._number, last=last))
        self._number += 1
        self._pending.clear()


class SealedReader(io.BufferedReader):
    """A binary file that decrypts a file of ``SealedWriter``; seekable, in constant memory.

    Every chunk is checked before a byte of it is given, the last one on opening: a file that was cut short is refused
    at once. Closing the reader leaves the other file open.

    Args:
        raw_file: a seekable buffered binary file, read as a whole, wherever it stands.
        context: the one it was sealed for.

    Raises:
        Tampered: on opening or reading: cut short, longer, changed, reordered, swapped, or of another context.
        KeyMissing: its key is not in ``FIELD_KEY``.
    """

    def __init__(self, raw_file: IO[bytes], context: str) -> None:
        chunks = _Chunks(raw_file, context)
        super().__init__(chunks, CHUNK_BYTES)
        self.size_bytes = chunks.size_bytes
        self.needs_renewal = chunks.needs_renewal


class _Chunks(io.RawIOBase):
    """Random access to the content of a sealed file, one chunk at a time."""

    def __init__(self, raw_file: IO[bytes], context: str) -> None:
        self._raw_file = raw_file
        raw_file.seek(0, os.SEEK_END)  # what it returns differs between kinds of files
        sealed_bytes = raw_file.tell() - _HEADER_BYTES
        self._count = -(-sealed_bytes // _SEALED_CHUNK_BYTES)
        if self._count < 1:
            raise Tampered
        raw_file.seek(0)
        header = raw_file.read(_HEADER_BYTES)
        if not header.startswith(_MAGIC):
            raise Tampered
        key = key_named(header[len(_MAGIC) :][:KEY_ID_BYTES])
        self._cipher = _FileCipher(header, key, context)
        self._position, self._number, self._content = 0, -1, b""
        self._load(self._count - 1)
        self.size_bytes = sealed_bytes - self._count * _TAG_BYTES
        self.needs_renewal = key.id != field_keys()[0].id

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._position >= self.size_bytes:
            return 0
        number, offset = divmod(self._position, CHUNK_BYTES)
        self._load(number)
        with memoryview(buffer).cast("B") as target, memoryview(self._content)[offset:] as rest:
            count = min(len(target), len(rest))
            target[:count] = rest[:count]
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size_bytes}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def _load(self, number: int) -> None:
        if number != self._number:
            self._raw_file.seek(_HEADER_BYTES + number * _SEALED_CHUNK_BYTES)
            sealed = self._raw_file.read(_SEALED_CHUNK_BYTES)
            self._content = self._cipher.open(sealed, number, last=number == self._count - 1)
            self._number = number


class _FileCipher:
    """The STREAM construction over one file; the header and the context are bound to every chunk."""

    def __init__(self, header: bytes, key: FieldKey, context: str) -> None:
        salt = header[-_SALT_BYTES - _PREFIX_BYTES : -_PREFIX_BYTES]
        self._prefix = header[-_PREFIX_BYTES:]
        self._aead = AESGCM(key.derive(b"file", salt=salt))
        self._bound = bound_to(header, context)

    def seal(self, content: bytes | bytearray, number: int, *, last: bool) -> bytes:
        return self._aead.encrypt(self._nonce(number, last), content, self._bound)

    def open(self, sealed: bytes, number: int, *, last: bool) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(number, last), sealed, self._bound)
        except InvalidTag:
            raise Tampered from None

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + bytes([last])
