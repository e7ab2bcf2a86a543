"""What a file is, is told by its content, and archives are looked into with care."""

import io
import zipfile

import pytest

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
from collection.models import Dataset
from core import archives
from core.exceptions import RuleViolation
from tests.collection.services.test_files import PDF_BYTES, PNG_BYTES, add, shelf
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes

__all__ = ["shelf"]


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
