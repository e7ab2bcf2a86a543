"""A file that the storage no longer gives, or that was changed there, is told before the first byte goes out."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from collection import evidence, services
from collection.choices import DatasetKind, RunState
from collection.models import DatasetFile, Run
from collection.vault import Tampered
from core.actors import Actor
from tests.catalog.views.reader import client_of, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_files import PNG_BYTES, add
from tests.factories.catalog import CatalogWorld


def filed(world: CatalogWorld, **files: bytes) -> list[DatasetFile]:
    entry = world.published(format_class="image", format_type="png", sharing_method="platform_file")
    shelf = services.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="影像", kind=DatasetKind.FILES)
    add(world.cataloguer, shelf, **files)
    return list(DatasetFile.objects.order_by("name"))


def asked(actor: Actor, path: str) -> tuple[int, str]:
    """Return status and words of an answer that is none of a stream."""
    answer = client_of(actor).get(path)
    assert not answer.streaming, path
    return answer.status_code, text_of(answer)


def spoiled(name: str) -> None:
    """Put something else in the place of a sealed file."""
    default_storage.delete(name)
    default_storage.save(name, ContentFile(b"other"))


def test_a_file_that_is_gone_is_told_as_lost_before_its_first_byte(world: CatalogWorld) -> None:
    for file in filed(world, a_png=PNG_BYTES, b_txt=b"text"):
        default_storage.delete(str(file.content.name))
        doors = ["download/", "show/"] if file.name == "a.png" else ["download/", ""]
        for door in doors:
            status, words = asked(world.cataloguer, f"/collection/files/{file.pk}/{door}")
            assert status == 503
            assert "no longer in the storage" in words
        with pytest.raises(evidence.Lost):
            services.file.file_pieces(file, 1, 2)
        with pytest.raises(evidence.Lost), services.file.file_opened(file):
            pass


def test_a_file_that_was_changed_in_the_storage_is_told_before_its_first_byte(world: CatalogWorld) -> None:
    (file,) = filed(world, a_png=PNG_BYTES)
    spoiled(str(file.content.name))
    status, words = asked(world.cataloguer, f"/collection/files/{file.pk}/download/")
    assert (status, "changed or damaged" in words) == (503, True)
    with pytest.raises(Tampered):
        services.file.file_pieces(file, 0, 9)


def test_an_original_and_rejected_rows_that_are_gone_are_told_before_their_first_byte(three: Town) -> None:
    three.dataset.reject_limit_percent = 100
    three.dataset.save(update_fields=["reject_limit_percent"])
    run = three.send(HEADER + ROWS[0] + "0009,王,990102199001011234,x,2026-01-05\n")
    assert run.rows_rejected == 1
    for name in (run.original.name, run.rejects.name):
        default_storage.delete(str(name))
    for door in ("original/", "rejects/"):
        status, words = asked(three.cataloguer, f"/collection/runs/{run.pk}/{door}")
        assert status == 503
        assert "restore it from a backup" in words


def test_a_run_whose_original_is_gone_fails_and_says_so(three: Town) -> None:
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[HEADER.encode()], file_name="rows.csv"
    )
    default_storage.delete(str(run.original.name))
    assert three.work(run).state == RunState.FAILED
    assert "no longer in the storage" in Run.objects.get(pk=run.pk).message


def test_what_fails_while_a_file_is_read_is_lost_too(
    world: CatalogWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = filed(world, a_png=PNG_BYTES)

    def broken(*_given: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(evidence.SealedReader, "read", broken)
    with pytest.raises(evidence.Lost):
        services.file.file_pieces(file, 0, 9)
