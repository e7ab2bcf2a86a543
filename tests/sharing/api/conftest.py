"""Data of a small town, a department that reads them under a grant, and a client's calls."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Department
from sharing.models import Client, Grant
from tests.collection.conftest import Town, _three, _town, _world, three, town, world
from tests.sharing.factories import bearer, client_make, grant_make

__all__ = ["_three", "_town", "_world", "three", "town", "world"]

Call = Callable[..., Any]


@pytest.fixture
def department(three: Town) -> Department:
    """The department that reads."""
    return three.world.other


@pytest.fixture
def grant(three: Town, department: Department) -> Grant:
    """A grant on all items, the name and the number of the person masked."""
    return grant_make(three.dataset, department, masks={"XM": "name", "SFZH": "id_number"})


@pytest.fixture
def client_of(grant: Grant, department: Department) -> Client:
    """A client that may pull under it."""
    return client_make(department, grants=[grant])


@pytest.fixture
def call(three: Town, client_of: Client) -> Call:
    """Return a function that calls a door of the dataset as the client: ``call("rows/", limit=2)``."""
    headers = bearer(client_of, seconds=86_400)

    def send(door: str = "rows/", method: str = "get", with_headers: dict[str, str] | None = None, **query: Any) -> Any:
        address = f"/api/v1/datasets/{three.dataset.pk}/{door}"
        return getattr(Browser(), method)(address, query, headers={**headers, **(with_headers or {})})

    return send
