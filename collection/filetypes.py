"""What a file is, told by its content; what its name says must agree, and never decides.

Kinds that a browser shows by itself without running anything are marked. HTML and SVG are texts like any other:
they are handed out as downloads only.
"""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext_lazy as _

from collection.compound_files import stream_pieces
from core.archives import members_of

_HEAD_BYTES = 8192
_PIECE = 1 << 20
_TEXT_ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5")


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file.

    Attributes:
        shown_as: how a page shows it: ``image``, ``audio``, ``video``, ``pdf``; "" where it is a download only.
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
TEXT = _kind(_("Text"), "text/plain; charset=utf-8", "txt csv tsv json geojson xml html htm svg md log kml gml rdf")

KINDS = (PDF, OFD, PNG, JPEG, GIF, WEBP, BMP, TIFF, MP3, WAV, FLAC, OGG, M4A, MP4, MOV, WEBM, MATROSKA, AVI, MPEG, DOCX,
         XLSX, PPTX, ODF, OFFICE, ZIP, TEXT)  # fmt: skip
BY_CONTENT_TYPE = {kind.content_type: kind for kind in KINDS}
EXTENSIONS = sorted({extension for kind in KINDS for extension in kind.extensions})

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
    (lambda head: head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), OFFICE),
)
_PARTS = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))


def kind_of(file: IO[bytes]) -> FileKind | None:
    """Tell what a file is from its content; None for what is not taken: programs, scripts in binary, unknown forms."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    for fits, kind in _MAGIC:
        if fits(head):
            return None if kind is OFFICE and _has_macros(file) else kind
    if head.startswith(b"PK\x03\x04"):
        return _archive(file)
    return TEXT if head and _is_text(head) else None


def _archive(file: IO[bytes]) -> FileKind | None:
    """Tell office documents from other archives; documents with macros are not taken."""
    try:
        names = [one.filename for one in members_of(file)]
    except zipfile.BadZipFile:
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "OFD.xml" in names:
        return OFD
    if names[:1] == ["mimetype"] and "content.xml" in names:
        return ODF
    if "[Content_Types].xml" not in names:
        return ZIP
    return next((kind for part, kind in _PARTS if any(name.startswith(part) for name in names)), ZIP)


def _macro_names() -> bytes:
    """Return a pattern of the entries that name macros in a compound file: the name, and how long it is.

    An entry is 128 bytes: 64 of the name in UTF-16 with its zero, then two of its length (MS-CFB, 2.6.1); case does not
    tell names apart. A project is a storage VBA with a stream _VBA_PROJECT (MS-OVBA, 2.2.1); Word keeps it under
    Macros, Excel under _VBA_PROJECT_CUR. PowerPoint packs its project into another stream: see ``_presents_macros``.
    """
    patterns = []
    for name in ("VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"):
        field = f"{name}\0".encode("utf-16-le")
        patterns.append(re.escape(field) + b".{%d}" % (64 - len(field)) + re.escape(len(field).to_bytes(2, "little")))
    return b"(?=" + b"|".join(patterns) + b")"


_ENTRY_BYTES = 128
_MACROS = re.compile(_macro_names(), re.DOTALL | re.IGNORECASE)

_PRESENTATION = "PowerPoint Document"
_VBA_INFO = re.compile(rb"\xff\x03\x14\0\0\0\x02\0\0\x04\x0c\0\0\0.{4}(?!\0{4}).{4}", re.DOTALL)
"""A VBAInfoContainer and its VBAInfoAtom (MS-PPT, 2.4.10 and 2.4.11): where the project is, and that it is not empty.

Presentations without macros may have the record too; it then says that the project is empty.
"""
_VBA_INFO_BYTES = 22


def _has_macros(file: IO[bytes]) -> bool:
    """Say whether a compound file names macros anywhere in its directory, whose sectors lie where they like."""
    at, rest = 0, b""
    try:
        while piece := file.read(_PIECE):
            window = rest + piece
            if any((at + match.start()) % _ENTRY_BYTES == 0 for match in _MACROS.finditer(window)):
                return True
            rest = window[-(len(window) % _ENTRY_BYTES + _ENTRY_BYTES) :]
            at += len(window) - len(rest)
        return _presents_macros(file)
    finally:
        file.seek(0)


def _presents_macros(file: IO[bytes]) -> bool:
    """Say whether a presentation holds macros. Of one that is encrypted nobody can tell."""
    rest = b""
    for piece in stream_pieces(file, _PRESENTATION):
        window = rest + piece
        if _VBA_INFO.search(window):
            return True
        rest = window[1 - _VBA_INFO_BYTES :]
    return False


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
