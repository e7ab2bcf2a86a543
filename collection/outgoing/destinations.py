"""Where requests may go: addresses are taken apart, held against the list, and resolved once."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings

from collection.outgoing.failures import NotListed, Permanent, Transient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host, the preferred first."""

_SAFE = "/%:@!$&'()*+,;=~?[]"
_DEFAULT_PORTS = {"http": 80, "https": 443}

GUARDED = tuple(
    ipaddress.ip_network(network)
    for network in (
        # This machine, and what only it can reach.
        *("127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128", "169.254.0.0/16", "fe80::/10"),
        # Services that hand out the credentials of a machine in a cloud: most, Alibaba, Tencent, Azure, Amazon.
        *("169.254.169.254/32", "100.100.100.200/32", "169.254.0.23/32", "168.63.129.16/32", "fd00:ec2::/32"),
        # Nobody in particular.
        *("224.0.0.0/4", "240.0.0.0/4", "ff00::/8"),
        # Other addresses in disguise.
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
    )
)
"""Open only to a rule whose network lies inside: 0.0.0.0/0 does not allow 127.0.0.1. No such rule can be listed."""

_WIDEST = {4: 8, 6: 32}
"""The shortest prefix of a network on the list: 10.0.0.0/8 is a whole private network, fewer bits are everything."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A destination that the security administrator allows.

    Attributes:
        host: the exact name or address; kept in the form in which hosts are compared.
        networks: where the name may lead to.
        ports: where it may be asked.

    Raises:
        Permanent: bad_address; the host is none.
    """

    host: str
    networks: tuple[Network, ...]
    ports: frozenset[int]

    def __post_init__(self) -> None:
        try:
            host = _canonical(self.host)
        except ValueError:
            host = ""
        if not host:
            raise Permanent("bad_address")
        object.__setattr__(self, "host", host)


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """An address, taken apart.

    Attributes:
        host: in lower case, international names in their ASCII form.
        path: path and query, as sent.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a credential is for: it never goes to another."""
        return (self.scheme, self.host, self.port)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"


def is_too_wide(network: Network) -> bool:
    """Say whether a network names no place in particular."""
    return network.prefixlen < _WIDEST[network.version]


def is_guarded(network: Network) -> bool:
    """Say whether a network is none of a source: this machine, a link of it, a service of the cloud, nobody."""
    return any(_lies_in(network, guard) for guard in GUARDED)


def is_of_this_machine(network: Network) -> bool:
    """Say whether a network leads back to this machine."""
    return network.is_loopback


def is_own_host(host: str) -> bool:
    """Say whether a host, as it stands, is none of a source, so that no rule can open it.

    An address that is not written out (127.1, 0x7f000001) is taken as resolvers take it.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return not settings.MAY_REACH_ITSELF
    try:
        return _is_shut_for_good(host if ":" in host else socket.inet_ntoa(socket.inet_aton(host)))
    except (ValueError, OSError):
        return False


def target_of(url: str) -> Target:
    """Take an address apart.

    Raises:
        Permanent: bad_address.
    """
    try:
        if any(character <= " " or character in "\\\x7f" for character in url):
            raise ValueError("a character that has no place in an address")
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), _canonical(parts.hostname or ""), parts.port
        if scheme not in _DEFAULT_PORTS or not host or "%" in host or "@" in parts.netloc:
            raise ValueError("no address of ours")
    except ValueError:
        raise Permanent("bad_address") from None
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port, path)


def addresses_of(
    target: Target,
    allowed: Collection[Allowed],
    resolve: Resolver,
    seconds: float,
    closed: Collection[tuple[str, int]] = (),
) -> list[str]:
    """Return the addresses that a target may be reached at; the name is resolved this once.

    Args:
        closed: address and port of services that no rule opens.
        seconds: how long resolving may take.

    Raises:
        NotListed: not_listed (nothing was asked, not even for the name), address_not_listed; own_address where nobody
            could list it.
        Transient: name_unknown, timed_out.
    """
    rules = [rule for rule in allowed if rule.host == target.host and target.port in rule.ports]
    if not rules:
        code = "own_address" if is_own_host(target.host) else "not_listed"
        raise NotListed(code, host=target.host, port=target.port)
    networks = [network for rule in rules for network in rule.networks]
    found = _in_time(resolve, target, seconds)
    shut = {_plain(address) for address, port in closed if port == target.port}
    usable = [address for address in found if _is_permitted(address, networks) and _plain(address) not in shut]
    if not usable:
        is_own = all(_plain(address) in shut or _is_shut_for_good(address) for address in found)
        raise NotListed("own_address" if is_own else "address_not_listed", host=target.host, port=target.port)
    return usable


def system_addresses(host: str, port: int) -> list[str]:
    """Ask this machine's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _in_time(resolve: Resolver, target: Target, seconds: float) -> Sequence[str]:
    """Resolve in a thread: the system's resolver knows no time limit."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise Transient("timed_out", host=target.host) from None
    if isinstance(answer, Exception) or not answer:
        raise Transient("name_unknown", host=target.host)
    return answer


def _is_permitted(text: str, networks: Collection[Network]) -> bool:
    address = _plain(text)
    guards = [guard for guard in GUARDED if address in guard]
    return any(address in network and all(_lies_in(network, guard) for guard in guards) for network in networks)


def _is_shut_for_good(text: str) -> bool:
    """Say whether no network that may be listed holds an address."""
    address = _plain(text)
    is_let = address.is_loopback and settings.MAY_REACH_ITSELF
    return not is_let and any(address in guard for guard in GUARDED)


def _plain(text: str) -> Address:
    """Return an address without its zone, and what stands in an IPv6 address as an IPv4 one as that."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _lies_in(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _canonical(host: str) -> str:
    """Return a host in the one form in which hosts are compared."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    return host if host.isascii() else host.encode("idna").decode()
