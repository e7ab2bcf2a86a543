"""Forms of grants, terms and the region's policy: shape and type of what people send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.choices import Mask, Sharing
from collection.duty_forms import FilterForm
from core.components.options import Options, OptionsSelect
from sharing.choices import EndReason, GrantStatus, ShareMethod, SupplementClock
from sharing.forms import FIELD_LABELS, LimitsForm, WordForm, day_field, text_field
from sharing.services.policy import LONGEST_DAYS
from sharing.use_limits import LIMITS


@dataclass(frozen=True, slots=True)
class MaskChoice:
    """The masks that an item of a running grant may have."""

    item: str
    name: str
    present: str
    choices: Options


class GrantFilterForm(FilterForm):
    q = forms.CharField(required=False, max_length=100)
    status = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("Any state")),
            ("coming", _("Not in force yet")),
            ("ending", _("Ending within 30 days")),
            *GrantStatus.choices,
        ],
    )


def notice_field() -> forms.IntegerField:
    """Return the announcement that was read."""
    return forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    reason = text_field(pgettext_lazy("form", "Reason"), rows=2)


class ResumeForm(forms.Form):
    """A suspension is lifted: the one that was chosen, or the only one that its reader may lift.

    Args:
        choices: suspensions as people read them, the reader's own side's first.
    """

    suspension = forms.TypedChoiceField(label=_("Which suspension"), coerce=int, required=False, empty_value=None)
    note = text_field(pgettext_lazy("form", "Remark"), rows=2, required=False)

    def __init__(self, data: Any = None, *, choices: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["suspension"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  as it stands above
        field.choices = list(choices)
        if choices:
            field.initial = choices[0][0]
        if len(choices) <= 1:
            field.widget = forms.HiddenInput()


class NoticeForm(WordForm):
    """A word on an announcement: the one that was read, and no other."""

    notice = notice_field()


class StopFileForm(NoticeForm):
    note = text_field(pgettext_lazy("form", "Remark"), rows=2, required=False)


class LoosenForm(LimitsForm):
    """Limits that hold at once instead of tighter ones; what held when it was opened is sent with them."""

    note = text_field(pgettext_lazy("form", "Remark"), rows=2, required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name in [name for name in LIMITS if name in self.fields]:
            self.fields[f"read_{name}"] = forms.IntegerField(
                required=False, min_value=1, widget=forms.HiddenInput, initial=self.initial.get(name)
            )

    def read(self) -> dict[str, int | None]:
        """Return the limits that its reader saw, as far as they were sent."""
        sent = [name for name in LIMITS if self.add_prefix(f"read_{name}") in self.data]
        return {name: self.cleaned_data.get(f"read_{name}") for name in sent}

    def reread(self, limits: Mapping[str, int | None]) -> None:
        """Keep what was typed, beside the limits that its reader sees now."""
        read = {self.add_prefix(f"read_{name}"): "" if one is None else str(one) for name, one in limits.items()}
        self.data = {**dict(self.data.items()), **read}


class NarrowForm(LimitsForm):
    """An announcement of stronger masks and limits of use.

    Args:
        masks: items with the masks that each may have, the present one first.
    """

    reason = text_field(pgettext_lazy("form", "Reason"), rows=2)
    stops_on = day_field(label=_("Holds from"))

    def __init__(self, data: Any = None, *, masks: Sequence[MaskChoice] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self._masks = list(masks)
        for one in self._masks:
            self.fields[f"mask-{one.item}"] = forms.ChoiceField(
                label=_("Mask of %(name)s") % {"name": one.name},
                choices=one.choices,
                initial=one.present,
                required=False,
                widget=OptionsSelect,
            )

    @property
    def mask_fields(self) -> list[forms.BoundField]:
        return [self[f"mask-{one.item}"] for one in self._masks]

    def masks(self) -> dict[str, str]:
        """Return item → mask as the service takes them; what was not sent stays as it is."""
        found = {one.item: self.cleaned_data.get(f"mask-{one.item}") or one.present for one in self._masks}
        return {item: mask for item, mask in found.items() if mask != Mask.NONE}


class EndForm(forms.Form):
    """The end of a grant before its day.

    Args:
        reasons: those that are the actor's to give.
        is_provider: whether he says for the provider how the data are disposed of.
    """

    reason = forms.ChoiceField(label=pgettext_lazy("form", "Reason"), widget=forms.RadioSelect)
    note = text_field(pgettext_lazy("form", "Remark"), rows=2, required=False)
    disposal_demand = text_field(
        _("How the data are disposed of"),
        rows=2,
        required=False,
        help_text=_("The provider's demand: deleted, returned, or kept for a record until when."),
    )

    def __init__(
        self, data: Any = None, *, reasons: Sequence[EndReason], is_provider: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.fields["reason"].choices = [(one.value, one.label) for one in reasons]  # type: ignore[attr-defined]
        if not is_provider:
            del self.fields["disposal_demand"]


class DemandForm(forms.Form):
    """How the provider wants the data disposed of."""

    demand = text_field(_("How the data are disposed of"), rows=2)


class DisposeForm(forms.Form):
    note = text_field(_("How the data were disposed of"), rows=3)


class AnnounceForm(forms.Form):
    reason = text_field(pgettext_lazy("form", "Reason"), rows=2)
    stops_on = day_field(label=_("Stops on"), help_text=_("From this day on nothing is given any more."))


class StopAnswerForm(NoticeForm):
    answer = text_field(pgettext_lazy("form", "Answer"), rows=2, required=False)


class CarryOutForm(forms.Form):
    notice = notice_field()
    disposal_demand = text_field(_("How the data are disposed of"), rows=2, required=False)


class StopAllForm(forms.Form):
    """The announced end of a dataset is carried out for all: of the day that was read, and no other."""

    stops_on = forms.DateField(widget=forms.HiddenInput)
    disposal_demand = text_field(_("How the data are disposed of"), rows=2, required=False)


class TakeForm(forms.Form):
    """Data that are shared unconditionally, taken on the spot."""

    purpose = text_field(
        pgettext_lazy("sharing", "What for"), rows=3, help_text=_("The matter in which the data are used.")
    )
    systems = forms.MultipleChoiceField(label=FIELD_LABELS["systems"], widget=forms.CheckboxSelectMultiple)
    methods = forms.MultipleChoiceField(
        label=FIELD_LABELS["methods"], choices=ShareMethod.choices, widget=forms.CheckboxSelectMultiple
    )
    until = day_field(label=FIELD_LABELS["valid_until"])

    def __init__(
        self, data: Any = None, *, systems: Sequence[tuple[str, str]], longest_days: int, **kwargs: Any
    ) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.fields["systems"].choices = systems  # type: ignore[attr-defined]
        limit = _("At most %(days)d days; a grant can be renewed.") % {"days": longest_days}
        self.fields["until"].help_text = limit


class TermsForm(forms.Form):
    text = text_field(pgettext_lazy("terms", "Text"), rows=14, most=50_000)


class PolicyForm(forms.Form):
    """How a region goes about requests, where the Regulation leaves it open."""

    edit_version = forms.IntegerField(
        label=_("Version of this form"), required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )
    checked = forms.MultipleChoiceField(
        label=_("Form is checked first for"),
        required=False,
        choices=Sharing.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The check runs before the provider's time begins and takes none of it."),
    )
    supplement_clock = forms.ChoiceField(
        label=_("The provider's time while material is missing"),
        choices=SupplementClock.choices,
        widget=forms.RadioSelect,
    )
    longest_days = forms.IntegerField(
        label=_("Longest grant, days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        widget=forms.NumberInput(attrs={"class": "is-short"}),
    )
    usage_record_days = forms.IntegerField(
        label=_("Days until a record of use is asked for"),
        min_value=1,
        max_value=LONGEST_DAYS,
        widget=forms.NumberInput(attrs={"class": "is-short"}),
        help_text=_("After so many days without one the holder of a grant is reminded."),
    )
