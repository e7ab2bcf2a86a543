"""Form fields that take more than one input: references, citations, census figures, the sheet of items."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.filing import sheet
from core.components.grids import posted_rows

CENSUS = {
    "storage_gb": gettext_lazy("Stored, GB"),
    "records_10k": gettext_lazy("Records, ten thousands"),
    "shared_storage_gb": gettext_lazy("Shared, GB"),
    "shared_records_10k": gettext_lazy("Shared records, ten thousands"),
    "open_storage_gb": gettext_lazy("Open, GB"),
    "open_records_10k": gettext_lazy("Open records, ten thousands"),
}
"""信息资源大普查 of the 2017 guide's template."""

MOST_CITATIONS = 50


class _PartsWidget(forms.Widget):
    """A widget whose inputs the page draws itself."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return mark_safe("")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class _RefsWidget(_PartsWidget):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        sent = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])
        typed = str(data.get(f"{name}_add", "")).replace("，", ",").replace("、", ",").split(",")
        return list(dict.fromkeys(part.strip() for part in [*sent, *typed] if part.strip()))


class RefsField(forms.Field):
    """References of entries: those ticked in ``name`` and those typed into ``name_add``."""

    widget = _RefsWidget
    known: Iterable[Any] = ()

    def clean(self, value: Any) -> list[str]:
        return sorted(str(one).replace("/", "-") for one in value or [])


class _CitationsWidget(_PartsWidget):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        found = []
        for index in range(MOST_CITATIONS):
            row = {key: str(data.get(f"{name}-{index}-{key}", "")).strip() for key in ("document", "article")}
            if any(row.values()):
                found.append(row)
        picked = str(data.get(f"{name}-register", ""))
        if picked:
            document, _separator, article = picked.partition("|")
            row = {"document": document, "article": article}
            if row not in found:
                found.append(row)
        return found


class CitationsField(forms.Field):
    """Citations: rows ``name-0-document``, ``name-0-article`` and one picked from the register."""

    widget = _CitationsWidget
    register: Iterable[Any] = ()

    def clean(self, value: Any) -> list[dict[str, str]]:
        for one in value:
            if len(one["document"]) > 200 or len(one["article"]) > 100:
                raise forms.ValidationError(_("A document has at most 200 characters, an article 100."))
        return list(value)


class _CensusWidget(_PartsWidget):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {key: str(data.get(f"{name}-{key}", "")).strip() for key in CENSUS}


class CensusField(forms.Field):
    """Census figures: plain numbers, empty where unknown."""

    widget = _CensusWidget
    parts = CENSUS

    def clean(self, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, text in value.items():
            if not text:
                continue
            number = _number(text)
            if number is None:
                label = str(CENSUS[key])
                message = _("%(label)s: “%(value)s” is not a number. Write figures only.")
                raise forms.ValidationError(message % {"label": label, "value": text})
            found[key] = number
        return found


def _number(text: str) -> int | float | None:
    try:
        number = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    if not number.is_finite() or number < 0 or number >= 10**12:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


class _ItemsWidget(_PartsWidget):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]] | None:
        try:
            return [row for row in posted_rows(data, name, sheet.FIELDS) if not sheet.is_untouched(row)]
        except ValueError:
            return None


class ItemsField(forms.Field):
    """The sheet of items. Cells that cannot be read are left out and told of in ``problems``."""

    widget = _ItemsWidget

    def clean(self, value: Any) -> sheet.SheetRows:
        if value is None:
            raise forms.ValidationError(_("The sheet could not be read. Reload the page and try again."))
        if len(value) > sheet.MOST_ITEMS:
            message = _("An entry has at most %(limit)d items.")
            raise forms.ValidationError(message % {"limit": sheet.MOST_ITEMS})
        return sheet.rows_of_post(value)


def extra_fields(schema: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return a form field for each plain property of a region's JSON Schema."""
    required = schema.get("required", [])
    fields: dict[str, forms.Field] = {}
    for name, part in schema.get("properties", {}).items():
        options: dict[str, Any] = {
            "required": False,
            "label": part.get("title", name),
            "help_text": part.get("description", ""),
        }
        field: forms.Field
        if "enum" in part:
            field = forms.ChoiceField(choices=[("", "—"), *((one, one) for one in part["enum"])], **options)
        elif part.get("type") == "integer":
            field = forms.IntegerField(**options)
        elif part.get("type") == "number":
            field = forms.FloatField(**options)
        elif part.get("type") == "boolean":
            field = forms.BooleanField(**options)
        elif part.get("format") == "date":
            field = forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **options)
        else:
            field = forms.CharField(max_length=part.get("maxLength", 10_000), **options)
        setattr(field, "is_asked_for", name in required)  # noqa: B010 - a mark of ours that templates read
        fields[name] = field
    return fields
