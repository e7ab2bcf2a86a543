"""Datasets of files: kinds told by content, versions as sets, sealed, read by the provider alone, every look noted."""

import io
import zipfile
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
from collection.filetypes import (
    DOCX,
    JPEG,
    MP4,
    ODF,
    OFD,
    OFFICE,
    PDF,
    PNG,
    TEXT,
    WAV,
    ZIP,
    FileKind,
    NotTaken,
    kind_of,
)
from collection.models import Dataset, DatasetFile, DatasetVersion
from collection.selectors.file import file_get_for, files_of
from collection.services.sweep import versions_purge
from collection.vault import Tampered
from core import archives, clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow import outbox_delivery

PNG_BYTES = b"\x89PNG\r\n\x1a\n" + b"picture" * 20_000
PDF_BYTES = b"%PDF-1.7\n" + b"document" * 100


def archive(*names: str, content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in names:
            target.writestr(name, content)
    return out.getvalue()


def office(*names: str, junk: bytes = b"\0") -> bytes:
    """Return as much of a compound file as names its entries: 128 bytes each, in sectors of 512."""
    entries = b""
    for name in names:
        field = f"{name}\0".encode("utf-16-le")
        entries += (field.ljust(64, junk) + len(field).to_bytes(2, "little")).ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + b"text" * 128 * 3000 + entries.ljust(512, b"\0")


def parts(named: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in named.items():
            target.writestr(name, content)
    return out.getvalue()


PLAIN_TYPES = b"""<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/></Types>"""
MACRO_TYPES = b"""<?xml version="1.0" encoding="%s"?><Types><Override PartName="/word/document.xml"
ContentType="application/vnd.ms-word.document.%s.main+xml"/></Types>"""
VBA_RELATION = b"""<Relationships><Relationship Id="r1" Target="a.bin"
Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"/></Relationships>"""
RENAMED = [
    parts({"word/document.xml": b"<x/>", "word/a.bin": b"x", "[Content_Types].xml": types, **further})
    for types, further in (
        (MACRO_TYPES % (b"UTF-8", b"macroEnabled"), {}),
        (MACRO_TYPES % (b"UTF-8", b"&#x6d;acro&#69;nabled"), {}),
        ((MACRO_TYPES % (b"UTF-16", b"macroEnabled")).decode().encode("utf-16"), {}),
        (PLAIN_TYPES.replace(b"openxmlformats-officedocument.oleObject", b"ms-office.vbaProject"), {}),
        (PLAIN_TYPES, {"word/_rels/document.xml.rels": VBA_RELATION}),
        (b"<!DOCTYPE x [<!ENTITY a 'macro'>]>" + PLAIN_TYPES, {}),
        (PLAIN_TYPES, {"xl/macrosheets/sheet1.xml": b"<x/>"}),
    )
]
"""Documents with macros whose parts do not bear the usual names."""

VBA_INFO = bytes.fromhex("1f00ff0314000000 020000040c000000 05000000 01000000 02000000")
EMPTY_VBA_INFO = VBA_INFO[:20] + b"\0" * 4 + VBA_INFO[24:]


def presentation(record: bytes, *, at: int = 5000, loops: bool = False) -> bytes:
    """Return a compound file whose stream of a presentation lies from its last sector to its first (MS-CFB, 2.2)."""
    stream = (b"s" * at + record).ljust(512 * 12, b"s")
    places = range(13, 1, -1)
    table = [0xFFFFFFFD, 0xFFFFFFFE, *([0] * 12)]
    for place, follower in zip(places, [*places[1:], places[0] if loops else 0xFFFFFFFE], strict=True):
        table[place] = follower
    sectors = {place: stream[512 * number : 512 * number + 512] for number, place in enumerate(places)}
    field = "PowerPoint Document\0".encode("utf-16-le")
    entry = field.ljust(64, b"\0") + len(field).to_bytes(2, "little")
    sectors[0] = b"".join(one.to_bytes(4, "little") for one in table).ljust(512, b"\xff")
    sectors[1] = (entry.ljust(116, b"\0") + places[0].to_bytes(4, "little")).ljust(512, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(30, b"\0") + (9).to_bytes(2, "little")
    header = header.ljust(48, b"\0") + (1).to_bytes(4, "little")
    header = header.ljust(68, b"\0") + b"\xfe\xff\xff\xff" + bytes(4) + bytes(4) + b"\xff" * 108 * 4
    return header + b"".join(sectors[place] for place in sorted(sectors))


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


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG_BYTES, PNG),
        (b"\xff\xd8\xff\xe0JFIF", JPEG),
        (PDF_BYTES, PDF),
        (b"RIFF\0\0\0\0WAVEfmt ", WAV),
        (b"\0\0\0\x20ftypisom", MP4),
        ("数据，一行\n".encode("gb18030"), TEXT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", TEXT),
        (b"<!doctype html><script>alert(1)</script>", TEXT),
        (archive("OFD.xml", "Doc_0/Document.xml"), OFD),
        (archive("a.txt"), ZIP),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
        (archive("[Content_Types].xml", "ppt/presentation.xml", "ppt/vbaProject.bin"), "macros"),
        *((renamed, "macros") for renamed in RENAMED),
        *((archive("报表.docx", content=renamed), "program_inside") for renamed in RENAMED),
        (archive("报表.docx", content=archive("word/vbaProject.bin")), "program_inside"),
        (archive("报表.doc", content=office("Root Entry", "Macros", "VBA")), "program_inside"),
        (archive("报表.doc", content=office("Root Entry", "WordDocument")), ZIP),
        (archive("报表.xlsx", content=b"PK\x03\x04 no archive"), "damaged"),
        (
            parts({"[Content_Types].xml": PLAIN_TYPES, "word/document.xml": b"<x/>", "word/embeddings/a.bin": b"x"}),
            DOCX,
        ),
        (parts({"mimetype": b"x", "content.xml": b"", "Basic/Standard/Module1.xml": b"Sub a"}), "macros"),
        (parts({"mimetype": b"x", "content.xml": b"", "Scripts/python/a.py": b"a"}), "macros"),
        (parts({"mimetype": b"x", "content.xml": b"", "Basic/Standard/script-lb.xml": b"", "Scripts/": b""}), ODF),
        (presentation(VBA_INFO), "macros"),
        (presentation(VBA_INFO, at=512 * 3 - 10), "macros"),
        (presentation(VBA_INFO, at=512 * 12 - 28, loops=True), "macros"),
        (presentation(EMPTY_VBA_INFO), OFFICE),
        (presentation(b"", loops=True), "macros"),
        (presentation(VBA_INFO)[:2000], OFFICE),
        (office("Root Entry", "WordDocument"), OFFICE),
        (office("Root Entry", "Workbook", "VBA notes"), OFFICE),
        (office("Root Entry", "Macros", "VBA", "_VBA_PROJECT"), "macros"),
        (office("Root Entry", "Workbook", "_vba_project_cur", junk=b"x"), "macros"),
        (office("Root Entry", "Vba"), "macros"),
        (office("Root Entry") + b"..." + "VBA\0".encode("utf-16-le").ljust(64, b"\0") + b"\x08\0", OFFICE),
        (b"PK\x03\x04 no archive", "damaged"),
        (b"MZ\x90\0\x03\0program", "program"),
        (b"\x7fELF\x02\x01", "program"),
        (b"", "file_type"),
        (b"\0\1\2", "file_type"),
        (archive("a.txt", "tools/setup.EXE"), "program_inside"),
        (archive("报表.xlsm"), "program_inside"),
        (archive("a.txt", content=b"MZ\x90\0"), "program_inside"),
        (archive("a.zip", content=archive("a.txt")), "archive_inside"),
        (archive("a.docx", content=archive("[Content_Types].xml")), ZIP),
        (archive("../../etc/x"), "leaves_folder"),
        (archive("/etc/x"), "leaves_folder"),
        (archive("C:\\x"), "leaves_folder"),
    ],
)
def test_a_kind_is_told_by_the_content(content: bytes, kind: FileKind | str) -> None:
    if isinstance(kind, str):
        with pytest.raises(NotTaken) as refused:
            kind_of(io.BytesIO(content))
        assert refused.value.code == kind
    else:
        assert kind_of(io.BytesIO(content)) is kind


def test_a_name_that_would_be_cut_is_refused(world: CatalogWorld, shelf: Dataset) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(world.cataloguer, shelf, **{"长" * 151 + "_txt": b"text"})
    assert [one.code for one in refused.value.errors] == ["name_too_long"]


def test_an_archive_that_unpacks_to_far_more_than_it_seems_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = archive("a.txt", content=bytes(10**6))
    assert kind_of(io.BytesIO(packed)) is ZIP
    monkeypatch.setattr(archives, "SMALL_UNPACKED_BYTES", 10**5)
    called_document = archive("[Content_Types].xml", "word/_rels/document.xml.rels", content=bytes(10**6))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *given: pytest.fail("unpacked"))
    for file in (packed, called_document):
        with pytest.raises(NotTaken, match="bomb"):
            kind_of(io.BytesIO(file))


def test_an_archive_that_is_locked_or_damaged_cannot_be_looked_into() -> None:
    content = bytearray(archive("a.txt"))
    for marks in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[marks] |= 1
    with pytest.raises(NotTaken, match="locked"):
        kind_of(io.BytesIO(bytes(content)))
    broken = archive("a.txt").replace(b"a.txt", b"b.txt", 1)
    with pytest.raises(NotTaken, match="damaged"):
        kind_of(io.BytesIO(broken))


def test_a_refused_file_is_told_what_it_is_and_not_that_its_ending_is_taken(
    world: CatalogWorld, shelf: Dataset
) -> None:
    macros = archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
    for sent, said in (({"改名_docx": macros}, "It holds macros"), ({"说明_pdf": b"MZ\x90\0"}, "is a program")):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            add(world.cataloguer, shelf, **sent)
        (error,) = refused.value.errors
        assert said in error.message
        assert "Taken are" not in error.message


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


def test_content_is_sealed_and_bound_to_its_row(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_txt=b"secret" * 50, b_txt=b"other" * 50)
    one, other = DatasetFile.objects.order_by("name")
    with default_storage.open(str(one.content.name), "rb") as raw:
        assert b"secret" not in raw.read()
    one.content.name = other.content.name
    with pytest.raises(Tampered), services.file.file_opened(one) as source:
        source.read()


def test_files_are_read_by_the_provider_alone_and_every_look_is_noted(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    looks = AuditEvent.objects.filter(action="collection.files.read")
    download = get(world.head, f"/collection/files/{file.pk}/download/")
    assert b"".join(download.streaming_content) == PNG_BYTES  # type: ignore[attr-defined]
    assert download["Content-Type"] == "image/png"
    assert download["Content-Disposition"].startswith("attachment")
    assert looks.count() == 1
    for actor in (world.reviewer, world.other_head, world.colleague, world.sysadmin, world.auditor):
        for way in ("", "show/", "download/"):
            assert get(actor, f"/collection/files/{file.pk}/{way}").status_code == 403
    assert looks.count() == 1
    assert get(world.head, "/collection/files/999999/").status_code == 404


def test_a_browser_is_given_safe_kinds_only_in_a_sandbox(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_svg=b"<svg onload='alert(1)'/>", c_html=b"<script>1</script>")
    png, svg, html = DatasetFile.objects.order_by("name")
    shown = get(world.cataloguer, f"/collection/files/{png.pk}/show/")
    assert shown["Content-Disposition"].startswith("inline")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    for unsafe in (svg, html):
        assert get(world.cataloguer, f"/collection/files/{unsafe.pk}/show/").status_code == 404
        loaded = get(world.cataloguer, f"/collection/files/{unsafe.pk}/download/")
        assert loaded["Content-Type"].startswith("text/plain")
        assert loaded["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=70000-70009", 206, slice(70000, 70010)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=139990-", 206, slice(139990, None)),
        ("bytes=0-999999999", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
    ],
)
def test_parts_are_given_as_asked(world: CatalogWorld, shelf: Dataset, asked: str, status: int, part: slice) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    for way in ("show", "download"):
        answer = client_of(world.cataloguer).get(f"/collection/files/{file.pk}/{way}/", headers={"range": asked})
        assert answer.status_code == status
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert content == PNG_BYTES[part]


def test_a_download_that_broke_off_goes_on_with_the_same_content_alone(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    address = f"/collection/files/{DatasetFile.objects.get().pk}/download/"
    client = client_of(world.cataloguer)
    whole = client.get(address)
    assert whole["Accept-Ranges"] == "bytes"
    asked = {"range": "bytes=70000-"}
    rest = client.get(address, headers=asked | {"if-range": whole["ETag"]})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 70000-{len(PNG_BYTES) - 1}/{len(PNG_BYTES)}")
    assert client.get(address, headers=asked | {"if-range": '"other"'}).status_code == 200
    # The parts of one download are one look.
    assert AuditEvent.objects.filter(action="collection.files.read").count() == 2


def test_parts_of_one_look_are_noted_once(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    client = client_of(world.cataloguer)
    for start in (100, 5000, 9000):
        client.get(f"/collection/files/{file.pk}/show/", headers={"range": f"bytes={start}-{start + 9}"})
    looks = AuditEvent.objects.filter(action="collection.files.read")
    assert looks.count() == 1
    client.get(f"/collection/files/{file.pk}/show/")
    assert looks.count() == 2
    client.get(f"/collection/files/{file.pk}/show/", headers={"range": "bytes=0-"})
    assert looks.count() == 3
    assert client.get(f"/collection/files/{file.pk}/show/", headers={"range": "bytes=9-3"}).status_code == 416
    assert looks.count() == 3


def test_a_look_that_was_not_noted_does_not_hide_the_next(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    address = f"/collection/files/{DatasetFile.objects.get().pk}/show/"
    client = client_of(world.cataloguer)
    with monkeypatch.context() as patched:
        patched.setattr("collection.services.file.audit.record", _fail)
        with pytest.raises(OperationalError):
            client.get(address, headers={"range": "bytes=0-9"})
    client.get(address, headers={"range": "bytes=0-9"})
    assert AuditEvent.objects.filter(action="collection.files.read").count() == 1


def _fail(*args: object, **kwargs: object) -> None:
    raise OperationalError


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
