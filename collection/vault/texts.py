"""Short texts, sealed with AES-256-GCM (NIST SP 800-38D) under a random nonce."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from collection.vault.keys import Tampered, bound_to, field_keys, key_named

_VERSION = "v1"
_NONCE_BYTES = 12
_SMALLEST_BYTES = _NONCE_BYTES + 16
"""An empty text: nonce and tag."""


def seal_text(text: str, *, context: str) -> str:
    """Encrypt a short text; the token is ASCII and carries the id of its key.

    Args:
        context: what the text belongs to; only the same context opens it. Never empty.
    """
    key, nonce = field_keys()[0], os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key.derive(b"text")).encrypt(nonce, text.encode(), bound_to(b"text" + key.id, context))
    return ".".join((_VERSION, key.id.hex(), _encode(nonce + sealed)))


def open_text(token: str, *, context: str) -> str:
    """Decrypt a token of ``seal_text``.

    Raises:
        Tampered: the token was changed, or sealed for another context.
        KeyMissing: its key is not in ``FIELD_KEY``.
    """
    key_id, sealed = _parsed(token)
    key = key_named(key_id)
    cipher, bound = AESGCM(key.derive(b"text")), bound_to(b"text" + key.id, context)
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound).decode()
    except InvalidTag:
        raise Tampered from None


def needs_renewal(token: str) -> bool:
    """Say whether a token is under an older key and should be opened and sealed again.

    Raises:
        Tampered: it is no token.
    """
    return _parsed(token)[0] != field_keys()[0].id


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _parsed(token: str) -> tuple[bytes, bytes]:
    """Split a token into the id of its key and the sealed part; only the one spelling we write is taken."""
    version, _dot, rest = token.partition(".")
    key_id, _dot, body = rest.partition(".")
    try:
        named = bytes.fromhex(key_id)
        sealed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Tampered from None
    if version != _VERSION or named.hex() != key_id or _encode(sealed) != body or len(sealed) < _SMALLEST_BYTES:
        raise Tampered
    return named, sealed
