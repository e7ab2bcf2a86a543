"""One file from a source, as a stream into another file."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from collection.outgoing.exchange import Access, Answer, answer_to
from collection.outgoing.failures import Permanent
from collection.outgoing.timed import Deadline

_GENERAL_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/plain"})
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_PAGE_STARTS = (b"<!doctype html", b"<html")


class Sink(Protocol):
    """As much of a file as is needed to write into."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Validators:
    """What the source called the content when we had it last (RFC 9110, 8.8); for asking whether it changed."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came whole.

    Attributes:
        size_bytes: of the content, unpacked, as written. sha256: of the same, in hexadecimal.
        media_type: as the source names it, e.g. ``text/csv``; "" if it does not. charset: likewise.
        validators: for the next time.
        is_end_proven: whether a cut would have been noticed; not if plain HTTP just ended with its connection.
    """

    size_bytes: int
    sha256: str
    media_type: str
    charset: str
    validators: Validators
    is_end_proven: bool


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source says that nothing changed; nothing was written."""

    validators: Validators


def fetch_file(
    url: str,
    into: Sink,
    *,
    access: Access,
    known: Validators | None = None,
    expected: Collection[str] = (),
    on_progress: Callable[[int, int | None], None] | None = None,
) -> Fetched | Unchanged:
    """Fetch what is at an address.

    Args:
        into: gets the content; after a failure it holds part of it and must be thrown away.
        known: what the source said last time; makes the request conditional.
        expected: media types; those that name no kind (plain text, bytes) always pass. Empty: anything. A web page
            passes only where it is named.
        on_progress: called with the bytes so far and those announced, after each piece.

    Raises:
        NotListed, Transient, Permanent: see ``failures``. Both the address and the credential stay out of them.
    """
    deadline = Deadline(access.limits.total_seconds)
    headers = known.headers() if known else {}
    with answer_to(url, access=access, deadline=deadline, headers=headers) as answer:
        if answer.status == 304 and known:
            return Unchanged(known)
        total, is_proven, digest, size = answer.length_bytes, answer.is_end_proven, hashlib.sha256(), 0
        for piece in data_pieces(answer, expected=expected, max_bytes=access.limits.max_bytes):
            digest.update(piece)
            size += len(piece)
            into.write(piece)
            if on_progress:
                on_progress(size, total)
        return Fetched(
            size_bytes=size,
            sha256=digest.hexdigest(),
            media_type=answer.headers.get_content_type() if answer.headers.get("Content-Type") else "",
            charset=answer.headers.get_content_charset() or "",
            validators=Validators(_line(answer, "ETag"), _line(answer, "Last-Modified")),
            is_end_proven=is_proven,
        )


def data_pieces(answer: Answer, *, expected: Collection[str] = (), max_bytes: int) -> Iterator[bytes]:
    """Yield the content of an answer once it looks like data.

    Raises:
        Permanent: web_page, wrong_content, too_large; and what ``Answer.pieces`` raises.
    """
    host = answer.target.host
    media_type = answer.headers.get_content_type() if answer.headers.get("Content-Type") else ""
    _require_data(host, media_type, b"", expected)
    if (answer.length_bytes or 0) > max_bytes:
        raise Permanent("too_large", host=host, limit=max_bytes)
    size = 0
    for piece in answer.pieces():
        if not size:
            _require_data(host, media_type, piece, expected)
        size += len(piece)
        if size > max_bytes:
            raise Permanent("too_large", host=host, limit=max_bytes)
        yield piece


def _line(answer: Answer, name: str) -> str:
    """Return a header that can be sent back: some come folded over several lines."""
    return " ".join((answer.headers.get(name) or "").split())


def _require_data(host: str, media_type: str, start: bytes, expected: Collection[str]) -> None:
    if not _PAGE_TYPES.isdisjoint(expected):
        return
    if media_type in _PAGE_TYPES or start.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower().startswith(_PAGE_STARTS):
        raise Permanent("web_page", host=host)
    if expected and media_type not in expected and media_type not in _GENERAL_TYPES:
        raise Permanent("wrong_content", host=host, media_type=media_type)
