"""Records that a source gives in pages of JSON, into one file with a record per line (NDJSON)."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from collection.outgoing.destinations import Target, target_of
from collection.outgoing.exchange import Access, answer_to, following_target
from collection.outgoing.failures import Permanent, Transient
from collection.outgoing.fetching import Sink, data_pieces
from collection.outgoing.paging import Page, Paging
from collection.outgoing.records import Path, lines_of, parsed, value_at
from collection.outgoing.timed import Deadline

MAX_PAGE_BYTES = 64 * 1024**2
"""A page is held in memory."""

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1, 120


@dataclass(frozen=True, slots=True)
class FetchedPages:
    """All pages. Bytes and SHA-256 (hexadecimal) are those of the file that was written."""

    pages: int
    records: int
    size_bytes: int
    sha256: str


def fetch_pages(
    url: str,
    into: Sink,
    *,
    access: Access,
    paging: Paging,
    path: Path = (),
    attempts: int = 3,
    max_pages: int = 100_000,
    on_progress: Callable[[int, int | None], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> FetchedPages:
    """Fetch all pages, the records exactly as they are written there.

    Args:
        into: gets the records, one per line; after a failure it holds part of them and must be thrown away.
        path: where the list of records stands in a page. A first page without it is a failure, a later one the end.
        attempts: per page, for failures that may pass; after a pause that doubles, or that the source asks for.
        on_progress: called with the records so far and the total, if known, after each page.

    Raises:
        NotListed, Transient, Permanent: see ``failures``.
    """
    digest, size, records, number = hashlib.sha256(), 0, 0, 0
    for page, lines in _pages(url, access, paging, path, attempts, max_pages, sleep):
        if size + len(lines) > access.limits.max_bytes:
            raise Permanent("too_large", host=page.target.host, limit=access.limits.max_bytes)
        into.write(lines)
        digest.update(lines)
        size, records, number = size + len(lines), records + page.records, number + 1
        if on_progress:
            on_progress(records, _total(page.document, paging))
    return FetchedPages(number, records, size, digest.hexdigest())


def _pages(
    url: str,
    access: Access,
    paging: Paging,
    path: Path,
    attempts: int,
    max_pages: int,
    sleep: Callable[[float], None],
) -> Iterator[tuple[Page, bytes]]:
    """Yield the pages with their records as lines; the credential goes to the source alone, wherever links lead."""
    deadline, source = Deadline(access.limits.total_seconds), target_of(url)
    following: Target | None = target_of(paging.first(url))
    asked, before, number, records = set(), b"", 0, 0
    while following is not None:
        host = following.host
        if following.url in asked:
            raise Permanent("page_loop", host=host)
        if number == max_pages:
            raise Permanent("too_many_pages", host=host, limit=max_pages)
        asked.add(following.url)
        raw = _patiently(following, access.at(following, source), deadline, attempts, sleep)
        text, document = _document(raw)
        total = _total(document, paging)
        lines, count = _lines(text, value_at(document, path), path, host, is_first=not number and total != 0)
        if lines and lines == before:
            raise Permanent("page_loop", host=host)
        page = Page(raw.target, document, number, count, records, raw.link)
        yield page, lines
        before, number, records = lines, number + 1, records + count
        link = None if total is not None and records >= total else paging.following(url, page)
        if link is None and total is not None and records != total:
            raise Transient("total_differs", host=host, total=total, count=records)
        following = None if link is None else following_target(raw.target, link)


@dataclass(frozen=True, slots=True)
class _Raw:
    target: Target
    content: bytes
    charset: str
    link: str


def _patiently(
    target: Target, access: Access, deadline: Deadline, attempts: int, sleep: Callable[[float], None]
) -> _Raw:
    """Ask for a page, again after a failure that may pass; the last one counts."""
    pause = _FIRST_PAUSE_SECONDS
    for left in reversed(range(attempts)):
        try:
            return _asked(target, access, deadline)
        except Transient as failure:
            seconds = max(failure.retry_after or 0, pause)
            if not left or seconds > min(_LONGEST_PAUSE_SECONDS, deadline.seconds):
                raise
            sleep(seconds)
            pause *= 2
    raise ValueError("at least one attempt")


def _asked(target: Target, access: Access, deadline: Deadline) -> _Raw:
    with answer_to(target.url, access=access, deadline=deadline, headers={"Accept": "application/json"}) as answer:
        content = b"".join(data_pieces(answer, max_bytes=min(MAX_PAGE_BYTES, access.limits.max_bytes)))
        link = ", ".join(answer.headers.get_all("Link") or ())
        return _Raw(answer.target, content, answer.headers.get_content_charset() or "", link)


def _document(raw: _Raw) -> tuple[str, Any]:
    try:
        return parsed(raw.content, raw.charset)
    except ValueError:
        raise Permanent("not_json", host=raw.target.host) from None


def _lines(text: str, found: Any, path: Path, host: str, *, is_first: bool) -> tuple[bytes, int]:
    """Return the records of a page as lines, and how many there are.

    Sources also report failures with status 200 and no list; on a first page that must not pass for "no records".
    """
    if found is None and not is_first:
        return b"", 0
    if not isinstance(found, list):
        raise Permanent("no_list", host=host, path=".".join(path))
    return "".join(f"{line}\n" for line in lines_of(text, path)).encode(), len(found)


def _total(document: Any, paging: Paging) -> int | None:
    total = value_at(document, paging.total) if paging.total else None
    if isinstance(total, str) and total.isdecimal():
        return int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) else None
