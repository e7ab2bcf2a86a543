"""The items of an entry: from the rows of a template, from a list of objects, or from running text."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from catalog.imports import items as item_text
from catalog.imports import values
from catalog.imports.draft import Draft
from catalog.imports.text import as_text, one_line

if TYPE_CHECKING:
    from catalog.imports.interpret import Interpreter
    from catalog.imports.reading import SourceRow

_TEXTS = ("field_name", "sharing_condition", "description")
_FLAGS = ("is_key", "nullable", "is_sensitive")
_NUMBERS = ("length", "decimals")
_STRICT = {"unconditional": 0, "open": 0, "conditional": 1, "withheld": 2, "closed": 2}

_OBJECT_KEYS = {
    "name": "name", "title": "name", "label": "name", "信息项名称": "name", "字段名称": "name",
    "field_name": "field_name", "fieldname": "field_name", "英文名称": "field_name",
    "type": "type", "datatype": "type", "数据类型": "type",
    "length": "length", "长度": "length", "decimals": "decimals", "is_key": "is_key", "nullable": "nullable",
    "sharing": "sharing", "sharing_condition": "sharing_condition", "opening": "opening",
    "is_sensitive": "is_sensitive", "mask": "mask", "description": "description", "描述": "description",
    "说明": "description",
}  # fmt: skip


class ItemRows:
    """Reads items for an interpreter."""

    def __init__(self, interpreter: "Interpreter") -> None:
        self._in = interpreter

    def read(self, draft: Draft, rows: Sequence["SourceRow"]) -> None:
        """Read the items of an entry, wherever the file has them."""
        if "item.name" in self._in.mapping.columns:
            self._from_rows(draft, rows)
            return
        label, value = self._in.raw(rows[0], "items_text")
        if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            self._from_objects(draft, label, value)
            return
        found = item_text.from_text(value) if value is not None else []
        said = as_text(value) if found else ""
        if not found:
            said = self._in.text(rows[0], "summary")
            found = item_text.from_summary(said)
        if found:
            draft.items = [
                {"name": one.name, "field_name": one.field_name, "type": "C", "description": one.description}
                for one in found
            ]
            draft.note("items", "、".join(one.name for one in found[:10]), one_line(said), "items_from_text")
            draft.note("items.type", "C", "", "item_type_default")

    # --- Rows of a template -------------------------------------------------------------------------------------

    def _from_rows(self, draft: Draft, rows: Sequence["SourceRow"]) -> None:
        seen: dict[str, int] = {}
        untyped = 0
        for row in rows:
            name = self._in.line(row, "item.name")
            label = self._in.raw(row, "item.name")[0]
            if not name:
                if self._has_item_cells(row):
                    draft.check(
                        "item_without_name",
                        label,
                        "",
                        _("The row describes an item without a name; the item was left out."),
                        _("Enter the name of the item."),
                        row=row.number,
                    )
                continue
            if name in seen:
                draft.check(
                    "item_twice",
                    label,
                    name,
                    _("The item stands twice, first in row %(row)d; the second was left out.") % {"row": seen[name]},
                    _("Remove one of them, or tell them apart by name."),
                    row=row.number,
                )
                continue
            seen[name] = row.number
            item, is_typed = self._item(draft, row, name)
            untyped += not is_typed
            draft.items.append(item)
        if untyped:
            draft.note("items.type", "C", "", "item_type_default")
        self._shared_columns(draft, rows, seen)

    def _has_item_cells(self, row: "SourceRow") -> bool:
        return any(
            self._in.raw(row, f"item.{key}")[1] is not None for key in ("field_name", "type", "length", "description")
        )

    def _item(self, draft: Draft, row: "SourceRow", name: str) -> tuple[dict[str, Any], bool]:
        item: dict[str, Any] = {"name": name[:200]}
        for key in _TEXTS:
            text = self._in.line(row, f"item.{key}")
            if text:
                item[key] = text[:100] if key == "field_name" else text
        for key in _FLAGS:
            self._flag(draft, row, key, item)
        for key in _NUMBERS:
            self._number(draft, row, key, item)
        for key, vocabulary in (("mask", values.mask), ("sharing", values.sharing), ("opening", values.opening)):
            self._word(draft, row, key, vocabulary, item)
        is_typed = self._type(draft, row, item)
        return item, is_typed

    def _type(self, draft: Draft, row: "SourceRow", item: dict[str, Any]) -> bool:
        label, value = self._in.raw(row, "item.type")
        if value is None:
            item["type"] = "C"
            return False
        said = self._in.line(row, "item.type")
        chosen = values.override(self._in.mapping.values.get("item.type", {}), said)
        found, length, decimals = values.item_type(said)
        if chosen:
            item["type"] = chosen
        elif found.is_known:
            item["type"] = found.value
        else:
            item["type"] = "C"
            self._in.remember_unknown("item.type", said)
            draft.note("items.type", "C", said, "item_type_unknown")
            draft.check(
                "type_unknown",
                label,
                said,
                _("“%(value)s” is no data type; text (C) was taken.") % {"value": said},
                _("Write one of C N Y D T L M G B I F, or say in the mapping what it stands for (values.item.type)."),
                row=row.number,
            )
        if length and "length" not in item:
            item["length"] = length
        if decimals is not None and "decimals" not in item:
            item["decimals"] = decimals
        return True

    def _flag(self, draft: Draft, row: "SourceRow", key: str, item: dict[str, Any]) -> None:
        label, value = self._in.raw_or_word(row, f"item.{key}")
        if value is None:
            return
        said = one_line(value)
        found = values.yes_or_no(said)
        if found is None:
            draft.check(
                "not_yes_or_no", label, said, _("“%(value)s” is neither yes nor no.") % {"value": said},
                _("Write 是 or 否."), row=row.number,
            )  # fmt: skip
            return
        item[key] = found

    def _number(self, draft: Draft, row: "SourceRow", key: str, item: dict[str, Any]) -> None:
        label, value = self._in.raw(row, f"item.{key}")
        if value is None:
            return
        said = one_line(value)
        found = values.whole_number(said)
        if not found.is_known or len(found.value) > 9:
            draft.check(
                "not_a_number", label, said, _("“%(value)s” is no whole number.") % {"value": said},
                _("Write figures only."), row=row.number,
            )  # fmt: skip
            return
        item[key] = int(found.value)
        if found.rule:
            draft.note(f"items.{key}", found.value, said, found.rule)

    def _word(self, draft: Draft, row: "SourceRow", key: str, vocabulary: Any, item: dict[str, Any]) -> None:
        label, value = self._in.raw_or_word(row, f"item.{key}")
        if value is None:
            return
        said = one_line(value)
        chosen = values.override(self._in.mapping.values.get(f"item.{key}", {}), said)
        found = values.Value(chosen) if chosen else vocabulary(said)
        if found.is_known:
            item[key] = found.value
            return
        self._in.remember_unknown(f"item.{key}", said)
        draft.check(
            "value_unknown",
            label,
            said,
            _("“%(value)s” is no value of this column.") % {"value": said},
            _("Correct the cell, or say in the mapping what it stands for (values.%(meaning)s).")
            % {"meaning": f"item.{key}"},
            row=row.number,
        )

    def _shared_columns(self, draft: Draft, rows: Sequence["SourceRow"], taken: Mapping[str, int]) -> None:
        """Read columns 23 to 28 of the guide's template, which stand in every item's row.

        Where all items agree they speak of the entry. Where they differ each item keeps its own and the entry
        gets the strictest.
        """
        numbers = set(taken.values())
        described = [row for row in rows if row.number in numbers]
        for meaning, vocabulary in (("sharing", values.sharing), ("opening", values.opening)):
            if f"item.{meaning}" in self._in.mapping.columns:
                continue
            found = [self._value(row, meaning, vocabulary) for row in described]
            if len(set(found)) < 2:
                continue
            for item, value in zip(draft.items, found, strict=True):
                if value:
                    item[meaning] = value
            strictest = max((value for value in found if value), key=lambda value: _STRICT.get(value, 0))
            if draft.get(meaning) != strictest:
                draft.given.discard(meaning)
                draft.assume(meaning, strictest, "、".join(sorted(set(filter(None, found)))), "strictest_of_items")

    def _value(self, row: "SourceRow", meaning: str, vocabulary: Any) -> str:
        said = self._in.line(row, meaning)
        if not said:
            return ""
        chosen = values.override(self._in.mapping.values.get(meaning, {}), said)
        return chosen or vocabulary(said).value

    # --- Lists of objects ---------------------------------------------------------------------------------------

    def _from_objects(self, draft: Draft, label: str, objects: Sequence[Mapping[str, Any]]) -> None:
        untyped = False
        names: set[str] = set()
        for given in objects[: item_text.MAX_ITEMS]:
            item: dict[str, Any] = {}
            for key, value in given.items():
                field = _OBJECT_KEYS.get(str(key).lower())
                if field and field not in item and value not in (None, ""):
                    item[field] = value
            item = self._object_values(draft, label, item)
            name = item.get("name") or item.get("field_name")
            if not name or name in names:
                continue
            names.add(name)
            item["name"] = name[:200]
            untyped |= "type" not in item
            item.setdefault("type", "C")
            draft.items.append(item)
        if untyped:
            draft.note("items.type", "C", "", "item_type_default")

    def _object_values(self, draft: Draft, label: str, item: dict[str, Any]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for key, value in item.items():
            said = one_line(value)
            if key == "type":
                found, length, _decimals = values.item_type(said)
                if found.is_known:
                    clean["type"] = found.value
                    if length:
                        clean.setdefault("length", length)
                else:
                    draft.note("items.type", "C", said, "item_type_unknown")
                    draft.check(
                        "type_unknown",
                        label,
                        said,
                        _("“%(value)s” is no data type; text (C) was taken.") % {"value": said},
                    )
            elif key in _FLAGS:
                found_flag = value if isinstance(value, bool) else values.yes_or_no(said)
                if found_flag is not None:
                    clean[key] = found_flag
            elif key in _NUMBERS:
                number = values.whole_number(said)
                if number.is_known:
                    clean[key] = int(number.value)
            elif key in ("mask", "sharing", "opening"):
                word = {"mask": values.mask, "sharing": values.sharing, "opening": values.opening}[key](said)
                if word.is_known:
                    clean[key] = word.value
            elif said:
                clean[key] = said[:100] if key == "field_name" else said
        return clean
