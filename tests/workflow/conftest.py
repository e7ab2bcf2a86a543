from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Department
from core import navigation
from tests.factories.accounts import DepartmentFactory, RegionFactory
from tests.factories.workflow import ClockPolicyFactory
from workflow import attachments, notification_kinds, outbox, task_kinds
from workflow.models import ClockPolicy


@pytest.fixture
def department(db: None) -> Department:
    """A department in a city, which has an authority of its own."""
    return DepartmentFactory(region=RegionFactory())


@pytest.fixture
def authority(department: Department) -> Department:
    return DepartmentFactory(region=department.region, authority=True)


@pytest.fixture
def policy(db: None) -> ClockPolicy:
    """Ten working days, five more on consent."""
    return ClockPolicyFactory(key="catalog_update")


@pytest.fixture
def registries() -> Iterator[None]:
    """Put back what a test registers."""
    before = (
        dict(outbox._handlers),
        dict(notification_kinds._kinds),
        dict(task_kinds._kinds),
        dict(attachments._policies),
    )
    navigation_before = navigation.snapshot()
    yield
    stores = (outbox._handlers, notification_kinds._kinds, task_kinds._kinds, attachments._policies)
    for store, content in zip(stores, before, strict=True):
        store.clear()  # type: ignore[attr-defined]
        store.update(content)  # type: ignore[attr-defined]
    navigation.restore(navigation_before)


@pytest.fixture
def file_folder(tmp_path: Path, settings: Any) -> Path:
    """Keep uploaded files in a folder of the test."""
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": tmp_path}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return tmp_path
