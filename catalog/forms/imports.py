"""Uploading a file and correcting how it is read."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.diff import FIELD_LABELS, ITEM_LABELS
from catalog.forms.entry import EMPTY_CHOICE, category_choices
from catalog.forms.parts import CENSUS
from catalog.imports import columns
from catalog.imports.values import CHOICES

MOST_VALUES = 60

ENCODINGS = [
    ("", gettext_lazy("Found out from the file")),
    ("utf-8", "UTF-8"),
    ("gb18030", "GB18030 / GBK"),
    ("big5", "Big5"),
    ("utf-16", "UTF-16"),
]

_EXTRA_LABELS: dict[str, Any] = {
    "code": gettext_lazy("Code elsewhere"),
    "provider": gettext_lazy("Provider"),
    "provider_code": gettext_lazy("Provider's code"),
    "department": gettext_lazy("Provider"),
    "theme": gettext_lazy("Theme"),
    "industry": gettext_lazy("Industry"),
    "category": gettext_lazy("Category code"),
    "class": gettext_lazy("Class (first level)"),
    "group": gettext_lazy("Group (second level)"),
    "order": gettext_lazy("Order (third level)"),
    "suborder": gettext_lazy("Suborder"),
    "format": gettext_lazy("Format, class and type together"),
    "sharing_condition": gettext_lazy("Sharing condition or basis"),
    "sharing_method_class": gettext_lazy("Sharing method, platform or not"),
    "licence": gettext_lazy("Licence"),
    "secrecy": gettext_lazy("Secrecy"),
    "published_on": gettext_lazy("Published on"),
    "updated_on": gettext_lazy("Updated on"),
    "url": gettext_lazy("Web address"),
    "items_text": gettext_lazy("Items as running text"),
    "extra": gettext_lazy("Further information (JSON)"),
}
_GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Basic information"),
        ("name", "summary", "code", "provider", "provider_code", "department_unit", "source_system", "keywords",
         "related", "published_on", "updated_on", "url", "extra"),
    ),
    (
        gettext_lazy("Category and format"),
        ("category", "class", "group", "order", "suborder", "library", "theme", "industry", "format", "format_class",
         "format_type", "format_note", "cycle"),
    ),
    (
        gettext_lazy("Sharing and opening"),
        ("sharing", "sharing_condition", "sharing_scope", "sharing_purpose", "sharing_reason", "legal_basis",
         "sharing_note", "sharing_method_class", "sharing_method", "use_conditions", "opening", "opening_condition",
         "licence"),
    ),
    (
        gettext_lazy("Grading and assessments"),
        ("data_level", "secrecy", "secrecy_assessment", "personal_information_assessment"),
    ),
)  # fmt: skip


def meaning_label(meaning: str) -> str:
    """Return what a column's meaning is called."""
    if meaning.startswith(columns.ITEM):
        label = ITEM_LABELS.get(meaning.removeprefix(columns.ITEM), meaning)
        return _("Item: %(field)s") % {"field": label}
    if meaning.startswith("census."):
        return str(CENSUS.get(meaning.removeprefix("census."), meaning))
    return str(_EXTRA_LABELS.get(meaning) or FIELD_LABELS.get(meaning) or meaning)


def value_label(meaning: str, value: str) -> str:
    """Return what a value of a closed list is called; other values are what they are."""
    return str(dict(CHOICES[meaning].choices).get(value, value)) if meaning in CHOICES else value


def meaning_choices() -> list[tuple[str, Any]]:
    """Return all meanings, grouped as the editor's steps."""
    groups: list[tuple[str, Any]] = [("", _("Not taken"))]
    grouped: set[str] = set()
    for title, meanings in _GROUPS:
        known = [one for one in meanings if one in columns.MEANINGS]
        grouped.update(known)
        groups.append((str(title), [(one, meaning_label(one)) for one in known]))
    items = [f"{columns.ITEM}{name}" for name in ITEM_LABELS if f"{columns.ITEM}{name}" in columns.MEANINGS]
    items += ["items_text"] if "items_text" in columns.MEANINGS else []
    groups.append((_("Items"), [(one, meaning_label(one)) for one in items]))
    rest = sorted(columns.MEANINGS - grouped - set(items))
    groups.append((_("Census figures and others"), [(one, meaning_label(one)) for one in rest]))
    return groups


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.json,.jsonl,.ods,.txt", "class": "form-control"}),
        help_text=gettext_lazy("XLSX, XLS, CSV or JSON, at most 200 MB. Encoding, header and columns are found out."),
    )
    updates = forms.BooleanField(
        required=False,
        label=gettext_lazy("Revise entries that the catalog holds differently"),
        help_text=gettext_lazy("Without this, rows that differ from an entry of yours are refused and listed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"label_suffix": "", "auto_id": "id_%s"}
        super().__init__(*args, **kwargs)
        self.fields["file"].error_messages["required"] = _("Choose a file.")
        self.fields["file"].error_messages["empty"] = _("The file is empty.")


class MappingForm(forms.Form):
    """How a file is read: what each column means, how words are taken, what holds where the file says nothing.

    Args:
        result: what the last check found (``ImportUpload.result``).
        given: what a person laid down before.
    """

    updates = forms.BooleanField(
        required=False, label=gettext_lazy("Revise entries that the catalog holds differently")
    )
    encoding = forms.ChoiceField(choices=ENCODINGS, required=False, label=gettext_lazy("Encoding"))
    sheet = forms.CharField(required=False, max_length=100, label=gettext_lazy("Sheet"))
    header_row = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000,
        label=gettext_lazy("Row of the header"),
        help_text=gettext_lazy("0: find it."),
    )
    default_category = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Category"),
        widget=forms.Select(attrs={"data-tom": "", "data-empty": gettext_lazy("Nothing matches")}),
    )
    default_cycle = forms.ChoiceField(required=False, label=gettext_lazy("Update cycle"))
    default_sharing = forms.ChoiceField(required=False, label=gettext_lazy("Sharing attribute"))
    default_data_level = forms.ChoiceField(required=False, label=gettext_lazy("Data grade"))

    DEFAULTS = ("category", "cycle", "sharing", "data_level")

    def __init__(self, *args: Any, result: Mapping[str, Any], given: Mapping[str, Any], **kwargs: Any) -> None:
        self.result, self.given = result, given
        kwargs |= {"label_suffix": "", "auto_id": "id_%s", "initial": self._initial()}
        super().__init__(*args, **kwargs)
        own: Any = self.fields
        own["default_category"].choices = [("", _("As the file says")), *category_choices(None)]
        for name in ("cycle", "sharing", "data_level"):
            own[f"default_{name}"].choices = [("", _("As the file says")), *CHOICES[name].choices]
        choices = meaning_choices()
        for index, column in enumerate(self.columns):
            own[f"column-{index}"] = forms.ChoiceField(
                required=False, choices=choices, label=column["label"], initial=self._meaning_of(column["label"])
            )
        for key, meaning, word, chosen in self._words():
            own[key] = forms.ChoiceField(
                required=False, choices=[EMPTY_CHOICE, *CHOICES[meaning].choices], label=word, initial=chosen
            )

    @property
    def columns(self) -> list[dict[str, Any]]:
        return list(self.result.get("columns", []))

    def _initial(self) -> dict[str, Any]:
        defaults = self.given.get("defaults", {})
        reading = {name: self.given.get(name, "") for name in ("encoding", "sheet", "header_row")}
        return {**reading, **{f"default_{name}": defaults.get(name, "") for name in self.DEFAULTS}}

    def _meaning_of(self, label: str) -> str:
        meanings = self.result.get("meanings") or columns.guess([one["label"] for one in self.columns])[0]
        return next((meaning for meaning, labels in meanings.items() if label in labels), "")

    def _words(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield field, meaning, word and choice for the words that were not understood, and those mapped before."""
        given = self.given.get("values", {})
        for meaning in CHOICES:
            known = dict(given.get(meaning, {}))
            words = [*known, *(one for one in self.result.get("unknown", {}).get(meaning, []) if one not in known)]
            for index, word in enumerate(words[:MOST_VALUES]):
                yield f"value-{meaning}-{index}", meaning, word, known.get(word, "")

    def column_rows(self) -> list[dict[str, Any]]:
        """Return the columns with their fields, for the page."""
        left_out = self.result.get("left_out", {})
        return [
            {**column, "field": self[f"column-{index}"], "why": left_out.get(column["label"], "")}
            for index, column in enumerate(self.columns)
        ]

    def word_rows(self) -> list[dict[str, Any]]:
        """Return the words to be mapped with their fields, for the page."""
        return [
            {"meaning": meaning_label(meaning), "word": word, "field": self[key]}
            for key, meaning, word, _chosen in self._words()
        ]

    def mapping(self) -> dict[str, Any]:
        """Return what was laid down, as ``ImportMapping.from_dict`` takes it."""
        cleaned = self.cleaned_data
        chosen: dict[str, list[str]] = {}
        for index, column in enumerate(self.columns):
            meaning = cleaned.get(f"column-{index}")
            if meaning:
                chosen.setdefault(meaning, []).append(column["label"])
        guessed, _left_out = columns.guess([one["label"] for one in self.columns])
        for meaning in guessed:
            chosen.setdefault(meaning, [])
        words: dict[str, dict[str, str]] = {}
        for key, meaning, word, _chosen in self._words():
            if cleaned.get(key):
                words.setdefault(meaning, {})[word] = cleaned[key]
        defaults = {name: cleaned[f"default_{name}"] for name in self.DEFAULTS if cleaned.get(f"default_{name}")}
        reading = {name: cleaned[name] for name in ("encoding", "sheet", "header_row") if cleaned.get(name)}
        return {"columns": chosen, "values": words, "defaults": defaults, **reading}
