"""The sharing and opening attributes of an entry: what the file states, and what its words amount to."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from catalog.choices import Opening, Sharing, SharingMethod
from catalog.formats import METHODS_OF_CLASS
from catalog.imports import values
from catalog.imports.draft import Draft
from catalog.imports.text import one_line

if TYPE_CHECKING:
    from catalog.imports.interpret import Interpreter
    from catalog.imports.reading import SourceRow

_CITATION = re.compile(r"《(?P<document>[^》]+)》\s*(?P<article>[^《；;]*)")


class AttributeCells:
    """Reads sharing and opening for an interpreter."""

    def __init__(self, interpreter: "Interpreter") -> None:
        self._in = interpreter

    def read(self, draft: Draft, row: "SourceRow") -> None:
        """Read opening first: where the file states no sharing attribute, it follows from it."""
        self._opening(draft, row)
        self._sharing(draft, row)

    def _opening(self, draft: Draft, row: "SourceRow") -> None:
        label, value = self._in.raw(row, "opening")
        condition = self._in.line(row, "opening_condition")
        said = self._in.line(row, "opening") if value is not None else ""
        if said:
            found = self._opening_value(said)
            if found.is_known:
                draft.take("opening", found, said)
            else:
                self._opening_unknown(draft, label, said)
        if condition:
            found = self._opening_value(condition)
            if (found.is_known and not draft.get("opening")) or (
                found.is_known and draft.get("opening") == Opening.OPEN
            ):
                draft.take("opening", found, condition)
            elif not found.is_known and draft.get("opening"):
                if draft.get("opening") == Opening.OPEN and self._is_flag(said):
                    draft.put("opening", Opening.CONDITIONAL)
                draft.give("opening_condition", condition)
            elif not found.is_known:
                self._opening_unknown(draft, self._in.raw(row, "opening_condition")[0], condition)
        if not draft.get("opening"):
            licence = self._in.line(row, "licence")
            found = values.opening_from_licence(licence) if licence else values.UNKNOWN
            if found.is_known:
                draft.take("opening", found, licence)
        self._sharing_from_opening_words(draft, said or condition)

    def _is_flag(self, said: str) -> bool:
        return values.yes_or_no(said) is True

    def _opening_value(self, said: str) -> values.Value:
        chosen = values.override(self._in.mapping.values.get("opening", {}), said)
        return values.Value(chosen) if chosen else values.opening(said)

    def _opening_unknown(self, draft: Draft, label: str, said: str) -> None:
        self._in.remember_unknown("opening", said)
        draft.check(
            "value_unknown",
            label,
            said,
            _("“%(value)s” is no value of this column.") % {"value": said},
            _("Correct the cell, or say in the mapping what it stands for (values.%(meaning)s).")
            % {"meaning": "opening"},
        )

    def _sharing_from_opening_words(self, draft: Draft, said: str) -> None:
        """Where the opening column speaks of sharing ("无条件共享"), that states the sharing attribute."""
        if said and "共享" in said and not self._in.mapping.columns.get("sharing"):
            found = values.sharing(said)
            if found.is_known:
                draft.give("sharing", found.value)

    def _sharing(self, draft: Draft, row: "SourceRow") -> None:
        label, value = self._in.raw(row, "sharing")
        condition = self._in.text(row, "sharing_condition")
        if value is not None:
            said = self._in.line(row, "sharing")
            chosen = values.override(self._in.mapping.values.get("sharing", {}), said)
            found = values.Value(chosen) if chosen else values.sharing(said)
            if found.is_known:
                draft.give("sharing", found.value)
            else:
                self._in.remember_unknown("sharing", said)
                draft.check(
                    "value_unknown",
                    label,
                    said,
                    _("“%(value)s” is no value of this column.") % {"value": said},
                    _("Correct the cell, or say in the mapping what it stands for (values.%(meaning)s).")
                    % {"meaning": "sharing"},
                )
        elif condition and values.sharing(condition).is_known:
            draft.give("sharing", values.sharing(condition).value)
        self._legal_basis(draft, row, condition)
        if condition and not values.sharing(condition).is_known:
            if draft.get("sharing") == Sharing.CONDITIONAL and not draft.get("sharing_scope"):
                draft.give("sharing_scope", condition)
            elif draft.get("sharing") == Sharing.WITHHELD and not draft.get("sharing_reason"):
                draft.take("sharing_reason", values.Value(condition, "reason_default"), condition)
        self._method(draft, row)

    def _legal_basis(self, draft: Draft, row: "SourceRow", condition: str) -> None:
        _label, value = self._in.raw(row, "legal_basis")
        if isinstance(value, list):
            cited = [
                {"document": one_line(one.get("document")), "article": one_line(one.get("article"))}
                for one in value
                if isinstance(one, Mapping)
            ]
        else:
            cited = citations(self._in.text(row, "legal_basis"))
            if not cited and draft.get("sharing") == Sharing.WITHHELD:
                cited = citations(condition)
        if cited:
            draft.give("legal_basis", cited)

    def _method(self, draft: Draft, row: "SourceRow") -> None:
        label, value = self._in.raw(row, "sharing_method")
        kind = self._in.line(row, "sharing_method_class")
        said = self._in.line(row, "sharing_method") if value is not None else ""
        found = values.sharing_method(said) if said else values.UNKNOWN
        if not found.is_known and kind and values.sharing_method(kind).is_known:
            found = values.sharing_method(kind)
        if found.is_known:
            draft.give("sharing_method", found.value)
            return
        if said and values.word(said) not in values.PLATFORM_WORDS:
            draft.check(
                "value_unknown",
                label,
                said,
                _("“%(value)s” is no way of sharing.") % {"value": said},
                _("Write one of: 数据库、文件、接口、邮件或介质."),
            )
        fitting = METHODS_OF_CLASS.get(str(draft.get("format_class")), ())
        platform = [one for one in fitting if one != SharingMethod.OFFLINE]
        if (kind or said) and len(platform) == 1:
            draft.give("sharing_method", platform[0])


def citations(text: str) -> list[dict[str, str]]:
    """Read citations like "《政务数据共享条例》第十四条；《保密法》第二条"."""
    return [
        {"document": match["document"].strip(), "article": match["article"].strip(" ，,、。")}
        for match in _CITATION.finditer(text)
    ]
