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


_SETTLED_ELSEWHERE = (_OURS - {"accept"}) | {
    "expect",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "range",
    "trailer",
}
_STEERING = re.compile(
    # Names that mean this as a whole; a longer one with such a word may be the source's own, as X-Data-Origin is.
    r"^(x-)?(http-)?(base-url|depth|destination|destination-?url|host|origin|path-info|referer|request-uri|scheme"
    r"|translate|url-scheme|via)$|^(x-)?http-method$|^front-end-https$"
    r"|^(x-)?remote-(addr|groups?|host|ident|ip|port|user)"
    r"|^(proxy|sec|(x-)?(ssl|tls))-"
    # Words and pairs that mean nothing else wherever they stand.
    r"|(^|-)(accel|envoy|forwarded|middleware|sendfile)|(^|-)prox(y|ied)|overrid|rewrit|redirect"
    r"|(^|-)(client|cluster|connecting|dest|origin(al|ating)?|peer|real|remote|socket|source|src|true|user)-?(ip|addr)s?(-|$)"
    r"|(^|-)(client|peer|real|remote|socket)-?address(-|$)"
    r"|(^|-)(backend|base|dest|original|raw|request)-?(host|method|path|port|proto(col)?|scheme|ur[il])(-|$)"
    r"|(^|-)(client|peer|ssl|tls)-?(cert|verify)"
)
"""What servers and what stands in front of them take for the place that is asked, or for who asks.

No list of names is whole, since each product has its own; words that a source may have in a header of its own would
refuse what is harmless.
"""


def steers(name: str) -> bool:
    """Say whether a header of this name may make a request into another, or lend it to somebody else."""
    return _STEERING.search(name.lower().replace("_", "-")) is not None


@dataclass(frozen=True, slots=True, repr=False)
class SecretHeader:
    """A header with a secret value, such as ``X-Api-Key``.

    Raises:
        Permanent: bad_credential; name or value cannot stand in a header, or the name is not ours to choose.
    """

    name: str
    value: str

    def __post_init__(self) -> None:
        is_sendable = _NAME.fullmatch(self.name) and _VALUE.fullmatch(self.value)
        if not is_sendable or self.name.lower() in _OURS or steers(self.name):
            raise Permanent("bad_credential")


_SECRET_BY_NAME = re.compile("auth|cookie|key|passw|pwd|secret|session|sign|token", re.IGNORECASE)
MOST_HEADERS = 10


def plain_headers(lines: str) -> dict[str, str]:
    """Read headers that are no secret, one a line as ``Name: value``, blank lines left out.

    Raises:
        ValueError: with the number of the line, from 1, the name of the header, and what is wrong with it: "form",
            "ours" (the product sets it itself), "steers" (it may change where a request goes, or who seems to send it),
            "secret" (by its name it is one), "twice" or "many".
    """
    found: dict[str, str] = {}
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        name, colon, value = (part.strip() for part in line.partition(":"))
        problem = ""
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            problem = "form"
        elif name.lower() in _SETTLED_ELSEWHERE:
            problem = "ours"
        elif steers(name):
            problem = "steers"
        elif _SECRET_BY_NAME.search(name):
            problem = "secret"
        elif name.lower() in {one.lower() for one in found}:
            problem = "twice"
        elif len(found) == MOST_HEADERS:
            problem = "many"
        if problem:
            raise ValueError(number, name, problem)
        # Where what is asked for by default gives way, the name must be the same to the letter.
        found["Accept" if name.lower() == "accept" else name] = value
    return found


def bearer_token(token: str) -> SecretHeader:
    """Return a bearer token (RFC 6750)."""
    return SecretHeader("Authorization", f"Bearer {token}")


def basic_auth(username: str, password: str) -> SecretHeader:
    """Return a user name and password (RFC 7617, UTF-8). The name holds no colon."""
    if ":" in username:
        raise Permanent("bad_credential")
    return SecretHeader("Authorization", f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}")
