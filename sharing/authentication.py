"""Who calls the API with a token, and what a token may be used for."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core import clock
from core.actors import Actor, ActorKind
from core.planned import planned_cursor
from sharing import limits
from sharing.client_choices import ClientStatus
from sharing.oauth import checksum, may_come_from
from sharing.refusals import InsufficientScope, InvalidToken, TokenNotEnough, WrongAddress

_LONGEST_TOKEN = 200

_FIND = """
SELECT c.id, c.client_id, c.name, c.status, c.networks, c.calls_per_minute, t.scope, t.expires,
       d.id, d.code, d.name, d.is_authority, d.valid_to IS NULL, r.id, r.code, r.path
FROM oauth2_provider_accesstoken t
JOIN sharing_client c ON c.id = t.application_id
JOIN accounts_department d ON d.id = c.department_id
JOIN accounts_region r ON r.id = d.region_id
WHERE t.token_checksum = %s
"""


class Caller(NamedTuple):
    """A client that showed a valid token, in the place of a user."""

    actor: Actor
    scopes: frozenset[str]
    is_authenticated: bool = True


class _Found(NamedTuple):
    pk: int
    client_id: str
    name: str
    status: str
    networks: list[str]
    calls_per_minute: int
    scope: str
    expires: datetime
    department_id: int
    department_code: str
    department_name: str
    is_authority: bool
    is_department_active: bool
    region_id: int
    region_code: str
    region_path: str


def _checksum_of(header: str) -> str | None:
    """Return the checksum of the bearer token of a header; None where it carries none."""
    scheme, _space, token = header.partition(" ")
    return checksum(token.strip()[:_LONGEST_TOKEN]) if scheme.lower() == "bearer" else None


def actor_of_token(header: str, address: str) -> Actor | None:
    """Return the machine whose token a header carries, if it is valid and comes from its own address."""
    kept = _checksum_of(header)
    found = _find(kept) if kept is not None else None
    if found is None or not _is_usable(found) or not _is_at_home(tuple(found.networks), address):
        return None
    return _actor(found)


def _actor(found: _Found) -> Actor:
    return Actor(
        kind=ActorKind.CLIENT,
        id=found.pk,
        name=found.name,
        username=found.client_id,
        department_id=found.department_id,
        department_code=found.department_code,
        department_name=found.department_name,
        region_id=found.region_id,
        region_code=found.region_code,
        region_path=found.region_path,
        is_authority=found.is_authority,
        scopes=frozenset(found.scope.split()),
    )


def _find(token_checksum: str) -> _Found | None:
    with planned_cursor() as cursor:
        cursor.execute(_FIND, [token_checksum])
        row = cursor.fetchone()
    return _Found(*row) if row else None


def _is_usable(found: _Found) -> bool:
    return found.status == ClientStatus.ACTIVE and found.is_department_active and found.expires > clock.now()


@lru_cache(maxsize=4096)
def _is_at_home(networks: tuple[str, ...], address: str) -> bool:
    return may_come_from(list(networks), address)


class ClientTokenAuthentication(BaseAuthentication):
    """Takes a bearer token from the header, never from the address (RFC 6750), and counts the call.

    ``request.actor`` becomes the client, also where a session came along: who shows a token acts by it alone.
    """

    def authenticate(self, request: Request) -> tuple[Caller, str] | None:
        kept = _checksum_of(request.headers.get("Authorization", ""))
        if kept is None:
            return None
        found = _find(kept)
        if found is None or not _is_usable(found):
            # Who it was is kept with the refusal, and told to nobody who calls.
            request._request.refused_client = found.pk if found else None  # type: ignore[attr-defined]
            raise InvalidToken
        actor = _actor(found)
        request._request.actor = actor  # type: ignore[attr-defined]
        if not _is_at_home(tuple(found.networks), str(request.META.get("REMOTE_ADDR", ""))):
            # Each is kept in the trail. Counted apart: who has a token elsewhere must not use up the client's calls.
            limits.count_call("elsewhere", f"elsewhere:{found.client_id}", limits.FAILURES_PER_MINUTE)
            raise WrongAddress
        budget = limits.count_call("client", found.client_id, found.calls_per_minute)
        request._request.rate_budget = budget  # type: ignore[attr-defined]
        return Caller(actor, actor.scopes), kept

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScope(BasePermission):
    """Lets in whoever is signed in; a token only where the view names a scope of it for the method.

    A view says so by ``token_scopes``: method → scopes, one of which the token must have. What it does not name is
    closed to tokens.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, Caller):
            return bool(request.user and request.user.is_authenticated)
        method = "GET" if request.method in ("HEAD", "OPTIONS") else str(request.method)
        wanted: frozenset[str] = getattr(view, "token_scopes", {}).get(method, frozenset())
        if not wanted:
            if not hasattr(view, str(request.method).lower()):  # nobody may: no person is missing
                raise MethodNotAllowed(str(request.method))
            raise TokenNotEnough
        if wanted.isdisjoint(request.user.scopes):
            raise InsufficientScope(wanted)
        return True
