"""One question to a source and its answer: redirects followed by hand, every failure told apart."""

import http.client
import ssl
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urljoin

from collection.outgoing.credentials import SecretHeader
from collection.outgoing.decoding import PIECE_BYTES, Incomplete, unzipped
from collection.outgoing.destinations import Allowed, Resolver, Target, addresses_of, system_addresses, target_of
from collection.outgoing.failures import OutgoingFailed, Permanent, Transient
from collection.outgoing.timed import Deadline, TimedSocket, connect, encrypted
from core import clock

_REDIRECTS = {301, 302, 303, 307, 308}
_FOR_NOW = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_LONGEST_WAIT_SECONDS = 24 * 3600
_SAID_BYTES = 2000
USER_AGENT = "government-data-catalog"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large. Seconds and bytes.

    Attributes:
        connect_seconds: to resolve the name and, per address, to connect; also for TLS.
        read_seconds: the longest silence.
        total_seconds: for everything, with redirects, pages and repeated attempts.
        max_bytes: of content, unpacked.
    """

    connect_seconds: float = 10
    read_seconds: float = 60
    total_seconds: float = 3600
    max_bytes: int = 4 * 1024**3
    max_redirects: int = 5


@dataclass(frozen=True)
class Access:
    """What a source may be reached with.

    Attributes:
        allowed: the list of destinations; whatever is not on it is refused before a connection is made.
        credential: sent to the host of the address asked for, and never to another.
        headers: further ones, for the same host alone.
        tls: None trusts what this machine trusts.
        resolve: asked once per request; the address that was checked is the one connected to.
        closed: address and port of services that no rule opens.
    """

    allowed: Collection[Allowed]
    credential: SecretHeader | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    tls: ssl.SSLContext | None = None
    resolve: Resolver = system_addresses
    closed: Collection[tuple[str, int]] = ()

    def at(self, target: Target, source: Target) -> "Access":
        """Return what another address of an answer may be asked with: of our own only what the same host is shown."""
        return self if target.origin == source.origin else replace(self, credential=None, headers={})


class Answer:
    """An answer that was good, or "not modified". Its content can be read once."""

    def __init__(self, target: Target, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.target = target
        self.status = response.status
        self.headers = response.headers
        self.packing = (response.headers.get("Content-Encoding") or "identity").strip().lower()

    @property
    def length_bytes(self) -> int | None:
        """The length that the source announced for the content; None if it did not, or for what comes packed."""
        return self._response.length if self.packing == "identity" else None

    @property
    def is_end_proven(self) -> bool:
        """Whether a cut would be noticed: not if plain HTTP simply ends with its connection."""
        return (
            self.target.is_encrypted
            or self._response.chunked
            or self._response.length is not None
            or self.packing != "identity"
        )

    def pieces(self) -> Iterator[bytes]:
        """Yield the content, unpacked, in pieces of 64 KiB at most.

        Raises:
            Transient: cut_short, timed_out, unreachable.
            Permanent: unreadable_content.
        """
        if self.packing not in ("identity", "gzip", "x-gzip"):
            raise Permanent("unreadable_content", host=self.target.host)
        packed = self._packed()
        try:
            yield from packed if self.packing == "identity" else unzipped(packed)
        except Incomplete:
            raise Transient("cut_short", host=self.target.host) from None
        except zlib.error:
            raise Permanent("unreadable_content", host=self.target.host) from None

    def _packed(self) -> Iterator[bytes]:
        while piece := self._read():
            yield piece
        if self._response.length:
            raise Transient("cut_short", host=self.target.host)

    def _read(self) -> bytes:
        with _told_apart(self.target):
            try:
                return self._response.read(PIECE_BYTES)
            except ssl.SSLError:
                raise Transient("cut_short", host=self.target.host) from None


@contextmanager
def answer_to(
    url: str, *, access: Access, deadline: Deadline, headers: Mapping[str, str] | None = None
) -> Iterator[Answer]:
    """Ask for an address and give the answer while the block runs.

    Args:
        headers: besides ours and the credential; they go to every host on the way, so nothing secret.

    Raises:
        NotListed: the destination, or one that it passes us on to, is not allowed.
        Transient, Permanent: any other failure, see ``failures``.
    """
    target, credential = target_of(url), access.credential
    for_it = {**access.headers, **({credential.name: credential.value} if credential else {})}
    for _turn in range(access.limits.max_redirects + 1):
        response = _asked(target, access, deadline, {**(headers or {}), **for_it})
        try:
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or not location:
                _require_success(target, response, is_conditional=any(name.startswith("If-") for name in headers or ()))
                yield Answer(target, response)
                return
        finally:
            response.close()
        following = following_target(target, location)
        if following.origin != target.origin:
            for_it = {}  # for good: who was passed on to may pass back to an address of his choice
        target = following
    raise Permanent("too_many_redirects", host=target.host, limit=access.limits.max_redirects)


def following_target(target: Target, location: str) -> Target:
    """Return where a redirect or a link leads.

    Raises:
        Permanent: bad_address, unencrypted (from https to http).
    """
    try:
        location = location.encode("latin-1").decode()  # headers come as Latin-1, whatever they were
    except UnicodeError:
        pass
    try:
        following = target_of(urljoin(target.url, location.strip()))
    except ValueError:
        raise Permanent("bad_address") from None
    if target.is_encrypted and not following.is_encrypted:
        raise Permanent("unencrypted", host=target.host)
    return following


def post(url: str, body: bytes, *, access: Access, deadline: Deadline, headers: Mapping[str, str] | None = None) -> int:
    """Send a body to an address, follow no redirect, read no answer; return its status, one of success.

    Raises:
        NotListed: the destination is not allowed.
        Transient, Permanent: any other failure, an answer that is no success among them.
    """
    target = target_of(url)
    response = _asked(target, access, deadline, headers or {}, body)
    try:
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            _require_success(target, response, is_conditional=False)
        return response.status
    finally:
        response.close()


def _asked(
    target: Target, access: Access, deadline: Deadline, headers: Mapping[str, str], body: bytes | None = None
) -> http.client.HTTPResponse:
    """Ask, or send a body."""
    limits = access.limits
    with _told_apart(target):
        seconds = deadline.left(limits.connect_seconds)
        addresses = addresses_of(target, access.allowed, access.resolve, seconds, access.closed)
        sock = connect(addresses, target.port, deadline=deadline, seconds=limits.connect_seconds)
        try:
            if target.is_encrypted:
                context = access.tls or ssl.create_default_context()
                sock = encrypted(sock, target.host, context, deadline=deadline, seconds=limits.connect_seconds)
            connection = http.client.HTTPConnection(target.host, target.port)
            connection.default_port = 443 if target.is_encrypted else 80
            connection.sock = cast(Any, TimedSocket(sock, deadline, limits.read_seconds))
            ours = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
            method = "GET" if body is None else "POST"
            connection.request(method, target.path, body=body, headers={"Accept": "*/*", **headers, **ours})
            return connection.getresponse()
        finally:
            sock.close()  # the answer keeps it open until it is closed itself


def _require_success(target: Target, response: http.client.HTTPResponse, *, is_conditional: bool) -> None:
    status, host = response.status, target.host
    if status == HTTPStatus.OK or (status == HTTPStatus.NOT_MODIFIED and is_conditional):
        return
    if status in _FOR_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        code = "too_many_requests" if status == HTTPStatus.TOO_MANY_REQUESTS else "source_failed"
        raise Transient(code, retry_after=_wait_asked_for(response), host=host, status=status)
    code = {204: "not_there", 401: "sign_in_failed", 403: "forbidden", 404: "not_there", 410: "not_there"}.get(
        status, "refused"
    )
    failure = Permanent(code, host=host, status=status)
    failure.said = _beginning_of(response)
    raise failure


def _beginning_of(response: http.client.HTTPResponse) -> bytes:
    """Return the first bytes of a refusal, for sources that know what it may hold; it is never shown."""
    try:
        return response.read(_SAID_BYTES)
    except (OSError, http.client.HTTPException, ValueError):
        return b""


def _wait_asked_for(response: http.client.HTTPResponse) -> int | None:
    """Read Retry-After (RFC 9110, 10.2.3), seconds or a date; a day at most."""
    value = (response.headers.get("Retry-After") or "").strip()
    try:
        seconds = int(value) if value.isdecimal() else (parsedate_to_datetime(value) - clock.now()).total_seconds()
    except (TypeError, ValueError):
        return None
    return int(min(max(seconds, 1), _LONGEST_WAIT_SECONDS))


@contextmanager
def _told_apart(target: Target) -> Iterator[None]:
    """Turn whatever happens on a connection into a failure of ours; the texts of others are not repeated."""
    host, port = target.host, target.port
    failure: OutgoingFailed
    try:
        yield
        return
    except TimeoutError:
        failure = Transient("timed_out", host=host)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        failure = Transient("cut_short", host=host)
    except ssl.SSLError:
        failure = Permanent("tls_failed", host=host)
    except OSError:
        failure = Transient("unreachable", host=host, port=port)
    except http.client.IncompleteRead:
        failure = Transient("cut_short", host=host)
    except (http.client.HTTPException, ValueError):
        failure = Permanent("not_http", host=host, port=port)
    raise failure from None
