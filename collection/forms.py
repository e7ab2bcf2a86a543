"""Forms of collecting: shape and type of what people send."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.choices import Cycle
from catalog.imports.encoding import KNOWN
from collection.choices import (
    FRESHNESS_SHOWN,
    MOST_REJECTED,
    SET_KINDS,
    Checksum,
    CoordinateSystem,
    DatasetKind,
    KnownList,
    LoadMode,
    RuleKind,
    Severity,
)
from collection.freshness import LONGEST_HEARTBEAT_MINUTES, TOLERANCES
from collection.matching import OPERATION, OPERATION_LABEL
from collection.quality.conditions import OPERATORS, same_family
from collection.quality.definition import MOST_DAYS, MOST_PERCENT, fits
from collection.store.columns import Column
from collection.store.patterns import MOST_CHARACTERS
from collection.wording import column_words
from core import clock
from core.components.options import Options, OptionsSelect
from core.exceptions import RuleViolation
from workflow.services.calendar import FIRST_YEAR, LAST_YEAR


def refusal_add(form: forms.Form, refused: RuleViolation) -> None:
    """Put what a service refused to the fields that it names, the rest above the form."""
    for error in refused.errors:
        form.add_error(error.field if error.field in form.fields else None, error.message)


class HookForm(forms.Form):
    name = forms.CharField(label=_("Name of the dataset"), max_length=200)
    kind = forms.ChoiceField(
        label=_("It consists of"), required=False, choices=DatasetKind.choices, widget=forms.RadioSelect
    )


class AssignmentForm(forms.Form):
    """Somebody of a contractor, and his last day.

    Args:
        people: who can be named.
    """

    user = forms.ChoiceField(label=_("Person"))
    until = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any = None, *, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["user"].choices = people  # type: ignore[attr-defined]


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files at once."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        sent = [one for one in data if one] if isinstance(data, list | tuple) else [data] if data else []
        if not sent:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return sent


class FilesForm(forms.Form):
    file = _FilesField(
        label=_("Files"),
        widget=_Files(attrs={"multiple": True}),
        help_text=_(
            "Documents, pictures, sound, film, ZIP; up to 4 GB each, 100 files or 20 GB at once. A file of the same"
            " name is replaced. No state or work secrets."
        ),
    )


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX, XLS, ODS, JSON, NDJSON or GeoJSON; up to 20 GB. No state or work secrets."),
    )
    mode = forms.ChoiceField(label=_("Its rows"), choices=LoadMode.choices, widget=forms.RadioSelect)


class BaseMapForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_("GeoJSON of lines and areas in degrees, up to 4 MB. Only a map that was approved for showing."),
    )
    approval_number = forms.CharField(
        label=_("Approval number"), max_length=100, help_text=_("As it was granted, e.g. GS（2024）0650号.")
    )
    coordinates = forms.ChoiceField(label=_("Coordinate system"), required=False, choices=CoordinateSystem.choices)


class ResubmitForm(forms.Form):
    file = forms.FileField(label=_("File with the corrected rows"))


_OF_TABLES = (
    "default_mode",
    "reject_limit_percent",
    "reject_limit_count",
    "keep_original_days",
    "coordinates",
    "filter_items",
    "time_item",
)


class DatasetForm(forms.Form):
    edit_version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=200)
    default_mode = forms.ChoiceField(label=_("Usual way of loading"), choices=LoadMode.choices)
    reject_limit_percent = forms.IntegerField(
        label=_("Most rejected rows, percent"),
        min_value=0,
        max_value=100,
        help_text=_("Above this share nothing is published."),
    )
    reject_limit_count = forms.IntegerField(
        label=_("Most rejected rows"),
        min_value=0,
        max_value=MOST_REJECTED,
        required=False,
        help_text=_("Leave empty for no limit in number."),
    )
    grace_days = forms.IntegerField(
        label=_("Working days of grace"),
        min_value=0,
        required=False,
        help_text=_("After the due day, before the data are called overdue. Leave empty for those of the cycle."),
    )
    heartbeat_minutes = forms.IntegerField(
        label=_("Longest silence in minutes"),
        min_value=1,
        max_value=LONGEST_HEARTBEAT_MINUTES,
        required=False,
        help_text=_("Of data that come in real time, before they are called overdue. Leave empty for an hour."),
    )
    keep_version_hours = forms.IntegerField(
        label=_("Keep superseded versions, hours"), min_value=24, max_value=24 * 366 * 10, help_text=_("24 or more.")
    )
    keep_original_days = forms.IntegerField(
        label=_("Keep originals, days"),
        min_value=1,
        max_value=366 * 30,
        help_text=_("Files as they came, and rejected rows; that of the published version stays while it is in force."),
    )
    coordinates = forms.ChoiceField(
        label=_("Coordinate system"),
        required=False,
        choices=CoordinateSystem.choices,
        help_text=_("Of longitude, latitude or geometry; said beside the map, nothing is converted."),
    )
    time_item = forms.ChoiceField(
        label=_("Time item"),
        required=False,
        help_text=_(
            "A day or moment whose newest value tells how current the rows are. It is measured in each version and"
            " shown beside the declared cycle."
        ),
    )
    filter_items = forms.MultipleChoiceField(
        label=_("Filter items"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Readers filter and sort by these only, at once whatever the number of rows. Where none is chosen they"
            " filter by any item they see, which takes longer the more rows there are."
        ),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        columns: Sequence[Column],
        times: Sequence[Column] = (),
        cycle: Cycle,
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial=initial)
        if cycle != Cycle.REALTIME:
            del self.fields["heartbeat_minutes"]
        if not (cycle in TOLERANCES and TOLERANCES[cycle].grace):
            del self.fields["grace_days"]
        if not columns:
            # A set of files has nothing to load, to filter or to draw.
            for name in _OF_TABLES:
                del self.fields[name]
            return
        self.fields["filter_items"].choices = [(one.item, one.name) for one in columns]  # type: ignore[attr-defined]
        self.fields["time_item"].choices = [("", "—"), *((one.item, one.name) for one in times)]  # type: ignore[attr-defined]


class RetireForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class DatasetFilterForm(forms.Form):
    """Filters of the lists; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=100)
    freshness = forms.ChoiceField(required=False, choices=[("", _("Any freshness")), *FRESHNESS_SHOWN])

    def chosen(self) -> dict[str, str]:
        """Return the filters that can be used."""
        self.is_valid()
        return {"q": "", "freshness": ""} | {key: value for key, value in self.cleaned_data.items() if value}


class FreshnessCalendarForm(forms.Form):
    """The month of the calendar; what does not fit is left out."""

    month = forms.DateField(required=False, input_formats=["%Y-%m"])
    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    department = forms.CharField(required=False, max_length=50)

    def chosen(self) -> dict[str, Any]:
        """Return the month by its first day, this one by default, and a day within it."""
        self.is_valid()
        month = self.cleaned_data.get("month") or clock.today().replace(day=1)
        if not FIRST_YEAR <= month.year <= LAST_YEAR:
            month = clock.today().replace(day=1)
        day = self.cleaned_data.get("day")
        is_within = day is not None and day.replace(day=1) == month
        return {
            "month": month,
            "day": day if is_within else None,
            "department": self.cleaned_data.get("department", ""),
        }


DELIMITERS = [
    (",", pgettext_lazy("delimiter", "Comma")),
    (";", pgettext_lazy("delimiter", "Semicolon")),
    ("\t", pgettext_lazy("delimiter", "Tab")),
    ("|", pgettext_lazy("delimiter", "Bar")),
]


def column_field(label: str) -> str:
    """Return the name of a column's field: the column's own, since another question may list others before it."""
    return f"column_{hashlib.sha256(label.encode()).hexdigest()[:16]}"


class LayoutForm(forms.Form):
    """How a file is read, and which column belongs to which item.

    Args:
        question: which of the questions of a run it answers.
    """

    question = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    encoding = forms.ChoiceField(label=_("Encoding"), required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), required=False, choices=DELIMITERS)
    sheet = forms.CharField(label=_("Sheet"), required=False, max_length=100, strip=False)
    header = forms.CharField(
        label=_("Header rows"),
        required=False,
        max_length=30,
        help_text=_("Row numbers, e.g. 3 or 3,4; empty where the file has no header."),
    )
    footnotes = forms.BooleanField(label=_("Leave footnotes out"), required=False)
    mode = forms.ChoiceField(label=_("Its rows"), choices=LoadMode.choices)

    def __init__(
        self, data: Any = None, *, layout: dict[str, Any], labels: Sequence[str], columns: Sequence[Column],
        mapping: dict[str, str], mode: str, question: str
    ) -> None:  # fmt: skip
        super().__init__(
            data,
            initial={
                **layout,
                "header": ",".join(str(number) for number in layout.get("header_rows", [])),
                "mode": mode,
                "question": question,
            },
        )
        self.layout = layout
        self.labels = list(labels)
        encodings = sorted(set(KNOWN.values()) | {layout.get("encoding", "")})
        self.fields["encoding"].choices = [(one, one or "—") for one in encodings]  # type: ignore[attr-defined]
        if layout.get("format") != "csv":
            del self.fields["delimiter"], self.fields["encoding"]
        if layout.get("format") not in ("xlsx", "xls", "ods"):
            del self.fields["sheet"]
        operation = [(OPERATION, OPERATION_LABEL)] if any(one.is_key for one in columns) else []
        items = Options([("", _("Not loaded")), *((one.item, one.name) for one in columns), *operation])
        for label in self.labels:
            self.fields[column_field(label)] = forms.ChoiceField(
                label=column_words(label),
                required=False,
                choices=items,
                initial=mapping.get(label, ""),
                widget=OptionsSelect,
            )

    @property
    def column_fields(self) -> list[Any]:
        """Return the fields of the columns in their order."""
        return [self[column_field(label)] for label in self.labels]

    def clean_header(self) -> list[int]:
        text = self.cleaned_data["header"].replace("，", ",")
        try:
            rows = [int(part) for part in text.split(",") if part.strip()]
        except ValueError:
            raise forms.ValidationError(_("Write row numbers, e.g. 3 or 3,4.")) from None
        if any(row < 1 or row > 1000 for row in rows):
            raise forms.ValidationError(_("A header row lies between 1 and 1000."))
        return rows

    def chosen_layout(self) -> dict[str, Any]:
        """Return the layout that was confirmed."""
        found = {name: self.cleaned_data[name] for name in ("encoding", "delimiter", "sheet", "footnotes")
                 if name in self.cleaned_data}  # fmt: skip
        rows = self.cleaned_data["header"]
        return self.layout | found | {"header_rows": rows, "has_header": bool(rows)}

    def chosen_mapping(self) -> dict[str, str]:
        """Return column → item, "" for those that are not loaded."""
        return {label: self.cleaned_data[column_field(label)] for label in self.labels}


class QualityFilterForm(forms.Form):
    """Filters of the quality page; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=100)
    region = forms.CharField(required=False, max_length=50)
    department = forms.CharField(required=False, max_length=50)
    standing = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("Any score")),
            ("short", _("Under the limit")),
            ("good", _("At or above the limit")),
            ("none", _("Not judged yet")),
        ],
    )

    def chosen(self) -> dict[str, str]:
        """Return the filters that can be used."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in ("q", "region", "department", "standing")}


class QualityLimitForm(forms.Form):
    limit = forms.IntegerField(label=pgettext_lazy("score", "Limit"), required=False, min_value=0, max_value=100)


class RegionLimitForm(forms.Form):
    score = forms.IntegerField(
        label=pgettext_lazy("score", "Limit"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("0 to 100. Empty: the limit of the region above, or of the installation."),
    )


class QualityRuleForm(forms.Form):
    """A rule of one kind: what it is asked of, what it asks for, what follows when it is broken."""

    item = forms.ChoiceField(label=_("Item"))
    operator = forms.ChoiceField(label=_("Comparison"), choices=list(OPERATORS.items()))
    other_item = forms.ChoiceField(label=_("Second item"))
    target = forms.ChoiceField(
        label=_("Occurs in"), help_text=_("Items of the same type in published data that you may read whole.")
    )
    checksum = forms.ChoiceField(label=_("Kind of code"), choices=Checksum.choices)
    list = forms.ChoiceField(
        label=_("List of the platform"),
        required=False,
        choices=[("", _("None: the codes below")), *KnownList.choices],
    )
    values = forms.CharField(
        label=_("Codes"), required=False, widget=forms.Textarea(attrs={"rows": 6}), help_text=_("One a line.")
    )
    pattern = forms.CharField(
        label=_("Regular expression"),
        max_length=MOST_CHARACTERS,
        help_text=_("Of PostgreSQL, for the whole text, e.g. [0-9]{4}-[A-Z]+ ; no back references."),
    )
    min = forms.CharField(label=_("From"), required=False, max_length=50)
    max = forms.CharField(
        label=_("Up to"), required=False, max_length=50, help_text=_("For dates also “today”: the day of the run.")
    )
    percent = forms.IntegerField(label=_("At least, percent of the rows"), min_value=1, max_value=100, initial=95)
    less = forms.IntegerField(label=_("Fewer rows, at most percent"), min_value=0, max_value=100, initial=20)
    more = forms.IntegerField(label=_("More rows, at most percent"), min_value=0, max_value=MOST_PERCENT, initial=50)
    days = forms.IntegerField(label=_("At most, days old"), min_value=1, max_value=MOST_DAYS, initial=5)
    working = forms.BooleanField(label=_("Count working days only"), required=False)
    severity = forms.ChoiceField(
        label=_("When it is broken"), choices=Severity.choices, widget=forms.RadioSelect, initial=Severity.WARN
    )

    FIELDS = {
        RuleKind.CODE_LIST: ("item", "list", "values"),
        RuleKind.REGEX: ("item", "pattern"),
        RuleKind.RANGE: ("item", "min", "max"),
        RuleKind.CHECKSUM: ("item", "checksum"),
        RuleKind.DATE_ORDER: ("item", "other_item"),
        RuleKind.COMPARISON: ("item", "operator", "other_item"),
        RuleKind.REFERENCE: ("item", "target"),
        RuleKind.UNIQUE: ("item",),
        RuleKind.COMPLETENESS: ("item", "percent"),
        RuleKind.ROW_COUNT: ("less", "more"),
        RuleKind.FRESHNESS: ("item", "days", "working"),
    }

    def __init__(
        self, data: Any = None, *, kind: RuleKind, columns: Sequence[Column],
        targets: Sequence[tuple[str, str, Column]] = (), initial: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Make the form of a kind.

        Args:
            targets: what a reference may name: (dataset and item as one text, their names, the item).
        """
        super().__init__(data, initial=initial)
        self.kind = kind
        wanted = (*self.FIELDS[kind], "severity")
        self.fields = {name: self.fields[name] for name in wanted}
        own = [one for one in columns if fits(kind, one)]
        types = {one.pg_type for one in own}
        choices = {
            "item": [(one.item, one.name) for one in own],
            "other_item": [(one.item, one.name) for one in own if any(same_family(one, other) for other in own)],
            "target": [(value, label) for value, label, column in targets if column.pg_type in types],
        }
        for name, found in choices.items():
            if name in self.fields:
                self.fields[name].choices = found  # type: ignore[attr-defined]
        follows = _OF_VERSIONS if kind in SET_KINDS else _OF_ROWS
        self.fields["severity"].choice_help = follows  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """Return what was given, as the services take it."""
        found = {**self.cleaned_data, "kind": self.kind}
        if "target" in found:
            found["target"], _colon, found["target_item"] = found["target"].partition(":")
        return found


_OF_ROWS = {
    Severity.REJECT.value: _("The row is not loaded; it is kept with the reason."),
    Severity.WARN.value: _("The row is loaded and counts against the score."),
    Severity.NOTE.value: _("The row is loaded and counts against the score a little."),
}
_OF_VERSIONS = {
    Severity.REJECT.value: _("Nothing is published; readers keep the earlier version."),
    Severity.WARN.value: _("The data are published; it counts against the score."),
    Severity.NOTE.value: _("The data are published; it counts against the score a little."),
}
