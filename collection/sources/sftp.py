"""One file of an SFTP server, whose host key is known beforehand.

Paramiko is given a socket that is connected to a checked address. Nothing is sent of us before the server has shown the
key that was entered; keys and configuration files of this machine are not looked at.
"""

import base64
import hashlib
import hmac
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from collection.outgoing import OutgoingFailed, Permanent, Transient
from collection.outgoing.fetching import Sink
from collection.outgoing.timed import Deadline
from collection.sources.endpoint import connected, told_apart
from collection.sources.http import extension_of
from collection.sources.order import Brought, Order, Progress
from collection.sources.settings import SftpSettings

_PIECE = 32 * 1024
_KEY_KINDS: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def bring(order: Order, into: Sink, on_progress: Progress) -> Brought:
    """Copy the file; one that ends before its length is a failure."""
    settings: SftpSettings = order.settings
    host, _port = settings.endpoint
    deadline = Deadline(order.access.limits.total_seconds)
    done = 0
    with _opened(order, deadline) as (file, size):
        if size > order.access.limits.max_bytes:
            raise Permanent("too_large", host=host, limit=order.access.limits.max_bytes)
        while done < size:
            with _told(settings):
                deadline.left(1)
                piece = file.read(min(_PIECE, size - done))
            if not piece:
                raise Transient("cut_short", host=host)
            into.write(piece)
            done += len(piece)
            on_progress(done, size)
    return Brought(extension_of(settings.path))


def probe(order: Order) -> None:
    """Read the first bytes."""
    with _opened(order, Deadline(order.access.limits.total_seconds)) as (file, _size), _told(order.settings):
        file.read(1)


@contextmanager
def _opened(order: Order, deadline: Deadline) -> Iterator[tuple[paramiko.SFTPFile, int]]:
    """Give the file and its length while the block runs.

    Raises:
        NotListed, Transient, Permanent: see ``collection.outgoing.failures``.
    """
    settings: SftpSettings = order.settings
    limits = order.access.limits
    host, port = settings.endpoint
    if not order.secret:
        raise Permanent("no_credential")
    sock = connected(host, port, order.access, deadline)
    transport = None
    try:
        with _told(settings):
            transport = paramiko.Transport(sock)
            transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = limits.connect_seconds
            transport.start_client(timeout=deadline.left(limits.connect_seconds))
            _require_key(settings, transport.get_remote_server_key())
            _sign_in(transport, settings, order.secret)
            client = paramiko.SFTPClient.from_transport(transport)
            if client is None:
                raise EOFError
            channel = client.get_channel()
            if channel is not None:
                channel.settimeout(limits.read_seconds)
            found = client.stat(settings.path)
            if stat.S_ISDIR(found.st_mode or 0):
                raise Permanent("file_is_folder", host=host)
            size = found.st_size or 0
            file = client.open(settings.path, "rb")
        yield file, size
    finally:
        if transport is not None:
            transport.close()
        sock.close()


def _sign_in(transport: paramiko.Transport, settings: SftpSettings, secret: str) -> None:
    if settings.sign_in == "key":
        transport.auth_publickey(settings.username, _private_key(secret))
    else:
        transport.auth_password(settings.username, secret, fallback=False)


def _private_key(text: str) -> paramiko.PKey:
    lines = text.replace("\r", "") + "\n"
    for kind in _KEY_KINDS:
        try:
            return kind.from_private_key(io.StringIO(lines))
        except (paramiko.SSHException, ValueError):
            continue
    raise Permanent("key_unreadable")


def fingerprint_of(key: paramiko.PKey) -> str:
    """Return the fingerprint of a host key, as ``ssh-keygen -lf`` writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def _require_key(settings: SftpSettings, key: paramiko.PKey) -> None:
    shown = fingerprint_of(key)
    if not hmac.compare_digest(shown, settings.host_key):
        raise Permanent("host_key_differs", host=settings.endpoint[0], shown=shown)


@contextmanager
def _told(settings: SftpSettings) -> Iterator[None]:
    """Turn what the library raises into a failure of ours."""
    host, port = settings.endpoint
    failure: OutgoingFailed
    try:
        with told_apart(host, port):
            try:
                yield
                return
            except FileNotFoundError:
                failure = Permanent("file_missing", host=host)
            except PermissionError:
                failure = Permanent("file_forbidden", host=host)
            except OSError as error:
                if error.errno is not None or isinstance(error, TimeoutError):
                    raise
                failure = Transient("file_failed", host=host)  # what the server said, not the connection
    except paramiko.AuthenticationException:
        failure = Permanent("server_refused", host=host)
    except paramiko.SSHException:
        failure = Transient("unreachable", host=host, port=port)
    raise failure from None
