"""Connections on which nothing can take longer than it may."""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Deadline:
    """A moment by which everything must be over.

    Args:
        seconds: from now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def seconds(self) -> float:
        """How long it is until then; negative after it."""
        return self._end - time.monotonic()

    def left(self, at_most: float) -> float:
        """Return the seconds that the next step may take.

        Raises:
            TimeoutError: there are none.
        """
        seconds = min(self.seconds, at_most)
        if seconds <= 0:
            raise TimeoutError
        return seconds


class TimedSocket:
    """As much of a socket as ``http.client`` uses; each wait ends after ``seconds`` or at the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline, seconds: float) -> None:
        self._socket, self._deadline, self._seconds = sock, deadline, seconds

    def sendall(self, data: "ReadableBuffer") -> None:
        self._socket.settimeout(self._deadline.left(self._seconds))
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReads(self._socket, self._deadline, self._seconds), 64 * 1024)

    def close(self) -> None:
        self._socket.close()


class _TimedReads(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline, seconds: float) -> None:
        self._socket, self._deadline, self._seconds = sock, deadline, seconds
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open until it is closed itself

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        self._socket.settimeout(self._deadline.left(self._seconds))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 120_000),
)
"""Probes after a minute of silence, every 15 seconds, four of them; what is sent is acknowledged in two minutes."""


def connect(addresses: Sequence[str], port: int, *, deadline: Deadline, seconds: float) -> socket.socket:
    """Connect to the first address that answers; they are addresses, so no name is resolved again.

    A peer that dies without a word is found within two minutes, however long its answer may take.

    Raises:
        OSError: none answers; that of the last one tried.
    """
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            sock = socket.create_connection((address, port), timeout=deadline.left(seconds))
        except OSError as error:
            failed = error
        else:
            for level, option, value in KEEP_ALIVE:
                sock.setsockopt(level, option, value)
            return sock
    raise failed


def encrypted(
    sock: socket.socket, host: str, context: ssl.SSLContext, *, deadline: Deadline, seconds: float
) -> socket.socket:
    """Start TLS; the certificate must be for the host, whatever address it was reached at.

    An end without the closing message of TLS is an error: somebody may have cut the answer.
    """
    sock.settimeout(deadline.left(seconds))
    return context.wrap_socket(sock, server_hostname=host, suppress_ragged_eofs=False)
