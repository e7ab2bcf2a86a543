"""Office documents that are ZIP archives (OPC, OpenDocument), and whether they hold macros: parts bear any name."""

import re
import zipfile
import zlib
from collections.abc import Sequence
from html import unescape
from typing import IO

MOST_DECLARED = 2_000
MOST_DECLARED_BYTES = 16 * 1024**2
"""Of all that a document says of its parts, together: a text of ten thousand links says two megabytes."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How parts of documents are packed; of other packings a few bytes may become any number before the first is given."""
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
        zipfile.BadZipFile: what it says of its parts cannot be read, or is more than any document says.
    """
    if any(_PARTS.search(one.filename) for one in members):
        return True
    declared = [one for one in members if _DECLARATIONS.search(one.filename)]
    if len(declared) > MOST_DECLARED or any(one.compress_type not in _PACKED for one in declared):
        raise zipfile.BadZipFile
    left = MOST_DECLARED_BYTES
    try:
        with zipfile.ZipFile(file) as archive:
            for one in sorted(declared, key=lambda one: one.header_offset):
                content = _declared(archive, one, left)
                # Whatever the encoding, and however its letters are written.
                if _MACROS.search(unescape(content.replace(b"\0", b"").decode("latin-1"))):
                    return True
                left -= len(content)
        return False
    except (OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise zipfile.BadZipFile from error
    finally:
        file.seek(0)


def _declared(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(member) as part:
        content = part.read(most + 1)
    if len(content) > most:
        raise ValueError(member.filename)
    return content
