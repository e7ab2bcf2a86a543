"""The keys of the vault, and what it refuses with.

A key for each purpose is derived from a field key with HKDF-SHA256 (RFC 5869).
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core.exceptions import Unavailable
from core.keys import key_list

KEY_ID_BYTES = 6


class Tampered(Unavailable):
    """What was stored is not what was sealed, or was sealed for another place."""

    code = "tampered"
    default_message = _(
        "What is stored here was changed or damaged, or belongs somewhere else, and is not used."
        " Restore it from a backup, or collect it again."
    )


class KeyMissing(Unavailable):
    """It was sealed under a key that ``FIELD_KEY`` no longer lists."""

    code = "key_missing"
    default_message = _(
        "This was encrypted with a key that the installation no longer has."
        " The operator must list that key in FIELD_KEY again, after the present one."
    )


@dataclass(frozen=True, slots=True, repr=False)
class FieldKey:
    """One key of ``FIELD_KEY``; keys to encrypt with are only ever derived from it."""

    secret: bytes

    def derive(self, purpose: bytes, length: int = 32, salt: bytes | None = None) -> bytes:
        return HKDF(SHA256(), length, salt, b"collection.vault/" + purpose).derive(self.secret)

    @property
    def id(self) -> bytes:
        """A name that tells keys apart and nothing of what they are."""
        return self.derive(b"id", KEY_ID_BYTES)


def field_keys() -> list[FieldKey]:
    """Return the keys in force, the one that encrypts first.

    Raises:
        ImproperlyConfigured: there is none.
    """
    keys = [FieldKey(text.encode()) for text in key_list(settings.FIELD_KEY)]
    if not keys:
        raise ImproperlyConfigured("FIELD_KEY is not set: nothing can be encrypted.")
    return keys


def derived_key(purpose: str) -> bytes:
    """Return a secret for keyed hashes of a purpose; it is another one once ``FIELD_KEY`` begins with a new key."""
    return field_keys()[0].derive(b"hash/" + purpose.encode())


def key_named(key_id: bytes) -> FieldKey:
    """Return the key with an id.

    Raises:
        KeyMissing: ``FIELD_KEY`` does not list it.
    """
    for key in field_keys():
        if key.id == key_id:
            return key
    raise KeyMissing


def bound_to(head: bytes, context: str) -> bytes:
    """Return the associated data of what is sealed for a context. An empty context is a mistake of the caller."""
    if not context:
        raise ValueError("a context says what the sealed thing belongs to")
    return head + b"\0" + context.encode()
