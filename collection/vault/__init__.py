"""Encryption at rest under ``FIELD_KEY``: short texts (credentials) and files of any length (evidence).

``FIELD_KEY`` may list several keys separated by commas: the first encrypts, all decrypt (docs/adr/0050). Whatever is
sealed is bound to a *context*, a text such as ``source:42:password``: what is put in another's place does not open.
"""

from collection.vault.files import CHUNK_BYTES, SealedReader, SealedWriter
from collection.vault.keys import KeyMissing, Tampered, derived_key
from collection.vault.texts import needs_renewal, open_text, seal_text

__all__ = [
    "CHUNK_BYTES",
    "KeyMissing",
    "SealedReader",
    "SealedWriter",
    "Tampered",
    "derived_key",
    "needs_renewal",
    "open_text",
    "seal_text",
]
