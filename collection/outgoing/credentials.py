"""What we show a source of ourselves. No credential is ever printed, compared in a log or put into a sentence."""

import base64
import re
from dataclasses import dataclass

from collection.outgoing.failures import Permanent

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_OURS = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "accept",
        "accept-encoding",
        "user-agent",
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class SecretHeader:
    """A header with a secret value, such as ``X-Api-Key``.

    Raises:
        Permanent: bad_credential; name or value cannot stand in a header.
    """

    name: str
    value: str

    def __post_init__(self) -> None:
        is_sendable = _NAME.fullmatch(self.name) and _VALUE.fullmatch(self.value)
        if not is_sendable or self.name.lower() in _OURS:
            raise Permanent("bad_credential")


def bearer_token(token: str) -> SecretHeader:
    """Return a bearer token (RFC 6750)."""
    return SecretHeader("Authorization", f"Bearer {token}")


def basic_auth(username: str, password: str) -> SecretHeader:
    """Return a user name and password (RFC 7617, UTF-8). The name holds no colon."""
    if ":" in username:
        raise Permanent("bad_credential")
    return SecretHeader("Authorization", f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}")
