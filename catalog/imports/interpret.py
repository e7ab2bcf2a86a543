"""From the cells of one entry to its fields and items, with everything that was assumed on the way."""

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from catalog.choices import Secrecy
from catalog.imports import values
from catalog.imports.attribute_cells import AttributeCells
from catalog.imports.draft import Draft
from catalog.imports.item_rows import ItemRows
from catalog.imports.mapping import ImportMapping
from catalog.imports.problems import Tally, TallyKind
from catalog.imports.reading import Source, SourceRow
from catalog.imports.text import as_text, block, is_null, one_line, unescape_formula
from core.json_text import is_storable, read_json

LIMITS = {"keywords": 300, "department_unit": 100, "format_note": 300}
MAX_NAME = 200
MAX_TEXT = 10_000

_LINES = ("name", "department_unit", "format_note", "library", "source_system")
_BLOCKS = (
    "summary", "sharing_scope", "sharing_purpose", "sharing_reason", "sharing_note", "use_conditions",
    "secrecy_assessment", "personal_information_assessment",
)  # fmt: skip
_CENSUS = (
    "storage_gb", "records_10k", "shared_storage_gb", "shared_records_10k", "open_storage_gb", "open_records_10k",
)  # fmt: skip
_TAG_SPLIT = re.compile(r"[\s,，、;；|]+")


class Interpreter:
    """Reads the rows of a file as a mapping says.

    Args:
        tally: counts what is assumed and cleaned.
    """

    def __init__(self, source: Source, mapping: ImportMapping, tally: Tally) -> None:
        self.source = source
        self.mapping = mapping
        self.tally = tally
        self.unknown: dict[str, dict[str, None]] = {}
        self.items = ItemRows(self)
        self.attributes = AttributeCells(self)
        self._columns = {meaning: tuple(labels) for meaning, labels in mapping.columns.items()}

    # --- Cells --------------------------------------------------------------------------------------------------

    def raw(self, row: SourceRow, meaning: str) -> tuple[str, Any]:
        """Return the first filled cell of a meaning: its label and what stands there."""
        first = ""
        for label in self._columns.get(meaning, ()):
            value = row.values.get(label)
            if value is None or value == "" or value == []:
                first = first or label
                continue
            if isinstance(value, str) and is_null(one_line(value)):
                if value.strip():
                    shown = one_line(value)
                    self.tally.add(TallyKind.CLEANED.value, "null_word", field=label, source=shown, row=row.number)
                first = first or label
                continue
            return label, value
        return first, None

    def raw_or_word(self, row: SourceRow, meaning: str) -> tuple[str, Any]:
        """Return the first filled cell of a meaning in which a word like "无" is a value, not an empty cell."""
        for label in self._columns.get(meaning, ()):
            value = row.values.get(label)
            if value is not None and one_line(value):
                return label, value
        return "", None

    def line(self, row: SourceRow, meaning: str) -> str:
        """Return a cell as one line."""
        label, value = self.raw(row, meaning)
        if value is None:
            return ""
        text = as_text(value)
        clean = one_line(text)
        if clean != text:
            self.tally.add(TallyKind.CLEANED.value, "blanks", field=label, row=row.number)
        return unescape_formula(clean)

    def text(self, row: SourceRow, meaning: str) -> str:
        """Return a cell as text of several lines."""
        label, value = self.raw(row, meaning)
        if value is None:
            return ""
        text = as_text(value)
        if "\\n" in text:
            self.tally.add(TallyKind.CLEANED.value, "literal_line_end", field=label, row=row.number)
            text = text.replace("\\r", "").replace("\\n", "\n")
        return unescape_formula(block(text))[:MAX_TEXT]

    def remember_unknown(self, meaning: str, value: str) -> None:
        known = self.unknown.setdefault(meaning, {})
        if len(known) < 500:
            known.setdefault(value, None)

    # --- One entry ----------------------------------------------------------------------------------------------

    def read(self, rows: Sequence[SourceRow]) -> Draft:
        """Read one entry from its row, or from its rows where each describes an item."""
        row = rows[0]
        draft = Draft(self.source, self.tally, row.number, rows[-1].number)
        draft.name = self._name(draft, row)
        draft.provider = self.line(row, "provider")
        draft.provider_label = next(iter(self._columns.get("provider", ())), "")
        draft.provider_code = self.line(row, "provider_code")
        draft.source_code = self.line(row, "code")
        if self._is_secret(draft, row):
            return draft
        for meaning in _LINES[1:]:
            draft.give(meaning, self._limited(draft, row, meaning, self.line(row, meaning)))
        for meaning in _BLOCKS:
            draft.give(meaning, self.text(row, meaning))
        self._undecodable(draft, row)
        self._keywords(draft, row)
        self._category(draft, row)
        self._format(draft, row)
        self.attributes.read(draft, row)
        self._choice(draft, row, "cycle", values.cycle)
        self._choice(draft, row, "data_level", values.data_level)
        self._census(draft, row)
        self._related(draft, row)
        self._provenance(draft, row)
        self.items.read(draft, rows)
        return draft

    def _name(self, draft: Draft, row: SourceRow) -> str:
        label, value = self.raw(row, "name")
        name = self.line(row, "name")
        if not name:
            draft.reject(
                "name_missing",
                label,
                one_line(value),
                _("The entry has no name."),
                _("Enter the name and import again."),
            )
        elif len(name) > MAX_NAME:
            draft.reject(
                "name_too_long",
                label,
                name,
                _("The name has %(count)d characters; %(limit)d are the most.")
                % {"count": len(name), "limit": MAX_NAME},
                _("Shorten the name; put the rest into the summary."),
            )
        return name

    def _is_secret(self, draft: Draft, row: SourceRow) -> bool:
        """Refuse what is declared secret and forget its content: nothing of it is kept or shown."""
        label, value = self.raw_or_word(row, "secrecy")
        if value is None:
            return False
        said = one_line(value)
        chosen = values.override(self.mapping.values.get("secrecy", {}), said) or values.secrecy(said).value
        if chosen == Secrecy.NONE:
            draft.give("secrecy", Secrecy.NONE)
            return False
        draft.forget()
        draft.reject(
            "secret",
            label,
            "",
            _(
                "Declared to hold state or work secrets, or not clearly declared free of them; such material must not "
                "enter this platform (Regulation on Government Data Sharing, Art. 3)."
            ),
            _("Remove the row from the file. Handle the material on a classified system."),
        )
        return True

    def _limited(self, draft: Draft, row: SourceRow, meaning: str, text: str) -> str:
        limit = LIMITS.get(meaning)
        if limit and len(text) > limit:
            label, _value = self.raw(row, meaning)
            message = _("The text has %(count)d characters; it was cut at %(limit)d.")
            draft.check("cut", label, text, message % {"count": len(text), "limit": limit}, _("Shorten the text."))
            return text[:limit]
        return text

    def _undecodable(self, draft: Draft, row: SourceRow) -> None:
        for label, value in row.values.items():
            if isinstance(value, str) and "\ufffd" in value:
                draft.check(
                    "undecodable",
                    label,
                    value,
                    _("Some bytes mean nothing in the encoding %(encoding)s.") % {"encoding": self.source.encoding},
                    _("Look at the text; if many rows are hit, set “encoding” in the mapping."),
                )

    def _keywords(self, draft: Draft, row: SourceRow) -> None:
        label, value = self.raw(row, "keywords")
        if value is None:
            return
        text = as_text(value)
        if re.search(r"[\r\n\t]", text):
            self.tally.add(TallyKind.CLEANED.value, "blanks", field=label, row=row.number)
        words = list(dict.fromkeys(one for one in _TAG_SPLIT.split(text.strip()) if one and not is_null(one)))
        joined = "、".join(unescape_formula(one) for one in words)
        draft.give("keywords", self._limited(draft, row, "keywords", joined))

    # --- Values of closed lists ---------------------------------------------------------------------------------

    def _choice(self, draft: Draft, row: SourceRow, meaning: str, vocabulary: Any) -> None:
        label, value = self.raw(row, meaning)
        if value is None:
            return
        said = self.line(row, meaning)
        chosen = values.override(self.mapping.values.get(meaning, {}), said)
        if chosen:
            draft.give(meaning, chosen)
            return
        found = vocabulary(said)
        if found.is_known:
            if said.strip() != said.strip().strip("\"'‘’“”") and not found.rule:
                self.tally.add(
                    TallyKind.CLEANED.value, "quotes", field=label, source=said, value=found.value, row=row.number
                )
            draft.take(meaning, found, said)
            if meaning == "cycle" and found.note:
                draft.extra["cycle_note"] = found.note
            return
        self.remember_unknown(meaning, said)
        draft.check(
            "value_unknown",
            label,
            said,
            _("“%(value)s” is no value of this column.") % {"value": said},
            _("Correct the cell, or say in the mapping what it stands for (values.%(meaning)s).")
            % {"meaning": meaning},
        )
        if meaning == "cycle":
            draft.assume("cycle", "irregular", said, "cycle_unknown")

    def _format(self, draft: Draft, row: SourceRow) -> None:
        label, value = self.raw(row, "format_class")
        if value is not None:
            found = values.format_class(self.line(row, "format_class"))
            if found.is_known:
                draft.give("format_class", found.value)
            else:
                self._format_unknown(draft, label, self.line(row, "format_class"))
        if self.raw(row, "format_type")[1] is not None:
            self._format_type(draft, row)
            return
        if draft.get("format_class"):
            return
        label, value = self.raw(row, "format")
        if value is not None:
            self._take_format(draft, row, "format", value)

    def _format_type(self, draft: Draft, row: SourceRow) -> None:
        """Read a type beside its class; one that does not fit the class is kept for the rules to name."""
        said = self.line(row, "format_type")
        stated = draft.get("format_class")
        found = values.format_of(said)
        if stated and (found.is_known or stated == found.format_class):
            draft.give("format_type", found.format_type if found.format_class == stated else said.lower()[:30])
        else:
            self._take_format(draft, row, "format_type", said)

    def _take_format(self, draft: Draft, row: SourceRow, meaning: str, value: Any) -> None:
        label = self.raw(row, meaning)[0]
        said = one_line(value)
        chosen = values.override(self.mapping.values.get("format", {}), said)
        found = values.format_of(chosen or value)
        for wrong in found.not_formats:
            draft.check(
                "not_a_format",
                label,
                said,
                _("“%(value)s” is an encoding, not a format.") % {"value": wrong},
                _("Correct the cell."),
            )
        if not found.format_class:
            return
        if not found.is_known:
            self._format_unknown(draft, label, said)
        rule = "" if chosen else found.rule
        draft.take("format_class", values.Value(found.format_class, rule), said)
        if found.format_type:
            draft.take("format_type", values.Value(found.format_type), said)
        if found.note and not draft.get("format_note"):
            draft.put("format_note", found.note[: LIMITS["format_note"]])

    def _format_unknown(self, draft: Draft, label: str, said: str) -> None:
        self.remember_unknown("format", said)
        draft.check(
            "format_unknown",
            label,
            said,
            _("“%(value)s” is not in the list of formats.") % {"value": said},
            _("Choose the format in the entry, or say in the mapping what it stands for (values.format)."),
        )

    # --- The rest -----------------------------------------------------------------------------------------------

    def _category(self, draft: Draft, row: SourceRow) -> None:
        draft.category_code = self.line(row, "category")
        draft.category_names = tuple(
            name for key in ("class", "group", "order", "suborder") if (name := self.line(row, key))
        )
        theme = self.line(row, "theme")
        chosen = values.override(self.mapping.values.get("theme", {}), theme) if theme else None
        if chosen:
            draft.category_code = draft.category_code or chosen
        elif re.fullmatch(r"[1-9]\d{5,}", theme):
            draft.category_code = draft.category_code or theme
        elif theme:
            draft.provenance["theme"] = theme[:200]

    def _census(self, draft: Draft, row: SourceRow) -> None:
        census: dict[str, int | float] = {}
        for key in _CENSUS:
            label, value = self.raw(row, f"census.{key}")
            if value is None:
                continue
            said = one_line(value)
            found = values.plain_number(said)
            if not found.is_known:
                draft.check(
                    "not_a_number", label, said, _("“%(value)s” is no plain number.") % {"value": said},
                    _("Write figures only, 0 if unknown."),
                )  # fmt: skip
                continue
            number = float(found.value)
            census[key] = int(number) if number.is_integer() else number
            if found.rule:
                draft.assume("census", found.value, said, found.rule)
        if census:
            draft.give("census", census)

    def _related(self, draft: Draft, row: SourceRow) -> None:
        _label, value = self.raw(row, "related")
        if value is not None:
            codes = re.findall(r"[1-9][0-9A-Za-z]{5,}[/-]\d+", as_text(value))
            draft.related = list(dict.fromkeys(codes))

    def _provenance(self, draft: Draft, row: SourceRow) -> None:
        """Keep where the record comes from: address, dates and theme of the source, under extra.source."""
        for key in ("published_on", "updated_on"):
            label, value = self.raw(row, key)
            if value is None:
                continue
            found = values.day(value)
            said = one_line(value)
            if not found.is_known:
                draft.check(
                    "not_a_date", label, said, _("“%(value)s” is no date.") % {"value": said},
                    _("Write the date as CCYY-MM-DD."),
                )  # fmt: skip
                continue
            draft.provenance[key] = found.value
            if found.rule:
                draft.assume(f"extra.source.{key}", found.value, said, found.rule)
            elif re.match(r"^\d{4}[-/.]\d[-/.]|^\d{4}[-/.]\d{1,2}[-/.]\d(?!\d)", said):
                self.tally.add(TallyKind.CLEANED.value, "date_padded", field=label, row=row.number)
        for key in ("url", "industry", "licence"):
            if text := self.line(row, key):
                draft.provenance[key] = text[:500]
        _label, value = self.raw(row, "extra")
        stated = value if isinstance(value, dict) else _json_object(as_text(value)) if value is not None else None
        if stated is not None and is_storable(stated):
            draft.give("extra", stated)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = read_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
