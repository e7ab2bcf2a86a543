"""Towns that are made once for a module: each test stands on them, and takes back what it did."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """What was made, and the folder with the files that belong to it."""

    made: T
    folder: Path
    transactions: ExitStack

    def stand(self, folder: Path) -> T:
        """Return a copy of one's own, and put the files of all that the database knows of into the test's folder."""
        for one in _open:
            if any(one.folder.iterdir()):
                shutil.copytree(one.folder, folder, dirs_exist_ok=True)
        return deepcopy(self.made)


_open: list[Kept[Any]] = []
"""What is kept at this moment, the innermost transactions last."""


def storages_in(folder: Path) -> dict[str, Any]:
    """Return the setting that keeps files in a folder."""
    filed = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    return {**settings.STORAGES, "default": filed}


@pytest.fixture(autouse=True)
def _english(settings: Any) -> Iterator[None]:
    """Read pages and refusals as they stand in the sources."""
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    """Keep the files of a test in its own folder."""
    settings.STORAGES = storages_in(tmp_path / "files")
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()


def kept(make: Callable[[], T]) -> Any:
    """Return a fixture of a module that makes something within a transaction, which is taken back at its end.

    Tests with ``db`` run in savepoints of that transaction. Tests that commit make their own: nothing kept stands
    while they run.
    """

    @pytest.fixture(scope="module")
    def fixture(
        django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Kept[T]]:
        folder = tmp_path_factory.mktemp("kept")
        with django_db_blocker.unblock(), ExitStack() as stack:
            for database in ("default", "store"):
                stack.enter_context(transaction.atomic(database))
                stack.callback(transaction.set_rollback, rollback=True, using=database)
            incoming = {"STORAGES": storages_in(folder), "FILE_UPLOAD_TEMP_DIR": tmp_path_factory.mktemp("incoming")}
            with override_settings(LANGUAGE_CODE="en", **incoming), translation.override("en"):
                _open.append(Kept(make(), folder, stack))
            yield _open[-1]
            _open.pop()

    return fixture


def take_back() -> None:
    """Take back all that is kept, the last first: a test is about to commit."""
    for one in reversed(_open):
        one.transactions.close()
