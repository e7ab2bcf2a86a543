"""Where a source is, and a connection to it that the list of destinations allows."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from collection.outgoing import Access, Permanent, Transient
from collection.outgoing.destinations import Target, addresses_of, target_of
from collection.outgoing.timed import Deadline, connect

_HOST = re.compile(r"[0-9a-z_.:-]{1,255}")


def endpoint_of_url(url: str) -> tuple[str, int]:
    """Return host and port of an address.

    Raises:
        Permanent: bad_address.
    """
    target = target_of(url)
    return target.host, target.port


def endpoint_of(host: str, port: int) -> tuple[str, int]:
    """Return a host that was entered alone, in the form in which hosts are compared, with its port.

    Raises:
        Permanent: bad_host; it is no host, or more than one.
    """
    host = host.strip("[]")
    try:
        target = _target(host, port)
    except Permanent:
        raise Permanent("bad_host") from None
    if target.path != "/" or target.port != port or not port or not _HOST.fullmatch(target.host):
        raise Permanent("bad_host")
    return target.host, target.port


def _target(host: str, port: int) -> Target:
    return target_of(f"https://{f'[{host}]' if ':' in host else host}:{port}/")


def addresses_allowed(host: str, port: int, access: Access, deadline: Deadline) -> list[str]:
    """Return the addresses that a host may be reached at; its name is resolved this once.

    Raises:
        NotListed: the host, or every address of it, is not on the list.
        Transient: name_unknown, timed_out.
    """
    with told_apart(host, port):
        seconds = deadline.left(access.limits.connect_seconds)
        return addresses_of(_target(host, port), access.allowed, access.resolve, seconds, access.closed)


def connected(host: str, port: int, access: Access, deadline: Deadline) -> socket.socket:
    """Return a socket that is connected to an address that was checked; for drivers that take one.

    Raises:
        NotListed: the host, or every address of it, is not on the list.
        Transient: name_unknown, timed_out, unreachable.
    """
    addresses = addresses_allowed(host, port, access, deadline)
    with told_apart(host, port):
        return connect(addresses, port, deadline=deadline, seconds=access.limits.connect_seconds)


@contextmanager
def told_apart(host: str, port: int) -> Iterator[None]:
    """Turn what happens on a connection into a failure of ours; the texts of others are not repeated."""
    try:
        yield
        return
    except TimeoutError:
        failure = Transient("timed_out", host=host)
    except EOFError:
        failure = Transient("cut_short", host=host)
    except OSError:
        failure = Transient("unreachable", host=host, port=port)
    raise failure from None
