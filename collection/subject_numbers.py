"""The numbers by which people are found: brought into one form, hashed with a key, compared. They are never stored."""

import hashlib
import hmac
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from collection.store.cells import BLANKS

_ID_NUMBER = re.compile(r"^\d{17}[0-9xX]$")
LEAST_MENTION = 8
"""A shorter value says nothing where it stands in a running text."""
_SPACES = re.compile(r"\s+")


def plain_number(text: str) -> str:
    """Return a number as it is hashed: half-width, without blanks, capitals."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).upper()


def hashed(key: bytes, number: str) -> str:
    """Return the keyed hash under which a number is looked up."""
    return hmac.new(key, plain_number(number).encode(), hashlib.sha256).hexdigest()


def spellings(value: str) -> list[str]:
    """Return a value as cells may hold it: an ID number's check character is written in both cases."""
    text = value.strip(BLANKS)
    found = [text]
    if _ID_NUMBER.match(text):
        found += [text.upper(), text.lower()]
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = None
    if number is not None and number.is_finite() and abs(number.adjusted()) < 100:
        found.append(f"{number.normalize():f}")
    return list(dict.fromkeys(found))


class Subject:
    """What a subject's rows are known by.

    Args:
        value: as it was demanded.
    """

    def __init__(self, value: str) -> None:
        self.values = spellings(value)
        self._set = set(self.values)
        longest = [one for one in self.values if len(one) >= LEAST_MENTION]
        pattern = "|".join(map(re.escape, longest))
        self._mention = re.compile(rf"(?<![0-9A-Za-z])(?:{pattern})(?![0-9A-Za-z])") if longest else None
        self._bytes = [
            one.encode(encoding) for one in longest for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
        ]

    def is_value(self, cell: str | None) -> bool:
        """Say whether a cell holds the value."""
        return cell is not None and cell.strip(BLANKS) in self._set

    def is_mentioned(self, text: str | None) -> bool:
        """Say whether a text holds the value as a word; short values are not looked for."""
        return text is not None and self._mention is not None and self._mention.search(text) is not None

    def is_in_bytes(self, content: bytes) -> bool:
        """Say whether bytes hold the value in one of the usual encodings."""
        return any(one in content for one in self._bytes)
