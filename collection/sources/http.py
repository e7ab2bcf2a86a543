"""A file or pages of records at an address (docs/adr/0052)."""

from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from collection.outgoing import (
    Access,
    LinkHeader,
    NextLink,
    Offset,
    PageNumber,
    Paging,
    Permanent,
    SecretHeader,
    Unchanged,
    basic_auth,
    bearer_token,
    fetch_file,
    fetch_pages,
    plain_headers,
)
from collection.outgoing.exchange import answer_to
from collection.outgoing.fetching import Sink, data_pieces
from collection.outgoing.timed import Deadline
from collection.sources.order import Brought, Order, Progress
from collection.sources.settings import HttpSettings

_EXTENSIONS = {
    "text/csv": "csv",
    "application/json": "json",
    "application/geo+json": "geojson",
    "application/x-ndjson": "ndjson",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_KNOWN = {"csv", "txt", "json", "geojson", "ndjson", "jsonl", "xls", "xlsx", "ods"}


def bring(order: Order, into: Sink, on_progress: Progress) -> Brought | None:
    """Fetch the file, or all pages as one record per line."""
    settings: HttpSettings = order.settings
    access = _access(order)
    if settings.shape == "pages":
        pages = fetch_pages(
            settings.url,
            into,
            access=access,
            paging=paging_of(settings),
            path=_path(settings.records_path),
            on_progress=on_progress,
        )
        return Brought("ndjson", records=pages.records)
    found = fetch_file(settings.url, into, access=access, known=order.known, on_progress=on_progress)
    if isinstance(found, Unchanged):
        return None
    extension = _EXTENSIONS.get(found.media_type) or extension_of(urlsplit(settings.url).path)
    return Brought(extension, found.validators, is_end_proven=found.is_end_proven)


def probe(order: Order) -> None:
    """Ask for the first bytes, or the first page."""
    settings: HttpSettings = order.settings
    access = _access(order)
    if settings.shape == "file":
        with answer_to(settings.url, access=access, deadline=Deadline(access.limits.total_seconds)) as answer:
            next(data_pieces(answer, max_bytes=access.limits.max_bytes), None)
        return
    with suppress(_FirstPage):
        fetch_pages(
            settings.url,
            _Nothing(),
            access=access,
            paging=paging_of(settings),
            path=_path(settings.records_path),
            attempts=1,
            on_progress=_stop,
        )


class _FirstPage(Exception):
    """The first page came."""


def _stop(records: int, total: int | None) -> None:
    raise _FirstPage


class _Nothing:
    def write(self, data: bytes, /) -> None:
        """Throw it away."""


def _access(order: Order) -> Access:
    settings: HttpSettings = order.settings
    return replace(
        order.access,
        credential=credential_of(settings, order.secret),
        headers=plain_headers(settings.headers),
    )


def credential_of(settings: HttpSettings, secret: str) -> SecretHeader | None:
    """Return what the source is shown of us.

    Raises:
        Permanent: no_credential, bad_credential.
    """
    if not settings.needs_secret:
        return None
    if not secret:
        raise Permanent("no_credential")
    match settings.sign_in:
        case "bearer":
            return bearer_token(secret)
        case "basic":
            return basic_auth(settings.username, secret)
    return SecretHeader(settings.header, secret)


def paging_of(settings: HttpSettings) -> Paging:
    """Return how the pages follow each other."""
    total = _path(settings.total_path)
    sized = {"size_parameter": settings.size_parameter, "size": settings.size}
    match settings.paging:
        case "next_link":
            return NextLink(_path(settings.next_path) or ("next",), total)
        case "link_header":
            return LinkHeader(total)
        case "offset":
            return Offset(settings.page_parameter or "offset", total=total, **sized)  # type: ignore[arg-type]
    start = settings.first_page
    return PageNumber(settings.page_parameter or "page", start, total=total, **sized)  # type: ignore[arg-type]


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(part for part in dotted.split(".") if part)


def extension_of(path: str) -> str:
    """Return what a file's name ends with, where that is the name of a format."""
    suffix = PurePosixPath(path).suffix.removeprefix(".").lower()
    return suffix if suffix in _KNOWN else "data"
