"""How sources cut what they have into pages, and where the next one is."""

import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote_plus, unquote_plus, urlsplit, urlunsplit

from collection.outgoing.destinations import Target
from collection.outgoing.records import Path, value_at

_LINK = re.compile(r"<([^>]*)>\s*((?:;[^,<]*)*)")
_IS_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that came.

    Attributes:
        number: from 0. records: how many are on it. records_before: on those before it.
        link: the value of the Link header.
    """

    target: Target
    document: Any
    number: int
    records: int
    records_before: int
    link: str


class Paging(Protocol):
    """How pages are asked for. ``total`` is where a page says how many records there are; empty: it does not."""

    @property
    def total(self) -> Path: ...

    def first(self, url: str) -> str:
        """Return the address of the first page."""

    def following(self, url: str, page: Page) -> str | None:
        """Return the address of the page after one; None after the last."""


@dataclass(frozen=True, slots=True)
class NextLink:
    """Each page names the address of the next, in its body; none, null or "" on the last."""

    path: Path = ("next",)
    total: Path = ()

    def first(self, url: str) -> str:
        return url

    def following(self, url: str, page: Page) -> str | None:
        link = value_at(page.document, self.path)
        return link if isinstance(link, str) and link else None


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """Each page names the address of the next in a Link header with rel="next" (RFC 8288)."""

    total: Path = ()

    def first(self, url: str) -> str:
        return url

    def following(self, url: str, page: Page) -> str | None:
        for address, parameters in _LINK.findall(page.link):
            if _IS_NEXT.search(parameters):
                return str(address)
        return None


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Pages are counted; the last is followed by an empty one, or known by the total.

    Attributes:
        size_parameter: "" leaves the size of a page to the source.
    """

    parameter: str = "page"
    start: int = 1
    size_parameter: str = ""
    size: int = 1000
    total: Path = ()

    def first(self, url: str) -> str:
        sized = _with_parameter(url, self.size_parameter, self.size) if self.size_parameter else url
        return _with_parameter(sized, self.parameter, self.start)

    def following(self, url: str, page: Page) -> str | None:
        return _with_parameter(self.first(url), self.parameter, self.start + page.number + 1) if page.records else None


@dataclass(frozen=True, slots=True)
class Offset:
    """Records are counted; the last page is followed by an empty one, or known by the total."""

    parameter: str = "offset"
    start: int = 0
    size_parameter: str = "limit"
    size: int = 1000
    total: Path = ()

    def first(self, url: str) -> str:
        sized = _with_parameter(url, self.size_parameter, self.size) if self.size_parameter else url
        return _with_parameter(sized, self.parameter, self.start)

    def following(self, url: str, page: Page) -> str | None:
        offset = self.start + page.records_before + page.records
        return _with_parameter(self.first(url), self.parameter, offset) if page.records else None


def _with_parameter(url: str, name: str, value: int) -> str:
    """Return the address with a query parameter set, the others as they were."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != name]
    return urlunsplit(parts._replace(query="&".join([*kept, f"{quote_plus(name)}={value}"])))
