"""The filters of the trail, as the address carries them."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit import actions
from audit.models import Outcome
from audit.selectors import TrailFilters


def _text(label: Any, placeholder: Any = "", *, longest: int = 100) -> forms.CharField:
    attributes = {"class": "form-control form-control-sm", "placeholder": placeholder, "autocomplete": "off"}
    return forms.CharField(label=label, required=False, max_length=longest, widget=forms.TextInput(attrs=attributes))


def _day(label: Any) -> forms.DateField:
    attributes = {"type": "date", "class": "form-control form-control-sm"}
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs=attributes, format="%Y-%m-%d"))


class TrailForm(forms.Form):
    since = _day(pgettext_lazy("audit", "From"))
    until = _day(pgettext_lazy("audit", "Until"))
    action = forms.CharField(label=_("Action"), required=False, max_length=100)
    outcome = forms.ChoiceField(
        label=pgettext_lazy("audit", "Outcome"), required=False, choices=[("", _("Any")), *Outcome.choices]
    )
    actor = _text(pgettext_lazy("audit", "Person"), _("Name"))
    department = _text(_("Department"), _("Name or short code"))
    object = _text(pgettext_lazy("audit", "Object"), _("Name"), longest=200)
    request = _text(pgettext_lazy("audit", "Request"), _("Number on an error page"), longest=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = self.data.get("action", "")
        self.fields["action"].widget = forms.Select(
            choices=[("", _("Any action")), *action_choices(asked)],
            attrs={"class": "form-select form-select-sm", "data-tom": "", "data-empty": _("No match")},
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day lies before the first one."))
        return data

    @property
    def filters(self) -> TrailFilters:
        """What could be read of the filters; the rest is left out and marked at its field."""
        self.is_valid()
        known = {name: value for name, value in self.cleaned_data.items() if value}
        if isinstance(known.get("until"), date) and known["until"].year > 9000:
            del known["until"]
        return TrailFilters(**known)


def action_choices(asked: str = "") -> list[tuple[Any, Any]]:
    """Return the named actions, grouped by app; one that nobody named stays choosable."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, label in actions.registered().items():
        groups.setdefault(actions.app_label(code.partition(".")[0]), []).append((code, str(label)))
    choices: list[tuple[Any, Any]] = list(groups.items())
    if asked and asked not in actions.registered():
        choices.insert(0, (asked, asked))
    return choices
