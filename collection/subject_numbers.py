"""The numbers by which people are found: brought into one form, hashed with a key, compared. They are never stored.

A text is another person's as soon as one character differs (``000123`` and ``123`` are two people), a number is not
(``123.0`` is ``123``). Long numbers alone are also found as hands write them: full-width, with blanks between digits.
"""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from collection.store.cells import BLANKS

_ID_NUMBER = re.compile(r"^\d{17}[0-9xX]$", re.ASCII)
_PLAIN = re.compile(r"^([+-]?)(\d+)(?:\.(\d+))?$", re.ASCII)
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$", re.ASCII)
LEAST_MENTION = 8
"""A shorter value says nothing where it stands in a running text."""
_SPACES = re.compile(r"\s+")
_GAP = r"[\s\u200b-\u200d\u2060\ufeff]*"
"""What may stand between the digits of a long number; read alike by Python and PostgreSQL."""
BETWEEN_DIGITS = r"[-\s\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff]+"
"""What hands put between the digits of a long number, hyphens among it; read alike by Python and PostgreSQL."""
LONG_NUMBER = r"^[0-9]{7,}[0-9X]$"
_LONG = re.compile(LONG_NUMBER)
_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$", re.ASCII)
_DAY_OF_DIGITS = re.compile(r"^(\d{4})(\d\d)(\d\d)$", re.ASCII)
_BYTE_EDGES = {
    "utf-8": (rb"(?<![0-9A-Za-z])", rb"(?![0-9A-Za-z])"),
    "gb18030": (rb"(?<![0-9])", rb"(?![0-9A-Za-z])"),  # a letter before it may be the half of a Chinese character
    "utf-16-le": (rb"(?<![0-9A-Za-z]\x00)", rb"(?![0-9A-Za-z]\x00)"),
}
"""What may not stand around a word, in each of the encodings in which workbooks hold texts."""


def plain_number(text: str) -> str:
    """Return a number as it is hashed: half-width, without blanks, capitals."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).upper()


def erased_form(value: str, pg_type: str) -> str:
    """Return a value in the one form in which it is hashed when it is erased, however a hand wrote it.

    A number is written as the store writes it, a day as ISO 8601, a long number in a text without what people put
    between its digits.

    Args:
        pg_type: of the item by whose value the rows are found.
    """
    plain = unicodedata.normalize("NFKC", value).strip(BLANKS)
    if pg_type in ("numeric", "bigint"):
        return number_of(plain) or value
    if pg_type == "date":
        return day_of(plain) or value
    bare = re.sub(BETWEEN_DIGITS, "", plain).upper()
    return bare if _LONG.match(bare) else value


def day_of(text: str) -> str | None:
    """Return a day as the store writes it; None for what is none."""
    plain = unicodedata.normalize("NFKC", text).strip(BLANKS)
    match = _DAY.match(plain) or _DAY_OF_DIGITS.match(plain)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups())).isoformat()
    except ValueError:
        return None


def hashed(key: bytes, number: str) -> str:
    """Return the keyed hash under which a number is looked up."""
    return hmac.new(key, plain_number(number).encode(), hashlib.sha256).hexdigest()


def pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the two blocks with which HMAC (RFC 2104) begins its inner and outer hash; for keys up to a block."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    return bytes(one ^ 0x36 for one in block), bytes(one ^ 0x5C for one in block)


def spellings(value: str) -> list[str]:
    """Return a value as a text may hold it: an ID number's check character is written in both cases."""
    text = value.strip(BLANKS)
    found = [text]
    if _ID_NUMBER.match(text):
        found += [text.upper(), text.lower()]
    return list(dict.fromkeys(found))


def number_of(text: str) -> str | None:
    """Return a number in the one way in which the store writes it, digit by digit; None for what is none."""
    plain = text.strip(BLANKS)
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    match = _PLAIN.match(plain)
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    whole, fraction = whole.lstrip("0") or "0", (fraction or "").rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if sign == "-" and number != "0" else number


@dataclass(frozen=True, slots=True)
class Sought:
    """What the store looks for; all of it goes into statements as parameters.

    Attributes:
        texts: what cells of texts and dates hold.
        number: what cells of numbers hold, None where the value is none.
        mention: what a text must match, half-width, to mention the value; "" where it is too short to be looked for.
        whole: what a cell must match, half-width, to be a long number; "" for anything else.
    """

    texts: tuple[str, ...]
    number: str | None
    mention: str
    whole: str


class Subject:
    """What a subject's rows are known by.

    Args:
        value: as it was demanded.
        is_number: the item by which the rows are found holds numbers, so that cells of files are compared as such.
        is_day: it holds days; the store writes them one way.
    """

    def __init__(self, value: str, *, is_number: bool = False, is_day: bool = False) -> None:
        texts = spellings(value)
        if is_day and (day := day_of(value)) is not None and day not in texts:
            texts.append(day)
        self._texts = set(texts)
        self._number = number_of(value) if is_number else None
        self._folded = folded = plain_number(value)
        is_long = _LONG.match(folded) is not None
        word = ""
        if is_long:
            word = _GAP.join("[Xx]" if one == "X" else one for one in folded)
        elif len(texts[0]) >= LEAST_MENTION:
            # Written out and not escaped: what Python escapes, PostgreSQL may read otherwise.
            word = "".join(one if one.isalnum() else f"[{one}]" if one not in "\\^[]" else f"\\{one}"
                           for one in unicodedata.normalize("NFKC", texts[0]))  # fmt: skip
        mention = f"(?<![0-9A-Za-z]){word}(?![0-9A-Za-z])" if word else ""
        whole = f"^{_GAP}{word}{_GAP}$" if is_long else ""
        self.sought = Sought(tuple(texts), number_of(value), mention, whole)
        self._mention = re.compile(mention) if mention else None
        self._whole = re.compile(whole) if whole else None
        self._in_bytes = [_byte_pattern(folded if is_long else texts[0], one) for one in _BYTE_EDGES if word]

    def is_value(self, cell: str | None) -> bool:
        """Say whether a cell of the item holds the value."""
        if cell is None:
            return False
        text = cell.strip(BLANKS)
        if text in self._texts:
            return True
        if self._number is not None:
            return number_of(text) == self._number
        return self._whole is not None and self._whole.match(unicodedata.normalize("NFKC", text)) is not None

    def is_mentioned(self, text: str | None) -> bool:
        """Say whether a text holds the value as a word; short values are not looked for."""
        if text is None or self._mention is None:
            return False
        return self._mention.search(unicodedata.normalize("NFKC", text)) is not None

    def is_named(self, name: str) -> bool:
        """Say whether a name holds the value, wherever in it: people name files after the person."""
        return self._mention is not None and self._folded in plain_number(name)

    def is_in_bytes(self, content: bytes) -> bool:
        """Say whether bytes of no known format hold the value in one of the usual encodings."""
        return any(one.search(content) for one in self._in_bytes)


def _byte_pattern(word: str, encoding: str) -> re.Pattern[bytes]:
    """Return a pattern of a word in an encoding, its characters half-width or full-width, in both cases."""
    parts = []
    for one in word:
        wide = chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one
        forms = dict.fromkeys(form.encode(encoding) for form in (one, wide, one.swapcase()))
        parts.append(b"(?:" + b"|".join(map(re.escape, forms)) + b")")
    gap = b"(?:" + b"|".join(re.escape(blank.encode(encoding)) for blank in BLANKS) + b")*"
    before, after = _BYTE_EDGES[encoding]
    return re.compile(before + (gap if _LONG.match(word) else b"").join(parts) + after)
