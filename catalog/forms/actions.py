"""Forms of the steps an entry takes besides being edited."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy


class ReviseForm(forms.Form):
    """Opening a revision: which recorded change of law or duties it answers, if any."""

    duty_change = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Reason of the revision"),
    )

    def __init__(self, *args: Any, changes: Any = (), **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["duty_change"]
        field.choices = [
            *((str(one.pk), str(one)) for one in changes),
            ("", gettext_lazy("Another reason")),
        ]
        field.choice_help = {
            **{str(one.pk): one.gist for one in changes},
            "": gettext_lazy("No recorded change; no clock of Art. 17 is stopped."),
        }


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": "4"}),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "For instance: the duty has passed to another department, or the data is kept in another entry."
        ),
    )
