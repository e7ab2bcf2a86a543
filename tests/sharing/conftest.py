"""Data of a small town, and a department that reads them."""

import sys
from types import ModuleType

import pytest

from accounts.models import Department
from sharing.models import Client, Grant
from tests.collection.conftest import HEADER, ROWS, Town, _english, _files, three, town, world
from tests.sharing.factories import client_make, grant_make

__all__ = ["HEADER", "ROWS", "Town", "_english", "_files", "three", "town", "world"]


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


@pytest.fixture(autouse=True)
def confirmed_by_pull(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note which grants a first pull confirms."""
    module = ModuleType("sharing.services.delivery")
    confirmed: list[int] = []
    module.delivery_confirm_by_pull = lambda *, grant_id: confirmed.append(grant_id)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sharing.services.delivery", module)
    return confirmed
