"""Datasets of files: each change of the set is a version, which returns, is purged, and is shown on the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from audit.models import AuditEvent
from catalog import services as catalog
from collection import services
from collection.choices import DatasetKind, FreshnessState
from collection.models import Dataset, DatasetFile, DatasetVersion
from collection.selectors.file import file_get_for, files_of
from collection.services.sweep import versions_purge
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow import outbox_delivery

PNG_BYTES = b"\x89PNG\r\n\x1a\n" + b"picture" * 20_000
PDF_BYTES = b"%PDF-1.7\n" + b"document" * 100


@pytest.fixture
def shelf(world: CatalogWorld) -> Dataset:
    entry = world.published(format_class="image", format_type="png", sharing_method="platform_file")
    return services.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="影像", kind=DatasetKind.FILES)


def add(actor: Actor, dataset: Dataset, **files: bytes) -> DatasetVersion | None:
    sent = [ContentFile(content, name=name.replace("_", ".")) for name, content in files.items()]
    return services.files_add(actor=actor, dataset_id=dataset.pk, files=sent)


def names(version: DatasetVersion | None) -> list[str]:
    assert version is not None
    return [one.name for one in files_of(version)]


def stored() -> int:
    def count(folder: str) -> int:
        folders, files = default_storage.listdir(folder)
        return len(files) + sum(count(f"{folder}/{one}") for one in folders)

    return count("datasets") if default_storage.exists("datasets") else 0


def test_every_change_of_the_set_is_a_version(world: CatalogWorld, shelf: Dataset) -> None:
    first = add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    assert names(first) == ["a.png", "b.pdf"]
    second = add(world.cataloguer, shelf, b_pdf=PDF_BYTES + b"2", c_txt=b"text")
    assert second is not None
    assert (second.number, second.row_count, second.added, second.changed) == (2, 3, 1, 1)
    assert names(second) == ["a.png", "b.pdf", "c.txt"]
    gone = DatasetFile.objects.get(name="a.png")
    third = services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[gone.pk])
    assert (names(third), third.removed) == (["b.pdf", "c.txt"], 1)
    assert names(first) == ["a.png", "b.pdf"]
    shelf.refresh_from_db()
    assert shelf.published_version == third
    assert shelf.freshness == FreshnessState.FRESH
    assert first is not None
    first.refresh_from_db()
    assert first.superseded_at is not None


def test_files_that_are_there_make_no_version_and_leave_nothing(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    before = stored()
    assert add(world.cataloguer, shelf, a_png=PNG_BYTES) is None
    assert (stored(), DatasetVersion.objects.filter(dataset=shelf).count()) == (before, 1)
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_txt=b"new")
    assert stored() == before + 1


def test_a_file_that_was_replaced_at_once_is_kept_for_the_version_that_holds_it(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = services.file._set_publish

    def overtaken(actor: Actor, dataset_id: int, sent: Any, beside: Any) -> DatasetVersion | None:
        version = publish(actor, dataset_id, sent, beside)
        monkeypatch.setattr(services.file, "_set_publish", publish)
        add(world.cataloguer, shelf, a_txt=b"later")
        return version

    monkeypatch.setattr(services.file, "_set_publish", overtaken)
    add(world.cataloguer, shelf, a_txt=b"first")
    first = DatasetFile.objects.get(since_version=1)
    assert first.until_version == 2
    with services.file.file_opened(first) as source:
        assert source.read() == b"first"
    assert stored() == 2


def test_a_file_whose_rows_may_be_there_is_not_deleted(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = services.file._set_publish

    def answerless(actor: Actor, dataset_id: int, sent: Any, beside: Any) -> DatasetVersion | None:
        publish(actor, dataset_id, sent, beside)
        raise OperationalError

    monkeypatch.setattr(services.file, "_set_publish", answerless)
    with pytest.raises(OperationalError):
        add(world.cataloguer, shelf, a_txt=b"first")
    assert (DatasetFile.objects.count(), stored()) == (1, 1)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "required"),
        ({"a_png": b""}, "empty"),
        ({"a_exe": b"MZ\x90\0"}, "program"),
        ({"a_png": PDF_BYTES}, "file_name"),
        ({"a_pdf": b"<html>"}, "file_name"),
    ],
)
def test_what_is_not_taken_changes_nothing(
    world: CatalogWorld, shelf: Dataset, files: dict[str, bytes], code: str
) -> None:
    with pytest.raises(RuleViolation) as refused:
        add(world.cataloguer, shelf, **files)
    assert [one.code for one in refused.value.errors] == [code]
    shelf.refresh_from_db()
    assert (shelf.published_version, stored(), DatasetFile.objects.count()) == (None, 0, 0)


def test_a_file_too_large_or_twice_is_refused(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = [ContentFile(PDF_BYTES, name="a.pdf"), ContentFile(PDF_BYTES, name="x/a.pdf")]
    with pytest.raises(RuleViolation):
        services.files_add(actor=world.cataloguer, dataset_id=shelf.pk, files=twice)
    monkeypatch.setattr("collection.services.file.MOST_BYTES", 10)
    with pytest.raises(RuleViolation):
        add(world.cataloguer, shelf, a_pdf=PDF_BYTES)
    monkeypatch.setattr("collection.services.file.MOST_BYTES_AT_ONCE", len(PDF_BYTES))
    with pytest.raises(RuleViolation):
        add(world.cataloguer, shelf, a_pdf=PDF_BYTES, b_txt=b"1")
    monkeypatch.setattr("collection.services.file.MOST_BYTES_AT_ONCE", 10**9)
    monkeypatch.setattr("collection.services.file.MOST_FILES", 1)
    monkeypatch.setattr("collection.services.file.MOST_BYTES", 10**9)
    with pytest.raises(RuleViolation):
        add(world.cataloguer, shelf, a_pdf=PDF_BYTES, b_pdf=PDF_BYTES)
    assert stored() == 0


def test_tables_take_no_files_and_files_no_rows(world: CatalogWorld, shelf: Dataset) -> None:
    table = services.dataset_hook(actor=world.cataloguer, ref=shelf.entry_id, name="表")
    with pytest.raises(InvalidTransition):
        add(world.cataloguer, table, a_png=PNG_BYTES)
    with pytest.raises(InvalidTransition):
        services.run_upload(actor=world.cataloguer, dataset_id=shelf.pk, pieces=[b"a,b\n"], file_name="a.csv")
    services.dataset_retire(actor=world.cataloguer, dataset_id=shelf.pk, reason="合并")
    with pytest.raises(InvalidTransition):
        add(world.cataloguer, shelf, a_png=PNG_BYTES)
    assert stored() == 0


def test_the_files_of_a_withdrawn_entry_stay_as_they_are(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    catalog.entry_withdraw(actor=world.cataloguer, ref=shelf.entry_id, reason="职责已划出")
    catalog.entry_approve(actor=world.head, ref=shelf.entry_id)
    catalog.entry_approve(actor=world.reviewer, ref=shelf.entry_id)
    file = DatasetFile.objects.get()
    with nothing_changes(), pytest.raises(InvalidTransition):
        add(world.cataloguer, shelf, b_png=PNG_BYTES)
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[file.pk])
    assert stored() == 1
    page = get(world.cataloguer, f"/collection/datasets/{shelf.pk}/").content.decode()
    assert "data-pick" not in page
    assert "Add and publish" not in page


def test_only_the_providers_cataloguer_changes_the_set(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    for actor in (world.head, world.reviewer, world.other_cataloguer, world.colleague, world.sysadmin):
        with pytest.raises(NotAllowed):
            add(actor, shelf, b_png=PNG_BYTES)
        with pytest.raises(NotAllowed):
            services.files_remove(actor=actor, dataset_id=shelf.pk, file_ids=[file.pk])
    with pytest.raises(NotVisible):
        services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[file.pk, file.pk + 1])
    with pytest.raises(RuleViolation):
        services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[])
    assert DatasetVersion.objects.filter(dataset=shelf).count() == 1


def test_files_of_purged_versions_are_deleted_and_others_kept(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_txt=b"1", b_txt=b"1")
    old = DatasetFile.objects.get(name="a.txt")
    add(world.cataloguer, shelf, a_txt=b"2")
    assert versions_purge() == 0
    assert file_get_for(world.cataloguer, old.pk) == old
    with clock_at(clock.now() + timedelta(hours=25)):
        assert versions_purge() == 1
        outbox_delivery.deliver()
    assert not default_storage.exists(str(old.content.name))
    with pytest.raises(NotVisible):
        file_get_for(world.cataloguer, old.pk)
    assert sorted(DatasetFile.objects.values_list("name", flat=True)) == ["a.txt", "b.txt"]
    assert stored() == 2


def test_a_set_returns_to_an_earlier_version_as_a_new_one(world: CatalogWorld, shelf: Dataset) -> None:
    first = add(world.cataloguer, shelf, a_txt=b"1", b_txt=b"1", c_txt=b"1")
    add(world.cataloguer, shelf, a_txt=b"2", d_txt=b"2")
    gone = DatasetFile.objects.get(name="b.txt")
    services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[gone.pk])
    kept = stored()
    with clock_at(clock.now() + timedelta(hours=1)):
        back = services.files_return(actor=world.cataloguer, dataset_id=shelf.pk, number=1)
    assert (back.number, back.row_count, back.added, back.changed, back.removed) == (4, 3, 1, 1, 1)
    assert names(back) == names(first) == ["a.txt", "b.txt", "c.txt"]
    assert stored() == kept
    for file in files_of(back):
        with services.file.file_opened(file_get_for(world.cataloguer, file.pk)) as source:
            assert source.read() == b"1"
    event = AuditEvent.objects.get(action="collection.files.return")
    assert (event.after["of_version"], event.after["version"]) == (1, 4)
    shelf.refresh_from_db()
    assert shelf.published_version == back
    assert shelf.confirmed_at is not None
    assert shelf.confirmed_at < back.published_at


def test_content_that_returned_outlives_the_version_that_brought_it(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_txt=b"1")
    add(world.cataloguer, shelf, a_txt=b"2")
    services.files_return(actor=world.cataloguer, dataset_id=shelf.pk, number=1)
    with clock_at(clock.now() + timedelta(hours=25)):
        assert versions_purge() == 2
        outbox_delivery.deliver()
    file = DatasetFile.objects.get()
    with services.file.file_opened(file) as source:
        assert source.read() == b"1"
    assert stored() == 1


def test_what_cannot_return_is_refused(world: CatalogWorld, shelf: Dataset) -> None:
    def back(number: int, actor: Actor = world.cataloguer) -> None:
        services.files_return(actor=actor, dataset_id=shelf.pk, number=number)

    add(world.cataloguer, shelf, a_txt=b"1")
    add(world.cataloguer, shelf, a_txt=b"2")
    for number in (0, 2, 3):
        with nothing_changes(), pytest.raises(InvalidTransition):
            back(number)
    for actor in (world.head, world.reviewer, world.other_cataloguer):
        with nothing_changes(), pytest.raises(NotAllowed):
            back(1, actor)
    add(world.cataloguer, shelf, a_txt=b"1")
    with nothing_changes(), pytest.raises(InvalidTransition):
        back(1)
    add(world.cataloguer, shelf, a_txt=b"3")
    with clock_at(clock.now() + timedelta(hours=25)):
        versions_purge()
    with nothing_changes(), pytest.raises(InvalidTransition):
        back(2)
    services.dataset_retire(actor=world.cataloguer, dataset_id=shelf.pk, reason="合并")
    with nothing_changes(), pytest.raises(InvalidTransition):
        back(3)


def test_the_pages_show_the_files_to_each_as_he_may(world: CatalogWorld, shelf: Dataset) -> None:
    client = client_of(world.cataloguer)
    page = f"/collection/datasets/{shelf.pk}/"
    assert "No files yet" in text_of(client.get(page))
    sent: Any = [SimpleUploadedFile("图.png", PNG_BYTES), SimpleUploadedFile("王小明.pdf", PDF_BYTES)]
    assert client.post(f"{page}files/", {"file": sent}).status_code == 302
    refused = client.post(f"{page}files/", {"file": [SimpleUploadedFile("x.png", PDF_BYTES)]})
    assert refused.status_code == 422
    assert "Its content is PDF" in text_of(refused)
    assert client.post(f"{page}files/", {}).status_code == 422
    assert "王小明.pdf" in text_of(client.get(page))
    authority = text_of(get(world.reviewer, page))
    assert "王小明" not in authority
    assert "PNG" in authority
    stranger = text_of(get(world.other_head, page))
    assert "not shown to you" in stranger
    assert "PNG" not in stranger
    file = DatasetFile.objects.get(name="图.png")
    assert f"/collection/files/{file.pk}/show/" in client.get(f"/collection/files/{file.pk}/").content.decode()
    assert client.post(f"{page}files/remove/", {"file": [file.pk]}).status_code == 302
    assert "图.png" not in text_of(client.get(page))
    assert "图.png" in text_of(client.get(page, {"version": 1}))
    versions = client.get(page, {"tab": "versions"}).content.decode()
    assert "Version 2" in versions
    assert versions.count("files/return/") == 1
    assert "files/return/" not in get(world.head, f"{page}?tab=versions").content.decode()
    assert client.post(f"{page}files/return/", {"version": 1}).status_code == 302
    assert "图.png" in text_of(client.get(page))
    assert client.get(page, {"tab": "settings"}).status_code == 200
    settings = {"name": "影像资料", "keep_version_hours": 48}
    assert client.post(f"{page}edit/", settings).status_code == 302
    for text in ("\x00", "9" * 40, "-1", "x"):
        assert client.get(page, {"version": text, "page": text}).status_code < 500
        assert client.post(f"{page}files/remove/", {"file": text}).status_code < 500
        assert client.post(f"{page}files/return/", {"version": text}).status_code < 500
    assert "export/?format=csv" not in client.get(page).content.decode()
    for way, answer in (("rows/", 200), ("export/", 403), ("compare/", 403)):
        assert client.get(page + way).status_code == answer, way


def test_files_are_offered_first_where_the_format_is_one_of_files(world: CatalogWorld) -> None:
    pictures = world.published(format_class="image", format_type="png", sharing_method="platform_file", items=[])
    client = client_of(world.cataloguer)
    address = f"/collection/hook/{pictures.ref}/"
    assert 'value="files" checked' in client.get(address).content.decode().replace('" id="id_kind_1"', '"')
    assert client.post(address, {"name": "图片", "kind": "table"}).status_code == 422
    assert client.post(address, {"name": "图片", "kind": "files"}).status_code == 302
    assert Dataset.objects.get(name="图片").kind == DatasetKind.FILES
