"""The tables of all apps, and the world they are tried in."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.db import transaction

import tests.permissions
from tests.permissions.world import World, make_world, sign_in

PARTS = [
    import_module(f"tests.permissions.{module.name}")
    for module in pkgutil.iter_modules(tests.permissions.__path__)
    if module.name not in ("conftest", "table", "world") and not module.name.startswith("test_")
]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for all rows, in a transaction that is never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_world()
        for part in PARTS:
            if hasattr(part, "extend"):
                part.extend(made)
        sign_in(made)
        yield made
        transaction.set_rollback(True)
