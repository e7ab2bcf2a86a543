"""Forms of what comes after delivery: correction requests, records of use, inspections, addresses to be told."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collection.duty_forms import FilterForm
from sharing.choices import InspectionResult, ObjectionState
from sharing.forms import WordForm, day_field, text_field


class ObjectionFilterForm(FilterForm):
    q = forms.CharField(required=False, max_length=100)
    state = forms.ChoiceField(required=False, choices=[("", _("Any state")), *ObjectionState.choices])


class ObjectionForm(forms.Form):
    """What somebody who uses data finds wrong with them."""

    item = forms.ChoiceField(label=_("Item"), required=False, help_text=_("Left empty: the entry as a whole."))
    dataset = forms.ChoiceField(
        label=_("Dataset"), required=False, help_text=_("Not needed where a grant is named, which says it.")
    )
    grant = forms.ChoiceField(
        label=pgettext_lazy("sharing", "Grant"),
        required=False,
        help_text=_("Needed to name a single row: its key as this grant shows it."),
    )
    row_key = forms.CharField(
        label=_("Key of the row"),
        required=False,
        max_length=1000,
        help_text=_("Kept sealed, shown to both sides alone, and deleted once the matter is closed."),
    )
    description = text_field(_("What is wrong, and how you know it"), rows=5)

    def __init__(
        self,
        data: Any = None,
        *,
        items: Sequence[tuple[str, str]],
        datasets: Sequence[tuple[str, str]],
        grants: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.fields["item"].choices = [("", "—"), *items]  # type: ignore[attr-defined]
        self.fields["dataset"].choices = [("", "—"), *datasets]  # type: ignore[attr-defined]
        self.fields["grant"].choices = [("", "—"), *grants]  # type: ignore[attr-defined]
        if len(datasets) <= 1:
            del self.fields["dataset"]
        if not grants:
            del self.fields["grant"], self.fields["row_key"]


class AnswerForm(WordForm):
    answer = text_field(pgettext_lazy("objection", "What you found, and what you do"), rows=3)


class CorrectForm(forms.Form):
    version = forms.IntegerField(required=False, min_value=1, max_value=2**62)


class UsageForm(forms.Form):
    """How data were used in a period (809, Art. 29)."""

    first_day = day_field(label=_("First day"))
    last_day = day_field(label=pgettext_lazy("sharing", "Last day"))
    scenario = text_field(_("Scenario of use"), rows=2)
    process = text_field(_("Process"), rows=2, help_text=_("In which step, by which system, how often."))
    effect = text_field(
        pgettext_lazy("sharing", "Effect"),
        rows=2,
        help_text=_("What the data achieved: papers spared, errors found, time won."),
    )
    storage = text_field(_("Storage"), rows=2, help_text=_("Where and how long they are kept, who may reach them."))
    disposal = text_field(_("Destruction"), rows=2, required=False)


class InspectionForm(forms.Form):
    result = forms.ChoiceField(label=_("Result"), choices=InspectionResult.choices, widget=forms.RadioSelect)
    finding = text_field(_("What was found"), rows=3)
    rectify_by = day_field(label=_("To be rectified by"), required=False)


class RectifyForm(forms.Form):
    report = text_field(_("What was put right"), rows=3)


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput,
        help_text=_("Requests go only to hosts that the security administrator has listed."),
    )
    note = forms.CharField(label=pgettext_lazy("form", "Remark"), required=False, max_length=200)
