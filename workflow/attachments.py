"""Uploaded files: who may read them, and which kinds are taken."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from core import office_archives
from core.actors import Actor
from core.archives import members_of, unpacks_absurdly
from core.compound_files import has_macros
from workflow.models import Attachment

CanView = Callable[[Actor, Attachment], bool]

MOST_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 8192
MOST_ZIP_ENTRIES = 10_000

_policies: dict[str, CanView] = {}


def register_policy(subject_label: str, can_view: CanView) -> None:
    """Say who may read the files of a kind of object. Without this nobody may, and none can be added.

    Args:
        subject_label: e.g. ``catalog.revision``, as in ``Model._meta.label_lower``.
        can_view: one of the owning app's policies; it reads the object behind ``subject_pk``.
    """
    _policies[subject_label.lower()] = can_view


def policy_of(subject_label: str) -> CanView | None:
    return _policies.get(subject_label.lower())


def unregister_policy(subject_label: str) -> None:
    """Forget a policy. Only tests need it."""
    _policies.pop(subject_label.lower(), None)


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that is taken."""

    extensions: frozenset[str]
    content_type: str


def _type(content_type: str, *extensions: str) -> FileType:
    return FileType(frozenset(extensions), content_type)


PDF = _type("application/pdf", "pdf")
OFD = _type("application/ofd", "ofd")
PNG = _type("image/png", "png")
JPEG = _type("image/jpeg", "jpg", "jpeg")
DOCX = _type("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx")
XLSX = _type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
PPTX = _type("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx")
OLE = _type("application/octet-stream", "doc", "xls", "ppt", "wps", "et", "dps")
TEXT = _type("text/plain", "txt")
CSV = _type("text/csv", "csv")

FILE_TYPES = (PDF, OFD, PNG, JPEG, DOCX, XLSX, PPTX, OLE, TEXT, CSV)
EXTENSIONS = sorted({extension for kind in FILE_TYPES for extension in kind.extensions})

_MAGIC = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
)
_OFFICE_PARTS = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
_TEXT_ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5")


def sniff(file: IO[bytes], extension: str) -> FileType | None:
    """Tell the kind of a file from its content; None for one that is not taken or not what its name says.

    Args:
        extension: of the name, lower case, without the dot.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found is None and head.startswith(b"PK\x03\x04"):
        found = _sniff_zip(file)
    if found is OLE and has_macros(file):
        return None
    if found is None and extension in TEXT.extensions | CSV.extensions and _is_text(head):
        found = TEXT if extension in TEXT.extensions else CSV
    return found if found is not None and extension in found.extensions else None


def _sniff_zip(file: IO[bytes]) -> FileType | None:
    """Tell office documents from other archives; documents with macros are not taken."""
    try:
        members = members_of(file)
        if len(members) > MOST_ZIP_ENTRIES or unpacks_absurdly(members) or office_archives.has_macros(file, members):
            return None
    except zipfile.BadZipFile:
        return None
    names = [one.filename for one in members]
    if "OFD.xml" in names:
        return OFD
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for part, kind in _OFFICE_PARTS if any(name.startswith(part) for name in names)), None)


def _is_text(head: bytes) -> bool:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_wide and any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return False
    # The head may cut a character in two: its last bytes do not count.
    return any(_decodes(head, encoding) for encoding in _TEXT_ENCODINGS)


def _decodes(head: bytes, encoding: str) -> bool:
    for cut in range(4):
        try:
            head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
