"""A small town in which one department asks another for data."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile

from accounts.models import InformationSystem
from catalog.models import Entry
from collection import services as collecting
from collection.choices import DatasetKind
from collection.models import Dataset
from core.actors import Actor
from core.basis import REGULATION_809
from sharing import limits, reference
from sharing.models import Grant, ShareRequest
from sharing.services import answer, drafting, filing, objection
from sharing.services.policy import sharing_policy_set
from tests.collection.conftest import HEADER, ROWS
from tests.collection.worker import run_of, work
from tests.factories.accounts import InformationSystemFactory
from tests.factories.catalog import CatalogWorld, make_world
from tests.kept import Kept, _english, _files, kept

__all__ = ["_english", "_files"]


@pytest.fixture(autouse=True)
def _own_count_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test count the rows that it looks for by itself: departments have the same numbers in every worker's
    database, and the workers share one Redis."""
    test = uuid4()
    real = limits.count_call
    monkeypatch.setattr(objection, "count_call", lambda name, key, limit: real(name, f"{test}:{key}", limit))


@dataclass
class SharingTown:
    """A town with a provider's data, and a department that wants them.

    Attributes:
        asker, asker_head: cataloguer and head of the requesting department.
    """

    world: CatalogWorld
    entry: Entry
    dataset: Dataset
    system: InformationSystem

    @property
    def asker(self) -> Actor:
        return self.world.other_cataloguer

    @property
    def asker_head(self) -> Actor:
        return self.world.other_head

    def items(self, *names: str) -> list[str]:
        """Return identities of items of the entry, all without names."""
        revision = Entry.objects.get(pk=self.entry.pk).published_revision
        assert revision is not None
        return [str(one.item_id) for one in revision.items.all() if not names or one.field_name in names]

    def fields(self, **given: Any) -> dict[str, Any]:
        """Return what a request must hold, so that it can be submitted."""
        return {
            "legal_basis": [{"document": REGULATION_809, "article": "第二十条"}],
            "scenario": "核验就业援助对象的低保身份",
            "items": self.items(),
            "methods": ["api", "file"],
            "frequency": "monthly",
            "valid_until": date(2027, 6, 30),
            "systems": [self.system.pk],
            "contact_name": "王立",
            "contact_phone": "0990-1234567",
            "dataset": self.dataset.pk,
        } | given

    def draft(self, **given: Any) -> ShareRequest:
        return drafting.request_create(actor=self.asker, entry_ref=self.entry.pk, fields=self.fields(**given))

    def submitted(self, **given: Any) -> ShareRequest:
        return filing.request_submit(actor=self.asker, request_id=self.draft(**given).pk)

    def agreed(self, **given: Any) -> ShareRequest:
        """Let the own head agree: it lies with whoever is next."""
        return filing.request_agree(actor=self.asker_head, request_id=self.submitted(**given).pk)

    def approved(self, **given: Any) -> ShareRequest:
        return answer.request_approve(actor=self.world.head, request_id=self.agreed(**given).pk)

    def granted(self, **given: Any) -> Grant:
        return self.approved(**given).grants.get()

    def granted_in_part(self, **decided: Any) -> Grant:
        """Let the provider decide on less than was asked for."""
        asked = self.agreed(valid_until=date(2027, 6, 30))
        answer.request_approve(actor=self.world.head, request_id=asked.pk, opinion="部分", **decided)
        return asked.grants.get()

    def check_conditional(self) -> None:
        """Let the authority check the form of conditional requests first, as the demo city does."""
        sharing_policy_set(
            actor=self.world.reviewer,
            region_id=self.world.provider.region_id,
            checked=["conditional"],
            supplement_clock="restart",
            longest_days=1095,
        )


def make_sharing_world() -> CatalogWorld:
    reference.load()
    return make_world()


def town_of(world: CatalogWorld, **fields: Any) -> SharingTown:
    """Publish an entry with loaded data, ready to be asked for."""
    entry = world.published(**fields)
    dataset = collecting.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="低保对象")
    run = collecting.run_upload(
        actor=world.cataloguer,
        dataset_id=dataset.pk,
        pieces=[(HEADER + "".join(ROWS)).encode()],
        file_name="rows.csv",
    )
    work(run)
    dataset.refresh_from_db()
    assert dataset.published_version is not None
    return SharingTown(world, entry, dataset, InformationSystemFactory(department=world.other))


def shelf_of(world: CatalogWorld, **fields: Any) -> SharingTown:
    """Publish an entry whose data are two files."""
    entry = world.published(format_class="image", format_type="png", sharing_method="platform_file", **fields)
    dataset = collecting.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="影像", kind=DatasetKind.FILES)
    sent = [ContentFile(b"\x89PNG\r\n\x1a\n" + text, name=name) for name, text in (("甲.png", b"1"), ("乙.png", b"2"))]
    collecting.files_add(actor=world.cataloguer, dataset_id=dataset.pk, files=sent)
    dataset.refresh_from_db()
    return SharingTown(world, entry, dataset, InformationSystemFactory(department=world.other))


def free_of(world: CatalogWorld, **given: Any) -> SharingTown:
    """Publish an entry whose data are shared unconditionally."""
    items = [{"name": "名称", "field_name": "MC", "type": "C", "length": 50, "is_key": True, "nullable": False}]
    fields = {"sharing": "unconditional", "sharing_scope": "", "sharing_purpose": "", "data_level": "general_1"}
    entry = world.published(items=items, **fields | given)
    dataset = collecting.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="养老机构")
    run_of(dataset, world.cataloguer, "名称\n第一养老院\n")
    dataset.refresh_from_db()
    return SharingTown(world, entry, dataset, InformationSystemFactory(department=world.other))


_world = kept(make_sharing_world)
_town = kept(lambda: town_of(make_sharing_world()))
_free = kept(lambda: free_of(make_sharing_world()))


@pytest.fixture
def world(_world: Kept[CatalogWorld], db: None, tmp_path: Path) -> CatalogWorld:
    return _world.stand(tmp_path / "files")


@pytest.fixture
def town(_town: Kept[SharingTown], db: None, tmp_path: Path) -> SharingTown:
    return _town.stand(tmp_path / "files")


@pytest.fixture
def free(_free: Kept[SharingTown], db: None, tmp_path: Path) -> SharingTown:
    """A town whose data are shared unconditionally."""
    return _free.stand(tmp_path / "files")
