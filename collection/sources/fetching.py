"""One file from a source, whatever its kind."""

from collections.abc import Mapping
from typing import Protocol

from collection.choices import SourceKind
from collection.outgoing.fetching import Sink
from collection.sources import http, objects, sftp, sql
from collection.sources.order import Brought, Order, Progress


class Reader(Protocol):
    """A kind of source."""

    def bring(self, order: Order, into: Sink, on_progress: Progress) -> Brought | None:
        """Write what the source holds; None where it says that nothing changed, and nothing was written."""

    def probe(self, order: Order) -> None:
        """Ask for the least that shows whether reading would succeed."""


READERS: Mapping[SourceKind, Reader] = {
    SourceKind.HTTP: http,
    SourceKind.SQL: sql,
    SourceKind.OBJECTS: objects,
    SourceKind.SFTP: sftp,
}


def bring(kind: str, order: Order, into: Sink, on_progress: Progress) -> Brought | None:
    """Write what a source holds; None where it says that nothing changed, and nothing was written.

    Args:
        into: gets the content as it comes; after a failure it holds part of it and must be thrown away.

    Raises:
        NotListed, Transient, Permanent: see ``collection.outgoing.failures``; they hold neither credential nor path.
    """
    return READERS[SourceKind(kind)].bring(order, into, on_progress)


def probe(kind: str, order: Order) -> None:
    """Ask a source for the least that shows whether reading would succeed.

    Raises:
        NotListed, Transient, Permanent: as ``bring``.
    """
    READERS[SourceKind(kind)].probe(order)
