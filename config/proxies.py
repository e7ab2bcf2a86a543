"""The client's address and scheme, believed from trusted proxies only."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)
_FORWARDED_MARK = "catalog.forwarded"


class TrustedProxyMiddleware:
    """Put the real client address into ``REMOTE_ADDR``; drop forwarding headers nobody trusted sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        request.META[_FORWARDED_MARK] = any(name in request.META for name in _FORWARDED)
        if is_trusted_proxy(peer):
            request.META["REMOTE_ADDR"] = _nearest_untrusted(request.META.get("HTTP_X_FORWARDED_FOR", ""), peer)
            for name in ("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_FORWARDED"):
                request.META.pop(name, None)
        else:
            for name in _FORWARDED:
                request.META.pop(name, None)
        return self.get_response(request)


def is_trusted_proxy(address: str) -> bool:
    """Say whether the address is in ``TRUSTED_PROXIES``."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.TRUSTED_PROXIES)


def is_loopback(address: str) -> bool:
    """Say whether the address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def was_forwarded(request: HttpRequest) -> bool:
    """Say whether the request passed through a proxy, trusted or not."""
    return bool(request.META.get(_FORWARDED_MARK))


def client_address(request: HttpRequest) -> str:
    """Return the client's address as the trusted proxies report it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _nearest_untrusted(forwarded_for: str, peer: str) -> str:
    """Walk the chain from our side outwards: whatever stands beyond the first stranger is hearsay."""
    for hop in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
        try:
            ipaddress.ip_address(hop)
        except ValueError:
            return peer
        if not is_trusted_proxy(hop):
            return hop
        peer = hop
    return peer
