"""How a file is to be read: guessed from the file, shown, corrected by a person, kept as JSON and used again."""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from catalog.imports import columns, values
from catalog.imports.exceptions import BadMapping
from catalog.imports.reading import BLANK_ROWS, MAX_ROWS, ReadingOptions, Source
from core.json_text import read_json

_READING = ("encoding", "delimiter", "sheet", "header_row", "header_rows", "max_rows", "blank_rows", "records")
_KEYS = frozenset((*_READING, "columns", "values", "defaults", "providers", "left_out", "about"))

DEFAULT_FIELDS = frozenset(
    {
        "category", "library", "source_system", "sharing", "sharing_scope", "sharing_purpose", "sharing_method",
        "use_conditions", "opening", "opening_condition", "cycle", "data_level", "secrecy_assessment",
        "personal_information_assessment", "format_class", "format_type", "format_note", "keywords",
        "department_unit", "summary",
    }
)  # fmt: skip
"""Fields for which a mapping may lay down what holds where the file says nothing."""


@dataclass(slots=True)
class ImportMapping:
    """What the columns mean and how their values are read.

    Attributes:
        columns: meaning → labels of the file, the preferred first.
        values: meaning → {value in the file: value of ours}; wins over the built-in vocabulary.
        defaults: field → value where the file says nothing; no assumption is noted for it.
        providers: provider as the file writes it → department code.
        left_out: label → why it is not taken; for the reader, without effect.
        is_given: whether a person laid it down, in whole or part.
    """

    columns: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    providers: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    is_given: bool = False

    @classmethod
    def load(cls, path: Path) -> "ImportMapping":
        """Read a mapping from a JSON file.

        Raises:
            BadMapping: it is no JSON, or names something that does not exist.
        """
        try:
            data = read_json(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            message = _("The mapping “%(name)s” cannot be opened: %(why)s")
            raise BadMapping(message % {"name": path.name, "why": error.strerror}) from error
        except ValueError as error:
            message = _("The mapping “%(name)s” is no valid JSON: %(why)s")
            raise BadMapping(message % {"name": path.name, "why": error}) from error
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Any) -> "ImportMapping":
        """Build a mapping from plain values.

        Raises:
            BadMapping: it names something that does not exist.
        """
        if not isinstance(data, dict):
            raise BadMapping(_("A mapping is a JSON object."))
        _require_known(data, _KEYS, "")
        wanted = _labels_of(data.get("columns") or {})
        _require_known(wanted, columns.MEANINGS, "columns")
        defaults = {key: str(value) for key, value in (data.get("defaults") or {}).items() if value not in (None, "")}
        _require_known(defaults, DEFAULT_FIELDS, "defaults")
        vocabularies = {
            key: {str(theirs): str(ours) for theirs, ours in words.items() if ours not in (None, "")}
            for key, words in (data.get("values") or {}).items()
        }
        _require_known(vocabularies, {*values.CHOICES, "theme", "format"}, "values")
        for key, words in vocabularies.items():
            if key in values.CHOICES:
                _require_known(dict.fromkeys(words.values()), set(values.CHOICES[key].values), f"values.{key}")
        for key, value in defaults.items():
            if key in values.CHOICES:
                _require_known({value: None}, set(values.CHOICES[key].values), f"defaults.{key}")
        providers = {str(k): str(v) for k, v in (data.get("providers") or {}).items() if v not in (None, "")}
        labels = frozenset(label for found in wanted.values() for label in found)
        return cls(
            columns=wanted,
            values=vocabularies,
            defaults=defaults,
            providers=providers,
            left_out=dict(data.get("left_out") or {}),
            reading=_reading_options(data, labels),
            is_given=True,
        )

    def completed(self, source: Source) -> "ImportMapping":
        """Return the mapping with the guess for every meaning that it leaves open.

        Raises:
            BadMapping: it names a column that the file does not have, or no column holds the names.
        """
        missing = sorted({label for found in self.columns.values() for label in found} - set(source.labels))
        if missing:
            message = _("The mapping names columns that the file does not have: %(labels)s. The file has: %(known)s.")
            raise BadMapping(message % {"labels": "、".join(missing), "known": "、".join(source.labels[:60])})
        guessed, left_out = columns.guess(source.labels)
        taken = {label for found in self.columns.values() for label in found}
        whole = dict(self.columns)
        for meaning, labels in guessed.items():
            free = [label for label in labels if label not in taken]
            if meaning not in whole and free:
                whole[meaning] = free
        whole = {meaning: labels for meaning, labels in whole.items() if labels}
        if "name" not in whole:
            message = _(
                "No column holds the names of the entries. Name it in a mapping: columns.name. The file has: %(known)s."
            )
            raise BadMapping(message % {"known": "、".join(source.labels[:60])})
        used = {label for found in whole.values() for label in found}
        return ImportMapping(
            columns=whole,
            values=self.values,
            defaults=self.defaults,
            providers=self.providers,
            left_out={label: why for label, why in left_out.items() if label not in used},
            reading=self.reading,
            is_given=self.is_given,
        )

    def as_dict(
        self, source: Source | None = None, unknown: MappingType[str, Sequence[str]] | None = None
    ) -> dict[str, Any]:
        """Return plain values for a JSON file that ``load`` reads again.

        Args:
            source: fills in how the file was read.
            unknown: meaning → values that were not understood; they are listed with an empty right-hand side.
        """
        vocabularies = {key: dict(words) for key, words in self.values.items()}
        providers = dict(self.providers)
        for meaning, words in (unknown or {}).items():
            target = providers if meaning == "provider" else vocabularies.setdefault(meaning, {})
            for one in words:
                target.setdefault(one, "")
        data: dict[str, Any] = {
            "about": _(
                "How this file is read. Correct it and pass it with --mapping. columns: meaning → columns, the "
                "preferred first. values: value in the file → value of the catalog; empty ones were not understood. "
                "providers: name in the file → department code. Left-out columns are not taken."
            ),
        }
        if source is not None:
            data |= {
                "encoding": source.encoding,
                "delimiter": source.delimiter,
                "sheet": source.sheet,
                "header_row": source.header_row,
                "header_rows": source.header_rows,
            }
        if self.reading.records:
            data["records"] = self.reading.records
        data |= {
            "max_rows": self.reading.max_rows,
            "blank_rows": self.reading.blank_rows,
            "columns": self.columns,
            "values": vocabularies,
            "defaults": self.defaults,
            "providers": providers,
            "left_out": self.left_out,
        }
        return {key: value for key, value in data.items() if value not in ("", None, 0)}


def _labels_of(wanted: MappingType[str, Any]) -> dict[str, list[str]]:
    """Accept one label or a list of them; an empty list says: take no column for this."""
    return {
        meaning: [labels] if isinstance(labels, str) else [str(label) for label in labels or ()]
        for meaning, labels in wanted.items()
    }


def _reading_options(data: MappingType[str, Any], labels: frozenset[str]) -> ReadingOptions:
    def number(key: str, default: int, highest: int) -> int:
        value = data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
            message = _("“%(key)s” in the mapping must be a whole number from 0 to %(highest)d.")
            raise BadMapping(message % {"key": key, "highest": highest})
        return value

    return ReadingOptions(
        encoding=str(data.get("encoding") or ""),
        delimiter=str(data.get("delimiter") or ""),
        sheet=str(data.get("sheet") or ""),
        header_row=number("header_row", 0, 10_000),
        header_rows=number("header_rows", 0, 2),
        max_rows=number("max_rows", MAX_ROWS, 2_000_000),
        blank_rows=number("blank_rows", BLANK_ROWS, 1_000_000),
        records=str(data.get("records") or ""),
        labels=labels,
    )


def _require_known(given: MappingType[str, Any], known: Any, where: str) -> None:
    strange = sorted(str(key) for key in given if key not in known)
    if strange:
        message = _("The mapping names what does not exist (%(where)s): %(names)s. Known are: %(known)s.")
        raise BadMapping(
            message % {"where": where or "…", "names": "、".join(strange), "known": "、".join(sorted(map(str, known)))}
        )
