"""The beginning of a text file as text, for a page that shows it."""

import codecs
from dataclasses import dataclass

from catalog.imports.encoding import detect
from collection.services.file import file_opened, file_read
from core.actors import Actor

SHOWN_BYTES = 64 * 1024
_NAMES = {"utf-8-sig": "UTF-8", "cp950": "BIG5", "big5hkscs": "BIG5", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_SIGNS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"} | {0x7F: "\u2421"}
"""Control characters, which HTML cannot hold, and the signs by which they are seen."""


@dataclass(frozen=True, slots=True)
class FileText:
    """The beginning of a text file.

    Attributes:
        encoding: by which it was read, as people name it.
        is_whole: there is no more of it.
    """

    text: str
    encoding: str
    is_whole: bool


def file_text_read(*, actor: Actor, file_id: int) -> FileText:
    """Return the beginning of a text file; the look is in the trail before its first byte.

    What it means to a browser is nothing: whoever shows it escapes it.

    Raises:
        NotVisible, NotAllowed: as ``selectors.file.file_get_for``.
        evidence.Lost: the storage does not give it. collection.vault.Tampered: it is not what was sealed.
    """
    file = file_read(actor=actor, file_id=file_id)
    with file_opened(file) as source:
        head = source.read(SHOWN_BYTES)
    is_whole = file.size_bytes <= len(head)
    encoding = detect(head, lambda label: False).encoding
    # A character that the cut divides is left out; what means nothing in the encoding is seen as U+FFFD.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, final=is_whole)
    return FileText(text.translate(_SIGNS), _NAMES.get(encoding, encoding.upper()), is_whole)
