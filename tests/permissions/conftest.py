"""The tables of all apps, and the world they are tried in."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

import tests.permissions
from tests.permissions.world import World, make_world, sign_in

PARTS = [
    import_module(f"tests.permissions.{module.name}")
    for module in pkgutil.iter_modules(tests.permissions.__path__)
    if module.name not in ("conftest", "table", "world") and not module.name.startswith("test_")
]


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The accounts part of the world, extended by every app: made once, for it takes seconds."""
    with django_db_blocker.unblock(), transaction.atomic(), transaction.atomic("store"):
        made = make_world()
        for part in PARTS:
            if hasattr(part, "extend"):
                part.extend(made)
        sign_in(made)
        yield made
        transaction.set_rollback(True)
        transaction.set_rollback(True, "store")


@pytest.fixture
def world(_made: World, db: None) -> World:
    """The world as it was made: each test runs within the transaction that made it, and takes back what it did."""
    return _made
