"""Sealed files that no row names: whoever wrote them was killed before the rows, or before deleting them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Model

from collection.models import ConsentRecord, DatasetFile, Erasure, Run, UploadPart
from core import clock

AGE = timedelta(days=1)
"""How old a file must be: a file is written before its row, and no work takes that long."""

NAMED_BY: dict[str, tuple[type[Model], str]] = {
    "datasets": (DatasetFile, "content"),
    "evidence": (Run, "original"),
    "rejects": (Run, "rejects"),
    "uploads": (UploadPart, "content"),
    "consents": (ConsentRecord, "evidence"),
    "erasures": (Erasure, "document"),
}
"""Every folder of sealed files, and the rows that name its files."""


def orphans_purge() -> int:
    """Delete what nothing names, and what a request that broke off left on its way in; return how many."""
    removed = sum(_folder_purge(folder, model, field) for folder, (model, field) in NAMED_BY.items())
    return removed + _incoming_purge()


def _folder_purge(folder: str, model: type[Model], field: str) -> int:
    if not default_storage.exists(folder):
        return 0
    folders, names = default_storage.listdir(folder)
    removed = sum(_folder_purge(f"{folder}/{one}", model, field) for one in folders)
    if not names:
        return removed
    # Listed before it is asked which are named: a file that comes in between is not looked at.
    rows = model._default_manager.filter(**{f"{field}__startswith": f"{folder}/"})
    for path in {f"{folder}/{name}" for name in names} - set(rows.values_list(field, flat=True)):
        with suppress(FileNotFoundError):
            if default_storage.get_modified_time(path) < clock.now() - AGE:
                default_storage.delete(path)
                removed += 1
    return removed


def _incoming_purge() -> int:
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < clock.now() - AGE:
                path.unlink()
                removed += 1
    return removed
