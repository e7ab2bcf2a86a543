"""A client's calls to the data of the small town."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from sharing.models import Client
from tests.collection.conftest import Town
from tests.sharing.factories import bearer

Call = Callable[..., Any]


@pytest.fixture
def call(three: Town, client_of: Client) -> Call:
    """Return a function that calls a door of the dataset as the client: ``call("rows/", limit=2)``."""
    headers = bearer(client_of, seconds=86_400)

    def send(door: str = "rows/", method: str = "get", with_headers: dict[str, str] | None = None, **query: Any) -> Any:
        address = f"/api/v1/datasets/{three.dataset.pk}/{door}"
        return getattr(Browser(), method)(address, query, headers={**headers, **(with_headers or {})})

    return send
