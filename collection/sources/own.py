"""Where our own databases and queues answer: no source leads there, whatever a rule of the list allows.

A name that is listed for a wide network could be made to lead to them, and what they hold is nobody's source.
"""

import socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from collection.outgoing.destinations import system_addresses

POSTGRES_PORT, REDIS_PORT = 5432, 6379
_LOCAL = ("localhost", "127.0.0.1", "::1")


def own_endpoints() -> frozenset[tuple[str, int]]:
    """Return (address, port) of our services that listen on a network; those on a socket are out of reach."""
    named = {(str(one.get("HOST") or ""), int(one.get("PORT") or POSTGRES_PORT)) for one in settings.DATABASES.values()}
    redis: Any = urlsplit(settings.REDIS_URL)
    if redis.scheme in ("redis", "rediss") and redis.hostname:
        named.add((redis.hostname, redis.port or REDIS_PORT))
    on_network = [(host, port) for host, port in named if host and not host.startswith("/")]
    return frozenset((address, port) for host, port in on_network for address in _addresses(host, port))


def _addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a service; one of this machine answers at all addresses of this machine.

    Asked anew each time: a service may move, and an answer that failed once must not be remembered as none.
    """
    hosts = (host, socket.gethostname(), *_LOCAL) if host in _LOCAL else (host,)
    found: list[str] = []
    for one in hosts:
        try:
            found += system_addresses(one, port)
        except OSError:
            continue
    return tuple(dict.fromkeys(found))
