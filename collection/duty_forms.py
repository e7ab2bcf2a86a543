"""Forms of collection duties, consents and erasures: shape and type of what people send."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.choices import Cycle
from collection.duty_choices import (
    CollectionForm,
    ConsentChannel,
    ConsentDecision,
    DutyState,
    ErasureGround,
    ErasureState,
    Ground,
    Manner,
    ProofKind,
    Subject,
)
from collection.models import ConsentText
from core import clock
from core.components.grids import posted_rows
from core.exceptions import Malformed

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
GRID_FIELDS = ("name", "field_name", "code_list")


def grid_columns() -> list[dict[str, Any]]:
    """Return the columns of the sheet of items."""
    return [
        {
            "field": "name",
            "label": _("Item"),
            "kind": "text",
            "max_length": 200,
            "is_required": True,
            "aliases": ["数据项", "数据项名称", "名称", "信息项名称"],
        },
        {
            "field": "field_name",
            "label": _("Data element"),
            "kind": "text",
            "max_length": 100,
            "aliases": ["数据元", "数据元代码", "字段名", "标识符"],
        },
        {
            "field": "code_list",
            "label": _("Code list"),
            "kind": "text",
            "max_length": 100,
            "aliases": ["代码表", "代码集", "值域"],
        },
    ]


class FilterForm(forms.Form):
    """Filters of a list; what does not fit is left out."""

    def chosen(self) -> dict[str, Any]:
        """Return the filters that can be used, the others empty."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class DutyFilterForm(FilterForm):
    q = forms.CharField(required=False, max_length=100)
    state = forms.ChoiceField(required=False, choices=[("", _("Any state")), *DutyState.choices])
    department = forms.ChoiceField(required=False)
    subject = forms.ChoiceField(required=False, choices=[("", _("From anybody")), *Subject.choices])
    ground = forms.ChoiceField(required=False, choices=[("", _("On any ground")), *Ground.choices])

    def __init__(self, data: Any, departments: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        choices: Any = [("", _("Any department")), *departments]
        self.fields["department"].choices = choices  # type: ignore[attr-defined]


class DutyForm(forms.Form):
    """What a department collects. A draft may be incomplete; the sheet of items is read beside the fields."""

    edit_version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("What is collected"),
        max_length=200,
        required=False,
        help_text=_("A short name, e.g. “Data on applicants for minimum subsistence”."),
    )
    purpose = forms.CharField(
        label=_("What for"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=_("The statutory task for which it is needed."),
    )
    entry: Any = forms.ModelChoiceField(
        label=_("Linked entry"),
        queryset=None,
        required=False,
        empty_label=_("None yet"),
        widget=forms.Select(attrs={"data-tom": "", "data-empty": _("No match")}),
        help_text=_("The entry of your department under which the data are catalogued. Its items can be taken over."),
    )
    subject = forms.ChoiceField(label=_("From whom"), choices=Subject.choices, required=False, widget=forms.RadioSelect)
    ground = forms.ChoiceField(label=_("Ground"), choices=Ground.choices, required=False, widget=forms.RadioSelect)
    legal_basis: Any = forms.ModelMultipleChoiceField(
        label=_("Legal basis"),
        queryset=None,
        required=False,
        widget=forms.SelectMultiple(attrs={"data-tom": "", "data-empty": _("No match"), "data-remove": _("Remove")}),
        help_text=_("Articles of the register of legal bases that provide for the collection of data."),
    )
    form = forms.ChoiceField(label=_("Comes in by"), choices=[("", "—"), *CollectionForm.choices], required=False)
    frequency = forms.ChoiceField(
        label=pgettext_lazy("collection", "How often"), choices=[("", "—"), *Cycle.choices], required=False
    )
    manner = forms.ChoiceField(label=_("Manner"), choices=Manner.choices, required=False, widget=forms.RadioSelect)
    digitise_by = forms.DateField(
        label=_("Digitised by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a date such as 2026-11-24.")},
        help_text=_("For paper records: the day by which the plan ends."),
    )
    paper_records = forms.IntegerField(
        label=_("Paper records"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=_("Their number, or an estimate."),
    )

    def __init__(self, data: Any = None, *, entries: Any, bases: Any, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.fields["entry"].queryset = entries  # type: ignore[attr-defined]
        self.fields["legal_basis"].queryset = bases  # type: ignore[attr-defined]
        helps = {
            Ground.LAW: _("Cite the article. People are told, but not asked."),
            Ground.CONSENT: _("Whoever refuses is served all the same; nothing may be collected from him."),
        }
        self.fields["ground"].choice_help = {key.value: text for key, text in helps.items()}  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """Return the fields as the service takes them."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "edit_version"}
        found["entry"] = found["entry"].ref if found["entry"] else ""
        found["legal_basis"] = [one.pk for one in found["legal_basis"]]
        return found


def posted_items(data: Any) -> list[dict[str, str]]:
    """Read the sheet of items; one that cannot be read is empty."""
    try:
        rows = posted_rows(data, "items", GRID_FIELDS)
    except Malformed:
        return []
    return [{name: _UNSTORABLE.sub("", row.get(name, "")) for name in ("id", *GRID_FIELDS)} for row in rows]


class SubmitForm(forms.Form):
    justification = forms.CharField(
        label=_("Why sharing does not serve"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=_("The data authority decides whether this holds."),
    )


class ReturnForm(forms.Form):
    """A return: an opinion, and perhaps a comment on a field."""

    opinion = forms.CharField(
        label=_("Opinion"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": "3"})
    )
    edit_version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    comment_field = forms.ChoiceField(label=_("Comment on"), required=False)
    comment_text = forms.CharField(
        label=pgettext_lazy("form", "Comment"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
    )

    def __init__(self, data: Any = None, *, fields: Sequence[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        choices: Any = [("", "—"), *fields]
        self.fields["comment_field"].choices = choices  # type: ignore[attr-defined]

    def comments(self) -> list[dict[str, str]]:
        """Return the comment as the service takes it."""
        text = self.cleaned_data.get("comment_text", "")
        return [{"field": self.cleaned_data.get("comment_field", ""), "text": text}] if text else []


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=pgettext_lazy("form", "Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": "2"})
    )


class ErasureFilterForm(FilterForm):
    q = forms.CharField(required=False, max_length=100)
    state = forms.ChoiceField(required=False, choices=[("", _("Any state")), *ErasureState.choices])


class ErasureDatasetForm(forms.Form):
    """Where rows or files are to be erased; asked first, since each dataset has items of its own."""

    dataset: Any = forms.ModelChoiceField(
        label=_("Dataset"),
        queryset=None,
        empty_label=_("Choose the dataset"),
        widget=forms.Select(attrs={"data-tom": "", "data-empty": _("No match")}),
        help_text=_("The items by which rows can be found follow."),
    )

    def __init__(self, *args: Any, datasets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["dataset"].queryset = datasets  # type: ignore[attr-defined]


class ErasureForm(forms.Form):
    """A demand for erasure. The value is never shown again once it was sent rightly."""

    target = forms.ChoiceField(
        label=_("Found by"),
        widget=forms.Select(attrs={"data-tom": "", "data-empty": _("No match")}),
        help_text=_("The dataset, and the item whose value tells the person's rows."),
    )
    value = forms.CharField(
        label=_("Value"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Exactly as it stands in the data. It is sealed, and forgotten when the erasure ends."),
    )
    names = forms.CharField(
        label=_("Names of the files"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One name a line, as the dataset lists them."),
    )
    ground = forms.ChoiceField(
        label=pgettext_lazy("erasure", "Ground"), choices=ErasureGround.choices, widget=forms.RadioSelect
    )
    document_number = forms.CharField(
        label=_("Number or date of the demand"), max_length=100, widget=forms.TextInput(attrs={"class": "is-short"})
    )
    reason = forms.CharField(
        label=pgettext_lazy("form", "Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=_("Who demands it and why it is lawful. It is recorded: no numbers of people."),
    )
    document = forms.FileField(
        label=_("The demand as a file"), help_text=_("Sealed; seen by the department's own people only. Up to 50 MB.")
    )

    without_rows = forms.BooleanField(
        label=_("No row has this value, and the erasure is asked for all the same"),
        required=False,
        help_text=_("Originals and rejected rows may hold it still."),
    )

    def __init__(self, *args: Any, targets: Any, is_of_files: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        if is_of_files:
            del self.fields["value"], self.fields["without_rows"]
        else:
            del self.fields["names"]
        self.fields["target"].choices = [("", "—"), *targets]  # type: ignore[attr-defined]

    def clean_names(self) -> list[str]:
        return [name for line in self.cleaned_data["names"].splitlines() if (name := line.strip())]


class OpinionForm(forms.Form):
    opinion = forms.CharField(
        label=_("Opinion"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": "3"})
    )


class ErasureApprovalForm(OpinionForm):
    """``rows`` is what the page said will go."""

    rows = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ConsentFilterForm(FilterForm):
    decision = forms.ChoiceField(
        required=False,
        choices=[("", _("Any answer")), *ConsentDecision.choices, ("withdrawn", pgettext_lazy("consent", "Withdrawn"))],
    )
    channel = forms.ChoiceField(required=False, choices=[("", _("Any channel")), *ConsentChannel.choices])


class ConsentTextForm(forms.Form):
    text = forms.CharField(
        label=_("Text"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": "6"}),
        help_text=_("What is collected, what for, how long it is kept, with whom it is shared."),
    )
    refusal_note = forms.CharField(
        label=_("On refusal"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text=_("Stands on the form and on every record: whoever refuses is served all the same."),
    )


_NUMBER = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class ConsentForm(forms.Form):
    number = forms.CharField(
        label=_("The person's number"),
        max_length=50,
        widget=_NUMBER,
        help_text=_("Kept as a keyed hash: it can be looked up, not read."),
    )
    decision = forms.ChoiceField(label=_("Answer"), choices=ConsentDecision.choices, widget=forms.RadioSelect)
    channel = forms.ChoiceField(label=_("Through"), choices=ConsentChannel.choices)
    on = forms.DateField(
        label=_("Answered on"),
        widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a date such as 2026-11-24.")},
    )
    hour = forms.TimeField(
        label=_("At what time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "is-short"}, format="%H:%M"),
        error_messages={"invalid": _("Give a time such as 09:30.")},
        help_text=_("Where a paper names none, leave it empty: noon stands for it."),
    )
    text = forms.TypedChoiceField(
        label=_("Version of the text"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("An earlier one for answers on paper only."),
    )
    evidence = forms.FileField(label=_("Evidence"), required=False, help_text=_("Sealed; up to 20 MB."))

    def __init__(self, *args: Any, texts: Iterable[ConsentText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.number, _version_words(one)) for one in texts]
        if len(choices) > 1:
            self.fields["text"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["text"]


def _version_words(text: ConsentText) -> str:
    """Name a version of the text by its time: the paper says when it was answered, not always which version it is."""
    since = text.created_at.astimezone(clock.REGION_ZONE).date().isoformat()
    if text.retired_at is None:
        return gettext("Version %(number)d, in force since %(since)s") % {"number": text.number, "since": since}
    until = text.retired_at.astimezone(clock.REGION_ZONE).date().isoformat()
    values = {"number": text.number, "since": since, "until": until}
    return gettext("Version %(number)d, %(since)s to %(until)s") % values


class ConsentImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "Columns 证件号码, 答复 (同意 or 不同意), 日期, 渠道; 文本版本 for earlier versions. All rows or none."
        ),
    )


class ConsentFindForm(forms.Form):
    number = forms.CharField(label=_("The person's number"), max_length=50, widget=_NUMBER)


class SubjectExportForm(ConsentFindForm):
    asked_by = forms.CharField(label=_("Who asks"), max_length=100, help_text=_("Sealed."))
    proof = forms.ChoiceField(label=_("On what proof"), choices=ProofKind.choices)
    proof_note = forms.CharField(label=_("Document seen"), max_length=200, required=False)


class ItemFilterForm(FilterForm):
    q = forms.CharField(required=False, max_length=100)


class DigitisationForm(forms.Form):
    done = forms.IntegerField(label=_("Records digitised so far"), min_value=0, max_value=2**31 - 1)
    on = forms.DateField(
        label=_("By the day"),
        widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a date such as 2026-11-24.")},
    )
    note = forms.CharField(label=_("Remark"), max_length=300, required=False)
