"""authlib, as a department's own system would use it: found by the metadata, tokens, refusals, revocation."""

import time
from datetime import timedelta

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from oauth2_provider.models import AccessToken

from core import clock
from sharing.models import Client
from tests.outside.web import Web
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make

SECRET = "the-secret-of-the-machine"


@pytest.fixture
def machine(transactional_db: None, town: SharingTown) -> Client:
    grant = town.granted()
    return client_make(grant.department, grants=[grant], system=town.system, secret=SECRET)


def found(web: Web) -> AuthorizationServerMetadata:
    """Return what the server says of itself, checked as the library checks it; plain HTTP is the test's alone."""
    said = httpx.get(get_well_known_url(web.url, external=True)).json()
    assert said["issuer"] == web.url
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value for name, value in said.items()
    }
    checked = AuthorizationServerMetadata(secure)
    for name in AuthorizationServerMetadata.REGISTRY_KEYS:
        # Nobody signs in here, and tokens are not signed; that there is no response type the library does not expect.
        if name not in ("authorization_endpoint", "jwks_uri", "response_types_supported"):
            getattr(checked, f"validate_{name}")()
    return AuthorizationServerMetadata(said)


def client_of(web: Web, machine: Client, secret: str = SECRET, **options: object) -> OAuth2Client:
    about = found(web)
    return OAuth2Client(
        machine.client_id,
        secret,
        token_endpoint=about["token_endpoint"],
        grant_type="client_credentials",
        base_url=web.url,
        timeout=30,
        **options,
    )


def test_authlib_gets_uses_renews_and_revokes_tokens_and_understands_refusals(
    town: SharingTown, machine: Client, web: Web
) -> None:
    about = found(web)
    rows = f"/api/v1/datasets/{town.dataset.pk}/rows/"
    with client_of(web, machine) as client:
        first = client.fetch_token()
        assert (first["token_type"], first["expires_in"], first["scope"]) == ("Bearer", 600, "data:read")
        assert len(client.get(rows).json()["rows"]) == 3

        told = client.introspect_token(about["introspection_endpoint"], token=first["access_token"]).json()
        assert (told["active"], told["client_id"], told["scope"]) == (True, machine.client_id, "data:read")

        # Ten minutes later: the library sees it by its own clock, the server by the row; a new token is fetched.
        client.token = {**first, "expires_at": int(time.time()) - 1}
        AccessToken.objects.update(expires=clock.now() - timedelta(seconds=1))
        assert client.get(rows).status_code == 200
        second = client.token
        assert second["access_token"] != first["access_token"]
        told = client.introspect_token(about["introspection_endpoint"], token=first["access_token"]).json()
        assert told == {"active": False}

        assert client.revoke_token(about["revocation_endpoint"], token=second["access_token"]).status_code == 200
        told = client.introspect_token(about["introspection_endpoint"], token=second["access_token"]).json()
        assert told == {"active": False}
        refused = client.get(rows)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]

    for way in about["token_endpoint_auth_methods_supported"]:
        refusals_are_understood(web, machine, way)


def refusals_are_understood(web: Web, machine: Client, way: str) -> None:
    """See that each refusal arrives as the error of RFC 6749 that it is."""
    AccessToken.objects.all().delete()
    with client_of(web, machine, token_endpoint_auth_method=way) as client:
        assert client.fetch_token()["access_token"]
        with pytest.raises(OAuthError) as too_wide:
            client.fetch_token(scope="data:read catalog:write")
        with pytest.raises(OAuthError) as another_way:
            client.fetch_token(grant_type="password", username="a", password="b")
    with client_of(web, machine, "guess", token_endpoint_auth_method=way) as client, pytest.raises(OAuthError) as wrong:
        client.fetch_token()
    assert [one.value.error for one in (too_wide, another_way, wrong)] == [
        "invalid_scope",
        "unsupported_grant_type",
        "invalid_client",
    ]
    assert AccessToken.objects.count() == 1
