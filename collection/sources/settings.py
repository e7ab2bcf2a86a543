"""What a source is read with, by kind, as typed values. No secret is among them."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from collection.choices import SourceKind
from collection.outgoing import MOST_HEADERS, NotListed, OutgoingFailed, SecretHeader, plain_headers, steers
from collection.outgoing.destinations import Target, is_own_host, target_of
from collection.sources.endpoint import endpoint_of, endpoint_of_url
from collection.sources.engines import engine_of
from core.exceptions import FieldError, RuleViolation

_LONGEST = 2000
_LONGEST_QUERY = 20_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the settings of all kinds have in common."""

    long_fields: ClassVar[tuple[str, ...]] = ()
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    named: ClassVar[tuple[str, ...]] = ()
    """Settings that name one of what is installed: no free text, and no closed list either."""

    @property
    def needs_secret(self) -> bool:
        """Whether nothing can be read without one."""
        return True

    @property
    def counts_records(self) -> bool:
        """Whether progress is told in records, not in bytes."""
        return False

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port, in the form in which they stand on the list of destinations.

        Raises:
            OutgoingFailed: bad_address.
        """
        raise NotImplementedError

    @property
    def audience(self) -> tuple[Any, ...]:
        """Whom a credential is for; where this changes it has to be entered anew."""
        return self.endpoint

    def problems(self) -> list[FieldError]:
        """Return the rules that are broken across fields."""
        return []

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read settings that were kept or sent.

        Raises:
            RuleViolation: a member is unknown, missing, of another type, or breaks a rule.
        """
        errors, given = [], {}
        known = {one.name: one for one in fields(cls)}
        for name in values:
            if name not in known:
                errors.append(FieldError(name, "unknown", _("A source has no setting “%(name)s”.") % {"name": name}))
        for name, one in known.items():
            value = values.get(name, one.default if one.default is not MISSING else "")
            if isinstance(value, str):
                value = value.strip()
            problem = cls._problem(name, value, one.default)
            if problem:
                errors.append(problem)
            given[name] = value
        found = cls(**given)
        if not errors:
            errors = found.problems()
        if errors:
            raise RuleViolation(errors)
        return found

    @classmethod
    def kept(cls, values: Mapping[str, Any]) -> Self:
        """Take settings that were kept as they are, also where they would not be taken any more."""
        return cls(**{one.name: values[one.name] for one in fields(cls) if one.name in values})

    @classmethod
    def _problem(cls, name: str, value: Any, default: Any) -> FieldError | None:
        if isinstance(default, int):
            fits = isinstance(value, int) and isinstance(value, bool) == isinstance(default, bool)
            if not fits or not 0 <= value <= 10_000_000:
                return FieldError(name, "out_of_range", _("Give a whole number between 0 and 10,000,000."))
            return None
        if not isinstance(value, str) or "\x00" in value:
            return FieldError(name, "unknown", _("Give a text."))
        if default is MISSING and not value:
            return FieldError(name, "required", _("This must not be empty."))
        longest = _LONGEST_QUERY if name in cls.long_fields else _LONGEST
        if len(value) > longest:
            return FieldError(name, "too_long", _("At most %(count)d characters.") % {"count": longest})
        if name in cls.choices and value not in cls.choices[name]:
            return FieldError(name, "unknown", _("Choose one of the values."))
        return None


def _address_problem(name: str, settings: Settings) -> list[FieldError]:
    try:
        host, _port = settings.endpoint
    except OutgoingFailed as failure:
        return [FieldError(name, "bad_address", str(failure))]
    if is_own_host(host):
        return [FieldError(name, "own_address", str(NotListed("own_address", host=host)))]
    return []


def _header_problems(settings: "HttpSettings") -> list[FieldError]:
    messages = {
        "form": _("Line %(line)d is no header. Write a name, a colon and a value of ASCII characters."),
        "ours": _("Line %(line)d: this header is set by the product itself. Leave it out."),
        "steers": _(
            "Line %(line)d, “%(name)s”: a header of this name can change where a request goes, or who it seems to come"
            " from. Leave it out."
        ),
        "secret": _("Line %(line)d is a credential by its name. Enter it under “Credential”, where it is sealed."),
        "twice": _("Line %(line)d: this header is there already. Write it once."),
        "many": _("Line %(line)d: at most %(count)d headers."),
    }
    try:
        sent = plain_headers(settings.headers)
    except ValueError as problem:
        line, name, code = problem.args
        values = {"line": line, "name": name, "count": MOST_HEADERS}
        return [FieldError("headers", code, messages[code] % values)]
    if settings.sign_in == "header" and settings.header.lower() in {name.lower() for name in sent}:
        return [FieldError("headers", "twice", _("The header of the credential is among these. Leave it out."))]
    return []


@dataclass(frozen=True, slots=True)
class HttpSettings(Settings):
    """A file at an address, or an interface that gives records in pages of JSON.

    Attributes:
        header: that carries the secret, for ``sign_in`` "header".
        headers: further ones, which are no secret, one a line as ``Name: value``.
        records_path, next_path, total_path: dotted keys within a page.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "shape": ("file", "pages"),
        "sign_in": ("none", "bearer", "basic", "header"),
        "paging": ("page_number", "offset", "next_link", "link_header"),
    }

    url: str
    shape: str = "file"
    sign_in: str = "none"
    username: str = ""
    header: str = ""
    paging: str = "page_number"
    records_path: str = ""
    next_path: str = "next"
    total_path: str = ""
    page_parameter: str = ""
    first_page: int = 1
    size_parameter: str = ""
    size: int = 1000
    headers: str = ""

    @property
    def needs_secret(self) -> bool:
        return self.sign_in != "none"

    @property
    def counts_records(self) -> bool:
        return self.shape == "pages"

    @property
    def endpoint(self) -> tuple[str, int]:
        return endpoint_of_url(self.url)

    @property
    def audience(self) -> tuple[Any, ...]:
        return (self.url.partition(":")[0].lower(), *self.endpoint)

    def problems(self) -> list[FieldError]:
        errors = _address_problem("url", self)
        if self.sign_in == "basic" and not self.username:
            errors.append(FieldError("username", "required", _("Give the user name.")))
        if self.sign_in == "basic" and ":" in self.username:
            errors.append(FieldError("username", "unusable", _("A user name must not hold a colon.")))
        if self.sign_in == "header" and steers(self.header):
            message = _(
                "A header named “%(name)s” can change where a request goes, or who it seems to come from. Give another,"
                " such as X-Api-Key."
            )
            errors.append(FieldError("header", "steers", message % {"name": self.header}))
        elif self.sign_in == "header" and not _can_be_header(self.header):
            message = _("Give the name of a header, such as X-Api-Key.")
            errors.append(FieldError("header", "unusable", message))
        errors += _header_problems(self)
        if self.size < 1:
            errors.append(FieldError("size", "out_of_range", _("A page holds at least one record.")))
        return errors


_QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_HIDDEN = re.compile(r"/\*M?!")
"""What looks like a comment and is carried out by MySQL and MariaDB."""
_WRITES_FILES = re.compile(r"\b(outfile|dumpfile)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SqlSettings(Settings):
    """A table, or what one SELECT gives.

    Attributes:
        engine: one of ``collection.sources.engines``. What is kept stays readable when its package is gone.
        port: 0 for the usual one of the engine.
        tls: "verify" trusts what this machine trusts; "encrypt" does not ask who answers.
    """

    long_fields: ClassVar[tuple[str, ...]] = ("query",)
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "tls": ("verify", "encrypt", "off"),
    }
    named = ("engine",)

    engine: str
    host: str
    database: str
    username: str
    port: int = 0
    tls: str = "verify"
    table_schema: str = ""
    table: str = ""
    query: str = ""

    @property
    def counts_records(self) -> bool:
        return True

    @property
    def is_encrypted(self) -> bool:
        return self.tls != "off"

    @property
    def endpoint(self) -> tuple[str, int]:
        return endpoint_of(self.host, self.port or engine_of(self.engine).port)

    @property
    def audience(self) -> tuple[Any, ...]:
        return (*self.endpoint, self.engine, self.tls)

    def problems(self) -> list[FieldError]:
        errors = _address_problem("host", self)
        if bool(self.table) == bool(self.query):
            errors.append(FieldError("table", "required", _("Name a table, or write a query; not both.")))
        if self.query and not _QUERY.match(self.query):
            errors.append(FieldError("query", "unusable", _("A query begins with SELECT or WITH.")))
        if ";" in self.query.rstrip().rstrip(";"):
            message = _("Write one query, without a semicolon in it.")
            errors.append(FieldError("query", "unusable", message))
        if self.engine != "postgresql" and _HIDDEN.search(self.query):
            message = _("Comments that begin with /*! are carried out by the database. Leave them out.")
            errors.append(FieldError("query", "unusable", message))
        if _WRITES_FILES.search(self.query):
            errors.append(FieldError("query", "unusable", _("A query only reads: it must not write files.")))
        return errors


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class ObjectSettings(Settings):
    """One object of an S3 store.

    Attributes:
        store: address of the store, without bucket and path.
        addressing: "path" names the bucket in the path, "host" before the host's name.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"addressing": ("path", "host")}

    store: str
    bucket: str
    key: str
    access_key: str
    region: str = "us-east-1"
    addressing: str = "path"

    @property
    def _target(self) -> Target:
        target = target_of(self.store)
        if self.addressing == "host":
            target = target_of(f"{target.scheme}://{self.bucket}.{target.host}:{target.port}{target.path}")
        return target

    @property
    def origin(self) -> str:
        """The address that is asked, as far as the path, in the form in which its host is sent."""
        target = self._target
        host = f"[{target.host}]" if ":" in target.host else target.host
        is_usual = target.port == (443 if target.is_encrypted else 80)
        return f"{target.scheme}://{host}" if is_usual else f"{target.scheme}://{host}:{target.port}"

    @property
    def endpoint(self) -> tuple[str, int]:
        return self._target.host, self._target.port

    @property
    def audience(self) -> tuple[Any, ...]:
        return self._target.origin

    def problems(self) -> list[FieldError]:
        errors = []
        if not _BUCKET.fullmatch(self.bucket):
            message = _("A bucket's name has 3 to 63 small letters, digits, hyphens and dots.")
            errors.append(FieldError("bucket", "unusable", message))
        errors += _address_problem("store", self) if not errors else []
        if not errors and self._target.path != "/":
            errors.append(FieldError("store", "unusable", _("Give the address of the store without a path.")))
        if not self.region:
            errors.append(FieldError("region", "required", _("Give the store's region, e.g. us-east-1.")))
        return errors


_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True)
class SftpSettings(Settings):
    """One file of an SFTP server.

    Attributes:
        host_key: fingerprint of the key that the server must show.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"sign_in": ("password", "key")}

    host: str
    path: str
    username: str
    host_key: str
    port: int = 22
    sign_in: str = "password"

    @property
    def endpoint(self) -> tuple[str, int]:
        return endpoint_of(self.host, self.port)

    @property
    def audience(self) -> tuple[Any, ...]:
        return (*self.endpoint, self.host_key, self.sign_in)

    def problems(self) -> list[FieldError]:
        errors = _address_problem("host", self)
        if not _FINGERPRINT.fullmatch(self.host_key):
            message = _("Write the fingerprint as ssh-keygen -lf shows it: SHA256: and 43 characters.")
            errors.append(FieldError("host_key", "unusable", message))
        return errors


def _can_be_header(name: str) -> bool:
    try:
        SecretHeader(name, "x")
    except OutgoingFailed:
        return False
    return True


def settings_of(kind: str, values: Mapping[str, Any]) -> Settings:
    """Read the settings of a source.

    Raises:
        RuleViolation: see ``Settings.from_dict``.
    """
    return KINDS[SourceKind(kind)].from_dict(values)


def settings_kept(kind: str, values: Mapping[str, Any]) -> Settings:
    """Return the settings of a source as they were kept, for looking at them: nothing is asked of anybody with them."""
    return KINDS[SourceKind(kind)].kept(values)


KINDS: Mapping[SourceKind, type[Settings]] = {
    SourceKind.HTTP: HttpSettings,
    SourceKind.SQL: SqlSettings,
    SourceKind.OBJECTS: ObjectSettings,
    SourceKind.SFTP: SftpSettings,
}
