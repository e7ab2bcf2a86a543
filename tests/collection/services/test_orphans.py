"""Sealed files without a row are deleted after a day; those that a row names never."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import FileField

from collection import services
from collection.choices import DatasetKind
from collection.models import DatasetFile, Run
from collection.services.orphans import NAMED_BY, orphans_purge
from core import clock
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town


class Killed(BaseException):
    """What kill -9 looks like from inside."""


def test_every_field_that_names_a_sealed_file_is_asked() -> None:
    fields = {
        (model, field.name): str(field.upload_to).partition("/")[0]
        for model in apps.get_app_config("collection").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField)
    }
    assert {named: folder for folder, named in NAMED_BY.items()} == fields


def test_what_no_row_names_goes_after_a_day_and_nothing_else(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = town.send(HEADER + ROWS[0] + "0009,张,9,很多,\n")
    shelf = services.dataset_hook(actor=town.cataloguer, ref=town.entry.pk, name="文件", kind=DatasetKind.FILES)
    services.files_add(actor=town.cataloguer, dataset_id=shelf.pk, files=[ContentFile(b"kept", name="a.txt")])
    upload = services.upload_begin(actor=town.cataloguer, dataset_id=town.dataset.pk, file_name="b.csv", size_bytes=9)
    services.upload_take(actor=town.cataloguer, token=upload.token, offset=0, content=b"part")

    def killed(*given: object) -> None:
        raise Killed

    monkeypatch.setattr("collection.services.file._set_publish", killed)
    with pytest.raises(Killed):
        services.files_add(actor=town.cataloguer, dataset_id=shelf.pk, files=[ContentFile(b"lost", name="b.txt")])
    for folder in NAMED_BY:
        default_storage.save(f"{folder}/2026/11/lost", ContentFile(b"sealed"))
    left = Path(settings.FILE_UPLOAD_TEMP_DIR) / "x.upload.csv"
    left.write_bytes(b"in the clear")

    assert orphans_purge() == 0
    with clock_at(clock.now() + timedelta(hours=25)):
        assert orphans_purge() == len(NAMED_BY) + 2
        assert orphans_purge() == 0
    assert not left.exists()
    run = Run.objects.get(pk=run.pk)
    part = upload.parts.get()
    named = [run.original.name, run.rejects.name, DatasetFile.objects.get().content.name, part.content.name]
    assert all(named)
    assert all(map(default_storage.exists, named))
