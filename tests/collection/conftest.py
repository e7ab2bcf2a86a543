"""Data hooked to an entry of a small town, loaded by a worker that runs here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Entry
from collection import services
from collection.models import Dataset, Run
from core.actors import Actor
from tests.collection.worker import work
from tests.factories.catalog import CatalogWorld, make_world
from tests.kept import Kept, _english, _files, kept

__all__ = ["_english", "_files"]


@dataclass
class Town:
    """A town with an entry that has a dataset."""

    world: CatalogWorld
    entry: Entry
    dataset: Dataset

    @property
    def cataloguer(self) -> Actor:
        return self.world.cataloguer

    def send(self, text: str | bytes, *, encoding: str = "utf-8", **given: Any) -> Run:
        """Send a CSV and let a worker take it up."""
        content = text if isinstance(text, bytes) else text.encode(encoding)
        run = services.run_upload(
            actor=self.cataloguer, dataset_id=self.dataset.pk, pieces=[content], file_name="rows.csv", **given
        )
        return self.work(run)

    def work(self, run: Run) -> Run:
        """Carry a run out as a worker would."""
        work(run)
        self.dataset.refresh_from_db()
        return run


def make_town() -> Town:
    world = make_world()
    entry = world.published()
    return Town(world, entry, services.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="低保对象"))


HEADER = "对象编号,姓名,身份证号,月保障金额,纳入日期\n"
ROWS = [
    "0001,王小明,990102199001011234,850.50,2026-01-05\n",
    "0002,李四,990102198505054321,920,2026/2/6\n",
    '0164A,欧阳锋,990102197707077777,"1,020.00",20260301\n',
]


def make_three() -> Town:
    town = make_town()
    run = town.send(HEADER + "".join(ROWS))
    assert run.state == "succeeded", run.message
    return town


_world = kept(make_world)
_town = kept(make_town)
_three = kept(make_three)


@pytest.fixture
def world(_world: Kept[CatalogWorld], db: None, tmp_path: Path) -> CatalogWorld:
    return _world.stand(tmp_path / "files")


@pytest.fixture
def town(_town: Kept[Town], db: None, tmp_path: Path) -> Town:
    return _town.stand(tmp_path / "files")


@pytest.fixture
def committed(transactional_db: None) -> Town:
    """The town for tests that commit."""
    return make_town()


@pytest.fixture
def three(_three: Kept[Town], db: None, tmp_path: Path) -> Town:
    """The town with three rows published as version 1."""
    return _three.stand(tmp_path / "files")
