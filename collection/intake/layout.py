"""How a file is read, and what is doubtful about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
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
        unnamed: positions from 1 of columns of a sheet beyond its header that are read all the same.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_rows: tuple[int, ...] = ()
    has_header: bool = True
    path: str = ""
    footnotes: bool = True
    unnamed: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the layout as JSON holds it."""
        return asdict(self) | {"header_rows": list(self.header_rows), "unnamed": list(self.unnamed)}

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
        rows, unnamed = value.get("header_rows", ()), value.get("unnamed", ())
        for name, given, message in (
            ("header_rows", rows, _("Header rows are row numbers from 1.")),
            ("unnamed", unnamed, _("Columns without a heading are named by their positions from 1.")),
        ):
            if not isinstance(given, list | tuple) or not all(isinstance(one, int) and one > 0 for one in given):
                errors.append(FieldError(name, "not_a_number", message))
        if errors:
            raise RuleViolation(errors)
        return cls(**{**value, "header_rows": tuple(sorted(rows)), "unnamed": tuple(sorted(unnamed))})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person should look at before the file is trusted."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the doubt as a run keeps it; ``collection.reasons`` words it."""
        return {"code": self.code, "values": dict(self.values)}

    @property
    def is_of_content(self) -> bool:
        """Say whether values may be wrong or missing: that has to be asked about with every file anew."""
        return self.is_of_rows or self.code in (
            *("encoding", "undecodable", "digits_lost", "blank_rows", "late_column", "cut", "repeated"),
        )

    @property
    def is_of_rows(self) -> bool:
        """Say whether rows may have been taken for something else: nobody's file is loaded so without a question."""
        return self.code in ("second_header", "above_header", "header_differs", "no_data_rows")
