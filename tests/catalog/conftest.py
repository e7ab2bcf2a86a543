import pytest

from tests.factories.catalog import CatalogWorld, make_world


@pytest.fixture
def world(db: None) -> CatalogWorld:
    return make_world()
