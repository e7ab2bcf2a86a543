"""Forms of requests: shape and type of what people send."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.choices import Sharing
from collection.duty_forms import FilterForm
from sharing.choices import FREQUENCIES, RequestKind, RequestStatus, ShareMethod
from sharing.services.filing import COMMENT_FIELDS
from sharing.use_limits import LIMITS

LONG_TEXT = 5_000

FIELD_LABELS: dict[str, Any] = {
    "dataset": _("Data asked for"),
    "legal_basis": _("Basis of use"),
    "scenario": _("Scenario of use"),
    "items": _("Items asked for"),
    "row_filter": _("Rows asked for"),
    "methods": _("Ways"),
    "frequency": pgettext_lazy("sharing", "How often"),
    "valid_from": _("First day of use"),
    "valid_until": _("Last day of use"),
    "systems": _("Systems that use the data"),
    "contact_name": _("Contact"),
    "contact_phone": _("Telephone"),
    "attachments": _("Attachments"),
}


def day_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a date such as 2026-11-24.")},
        **kwargs,
    )


def text_field(label: Any, *, rows: int = 3, most: int = LONG_TEXT, required: bool = True, **kwargs: Any) -> Any:
    widget = forms.Textarea(attrs={"rows": str(rows)})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, **kwargs)


def version_field() -> forms.IntegerField:
    label = _("Version of this form")
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class WordForm(forms.Form):
    """A form with two buttons, of which one has to be pressed: there is no answer by default."""

    word = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Refuse what was sent by neither button."""
        if self.cleaned_data.get("word") not in ("yes", "no"):
            raise forms.ValidationError(_("Press one of the two buttons: nothing was answered."))
        return self.cleaned_data

    @property
    def is_yes(self) -> bool:
        """Whether the first button was pressed; asked once the form is valid."""
        return bool(self.cleaned_data["word"] == "yes")


_STATES = [
    (value, pgettext_lazy("share request", "Agreed") if value == RequestStatus.AGREED else label)
    for value, label in RequestStatus.choices
]
"""Words to filter by: what is agreed to may be available by now or not."""


class RequestFilterForm(FilterForm):
    q = forms.CharField(required=False, max_length=100)
    status = forms.ChoiceField(required=False, choices=[("", _("Any state")), ("open", _("Under way")), *_STATES])
    attribute = forms.ChoiceField(required=False, choices=[("", _("Any attribute")), *Sharing.choices])
    kind = forms.ChoiceField(required=False, choices=[("", _("Any kind")), *RequestKind.choices])


class RequestForm(forms.Form):
    """What a request says. A draft may be incomplete; items and conditions on rows are read beside the fields."""

    edit_version = version_field()
    dataset = forms.ChoiceField(label=FIELD_LABELS["dataset"], required=False, widget=forms.RadioSelect)
    legal_basis: Any = forms.MultipleChoiceField(
        label=FIELD_LABELS["legal_basis"],
        required=False,
        widget=forms.SelectMultiple(attrs={"data-tom": "", "data-empty": _("No match"), "data-remove": _("Remove")}),
        help_text=_("Articles of the register on which your department acts in this matter."),
    )
    scenario = text_field(
        FIELD_LABELS["scenario"],
        rows=4,
        required=False,
        help_text=_("The matter in which the data are used, by whom, and what depends on them."),
    )
    methods = forms.MultipleChoiceField(
        label=FIELD_LABELS["methods"],
        required=False,
        choices=ShareMethod.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    frequency = forms.ChoiceField(label=FIELD_LABELS["frequency"], required=False, choices=[("", "—"), *FREQUENCIES])
    valid_from = day_field(
        label=FIELD_LABELS["valid_from"], required=False, help_text=_("Left empty: as soon as it is granted.")
    )
    valid_until = day_field(label=FIELD_LABELS["valid_until"], required=False)
    systems = forms.MultipleChoiceField(
        label=FIELD_LABELS["systems"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A grant belongs to your department and these systems, never to a person."),
    )
    contact_name = forms.CharField(label=FIELD_LABELS["contact_name"], required=False, max_length=80)
    contact_phone = forms.CharField(
        label=FIELD_LABELS["contact_phone"],
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "is-short", "inputmode": "tel"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        datasets: Sequence[tuple[str, str]],
        bases: Sequence[tuple[str, str]],
        systems: Sequence[tuple[str, str]],
        longest_days: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        for name, choices in (("dataset", datasets), ("legal_basis", bases), ("systems", systems)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if len(datasets) < 2:
            self.fields["dataset"].widget = forms.HiddenInput()
        helps = {
            ShareMethod.API: _("Your systems call it; rows by pages, and what changed."),
            ShareMethod.EXCHANGE: _("Your systems fetch the whole at intervals."),
            ShareMethod.FILE: _("People of your department download it."),
        }
        self.fields["methods"].choice_help = {key.value: text for key, text in helps.items()}  # type: ignore[attr-defined]
        limit = _("At most %(days)d days; a grant can be renewed.") % {"days": longest_days}
        self.fields["valid_until"].help_text = limit

    def add_prefix(self, field_name: str) -> str:
        """Call the field of the dataset otherwise on the page: a control named ``dataset`` hides that of its form."""
        return super().add_prefix("chosen_data" if field_name == "dataset" else field_name)

    def values(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the fields that could be read, as the service takes them."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "edit_version"}
        if names is not None:
            found = {name: value for name, value in found.items() if name in names}
        return found


class CommentsForm(forms.Form):
    """A decision on the form of a request: an opinion, and comments on single fields where it is returned."""

    opinion = text_field(pgettext_lazy("decision", "Opinion"), required=False)
    edit_version = version_field()

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        for name in COMMENT_FIELDS:
            self.fields[f"on_{name}"] = text_field(FIELD_LABELS[name], rows=2, most=2000, required=False)

    @property
    def comment_fields(self) -> list[forms.BoundField]:
        return [self[f"on_{name}"] for name in COMMENT_FIELDS]

    @property
    def has_comments(self) -> bool:
        return any(field.value() for field in self.comment_fields)

    def comments(self) -> list[dict[str, str]]:
        """Return the comments as the service takes them."""
        found = ((name, self.cleaned_data.get(f"on_{name}", "")) for name in COMMENT_FIELDS)
        return [{"field": name, "text": text} for name, text in found if text.strip()]


class LimitsForm(forms.Form):
    """Limits of use of a grant. Which numbers are limits the services say, with all else that is wrong.

    Args:
        is_table: False for files, which are not counted in rows.
    """

    rows_per_day = forms.IntegerField(
        label=_("Rows a day"),
        required=False,
        widget=forms.NumberInput(attrs={"class": "is-short", "min": 1}),
        help_text=_("Left empty: no limit of its own."),
    )
    calls_per_minute = forms.IntegerField(
        label=_("Calls a minute"),
        required=False,
        widget=forms.NumberInput(attrs={"class": "is-short", "min": 1}),
        help_text=_("Left empty: no limit of its own."),
    )

    def __init__(self, data: Any = None, *, is_table: bool = True, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        if not is_table:
            del self.fields["rows_per_day"]

    def limits(self) -> dict[str, int | None]:
        """Return the limits as services take them; what was not sent stays as it is."""
        return {name: self.cleaned_data.get(name) for name in LIMITS if self.add_prefix(name) in self.data}


class AnswerForm(LimitsForm):
    """An answer in substance; items, masks and further conditions are read beside the fields.

    In a dispute the same form puts down what a mediation came to.
    """

    typed_as: ClassVar[dict[str, str]] = {"text": "opinion"}
    edit_version = version_field()
    methods = forms.MultipleChoiceField(
        label=FIELD_LABELS["methods"], required=False, widget=forms.CheckboxSelectMultiple
    )
    until = day_field(label=FIELD_LABELS["valid_until"], required=False)
    opinion = text_field(
        pgettext_lazy("decision", "Opinion"),
        required=False,
        help_text=_(
            "Required where only a part is given, nothing, or an item less masked than the entry says: "
            "a refusal without reasons is void."
        ),
    )
    without_provider = forms.BooleanField(
        label=_("Decide without the provider's opinion"),
        required=False,
        help_text=_("It has not given one yet. That you did not wait for it is kept with the decision."),
    )

    held_on = day_field(
        label=_("Day of the mediation"),
        required=False,
        help_text=_("Where you put down how a mediation between both sides went, above in your words."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        methods: Sequence[tuple[str, str]],
        is_unheard: bool = False,
        is_dispute: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["methods"].choices = methods  # type: ignore[attr-defined]
        if not is_unheard:
            del self.fields["without_provider"]
        if not is_dispute:
            del self.fields["held_on"]


class MaterialForm(forms.Form):
    edit_version = version_field()
    missing = text_field(_("What is missing"), help_text=_("Told once, all of it."))


class MoreTimeForm(forms.Form):
    edit_version = version_field()
    days = forms.IntegerField(
        label=_("Working days"), min_value=1, max_value=250, widget=forms.NumberInput(attrs={"class": "is-short"})
    )
    reason = text_field(pgettext_lazy("form", "Reason"), rows=2)


class ConsentForm(WordForm):
    """The authority's word on more time."""

    edit_version = version_field()
    days = forms.IntegerField(
        label=_("Working days"),
        min_value=1,
        max_value=250,
        required=False,
        widget=forms.NumberInput(attrs={"class": "is-short"}),
        help_text=_("As asked for, or fewer."),
    )
    opinion = text_field(pgettext_lazy("decision", "Opinion"), rows=2, required=False)


class OpinionForm(forms.Form):
    edit_version = version_field()
    opinion = text_field(pgettext_lazy("decision", "Opinion"))


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("Attach a file"),
        required=False,
        allow_empty_file=True,
        help_text=_("PDF, OFD, office documents, pictures; up to 50 MB. No state or work secrets."),
    )

    def sent(self) -> Any:
        """Return the file that was sent, None where there was none."""
        return self.cleaned_data["file"] if self.is_valid() else None


class SupplementForm(FileForm):
    edit_version = version_field()
    text = text_field(_("What you add"))
    typed_as: ClassVar[dict[str, str]] = {"attachments": "file"}


class DisputeForm(forms.Form):
    edit_version = version_field()
    reason = text_field(_("What you object to, and why"))


class StatementForm(forms.Form):
    edit_version = version_field()
    statement = text_field(_("What your department has to say"))


class ConcurForm(WordForm):
    """The word of one side on what was agreed to in a mediation."""

    edit_version = version_field()
    opinion = text_field(pgettext_lazy("decision", "Opinion"), rows=2, required=False)


class WithdrawForm(forms.Form):
    edit_version = version_field()
    reason = text_field(pgettext_lazy("form", "Reason"), rows=2, required=False)


class DeliverForm(forms.Form):
    dataset = forms.ChoiceField(label=_("Data that are given"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, datasets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.fields["dataset"].choices = datasets  # type: ignore[attr-defined]
