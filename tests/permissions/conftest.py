"""The tables of all apps, and the world they are tried in."""

import pkgutil
from importlib import import_module

import pytest

import tests.permissions
from tests.permissions.world import World, make_world, sign_in

PARTS = [
    import_module(f"tests.permissions.{module.name}")
    for module in pkgutil.iter_modules(tests.permissions.__path__)
    if module.name not in ("conftest", "table", "world") and not module.name.startswith("test_")
]


@pytest.fixture
def world(db: None) -> World:
    """The accounts part of the world, extended by every app."""
    made = make_world()
    for part in PARTS:
        if hasattr(part, "extend"):
            part.extend(made)
    sign_in(made)
    return made
