"""Forms of library datasets: shape and type of what people send."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collection.readers.shown import Shown
from collection.store.columns import Column
from libraries.fitting import fits
from sharing.forms import WordForm, text_field


class PartForm(forms.Form):
    """Which item of a source fills which of the library's: one choice for each, named by the item's identity.

    Args:
        columns: of the library dataset.
        source: the items that the grant gives, as it shows them.
        mapping: what is chosen at first.
        lineage_item: filled by the platform, and not asked for.
        edit_version: of the source that is changed; "" of a new one. Where another was sent, each field that differs
            says what somebody has saved meanwhile.
    """

    edit_version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        columns: Sequence[Column],
        source: Mapping[str, Shown],
        mapping: Mapping[str, str],
        lineage_item: str = "",
        edit_version: str = "",
    ) -> None:
        super().__init__(data, label_suffix="", initial={"edit_version": edit_version})
        if not edit_version:
            del self.fields["edit_version"]
        is_stale = data is not None and data.get("edit_version", edit_version) not in ("", edit_version)
        for one in columns:
            if one.item == lineage_item:
                continue
            fitting = [(item, _name(shown)) for item, shown in source.items() if fits(shown, one)]
            self.fields[one.item] = forms.ChoiceField(
                label=one.name,
                required=one.is_key,
                choices=[("", _("Not filled")), *fitting],
                initial=mapping.get(one.item, ""),
                widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
                help_text=_("Part of the key: rows of the same key become one.") if one.is_key else "",
            )
            kept = mapping.get(one.item, "")
            if is_stale and data.get(one.item, "") != kept:
                label = dict(fitting).get(kept) or _("Not filled")
                self.fields[one.item].help_text = _("Saved meanwhile: %(name)s") % {"name": label}

    @property
    def chosen(self) -> dict[str, str]:
        """The mapping that was sent."""
        return {item: value for item, value in self.cleaned_data.items() if value and item != "edit_version"}


def _name(shown: Shown) -> str:
    return f"{shown.column.name} ({_('masked')})" if shown.is_masked else shown.column.name


class AnswerForm(WordForm):
    """The provider's word on a source of a library."""

    edit_version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    reason = text_field(_("Reason"), rows=3, required=False, help_text=_("Required where you refuse."))


class LineageForm(forms.Form):
    """The item that keeps the sources of every row.

    Args:
        columns: of the library dataset.
    """

    lineage_item = forms.ChoiceField(
        label=_("Item that keeps the sources"),
        required=False,
        help_text=_("Of every row it says which sources it came from, by department code and number of the dataset."),
    )

    edit_version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, columns: Sequence[Column], chosen: str = "", edit_version: str = ""
    ) -> None:
        super().__init__(data, label_suffix="", initial={"lineage_item": chosen, "edit_version": edit_version})
        field: Any = self.fields["lineage_item"]
        texts = [(one.item, one.name) for one in columns if one.is_text and not one.is_key]
        field.choices = [("", pgettext_lazy("item", "None")), *texts]
