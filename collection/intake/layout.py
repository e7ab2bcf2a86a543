"""How a file is read, and what is doubtful about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext as _

from catalog.imports.encoding import KNOWN
from core.exceptions import FieldError, RuleViolation

FORMATS = ("csv", "xlsx", "xls", "json", "ndjson", "geojson")
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read. Empty values are found out.

    Attributes:
        encoding: one of ``catalog.imports.encoding.KNOWN``'s values.
        header_rows: row numbers as a person counts them; none where the file has no header.
        has_header: False lays down that there is none; with no ``header_rows`` it is otherwise looked for.
        path: dotted key of the list within a JSON object.
        footnotes: rows that hold only a remark are left out.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_rows: tuple[int, ...] = ()
    has_header: bool = True
    path: str = ""
    footnotes: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the layout as JSON holds it."""
        return asdict(self) | {"header_rows": list(self.header_rows)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Layout":
        """Read a layout that was remembered or sent.

        Raises:
            RuleViolation: a member is unknown, or its value cannot be used.
        """
        known = {one.name for one in fields(cls)}
        errors = [
            FieldError(name, "unknown", _("A layout has no “%(name)s”.") % {"name": name})
            for name in value
            if name not in known
        ]
        for name, allowed in (
            ("format", FORMATS),
            ("encoding", ("", "utf-16-le", "utf-16-be", *KNOWN.values())),
            ("delimiter", ("", *DELIMITERS)),
        ):
            if value.get(name, "") not in allowed:
                message = _("“%(value)s” cannot be used here.") % {"value": value.get(name)}
                errors.append(FieldError(name, "unknown", message))
        rows = value.get("header_rows", ())
        if not isinstance(rows, list | tuple) or not all(isinstance(row, int) and row > 0 for row in rows):
            errors.append(FieldError("header_rows", "not_a_number", _("Header rows are row numbers from 1.")))
        if errors:
            raise RuleViolation(errors)
        return cls(**{**value, "header_rows": tuple(sorted(rows))})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person should look at before the file is trusted."""

    code: str
    message: str

    @property
    def is_of_content(self) -> bool:
        """Say whether values may be wrong or missing: that has to be asked about with every file anew."""
        return self.code in ("encoding", "undecodable", "digits_lost", "blank_rows", "late_column", "cut")
