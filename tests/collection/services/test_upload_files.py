"""Large documents and films that come part by part: told by their whole content, added once, or not at all."""

import hashlib
import io
import random
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit.models import AuditEvent
from catalog import services as catalog
from collection import evidence, services
from collection.choices import DatasetKind
from collection.models import Dataset, DatasetFile, DatasetVersion, PartialUpload, Run
from collection.selectors.file import files_of
from collection.services import file as file_service
from collection.services.file import file_pieces
from collection.services.upload import upload_sums
from core.exceptions import DomainError, InvalidTransition, NotAllowed, NotVisible, RuleViolation
from tests.catalog.views.reader import client_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow import outbox_delivery

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000


@pytest.fixture
def shelf(world: CatalogWorld) -> Dataset:
    entry = world.published(format_class="image", format_type="png", sharing_method="platform_file")
    return services.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="影像", kind=DatasetKind.FILES)


def begin(world: CatalogWorld, shelf: Dataset, content: bytes = PICTURE, name: str = "航拍.png") -> PartialUpload:
    return services.upload_begin(actor=world.cataloguer, dataset_id=shelf.pk, file_name=name, size_bytes=len(content))


def send(world: CatalogWorld, upload: PartialUpload, content: bytes = PICTURE, *, until: int | None = None) -> str:
    """Send what has not come, in parts of 100,000 bytes; return the checksum of the whole."""
    sums = []
    for at in range(0, len(content) if until is None else until, 100_000):
        part = content[at : at + 100_000]
        sums.append(hashlib.sha256(part).hexdigest())
        if at >= upload.received_bytes:
            upload = services.upload_take(actor=world.cataloguer, token=upload.token, offset=at, content=part)
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def sent(world: CatalogWorld, shelf: Dataset, content: bytes = PICTURE, name: str = "航拍.png") -> PartialUpload:
    upload = begin(world, shelf, content, name)
    send(world, upload, content)
    return upload


def publish(world: CatalogWorld, upload: PartialUpload, checksum: str = "") -> DatasetVersion | None:
    checksum = checksum or of_all(upload)
    return services.upload_publish(actor=world.cataloguer, token=upload.token, checksum=checksum)[1]


def of_all(upload: PartialUpload) -> str:
    """The checksum of the whole, from the parts that came."""
    return hashlib.sha256("".join(upload_sums(upload)).encode()).hexdigest()


def kept(folder: str) -> int:
    if not default_storage.exists(folder):
        return 0
    folders, names = default_storage.listdir(folder)
    return len(names) + sum(kept(f"{folder}/{one}") for one in folders)


def test_a_file_goes_on_where_it_stopped_and_joins_its_set(world: CatalogWorld, shelf: Dataset) -> None:
    services.files_add(actor=world.cataloguer, dataset_id=shelf.pk, files=[ContentFile(PICTURE[:9000], name="旧.png")])
    send(world, begin(world, shelf), until=200_000)
    again = begin(world, shelf)
    assert again.received_bytes == 200_000
    version = publish(world, again, send(world, again))
    assert version is not None
    assert version.number == 2
    assert [one.name for one in files_of(version)] == ["旧.png", "航拍.png"]
    made = DatasetFile.objects.get(name="航拍.png")
    assert (made.size_bytes, made.content_type) == (len(PICTURE), "image/png")
    assert made.sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert b"".join(file_pieces(made, 0, len(PICTURE) - 1)) == PICTURE
    assert AuditEvent.objects.filter(action="collection.files.add").count() == 2
    assert not PartialUpload.objects.exists()
    outbox_delivery.deliver()
    assert kept("uploads") == 0
    assert publish(world, sent(world, shelf)) is None, "the same file is there already"
    assert not PartialUpload.objects.exists()


def test_a_file_is_added_once_though_whoever_finished_it_was_killed(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent(world, shelf)
    real = file_service.files_add

    def killed_before(**given: Any) -> None:
        def end() -> None:
            given["beside"]()
            raise KeyboardInterrupt

        real(**given | {"beside": end})

    def killed_after(**given: Any) -> None:
        real(**given)
        raise KeyboardInterrupt

    for killed, versions in ((killed_before, 0), (killed_after, 1)):
        monkeypatch.setattr("collection.services.upload.files_add", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(world, upload)
        assert (DatasetVersion.objects.count(), PartialUpload.objects.count()) == (versions, 1 - versions)
    monkeypatch.setattr("collection.services.upload.files_add", real)
    with nothing_changes(), pytest.raises(NotVisible):
        publish(world, upload)


def test_of_two_that_finish_one_file_the_later_leaves_nothing(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent(world, shelf)
    real = file_service.files_add

    def overtaken(**given: Any) -> DatasetVersion | None:
        monkeypatch.setattr("collection.services.upload.files_add", real)
        publish(world, upload)
        return real(**given)

    monkeypatch.setattr("collection.services.upload.files_add", overtaken)
    with pytest.raises(NotVisible):
        publish(world, upload)
    assert (DatasetFile.objects.count(), kept("datasets")) == (1, 1)


def macros() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("word/document.xml", b"x" * 300_000)
        target.writestr("word/vbaProject.bin", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"MZ" + b"\0" * 250_000, "航拍.png", "program"),
        (macros(), "报告.docx", "macros"),
        (b"\0\x01" * 125_000, "航拍.png", "file_type"),
        (PICTURE, "航拍.pdf", "file_name"),
    ],
)
def test_what_a_file_is_its_whole_content_tells(
    world: CatalogWorld, shelf: Dataset, content: bytes, name: str, code: str
) -> None:
    upload = sent(world, shelf, content, name)
    with pytest.raises(RuleViolation) as refused:
        publish(world, upload)
    (error,) = refused.value.errors
    assert error.code == code
    assert str(error.message).startswith(f"{name}：")
    outbox_delivery.deliver()
    assert (DatasetVersion.objects.count(), PartialUpload.objects.count()) == (0, 0)
    assert (kept("uploads"), kept("datasets")) == (0, 0)


def test_an_archive_that_lists_its_files_in_any_order_is_looked_into_part_after_part(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened in the order of its directory, each of fifty thousand files would cost a part to unseal."""
    out, dice = io.BytesIO(), random.Random(1)
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(200):
            archive.writestr(f"{number}.png", PICTURE[:8] + dice.randbytes(6_000))
        dice.shuffle(archive.filelist)
    upload = sent(world, shelf, out.getvalue(), "影像.zip")
    opened: list[str] = []
    real = evidence.opened

    def counting(name: str, context: str) -> Any:
        opened.append(name)
        return real(name, context)

    monkeypatch.setattr(evidence, "opened", counting)
    assert publish(world, upload) is not None
    assert len(opened) < 5 * len(set(opened))
    (added,) = files_of(DatasetVersion.objects.get())
    assert b"".join(file_pieces(added, 0, len(out.getvalue()) - 1)) == out.getvalue()


def test_parts_of_another_file_are_thrown_away(world: CatalogWorld, shelf: Dataset) -> None:
    upload = begin(world, shelf)
    send(world, upload, PICTURE[:-1] + b"?")
    with pytest.raises(RuleViolation) as refused:
        publish(world, upload, hashlib.sha256(b"other").hexdigest())
    assert refused.value.errors[0].code == "checksum"
    assert (DatasetVersion.objects.count(), PartialUpload.objects.count()) == (0, 0)


def test_a_set_that_is_full_keeps_what_was_sent(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_service, "MOST_FILES", 0)
    upload = sent(world, shelf)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        publish(world, upload)
    assert refused.value.errors[0].code == "too_many"
    assert kept("datasets") == 0
    monkeypatch.setattr(file_service, "MOST_FILES", 1)
    assert publish(world, upload) is not None


def test_what_cannot_be_added_is_refused_before_a_byte_is_sent(world: CatalogWorld, shelf: Dataset) -> None:
    def refused(error: type[DomainError], **given: Any) -> DomainError:
        values: dict[str, Any] = {"actor": world.cataloguer, "file_name": "a.png", "size_bytes": 10} | given
        with nothing_changes(), pytest.raises(error) as raised:
            services.upload_begin(dataset_id=shelf.pk, **values)
        return raised.value

    for given, code in (
        ({"size_bytes": file_service.MOST_BYTES + 1}, "too_large"),
        ({"size_bytes": 0}, "empty"),
        ({"file_name": "长" * 300 + ".png"}, "name_too_long"),
    ):
        error = refused(RuleViolation, **given)
        assert isinstance(error, RuleViolation)
        assert [one.code for one in error.errors] == [code]
    for stranger in (world.head, world.colleague, world.reviewer):
        refused(NotAllowed, actor=stranger)
    upload = sent(world, shelf)
    for stranger in (world.head, world.colleague, world.reviewer):
        with nothing_changes(), pytest.raises(NotVisible):
            services.upload_publish(actor=stranger, token=upload.token, checksum=of_all(upload))
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.upload_finish(actor=world.cataloguer, token=upload.token, checksum=of_all(upload))
    catalog.entry_withdraw(actor=world.cataloguer, ref=shelf.entry_id, reason="已废止")
    for actor in (world.head, world.reviewer):
        catalog.entry_approve(actor=actor, ref=shelf.entry_id)
    refused(InvalidTransition)
    with nothing_changes(), pytest.raises(InvalidTransition):
        publish(world, upload)
    assert kept("datasets") == 0


def test_a_table_is_not_finished_as_a_file(world: CatalogWorld) -> None:
    table = services.dataset_hook(actor=world.cataloguer, ref=world.published().pk, name="表")
    upload = sent(world, table, b"a,b\n" * 50_000, "a.csv")
    with nothing_changes(), pytest.raises(InvalidTransition):
        publish(world, upload)
    assert kept("datasets") == 0


def test_a_script_sends_parts_and_is_led_back_to_the_set(world: CatalogWorld, shelf: Dataset) -> None:
    client = client_of(world.cataloguer)

    def begun(name: str) -> Any:
        sent = {"name": name, "size": len(PICTURE)}
        return client.post(f"/collection/datasets/{shelf.pk}/uploads/", sent).json()

    def whole(name: str) -> str:
        answer = begun(name)
        for at in range(0, len(PICTURE), 300_000):
            part = PICTURE[at : at + 300_000]
            assert (
                client.post(f"{answer['url']}{at}/", part, content_type="application/octet-stream").status_code == 200
            )
        return str(answer["finish"])

    early = client.post(begun("航拍.png")["finish"], {})
    assert (early.status_code, early.json()["offset"], early.json()["sums"]) == (409, 0, [])
    parts = [PICTURE[at : at + 300_000] for at in range(0, len(PICTURE), 300_000)]
    sums = "".join(hashlib.sha256(part).hexdigest() for part in parts)
    checksum = {"sha256": hashlib.sha256(sums.encode()).hexdigest()}
    bad = client.post(whole("航拍.pdf"), checksum)
    assert (bad.status_code, bad.json()["message"][:7]) == (422, "航拍.pdf：")
    done = client.post(whole("航拍.png"), checksum)
    assert done.json() == {"url": f"/collection/datasets/{shelf.pk}/"}
    page = client.get(done.json()["url"]).content.decode()
    assert "Version 1 is published." in page
    assert f'data-parts="/collection/datasets/{shelf.pk}/uploads/"' in page
    assert not Run.objects.exists()
