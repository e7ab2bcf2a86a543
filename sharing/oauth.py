"""The authorization server: client credentials, revocation, introspection of own tokens. Nothing else is mounted.

The protocol is oauthlib's (RFC 6749, 7009, 7662); here is what it asks: who a client is, what it may have, what is
kept. Tokens are random, last ten minutes and are kept as a checksum.
"""

import hashlib
import ipaddress
import secrets
from base64 import b64decode
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from oauth2_provider.models import AccessToken, set_token_value
from oauthlib.common import Request
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator
from oauthlib.oauth2.rfc6749 import errors

from audit import services as audit
from core import clock
from core.actors import PUBLIC, Actor, ActorKind
from sharing import limits
from sharing.client_choices import Scope
from sharing.models import Client
from sharing.selectors.client import client_named, secrets_in_force

TOKEN_SECONDS = 600


def checksum(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_for_client(client: Client) -> Actor:
    """Return the actor of a client: its department's, without any role."""
    department = client.department
    return Actor(
        kind=ActorKind.CLIENT,
        id=client.pk,
        name=client.name,
        username=client.client_id,
        department_id=department.pk,
        department_code=department.code,
        department_name=department.name,
        region_id=department.region_id,
        region_code=department.region.code,
        region_path=department.region.path,
        is_authority=department.is_authority,
    )


def may_come_from(networks: list[str], address: str) -> bool:
    """Say whether an address is in one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in ipaddress.ip_network(one) for one in networks)


def credentials_of(request: Request) -> tuple[str, str] | None:
    """Return (id, secret) as sent by HTTP Basic or in the body; None where there are none, or none to be read.

    Raises:
        InvalidRequestError: both ways at once (RFC 6749, 2.3).
    """
    header = request.headers.get("Authorization", "")
    in_body = request.client_secret is not None
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return (request.client_id or "", request.client_secret) if in_body else None
    if in_body:
        raise errors.InvalidRequestError("Use one way to send the client's credentials.", request=request)
    try:
        name, colon, secret = b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None


class TooManyFailures(errors.OAuth2Error):
    """Too many wrong credentials from one place, or too many tokens asked for."""

    error = "temporarily_unavailable"
    description = "Too many attempts. Wait as long as Retry-After says."
    status_code = 429

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(limits.MINUTE)}


class ClientValidator(RequestValidator):
    """What oauthlib asks of us."""

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Say whether the client is known, active, of a system in use, in its networks, with a secret in force."""
        given = credentials_of(request)
        name, secret = given or ("", "")
        address = str(request.headers.get("REMOTE_ADDR", ""))
        client = client_named(name) if name else None
        reason = self._refusal(client, address)
        self._count_failure(address, name, 0)
        if not self._is_secret_right(client if not reason else None, secret):
            reason = reason or "wrong_secret"
        if reason or client is None:
            self._count_failure(address, name, 1)
            self._note_failure(client, request, reason)
            return False
        self._count(f"tokens:{client.client_id}", limits.TOKENS_PER_MINUTE, 1)
        request.client, request.client_id = client, client.client_id
        return True

    @staticmethod
    def _refusal(client: Client | None, address: str) -> str:
        """Return why a client is not taken, before its secret is looked at; "" where nothing speaks against it."""
        if client is None:
            return "unknown_client"
        if not client.is_active or not client.department.is_active:
            return f"client_{client.status}"
        if not client.system.is_active:
            return "system_retired"
        return "" if may_come_from(client.networks, address) else "wrong_address"

    @staticmethod
    def _is_secret_right(client: Client | None, secret: str) -> bool:
        kept = secrets_in_force(client) if client is not None else []
        if not kept:
            make_password(secret)  # the same work as for a known client: the time tells nothing
        return sum(check_password(secret, one.digest) for one in kept) > 0

    def _count_failure(self, address: str, name: str, failures: int) -> None:
        self._count(f"failed:{address}:{name[:100]}", limits.FAILURES_PER_MINUTE, failures)
        self._count(f"failed:{address}", limits.FAILURES_PER_MINUTE_AND_ADDRESS, failures)

    @staticmethod
    def _count(key: str, limit: int, calls: int) -> None:
        try:
            limits.count_call("token", key, limit, calls)
        except limits.TooManyCalls:
            raise TooManyFailures from None

    @staticmethod
    def _note_failure(client: Client | None, request: Request, reason: str) -> None:
        actor = actor_for_client(client) if client is not None else PUBLIC
        audit.record_denial(
            actor, method="POST", path=request.uri.partition("?")[0], reason=f"invalid_client: {reason}"
        )

    def authenticate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return False

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return grant_type == "client_credentials"

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return bool(scopes) and set(scopes) <= set(client.scopes)

    def get_default_scopes(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """Return every scope of the client: it says itself where it wants less."""
        return [one for one in Scope.values if one in request.client.scopes]

    @transaction.atomic
    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        client, moment = request.client, clock.now()
        AccessToken.objects.filter(application=client, expires__lte=moment).delete()
        kept = AccessToken(
            application=client, scope=token["scope"], expires=moment + timedelta(seconds=token["expires_in"])
        )
        set_token_value(kept, token["access_token"])
        kept.save()
        audit.record(actor_for_client(client), "sharing.client.token", client, after={"scope": token["scope"]})

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any) -> None:
        """Drop a token of the caller; of another's nothing is said and nothing happens (RFC 7009, 2.1)."""
        AccessToken.objects.filter(token_checksum=checksum(token), application=request.client).delete()

    def introspect_token(
        self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Return what a token of the caller is worth; one of another client's looks like none (RFC 7662, 4)."""
        found = AccessToken.objects.filter(
            token_checksum=checksum(token), application=request.client, expires__gt=clock.now()
        ).first()
        if found is None:
            return None
        client: Client = request.client
        return {
            "scope": found.scope,
            "client_id": client.client_id,
            "token_type": "Bearer",
            "exp": int(found.expires.timestamp()),
            "sub": client.department.code,
        }


@cache
def server() -> BackendApplicationServer:
    """Return the server; it keeps nothing of a request."""
    return BackendApplicationServer(
        ClientValidator(),
        token_generator=lambda request, refresh_token=False: secrets.token_urlsafe(32),
        token_expires_in=TOKEN_SECONDS,
    )
