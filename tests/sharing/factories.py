"""Grants and clients in force, as rows.

grant = grant_make(town.dataset, department, items=["DXBH", "XM"], masks={"XM": "name"}, row_filter=[...])
client = client_make(department, grants=[grant]);  headers = bearer(client)
"""

import itertools
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from oauth2_provider.models import AccessToken

from accounts.models import Department
from collection.models import Dataset, DatasetGroupObjectPermission, Destination
from collection.outgoing.destinations import target_of
from collection.store.columns import columns_wanted
from core import clock
from core.actors import Actor
from sharing.client_choices import PullKind
from sharing.entitlement import seal_hash_key
from sharing.models import Client, ClientGrant, ClientSecret, Grant, Terms, TermsAcceptance
from sharing.oauth import checksum
from sharing.services.pull import PullFacts, pull_record
from tests.factories.accounts import InformationSystemFactory

_numbers = itertools.count(1)
EVERYWHERE = ["127.0.0.0/8", "::1/128"]
HASH_KEY = bytes(range(32))


def items_named(dataset: Dataset, names: Iterable[str]) -> list[str]:
    """Return the identities of items by field name."""
    by_name = {one.field_name: one.item for one in columns_wanted(dataset.entry)}
    return [by_name[name] for name in names]


def right_give(dataset: Dataset, department: Department) -> None:
    """Give a department's group the right on a dataset."""
    permission = Permission.objects.get(codename="pull_dataset", content_type__app_label="collection")
    DatasetGroupObjectPermission.objects.get_or_create(
        content_object=dataset, group=department.group, permission=permission
    )


def grant_make(
    dataset: Dataset,
    department: Department,
    *,
    items: Sequence[str] | None = None,
    masks: dict[str, str] | None = None,
    row_filter: Sequence[tuple[str, str, Sequence[str]]] = (),
    has_right: bool = True,
    **values: Any,
) -> Grant:
    """Make a grant in force with its right; items are named by their field names."""
    columns = columns_wanted(dataset.entry)
    named = {one.field_name: one.item for one in columns}
    types = {one.field_name: one.type for one in columns}
    moment = clock.now()
    terms, _new = Terms.objects.get_or_create(
        number=1, defaults={"text": "使用条款", "valid_from": moment, "created_by_name": "数据局"}
    )
    acceptance, _new = TermsAcceptance.objects.get_or_create(
        terms=terms, department=department, defaults={"accepted_at": moment, "accepted_by_name": "负责人"}
    )
    grant = Grant(
        **{
            "dataset": dataset,
            "department": department,
            "acceptance": acceptance,
            "purpose": "核验",
            "items": [named[name] for name in (items if items is not None else named)],
            "row_filter": [
                {"item": named[name], "operator": operator, "values": list(given), "type": types[name]}
                for name, operator, given in row_filter
            ],
            "masks": {named[name]: mask for name, mask in (masks or {}).items()},
            "methods": ["api", "file"],
            "valid_from": moment - timedelta(days=1),
            "valid_to": moment + timedelta(days=30),
            "created_at": moment,
            **values,
        }
    )
    grant.hash_key = seal_hash_key(grant, HASH_KEY)
    grant.save()
    if has_right:
        right_give(dataset, department)
    return grant


def client_make(
    department: Department,
    *,
    grants: Iterable[Grant] = (),
    secret: str = "",
    status: str = "active",
    networks: Sequence[str] = EVERYWHERE,
    **values: Any,
) -> Client:
    """Make a client in use with a secret."""
    client = Client.objects.create(
        **{
            "name": f"客户端{next(_numbers)}",
            "department": department,
            "system": values.pop("system", None) or InformationSystemFactory(department=department),
            "purpose": "核验",
            "status": status,
            "networks": list(networks),
            "scopes": ["data:read"],
            "client_type": Client.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Client.GRANT_CLIENT_CREDENTIALS,
            "registered_at": clock.now(),
            **values,
        }
    )
    if secret:
        ClientSecret.objects.create(
            client=client, digest=make_password(secret), made_at=clock.now(), made_by_name="负责人"
        )
    for grant in grants:
        bind(client, grant)
    return client


def pulled(grant: Grant, by: Actor, *, rows: int = 1) -> None:
    """Log a page of rows that a person pulled under a grant, as the data API does."""
    facts = PullFacts(grant, 1, PullKind.ROWS, (), "127.0.0.1")
    pull_record(actor=by, facts=facts, rows=rows, size_bytes=rows, milliseconds=1)


def bind(client: Client, grant: Grant) -> None:
    """Let a client pull under a grant, which is given for its system."""
    grant.systems.add(client.system)
    ClientGrant.objects.create(client=client, grant=grant, bound_at=clock.now(), bound_by_name="负责人")


def token_make(client: Client, *, scope: str = "data:read", seconds: int = 600) -> str:
    """Give a client a token."""
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(
        application=client,
        token="",
        token_checksum=checksum(token),
        scope=scope,
        expires=clock.now() + timedelta(seconds=seconds),
    )
    return token


def bearer(client: Client, **token: Any) -> dict[str, str]:
    """Return the header of a call by a client."""
    return {"Authorization": f"Bearer {token_make(client, **token)}"}


def listed(url: str, purpose: str = "webhook") -> Destination:
    """Put the host and port of an address on the list of places that may be told of new data, or be asked for data."""
    target = target_of(url)
    networks = ["127.0.0.1/32"] if target.host == "127.0.0.1" else ["203.0.113.0/24"]
    return Destination.objects.create(
        host=target.host,
        networks=networks,
        ports=[target.port],
        reason="试",
        added_at=clock.now(),
        purpose=purpose,
    )
