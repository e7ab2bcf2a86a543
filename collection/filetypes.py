"""What a file is, told by its content; what its name says must agree, and never decides.

Kinds that a browser shows by itself without running anything are marked. HTML and SVG are texts like any other:
they are handed out as downloads only.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext_lazy as _

from core.archives import members_of
from core.compound_files import has_macros

_HEAD_BYTES = 8192
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
            return None if kind is OFFICE and has_macros(file) else kind
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
