"""What a file is, told by its content; what its name says must agree, and never decides.

Kinds that a browser shows by itself without running anything are marked. HTML and SVG are texts like any other: their
signs are shown, and none of them is followed; whole they are handed out as downloads only.
"""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core import office_archives
from core.archives import is_bomb, members_of
from core.compound_files import has_macros

_HEAD_BYTES = 8192
_TEXT_ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5")


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file.

    Attributes:
        shown_as: how a page shows it: ``image``, ``audio``, ``video``, ``pdf``, or ``text``, whose beginning stands in
            the page itself; "" where it is a download only.
    """

    label: object
    content_type: str
    extensions: frozenset[str]
    shown_as: str = ""


def _kind(label: object, content_type: str, extensions: str, shown_as: str = "") -> FileKind:
    return FileKind(label, content_type, frozenset(extensions.split()), shown_as)


PDF = _kind("PDF", "application/pdf", "pdf", "pdf")
OFD = _kind("OFD", "application/ofd", "ofd")
PNG = _kind("PNG", "image/png", "png", "image")
JPEG = _kind("JPEG", "image/jpeg", "jpg jpeg", "image")
GIF = _kind("GIF", "image/gif", "gif", "image")
WEBP = _kind("WebP", "image/webp", "webp", "image")
BMP = _kind("BMP", "image/bmp", "bmp", "image")
TIFF = _kind("TIFF", "image/tiff", "tif tiff")
MP3 = _kind("MP3", "audio/mpeg", "mp3", "audio")
WAV = _kind("WAV", "audio/wav", "wav", "audio")
FLAC = _kind("FLAC", "audio/flac", "flac", "audio")
OGG = _kind("Ogg", "audio/ogg", "ogg oga opus", "audio")
M4A = _kind("MPEG-4", "audio/mp4", "m4a", "audio")
MP4 = _kind("MPEG-4", "video/mp4", "mp4 m4v", "video")
MOV = _kind("QuickTime", "video/quicktime", "mov")
WEBM = _kind("WebM", "video/webm", "webm", "video")
MATROSKA = _kind("Matroska", "video/x-matroska", "mkv")
AVI = _kind("AVI", "video/x-msvideo", "avi")
MPEG = _kind("MPEG", "video/mpeg", "mpg mpeg")
DOCX = _kind("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx")
XLSX = _kind("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
PPTX = _kind("PPTX", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx")
ODF = _kind("OpenDocument", "application/vnd.oasis.opendocument", "odt ods odp")
OFFICE = _kind(_("Office document"), "application/x-ole-storage", "doc xls ppt wps et dps")
ZIP = _kind("ZIP", "application/zip", "zip")
TEXT = _kind(
    _("Text"), "text/plain; charset=utf-8", "txt csv tsv json geojson xml html htm svg md log kml gml rdf", "text"
)

KINDS = (PDF, OFD, PNG, JPEG, GIF, WEBP, BMP, TIFF, MP3, WAV, FLAC, OGG, M4A, MP4, MOV, WEBM, MATROSKA, AVI, MPEG, DOCX,
         XLSX, PPTX, ODF, OFFICE, ZIP, TEXT)  # fmt: skip
BY_CONTENT_TYPE = {kind.content_type: kind for kind in KINDS}
EXTENSIONS = sorted({extension for kind in KINDS for extension in kind.extensions})

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[Callable[[bytes], bool], FileKind], ...] = (
    (lambda head: head.startswith(b"%PDF-"), PDF),
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), PNG),
    (lambda head: head.startswith(b"\xff\xd8\xff"), JPEG),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), GIF),
    (lambda head: head.startswith(b"BM") and head[6:10] == b"\0\0\0\0", BMP),
    (lambda head: head.startswith((b"II*\0", b"MM\0*")), TIFF),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", WEBP),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE", WAV),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI ", AVI),
    (lambda head: head.startswith(b"fLaC"), FLAC),
    (lambda head: head.startswith(b"OggS"), OGG),
    (lambda head: head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] in (b"\xfb", b"\xf3", b"\xf2")), MP3),
    (lambda head: head[4:12] in (b"ftypM4A ", b"ftypM4B "), M4A),
    (lambda head: head[4:12] == b"ftypqt  ", MOV),
    (lambda head: head[4:8] == b"ftyp", MP4),
    (lambda head: head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64], WEBM),
    (lambda head: head.startswith(b"\x1aE\xdf\xa3"), MATROSKA),
    (lambda head: head.startswith((b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")), MPEG),
    (lambda head: head.startswith(_COMPOUND), OFFICE),
)
_ZIP = b"PK\x03\x04"
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
"""How programs of Windows, Linux, macOS and Java begin."""
_PROGRAM_ENDINGS = frozenset(
    [
        "exe",
        "dll",
        "com",
        "scr",
        "pif",
        "cpl",
        "msi",
        "msp",
        "bat",
        "cmd",
        "ps1",
        "psm1",
        "vbs",
        "vbe",
        "js",
        "jse",
        "wsf",
        "wsh",
        "hta",
        "lnk",
        "reg",
        "jar",
        "apk",
        "sh",
        "docm",
        "dotm",
        "xlsm",
        "xltm",
        "xlam",
        "pptm",
        "potm",
        "ppsm",
        "ppam",
    ]
)
"""Endings at which a reader's computer runs what it opens; the last ones are documents with macros."""
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"MSCF")
_ZIPPED_DOCUMENTS = frozenset(["docx", "xlsx", "pptx", "odt", "ods", "odp", "ofd"])
MOST_DOCUMENT_BYTES = 1024**3
"""Of all documents within an archive: each is unpacked to be looked into while its sender waits."""
_MEMBER_HEAD_BYTES = 8
_IS_LOCKED = 0x1

REFUSALS = {
    "file_type": _("This kind of file is not taken."),
    "program": _("Its content is a program. Programs are not taken."),
    "macros": _("It holds macros. Save it without them, in a form such as docx, xlsx or pptx."),
    "damaged": _("The archive is damaged. Pack it anew."),
    "bomb": _("The archive would unpack to far more than it seems. Pack it anew, or send its files one by one."),
    "locked": _("The archive is locked with a password. Pack it without one."),
    "leaves_folder": _("“{name}” in the archive would be unpacked outside its folder. Pack it anew."),
    "program_inside": _("“{name}” in the archive is a program, or holds macros. Pack it without."),
    "documents_inside": _("The documents in the archive are too large to be looked into. Send them one by one."),
    "archive_inside": _("“{name}” in the archive is an archive itself. Pack its files directly."),
}

_PARTS = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))


class NotTaken(Exception):
    """A file is not taken; ``message`` says why, without the list of what is.

    Args:
        code: one of ``REFUSALS``.
        name: what within an archive is not taken.
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = format_lazy(REFUSALS[code], name=name)


def kind_of(file: IO[bytes]) -> FileKind:
    """Tell what a file is from its content.

    Raises:
        NotTaken: it is a program, holds macros or what is not taken alone, or nothing that is known.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if head.startswith(_PROGRAMS):
        raise NotTaken("program")
    for fits, kind in _MAGIC:
        if fits(head):
            if kind is OFFICE and has_macros(file):
                raise NotTaken("macros")
            return kind
    if head.startswith(_ZIP):
        return _archive(file)
    if head and _is_text(head):
        return TEXT
    raise NotTaken("file_type")


def _archive(file: IO[bytes]) -> FileKind:
    """Tell office documents from other archives; documents with macros are not taken.

    Raises:
        NotTaken: see ``kind_of``.
    """
    try:
        members = members_of(file)
        if is_bomb(members):
            raise NotTaken("bomb")
        if office_archives.has_macros(file, members):
            raise NotTaken("macros")
    except zipfile.BadZipFile:
        raise NotTaken("damaged") from None
    names = [one.filename for one in members]
    if "OFD.xml" in names:
        return OFD
    if names[:1] == ["mimetype"] and "content.xml" in names:
        return ODF
    if "[Content_Types].xml" in names:
        found = next((kind for part, kind in _PARTS if any(name.startswith(part) for name in names)), None)
        if found is not None:
            return found
    _require_harmless(file, members)
    return ZIP


def _require_harmless(file: IO[bytes], members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive by which the rules for single files would be walked round: its readers unpack it.

    Only the first bytes of its files are read, but for documents: those are looked into for macros.

    Raises:
        NotTaken: program_inside, archive_inside, documents_inside, leaves_folder, locked, damaged.
    """
    for one in members:
        path = one.filename.replace("\\", "/")
        if path.startswith("/") or ":" in path or ".." in path.split("/"):
            raise NotTaken("leaves_folder", one.filename)
        if path.rpartition(".")[2].lower() in _PROGRAM_ENDINGS:
            raise NotTaken("program_inside", one.filename)
        if one.flag_bits & _IS_LOCKED:
            raise NotTaken("locked")
    try:
        with zipfile.ZipFile(file) as archive:
            # As they lie in the file, whatever order it lists them in: it may be large, sealed and in parts.
            lying = sorted(members, key=lambda one: one.header_offset)
            documents = [one for one in lying if not one.is_dir() and _is_document(archive, one)]
            if sum(one.file_size for one in documents) > MOST_DOCUMENT_BYTES:
                raise NotTaken("documents_inside")
            for one in documents:
                _require_no_macros(archive, one)
    except (OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile):
        raise NotTaken("damaged") from None
    finally:
        file.seek(0)


def _is_document(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Say whether a file within an archive is a document that may hold macros.

    Raises:
        NotTaken: program_inside, archive_inside.
    """
    with archive.open(member) as content:
        head = content.read(_MEMBER_HEAD_BYTES)
    if head.startswith(_PROGRAMS):
        raise NotTaken("program_inside", member.filename)
    ending = member.filename.rpartition(".")[2].lower()
    is_document = head.startswith(_ZIP) and ending in _ZIPPED_DOCUMENTS
    if head.startswith((_ZIP, *_ARCHIVES)) and not is_document:
        raise NotTaken("archive_inside", member.filename)
    return is_document or head.startswith(_COMPOUND)


def _require_no_macros(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as document:
        with archive.open(member) as content:
            shutil.copyfileobj(content, document)
        document.seek(0)
        is_compound = document.read(len(_COMPOUND)) == _COMPOUND
        document.seek(0)
        if has_macros(document) if is_compound else office_archives.has_macros(document, members_of(document)):
            raise NotTaken("program_inside", member.filename)


def _is_text(head: bytes) -> bool:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_wide and any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return False
    # The head may cut a character in two: its last bytes do not count.
    return any(_decodes(head[: len(head) - cut], encoding) for encoding in _TEXT_ENCODINGS for cut in range(4))


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
