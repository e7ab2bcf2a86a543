"""Delimited text in any of the encodings that Chinese offices use."""

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from catalog.imports import encoding
from catalog.imports.delimited import delimited_rows
from collection.intake.cells import BLANKS
from collection.intake.header import Row
from collection.intake.layout import DELIMITERS, Doubt

SAMPLE_CHARACTERS = 200_000
SAMPLE_LINES = 60
_PIECE = 1 << 20


def find_encoding(path: Path, knows: Callable[[str], bool]) -> tuple[str, list[Doubt]]:
    """Return the encoding of a file, and whether that is doubtful.

    The beginning may be plain ASCII and fit everything: the whole file is tried, and where it does not fit is what
    tells the encoding.
    """
    with path.open("rb") as stream:
        guess = encoding.detect(stream.read(encoding.SAMPLE_BYTES), knows)
        at = _first_misfit(stream, guess.encoding)
        if at is not None:
            stream.seek(at)
            guess = encoding.detect(stream.read(encoding.SAMPLE_BYTES), knows)
            at = _first_misfit(stream, guess.encoding)
    doubts = []
    if guess.is_doubtful:
        doubts.append(Doubt("encoding", {"encoding": guess.encoding, "other": guess.runner_up or "–"}))
    if at is not None:
        doubts.append(Doubt("undecodable", {"encoding": guess.encoding}))
    return guess.encoding, doubts


def _first_misfit(stream: IO[bytes], encoding_name: str) -> int | None:
    """Return where the piece begins that is no text of the encoding, None where all of the file is."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding_name)("strict")
    at = 0
    while piece := stream.read(_PIECE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            # Begin with the line of the misfit, so that no character is cut.
            return max(0, at + piece.rfind(b"\n", 0, max(error.start, 0)) + 1)
        at += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(0, at - 1)
    return None


def find_delimiter(path: Path, encoding_name: str) -> str:
    """Return the delimiter with which most lines have the same number of fields, more than one."""
    with path.open("rb") as stream:
        lines = encoding.open_text(stream, encoding_name).read(SAMPLE_CHARACTERS).splitlines()[:SAMPLE_LINES]

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(DELIMITERS, key=evenness)


class CountedFile:
    """A text file that says how many bytes of it have been read."""

    def __init__(self, path: Path, encoding_name: str) -> None:
        self._raw = path.open("rb")
        self._text = encoding.open_text(self._raw, encoding_name)

    @property
    def bytes_read(self) -> int:
        return self._raw.tell() if not self._raw.closed else 0

    def grid(self, delimiter: str) -> Iterator[Row]:
        """Yield rows of cells, blanks around them trimmed.

        Raises:
            Unreadable: a quotation mark is opened and not closed, so that one cell would swallow the rows below it.
        """
        for number, cells in delimited_rows(self._text, delimiter):
            yield number, [cell.strip(BLANKS) or None for cell in cells]

    def close(self) -> None:
        self._text.close()
