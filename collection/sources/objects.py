"""One object of an S3 store: a signed address, and then a file over HTTP like any other (docs/adr/0056)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from urllib.parse import quote

from collection.outgoing import Permanent, Unchanged, fetch_file
from collection.outgoing.exchange import answer_to
from collection.outgoing.fetching import Sink, data_pieces
from collection.outgoing.timed import Deadline
from collection.sources.http import extension_of
from collection.sources.order import Brought, Order, Progress
from collection.sources.settings import ObjectSettings
from collection.sources.signing import signed_url
from core import clock

_CODES = {
    b"NoSuchBucket": "bucket_missing",
    b"NoSuchKey": "object_missing",
    b"InvalidAccessKeyId": "key_refused",
    b"SignatureDoesNotMatch": "key_refused",
}


def bring(order: Order, into: Sink, on_progress: Progress) -> Brought | None:
    """Fetch the object, unless the store says that it is the one we had."""
    with _told():
        found = fetch_file(address_of(order), into, access=order.access, known=order.known, on_progress=on_progress)
    if isinstance(found, Unchanged):
        return None
    return Brought(extension_of(order.settings.key), found.validators, is_end_proven=found.is_end_proven)


def probe(order: Order) -> None:
    """Ask for the first bytes."""
    with (
        _told(),
        answer_to(
            address_of(order), access=order.access, deadline=Deadline(order.access.limits.total_seconds)
        ) as answer,
    ):
        next(data_pieces(answer, max_bytes=order.access.limits.max_bytes), None)


@contextmanager
def _told() -> Iterator[None]:
    """Tell by the store's own code what is missing or wrong (Amazon S3 API Reference, "Error responses")."""
    try:
        yield
    except Permanent as failure:
        code = next((code for said, code in _CODES.items() if b"<Code>%s</Code>" % said in failure.said), None)
        if code is None:
            raise
        raise Permanent(code, host=failure.extra["host"]) from None


def address_of(order: Order) -> str:
    """Return a signed address of the object; a secret for as long as it is valid.

    Raises:
        Permanent: no_credential.
    """
    settings: ObjectSettings = order.settings
    if not order.secret:
        raise Permanent("no_credential")
    key = quote(settings.key.lstrip("/"), safe="/~")
    path = key if settings.addressing == "host" else f"{quote(settings.bucket, safe='~')}/{key}"
    return signed_url(
        f"{settings.origin}/{path}",
        region=settings.region,
        access_key=settings.access_key,
        secret=order.secret,
        moment=clock.now().astimezone(UTC),
    )
