"""Shape of what is typed. Rules across fields and rights are the services' business."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import clock
from core.exceptions import RuleViolation
from workflow.choices import LegalKind, LegalPurpose

DATE = {"type": "date"}
SMALL_SELECT = forms.Select(attrs={"class": "form-select form-select-sm w-auto"})


def add_rule_errors(form: forms.BaseForm, violation: RuleViolation) -> None:
    """Show broken rules at the fields they name; what names no field of the form stands above it."""
    for error in violation.errors:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))


class LegalBasisForm(forms.Form):
    document = forms.CharField(label=_("Document"), max_length=200, help_text=_("Full title, without 《》."))
    document_number = forms.CharField(label=_("Document number"), max_length=100, required=False)
    issuer = forms.CharField(label=_("Issued by"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("Rank"), choices=LegalKind.choices, widget=forms.RadioSelect)
    article = forms.CharField(label=_("Article"), max_length=50, help_text=_("As the document counts, e.g. 第十七条."))
    gist = forms.CharField(
        label=_("Gist"), widget=forms.Textarea(attrs={"rows": 4}), help_text=_("What it says, in a sentence or two.")
    )
    may_justify = forms.MultipleChoiceField(
        label=_("May be cited for"), choices=LegalPurpose.choices, widget=forms.CheckboxSelectMultiple
    )
    valid_from = forms.DateField(label=_("In force from"), required=False, widget=forms.DateInput(attrs=DATE))


class LegalBasisRetireForm(forms.Form):
    valid_to = forms.DateField(
        label=_("Last day in force"), initial=clock.today, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )


class LegalBasisFilterForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False)
    purpose = forms.ChoiceField(
        label=_("May be cited for"),
        required=False,
        choices=[("", _("Any purpose")), *LegalPurpose.choices],
        widget=SMALL_SELECT,
    )
    kind = forms.ChoiceField(
        label=_("Rank"), required=False, choices=[("", _("Any rank")), *LegalKind.choices], widget=SMALL_SELECT
    )
    retired = forms.BooleanField(label=_("Also retired ones"), required=False)

    @property
    def selects(self) -> list[forms.BoundField]:
        return [self["purpose"], self["kind"]]


class CalendarYearForm(forms.Form):
    """A year's notice, typed or as a file; the file wins."""

    notice = forms.CharField(
        label=_("Notice"), max_length=200, required=False, help_text=_("Title or number of the State Council's notice.")
    )
    notice_url = forms.URLField(
        label=pgettext_lazy("web", "Address"), max_length=500, required=False, assume_scheme="https"
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("JSON with year and days (name, date, isOffDay). It takes the place of the lists below."),
    )
    days_off = forms.CharField(
        label=_("Days off"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One a line: 10-01 ~ 10-07 国庆节. Weekends that fall into a holiday belong to the list."),
    )
    make_up_days = forms.CharField(
        label=_("Weekends worked"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: 10-10 国庆节."),
    )

    MOST_FILE_BYTES = 256 * 1024

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not data.get("days_off"):
            self.add_error("days_off", _("List the days off, or choose a file."))
        return data

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > self.MOST_FILE_BYTES:
            raise forms.ValidationError(_("The file is too large for a holiday notice."))
        return file


class ClockPolicyForm(forms.Form):
    """A new version of a time limit."""

    scope = forms.ChoiceField(label=_("Holds in"), widget=forms.RadioSelect)
    working_days = forms.IntegerField(label=_("Working days"), min_value=1, max_value=250)
    extension_working_days = forms.IntegerField(
        label=_("Extension, working days"), min_value=0, max_value=250, help_text=_("0 where it cannot be extended.")
    )
    valid_from = forms.DateField(
        label=_("In force from"),
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text=_("Clocks that run already keep the limit they were started under."),
    )
    document = forms.CharField(label=_("Document"), max_length=200, required=False)
    article = forms.CharField(label=_("Article"), max_length=50, required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, scopes: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
