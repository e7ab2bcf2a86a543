"""Office documents that are ZIP archives (OPC, OpenDocument), and whether they hold macros: parts bear any name."""

import re
import zipfile
import zlib
from collections.abc import Sequence
from html import unescape
from typing import IO

MOST_DECLARED_BYTES = 4 * 1024**2
_PARTS = re.compile(
    r"(^|/)vbaproject\.bin$|^xl/macrosheets/|^basic/[^/]+/(?!script-lb\.xml$)[^/]+\.xml$|^scripts/.*[^/]$",
    re.IGNORECASE,
)
"""Where macros usually lie; a library of LibreOffice that lists no module is empty."""
_DECLARATIONS = re.compile(r"^\[content_types\]\.xml$|^(word|xl|ppt)/_rels/[^/]+\.rels$", re.IGNORECASE)
_MACROS = re.compile(r"macroenabled|macrosheet|vbaproject|vbadata|<!doctype|<!entity", re.IGNORECASE)
"""In the types of parts, and in how the parts hang together. Office takes no entities, which could spell anything."""


def has_macros(file: IO[bytes], members: Sequence[zipfile.ZipInfo]) -> bool:
    """Say whether a document holds macros, by its parts and by what it says of them.

    Args:
        members: what the archive lists.

    Raises:
        zipfile.BadZipFile: what it says of its parts cannot be read.
    """
    if any(_PARTS.search(one.filename) for one in members):
        return True
    declared = [one for one in members if _DECLARATIONS.search(one.filename)]
    try:
        with zipfile.ZipFile(file) as archive:
            return any(_MACROS.search(_declared(archive, one)) for one in declared)
    except (OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise zipfile.BadZipFile from error
    finally:
        file.seek(0)


def _declared(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Return what a part says, whatever the encoding and however its letters are written."""
    with archive.open(member) as part:
        content = part.read(MOST_DECLARED_BYTES + 1)
    if len(content) > MOST_DECLARED_BYTES:
        raise ValueError(member.filename)
    return unescape(content.replace(b"\0", b"").decode("latin-1"))
