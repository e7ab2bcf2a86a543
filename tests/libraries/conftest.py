"""A small town whose library of people is built from the data of two departments."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Department
from catalog import services as catalog
from catalog.choices import LibraryKind
from catalog.models import Entry, Library
from collection import services as collecting
from collection.models import Dataset, Run
from collection.readers import Entitlement, page
from collection.selectors import columns_wanted
from collection.selectors.dataset import pinned_version
from core import clock
from core.actors import Actor, system_actor
from libraries import tasks
from libraries.digests import asked_of
from libraries.models import Build, Part
from libraries.services import build as building
from libraries.services import consent
from libraries.services.compose import build_work
from libraries.services.leaving import LEAVING_EVENT
from libraries.services.part import part_add
from sharing.models import Grant
from sharing.services.grant import narrow
from sharing.services.succession import grant_expire
from tests.collection.worker import work
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import FIELDS, CatalogWorld
from tests.kept import Kept, _english, _files, kept
from tests.sharing.conftest import make_sharing_world
from tests.sharing.factories import grant_make, items_named
from workflow.models import OutboxMessage
from workflow.outbox import OutboxEvent, handlers_of
from workflow.services.job_slot import job_slot_claim, job_slot_finish

__all__ = ["_english", "_files"]

KEY = {"name": "身份证号", "field_name": "SFZH", "type": "C", "length": 18, "is_key": True, "nullable": False}
NAME = {"name": "姓名", "field_name": "XM", "type": "C", "length": 50}
BORN = {"name": "出生日期", "field_name": "CSRQ", "type": "D"}
AMOUNT = {"name": "金额", "field_name": "JE", "type": "Y", "length": 10, "decimals": 2}
SOURCES = {"name": "数据来源", "field_name": "LY", "type": "C", "length": 200}


@dataclass(frozen=True, slots=True)
class Provider:
    """A department with its people and a dataset."""

    cataloguer: Actor
    head: Actor
    dataset: Dataset

    def load(self, text: str) -> Run:
        """Send a CSV and let a worker bring it in."""
        run = collecting.run_upload(
            actor=self.cataloguer, dataset_id=self.dataset.pk, pieces=[text.encode()], file_name="rows.csv",
            is_confirmed=True,
        )  # fmt: skip
        run = work(run)
        assert run.state in ("succeeded", "unchanged"), run.message
        self.dataset.refresh_from_db()
        return run


@dataclass
class LibraryTown:
    """A town with a library of people: its lead, the library's dataset, and departments that provide sources."""

    world: CatalogWorld
    library: Library
    lead: Department
    cataloguer: Actor
    head: Actor
    entry: Entry
    dataset: Dataset
    providers: list[Provider] = field(default_factory=list)

    def provider(self, items: Sequence[dict[str, Any]], text: str, **fields: Any) -> Provider:
        """Let a further department publish data."""
        department = DepartmentFactory(region=self.lead.region)
        cataloguer, head, entry = filed(self.world, department, items, f"来源{len(self.providers) + 1}", **fields)
        dataset = collecting.dataset_hook(actor=cataloguer, ref=entry.pk, name=str(entry))
        made = Provider(cataloguer, head, dataset)
        made.load(text)
        self.providers.append(made)
        return made

    def grant(self, provider: Provider, **values: Any) -> Grant:
        return grant_make(provider.dataset, self.lead, **({"methods": ["exchange"]} | values))

    def mapping(self, source: Dataset, **names: str) -> dict[str, str]:
        """Return a mapping by field names: library's item → source's item."""
        targets = items_named(self.dataset, names)
        return dict(zip(targets, items_named(source, names.values()), strict=True))

    def part(self, provider: Provider, grant: Grant | None = None, **names: str) -> Part:
        """Name a source, and let its provider agree."""
        part = part_add(
            actor=self.cataloguer,
            dataset_id=self.dataset.pk,
            grant_id=(grant or self.grant(provider)).pk,
            mapping=self.mapping(provider.dataset, **names),
        )
        return part_answer(actor=provider.head, part_id=part.pk, is_agreed=True)

    def built(self, actor: Actor | None = None) -> Build:
        """Ask for a build and carry it out, its run too."""
        return carried_out(building.build_ask(actor=actor or self.cataloguer, dataset_id=self.dataset.pk))

    def rows(self) -> list[dict[str, Any]]:
        """Return the published rows of the library dataset by field names, in the order of their keys."""
        return rows_of(self.dataset)


def part_answer(*, actor: Actor, part_id: int, is_agreed: bool, reason: str = "") -> Part:
    """Answer for a provider who has just looked."""
    seen = asked_of(Part.objects.get(pk=part_id))
    return consent.part_answer(actor=actor, part_id=part_id, is_agreed=is_agreed, edit_version=seen, reason=reason)


def rows_of(dataset: Dataset) -> list[dict[str, Any]]:
    dataset.refresh_from_db()
    version = dataset.published_version
    if version is None:
        return []
    pinned = pinned_version(version)
    whole = Entitlement(dataset.pk, tuple(one.item for one in pinned.columns))
    rows = json.loads(page(whole, pinned, limit=10_000).rows)
    return sorted(rows, key=lambda row: str(row.get("SFZH")))


def composed(build: Build) -> Build:
    """Let a worker compose a build."""
    build.refresh_from_db()
    held = job_slot_claim(building.job_name(build.pk), build.slot)
    assert held is not None
    build_work(lease=held, build_id=build.pk)
    job_slot_finish(held)
    build.refresh_from_db()
    return build


def carried_out(build: Build) -> Build:
    """Let workers compose a build and load its rows."""
    composed(build)
    if build.run is not None:
        work(build.run)
        build.refresh_from_db()
    return build


def delivered(event: str) -> None:
    """Let what was put out under a name be carried out, once."""
    for message in OutboxMessage.objects.filter(event=event).order_by("pk"):
        for one in handlers_of(event):
            one.function(OutboxEvent(event, message.payload, f"{message.pk}", message.pk, 1, clock.now()))
        message.delete()


def build_asked() -> Build:
    """Return the build that waits, once what has to leave has asked for it."""
    delivered(LEAVING_EVENT)
    return Build.objects.get(state="asked")


def grant_over(grant: Grant) -> None:
    """Let the time of a grant be over, as the hourly look notes it; what goes on from it stays."""
    Grant.objects.filter(pk=grant.pk).update(valid_to=clock.now())
    assert grant_expire(actor=system_actor("sharing-expiry"), grant_id=grant.pk) is not None


def narrowed(grant: Grant, head: Actor, **masks: str) -> None:
    """Carry out a narrowing that was announced in time, and what follows."""
    with transaction.atomic():
        narrow(
            head, grant, {"masks": dict(zip(items_named(grant.dataset, masks), masks.values(), strict=True))}, "收紧"
        )
    for message in OutboxMessage.objects.filter(event="sharing.grant.changed", payload__action="narrow"):
        tasks.follow_narrowed_grant(
            OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at)
        )


def filed(
    world: CatalogWorld, department: Department, items: Sequence[dict[str, Any]], name: str, **fields: Any
) -> tuple[Actor, Actor, Entry]:
    """Publish an entry of a department; return its cataloguer and head too."""
    cataloguer = actor_of(UserFactory(department=department, roles=["cataloguer"]))
    head = actor_of(UserFactory(department=department, roles=["head"]))
    entry = catalog.entry_create(actor=cataloguer, fields=FIELDS | {"name": name} | fields, items=list(items))
    catalog.entry_submit(actor=cataloguer, ref=entry.pk)
    catalog.entry_approve(actor=head, ref=entry.pk)
    return cataloguer, head, catalog.entry_approve(actor=world.reviewer, ref=entry.pk)


def town_with(world: CatalogWorld, items: Sequence[dict[str, Any]], code: str = "population") -> LibraryTown:
    """Make the town; the library's dataset has these items."""
    lead = DepartmentFactory(region=world.provider.region, name="市公安局")
    library = Library.objects.get_or_create(code=code, defaults={"name": "人口基础库", "kind": LibraryKind.BASE})[0]
    catalog.library_lead_set(actor=world.reviewer, code=library.code, department_code=lead.code)
    cataloguer, head, entry = filed(world, lead, items, "人口基础信息", library=library.code)
    dataset = collecting.dataset_hook(actor=cataloguer, ref=entry.pk, name="人口基础信息")
    assert [one.name for one in columns_wanted(dataset.entry)]
    library.refresh_from_db()
    return LibraryTown(world, library, lead, cataloguer, head, entry, dataset)


def make_town(code: str = "people") -> LibraryTown:
    return town_with(make_sharing_world(), [KEY, NAME, BORN, AMOUNT, SOURCES], code)


PEOPLE = "身份证号,姓名,出生日期\n990102199001011234,王小明,1990-01-01\n990102198505054321,李四,\n"
AID = "证件号码,姓名,金额\n990102199001011234,王晓明,850.50\n990102197707077777,欧阳锋,1020\n"


def make_two() -> LibraryTown:
    town = make_town("population")
    first = town.provider([KEY, NAME, BORN], PEOPLE)
    second = town.provider([KEY | {"name": "证件号码", "field_name": "ZJHM"}, NAME, AMOUNT], AID)
    town.part(first, SFZH="SFZH", XM="XM", CSRQ="CSRQ")
    town.part(second, SFZH="ZJHM", XM="XM", JE="JE")
    return town


_world = kept(make_sharing_world)
_town = kept(make_town)
_two = kept(make_two)


@pytest.fixture
def world(_world: Kept[CatalogWorld], db: None, tmp_path: Path) -> CatalogWorld:
    return _world.stand(tmp_path / "files")


@pytest.fixture
def town(_town: Kept[LibraryTown], db: None, tmp_path: Path) -> LibraryTown:
    return _town.stand(tmp_path / "files")


@pytest.fixture
def two(_two: Kept[LibraryTown], db: None, tmp_path: Path) -> LibraryTown:
    """The town with two sources: people, and who gets aid."""
    return _two.stand(tmp_path / "files")
