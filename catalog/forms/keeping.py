"""Forms of what the authority keeps: changes of law or duties, the classification, the libraries."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.selectors import department_choices
from core import clock
from core.exceptions import RuleViolation
from workflow.selectors.legal_basis import legal_bases_in_force

SEPARATOR = "|"


def add_refusal(form: forms.Form, refusal: RuleViolation, **renamed: str) -> None:
    """Show broken rules at the fields they name; what names none stands above the form.

    Args:
        renamed: names of the service → names of the form.
    """
    for error in refusal.errors:
        name = renamed.get(error.field, error.field)
        form.add_error(name if name in form.fields else None, str(error.message))


class DutyChangeForm(forms.Form):
    """A change of law or duties: an article of the register, or any other document."""

    basis = forms.ChoiceField(
        required=False,
        widget=forms.Select(attrs={"data-tom": "", "data-empty": _("Not in the register"), "data-fills": ""}),
        label=_("From the register of laws"),
        help_text=_("Fills in document and article. Leave it empty for any other document and type it below."),
    )
    document = forms.CharField(
        max_length=200,
        required=False,
        label=_("Document"),
        help_text=_("Name of the law, regulation, decision or plan that changed, without quotation marks."),
    )
    document_number = forms.CharField(
        max_length=100,
        required=False,
        label=_("Document number"),
        help_text=_("For instance 国务院令第809号."),
        widget=forms.TextInput(attrs={"class": "is-short"}),
    )
    article = forms.CharField(
        max_length=100, required=False, label=_("Article"), widget=forms.TextInput(attrs={"class": "is-short"})
    )
    changed_on = forms.DateField(
        label=_("In force since"),
        widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}, format="%Y-%m-%d"),
        help_text=_("The time limit runs from this day, which is not counted itself."),
        error_messages={"invalid": _("Give a date such as 2026-11-24.")},
    )
    gist = forms.CharField(
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": "3"}),
        label=_("What changed"),
        help_text=_("In a sentence or two, so that the departments see what their entries have to follow."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        today = clock.today()
        self.register = {
            str(one.pk): one for one in legal_bases_in_force(today).order_by("document", "article_position", "pk")
        }
        groups: dict[str, list[tuple[str, str]]] = {}
        for key, one in self.register.items():
            groups.setdefault(one.document, []).append((key, f"{one.document} {one.article}"))
        choices: Any = [("", ""), *groups.items()]
        self.fields["basis"].choices = choices  # type: ignore[attr-defined]
        self.fields["changed_on"].widget.attrs["max"] = today.isoformat()

    def clean(self) -> dict[str, Any]:
        """Take from the register what was not typed."""
        values: dict[str, Any] = super().clean() or {}
        chosen = self.register.get(values.get("basis") or "")
        if chosen is not None:
            values["document"] = values.get("document") or chosen.document
            values["document_number"] = values.get("document_number") or chosen.document_number
            values["article"] = values.get("article") or chosen.article
        return values


class ExtensionForm(forms.Form):
    """The authority's consent to a longer time."""

    concerned = forms.IntegerField(widget=forms.HiddenInput)
    days = forms.TypedChoiceField(coerce=int, label=_("Working days"))
    reason = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": "2"}), label=_("Reason")
    )

    def __init__(self, *args: Any, limit: int = 5, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["days"].choices = [(str(day), str(day)) for day in range(1, limit + 1)]  # type: ignore[attr-defined]


class CategoryForm(forms.Form):
    """A category's name."""

    name = forms.CharField(max_length=100, required=False, label=_("Name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class CategoryAddForm(forms.Form):
    """A new category below another."""

    parent = forms.CharField(widget=forms.HiddenInput)
    digits = forms.CharField(max_length=6, required=False, label=_("Digits added to the code"))
    name = forms.CharField(max_length=100, required=False, label=_("Name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class LibraryAddForm(forms.Form):
    """A new theme library."""

    name = forms.CharField(max_length=100, required=False, label=_("Name"))
    code = forms.CharField(
        max_length=50, required=False, label=_("Code"), help_text=_("For addresses and exports, e.g. social-relief.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class LibraryForm(forms.Form):
    """What a library's lead department says of it."""

    name = forms.CharField(max_length=100, required=False, label=_("Name"))
    description = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": "4"}), label=_("Description")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class LibraryLeadForm(forms.Form):
    """Which department leads a library."""

    department = forms.ChoiceField(
        label=_("Lead department"),
        widget=forms.Select(attrs={"data-tom": "", "data-empty": _("No department of this name")}),
        help_text=_("From now on this department alone edits the library."),
    )

    def __init__(self, *args: Any, region_path: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        departments = department_choices(region_path=region_path).order_by("name_pinyin", "code")
        choices = [("", ""), *((one.code, one.name) for one in departments)]
        self.fields["department"].choices = choices  # type: ignore[attr-defined]
