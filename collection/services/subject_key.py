"""The installation's key for hashing the numbers of people, and the hash itself."""

import os

from django.db import transaction

from collection.models import SubjectKey
from collection.subject_numbers import hashed, pads
from collection.vault import needs_renewal, open_text, seal_text

_CONTEXT = "collection.subject-key"
_ROW = 1


def subject_hash(number: str) -> str:
    """Return the keyed hash of a person's number, under which records are looked up."""
    return hashed(_key(), number)


def subject_pads() -> tuple[bytes, bytes]:
    """Return the key as HMAC puts it before what is hashed (RFC 2104): inside and outside; the store hashes with it."""
    return pads(_key())


@transaction.atomic
def _key() -> bytes:
    """Return the key: drawn at random when first needed, sealed with the field key, and anew when that changes."""
    row, _is_new = SubjectKey.objects.get_or_create(
        pk=_ROW, defaults={"sealed": seal_text(os.urandom(32).hex(), context=_CONTEXT)}
    )
    key = open_text(row.sealed, context=_CONTEXT)
    if needs_renewal(row.sealed):
        row.sealed = seal_text(key, context=_CONTEXT)
        row.save(update_fields=["sealed"])
    return bytes.fromhex(key)
