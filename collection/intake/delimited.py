"""Delimited text in any of the encodings that Chinese offices use."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from catalog.imports import encoding
from collection.intake.cells import BLANKS
from collection.intake.header import Row
from collection.intake.layout import DELIMITERS, Doubt

SAMPLE_CHARACTERS = 200_000
SAMPLE_LINES = 60

csv.field_size_limit(10_000_000)


def find_encoding(path: Path, knows: Callable[[str], bool]) -> tuple[str, list[Doubt]]:
    """Return the encoding of a file, and whether that is doubtful."""
    with path.open("rb") as stream:
        guess = encoding.detect(stream.read(encoding.SAMPLE_BYTES), knows)
    if not guess.is_doubtful:
        return guess.encoding, []
    message = _("The encoding is doubtful: %(encoding)s, next best %(other)s. Look at the first rows.")
    return guess.encoding, [Doubt("encoding", message % {"encoding": guess.encoding, "other": guess.runner_up or "–"})]


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
        """Yield rows of cells, blanks around them trimmed."""
        lines = (line.replace("\x00", "") for line in self._text)
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
            yield number, [cell.strip(BLANKS) or None for cell in cells]

    def close(self) -> None:
        self._text.close()
