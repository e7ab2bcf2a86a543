"""The database systems that a source can be: those that come along, and those that packages of the operator add.

The name of a SQLAlchemy dialect is not enough for one: its driver would resolve the name again, connect where it
likes, and follow a server that passes it on. So whoever adds a system says how to sign in over a socket that leads to
an address of the list already (docs/adr/0052), and how the driver's errors are told apart.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog

from collection.outgoing import Access, OutgoingFailed, Permanent
from collection.outgoing.timed import Deadline
from collection.sources.endpoint import connected

if TYPE_CHECKING:
    from collection.sources.settings import SqlSettings

log = structlog.get_logger(__name__)

CANCEL_SECONDS = 5.0
"""How long a server has to end a statement; then the connection is cut."""
GROUP = "government_data_catalog.database_systems"
"""Entry points of packages that add one: its key → an ``Engine`` (docs/deployment.md)."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A database system.

    Attributes:
        label: as people know it.
        port: the usual one.
        dialect: of SQLAlchemy, e.g. ``mysql+pymysql``.
        error: what the driver raises.
        connect: give a DBAPI connection that only reads, signed in at an address of the list; see ``over_socket``.
        failure: turn an error of the driver into ours, given the host; its text may hold data and is not repeated.
        cancel: end there what a connection carries out in another thread, given that connection and how to sign in
            once more. Without it a run that is cancelled waits for the answer, in the thread that asked.
    """

    label: str
    port: int
    dialect: str
    error: type[Exception]
    connect: "Callable[[SqlSettings, str, Access, Deadline], Any]"
    failure: Callable[[str, BaseException | None], OutgoingFailed]
    cancel: Callable[[Any, Callable[[], Any]], None] | None = None


def over_socket(
    sign_in: "Callable[[socket.socket, SqlSettings, str, float], Any]",
) -> "Callable[[SqlSettings, str, Access, Deadline], Any]":
    """Return how to connect, for a driver that takes a socket.

    Args:
        sign_in: given the connected socket, the settings, the password and the seconds that are left, gives a DBAPI
            connection that only reads. It connects nowhere else, whatever the server answers.
    """

    def connect(settings: "SqlSettings", secret: str, access: Access, deadline: Deadline) -> Any:
        host, port = settings.endpoint
        sock = connected(host, port, access, deadline)
        sock.settimeout(None)
        try:
            return sign_in(sock, settings, secret, deadline.seconds)
        except BaseException:
            sock.close()
            raise

    return connect


@cache
def engines() -> Mapping[str, Engine]:
    """Return the systems whose drivers are installed. What comes along cannot be taken over by a package."""
    from collection.sources import mysql, postgresql  # they need what stands above

    found = {"postgresql": postgresql.ENGINE, "mysql": mysql.ENGINE}
    for one in entry_points(group=GROUP):
        try:
            engine = one.load()
        except Exception as error:  # a package of others must not keep ours from working
            log.error("database_system_not_loaded", name=one.name, error=type(error).__name__)
            continue
        if isinstance(engine, Engine):
            found.setdefault(one.name, engine)
    return MappingProxyType(found)


def engine_of(key: str) -> Engine:
    """Return a system; for one whose package is gone, one that says so when it is connected to."""
    return engines().get(key) or _missing(key)


def _missing(key: str) -> Engine:
    def connect(settings: "SqlSettings", secret: str, access: Access, deadline: Deadline) -> Any:
        raise Permanent("driver_missing", name=key)

    def failure(host: str, error: BaseException | None) -> OutgoingFailed:
        return Permanent("driver_missing", name=key)

    return Engine(key, port=1, dialect="sqlite", error=OSError, connect=connect, failure=failure)
