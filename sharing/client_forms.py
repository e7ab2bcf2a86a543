"""Forms of machine clients: shape and type of what is typed."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import InformationSystem
from core.actors import Actor
from core.exceptions import FieldError
from sharing.client_choices import ClientStatus, Scope
from sharing.services.client import networks_checked
from sharing.services.client_secret import MOST_OVERLAP_HOURS

_SEPARATORS = re.compile(r"[\s,，;；]+")


def networks_in(text: str) -> list[str]:
    """Return the networks that were typed, one per line or apart by commas."""
    return [part for part in _SEPARATORS.split(text) if part]


def usable_networks(text: str) -> list[str]:
    """Return the networks that were typed.

    What the service would refuse is said here already: it is not asked while anything else of the form is wrong.
    """
    errors: list[FieldError] = []
    networks = networks_in(text)
    networks_checked(networks, errors)
    if errors:
        raise forms.ValidationError([str(one.message) for one in errors])
    return networks


class ClientForm(forms.Form):
    """A client to be registered."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("What it is called in lists and in the trail."))
    system = forms.ModelChoiceField(
        label=_("System"),
        queryset=InformationSystem.objects.none(),
        empty_label=_("Choose a system"),
        help_text=_("The system that will call."),
    )
    purpose = forms.CharField(label=_("Purpose"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    networks = forms.CharField(
        label=_("Calls from"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Addresses or networks, e.g. 10.20.3.7 or 10.20.0.0/16."),
    )
    calls_per_minute = forms.IntegerField(label=_("Calls a minute"), initial=600, min_value=1, max_value=60_000)
    scopes = forms.MultipleChoiceField(
        label=_("May be used to"),
        choices=Scope.choices,
        initial=[Scope.DATA_READ],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].queryset = InformationSystem.objects.filter(  # type: ignore[attr-defined]
            department=actor.department_id, retired_on__isnull=True
        )

    def clean_networks(self) -> list[str]:
        return usable_networks(self.cleaned_data["networks"])


class ClientEditForm(forms.Form):
    """What of a client can be changed."""

    networks = forms.CharField(
        label=_("Calls from"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Addresses or networks, e.g. 10.20.3.7 or 10.20.0.0/16."),
    )
    calls_per_minute = forms.IntegerField(label=_("Calls a minute"), min_value=1, max_value=60_000)
    scopes = forms.MultipleChoiceField(
        label=_("May be used to"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    edit_version = forms.IntegerField(label=_("Version of this form"), widget=forms.HiddenInput)

    def clean_networks(self) -> list[str]:
        return usable_networks(self.cleaned_data["networks"])


class ClientFilterForm(forms.Form):
    """What a list of clients is narrowed by."""

    q = forms.CharField(required=False, max_length=100)
    status = forms.ChoiceField(required=False, choices=[("", _("Any state")), *ClientStatus.choices])

    def chosen(self) -> dict[str, str]:
        """Return what can be used of the address."""
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}


class ReasonForm(forms.Form):
    """Why a client is turned away, stopped or ended."""

    note = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput)


class RotateForm(forms.Form):
    """For how long the old secret goes on."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The old secret is taken for"),
        coerce=int,
        choices=[
            (0, _("no longer: it ends now")),
            (1, _("1 hour")),
            (24, _("1 day")),
            (72, _("3 days")),
            (MOST_OVERLAP_HOURS, _("7 days")),
        ],
        initial=24,
    )
    newest = forms.IntegerField(required=False, widget=forms.HiddenInput)
