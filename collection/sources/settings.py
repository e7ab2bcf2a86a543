"""What a source is read with, by kind, as typed values. No secret is among them."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from collection.choices import SourceKind
from collection.outgoing import OutgoingFailed, SecretHeader
from collection.sources.endpoint import endpoint_of_url
from core.exceptions import FieldError, RuleViolation

_LONGEST = 2000
_LONGEST_QUERY = 20_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the settings of all kinds have in common."""

    long_fields: ClassVar[tuple[str, ...]] = ()
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

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
        settings.endpoint  # noqa: B018  reading it is what checks it
    except OutgoingFailed as failure:
        return [FieldError(name, "bad_address", str(failure))]
    return []


@dataclass(frozen=True, slots=True)
class HttpSettings(Settings):
    """A file at an address, or an interface that gives records in pages of JSON.

    Attributes:
        header: that carries the secret, for ``sign_in`` "header".
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
        if self.sign_in == "header" and not _can_be_header(self.header):
            message = _("Give the name of a header, such as X-Api-Key.")
            errors.append(FieldError("header", "unusable", message))
        if self.size < 1:
            errors.append(FieldError("size", "out_of_range", _("A page holds at least one record.")))
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


KINDS: Mapping[SourceKind, type[Settings]] = {
    SourceKind.HTTP: HttpSettings,
}
