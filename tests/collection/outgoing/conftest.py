"""A source that does what a test tells it, on this machine."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collection.outgoing import Access, Allowed, Limits

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
NAMES = ("data.example", "other.example")
Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path, dict(self.headers)))
        reply = self.server.replies.get(self.path.partition("?")[0])
        try:
            if reply is None:
                self.give(404, b"")
            else:
                reply(self)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def give(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer as one should. Header names are written with underscores."""
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def give_raw(self, answer: bytes) -> None:
        """Answer as one should not, then hang up."""
        self.wfile.write(answer)
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.hung_up = threading.Event()
        """Set when the test is over; replies that hang wait for it."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@dataclass
class Source:
    """The server and what a request needs to reach it by its names."""

    server: Server
    scheme: str = "http"
    tls: ssl.SSLContext | None = None
    names: dict[str, Sequence[str]] = field(default_factory=lambda: {name: ["127.0.0.1"] for name in NAMES})
    resolved: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def asked(self) -> list[tuple[str, str, dict[str, str]]]:
        return self.server.asked

    def url(self, path: str, host: str = "data.example") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def on(self, path: str, reply: Reply) -> str:
        """Say what a path replies; return its address."""
        self.server.replies[path] = reply
        return self.url(path)

    def gives(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> str:
        content = body.encode() if isinstance(body, str) else body
        return self.on(path, lambda handler: handler.give(status, content, **headers))

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        return self.names.get(host, [])

    def access(self, *, hosts: Sequence[str] = ("data.example",), **more: Any) -> Access:
        limits = more.pop("limits", None) or Limits(connect_seconds=2, read_seconds=2, total_seconds=10)
        allowed = [Allowed(host, (LOOPBACK,), frozenset({self.port})) for host in hosts]
        return Access(**{"allowed": allowed, "limits": limits, "tls": self.tls, "resolve": self.resolve, **more})


@contextmanager
def running(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.hung_up.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def source() -> Iterator[Source]:
    with running(Server()) as server:
        yield Source(server)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``authority.pem`` and, signed by it, ``server.pem`` for data.example only."""
    folder = tmp_path_factory.mktemp("certificates")
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _turn in range(2))
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of the tests")])
    now = datetime.now(UTC)

    def builder(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    authority = (
        builder(authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "data.example")]), server_key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("data.example")]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(private + certificate.public_bytes(pem))
    return folder


@pytest.fixture
def encrypted_source(certificates: Path) -> Iterator[Source]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")
    server = Server()
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with running(server):
        trust = ssl.create_default_context(cafile=str(certificates / "authority.pem"))
        yield Source(server, scheme="https", tls=trust)
