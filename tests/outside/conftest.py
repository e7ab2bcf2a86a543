"""The product as programs meet it that nobody here wrote, and as it stands when a process is killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kept import _english, _files
from tests.outside.web import Web, serving
from tests.sharing.conftest import SharingTown, make_sharing_world, town_of

__all__ = ["_english", "_files"]


@pytest.fixture
def town(transactional_db: None) -> SharingTown:
    return town_of(make_sharing_world())


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[Web]:
    """The web server in processes of its own."""
    with serving(tmp_path / "web.log") as web:
        yield web
