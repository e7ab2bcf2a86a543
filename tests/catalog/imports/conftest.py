from pathlib import Path
from typing import Any

import pytest

from catalog import policies
from catalog.imports.mapping import ImportMapping
from catalog.imports.plan import PlanOptions
from catalog.models import Category, ImportBatch
from catalog.services import imports as services
from core.actors import Actor, system_actor
from tests.catalog.imports.files import write_json
from tests.factories.catalog import CatalogWorld


@pytest.fixture
def filing() -> Actor:
    return system_actor(policies.FILING_JOB)


class Importer:
    """Imports what a test gives it, filed under the world's authority."""

    def __init__(self, world: CatalogWorld, folder: Path, actor: Actor) -> None:
        self.world = world
        self.folder = folder
        self.actor = actor
        self._count = 0

    def file(self, records: Any) -> Path:
        self._count += 1
        return write_json(self.folder / f"list{self._count}.json", records)

    def preview(self, source: Any, *, mapping: dict[str, Any] | None = None, **options: Any) -> services.Preview:
        path = source if isinstance(source, Path) else self.file(source)
        found: list[dict[str, Any]] = []
        preview = services.import_preview(
            actor=self.actor,
            path=path,
            department_code=self.world.authority.code,
            mapping=ImportMapping.from_dict(mapping) if mapping else None,
            options=PlanOptions(**options),
            on_problem=found.append,
        )
        self.problems = found
        return preview

    def start(self, source: Any, *, mapping: dict[str, Any] | None = None, **options: Any) -> ImportBatch:
        path = source if isinstance(source, Path) else self.file(source)
        batch, _was_open = services.import_start(
            actor=self.actor,
            path=path,
            department_code=self.world.authority.code,
            mapping=ImportMapping.from_dict(mapping) if mapping else None,
            options=PlanOptions(**options),
        )
        return batch

    def run(self, source: Any, *, mapping: dict[str, Any] | None = None, **options: Any) -> ImportBatch:
        batch = self.start(source, mapping=mapping, **options)
        return services.import_resume(actor=self.actor, batch_id=batch.pk)


def importer_of(world: CatalogWorld, folder: Path, actor: Actor) -> Importer:
    group = Category.objects.get(code="307")
    for code, name in (("307003", "教育"), ("307047", "其他部门")):
        Category.objects.get_or_create(code=code, defaults={"name": name, "level": "order", "parent": group})
    return Importer(world, folder, actor)


@pytest.fixture
def importer(world: CatalogWorld, tmp_path: Path, filing: Actor) -> Importer:
    return importer_of(world, tmp_path, filing)
