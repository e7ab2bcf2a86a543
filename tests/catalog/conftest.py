from pathlib import Path

import pytest
from django.core.cache import caches

from accounts import served_region
from tests.factories.catalog import CatalogWorld, make_world
from tests.kept import Kept, kept

_world = kept(make_world)


@pytest.fixture
def world(_world: Kept[CatalogWorld], db: None, tmp_path: Path) -> CatalogWorld:
    return _world.stand(tmp_path / "files")


@pytest.fixture(autouse=True)
def _named_platform() -> None:
    """Query budgets are those of a process that knows the platform's name, as all do after their first page."""
    caches["process"].set(served_region.KEY, "云川市")
