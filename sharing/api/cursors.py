"""Places in an answer, handed to the caller encrypted: he can read none, make none, and use none elsewhere.

A cursor is sealed with AES-256-GCM under a key of its own context: caller, grant and query. So no key sees more than
one walk through the data, and what belongs elsewhere does not open.
"""

import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from collection.vault.keys import field_keys
from sharing.refusals import BadCursor

_NONCE_BYTES = 12
_HEAD = struct.Struct(">II")
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes on.

    Attributes:
        edition: of the grant when the walk began.
        version: that is read from the first page to the last.
        after: what the next page follows.
    """

    edition: int
    version: int
    after: bytes


def seal(place: Place, context: str) -> str:
    """Return a place as a cursor.

    Args:
        context: caller, grant and query; only the same context opens it.
    """
    nonce = os.urandom(_NONCE_BYTES)
    plain = _HEAD.pack(place.edition, place.version) + place.after
    sealed = _ciphers(settings.FIELD_KEY, context)[0].encrypt(nonce, plain, context.encode())
    return urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def open_cursor(cursor: str, context: str) -> Place:
    """Return the place that a cursor names.

    Raises:
        BadCursor: it is none of ours, or of another context.
    """
    try:
        if len(cursor) > _LONGEST:
            raise BadCursor
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raise BadCursor from None
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != cursor or len(raw) < _NONCE_BYTES + 16 + _HEAD.size:
        raise BadCursor
    for cipher in _ciphers(settings.FIELD_KEY, context):
        try:
            plain = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            continue
        edition, version = _HEAD.unpack_from(plain)
        return Place(edition, version, plain[_HEAD.size :])
    raise BadCursor


@lru_cache(maxsize=256)
def _ciphers(_keys: str, context: str) -> list[AESGCM]:
    """Return a cipher for each field key, the one in force first."""
    salt = sha256(context.encode()).digest()
    return [AESGCM(key.derive(b"cursor", salt=salt)) for key in field_keys()]
