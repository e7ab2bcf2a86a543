"""One form per step of the editor. Nothing is required here: a draft may be incomplete, submission is checked."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog import selectors
from catalog.choices import CategoryLevel, Cycle, DataLevel, FormatClass, Opening, Secrecy, Sharing, SharingMethod
from catalog.filing import sheet, steps
from catalog.filing.values import field_values, plain_text
from catalog.formats import FORMAT_TYPES, METHODS_OF_CLASS
from catalog.forms.parts import CensusField, CitationsField, ItemsField, RefsField, extra_fields
from catalog.models import Category, Entry, Revision
from catalog.rules import SUMMARY_LIMIT
from catalog.selectors import filing

EMPTY_CHOICE = ("", "—")
LONG_TEXT = 10_000
SECRETS = (Secrecy.WORK, Secrecy.STATE)


def _lines(rows: int, **attributes: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": str(rows), **attributes})


def _searchable() -> forms.Select:
    return forms.Select(attrs={"data-tom": "", "data-empty": gettext_lazy("Nothing matches")})


class StepForm(forms.Form):
    """One step of the editor; keys and cleaned values are those that the services take.

    ``notes`` are what the rules say about a field, ``hints`` what they advise; the page shows both at the field.
    """

    step: steps.Step
    fields: dict[str, Any]

    def __init__(self, *args: Any, revision: Revision | None = None, entry: Entry | None = None, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.revision = revision
        self.entry = entry
        self.hints: dict[str, str] = {}
        for name, one in self.fields.items():
            one.required = False
            one.label = steps.LABELS.get(name, one.label)
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices that come from tables."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {name: plain_text(value) if isinstance(value, str) else value for name, value in cleaned.items()}

    @property
    def values(self) -> dict[str, Any]:
        """The valid values that were sent, as the services take them; the items are apart."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("items", "items_text")}

    @property
    def rows(self) -> list[dict[str, Any]] | None:
        """The items that were sent, None in steps without the sheet."""
        return None

    @property
    def problems(self) -> list[sheet.Problem]:
        """Cells of the sheet that could not be read."""
        return getattr(self.rows, "problems", [])

    @property
    def is_whole(self) -> bool:
        """Whether everything that was sent could be read."""
        return self.is_valid() and not self.problems

    def show(self, errors: Mapping[str, Iterable[str]], hints: Mapping[str, Iterable[str]]) -> None:
        """Show what the rules found at the fields of a form that was not sent."""
        self._errors = ErrorDict({name: ErrorList(list(texts)) for name, texts in errors.items()})
        self.hints = {name: " ".join(texts) for name, texts in hints.items() if name not in errors}

    def refuse(self, where: str, message: str) -> None:
        """Show an error of a service at its field."""
        place = steps.place_of(where)
        self.add_error(place.field if place.field in self.fields else None, message)

    def text_of(self, name: str, value: Any) -> str:
        """Return a value of a field as people read it."""
        chosen = dict(_flat(getattr(self.fields.get(name), "choices", ())))
        if isinstance(value, list):
            return "\n".join(
                f"{one['document']} {one['article']}".strip() if isinstance(one, dict) else str(chosen.get(one, one))
                for one in value
            )
        if isinstance(value, dict):
            return "\n".join(f"{key}: {one}" for key, one in value.items())
        return str(chosen.get(value, value or ""))


def _flat(choices: Any) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label


class BasicForm(StepForm):
    step = steps.BASIC

    name = forms.CharField(
        max_length=200,
        help_text=gettext_lazy("Name the information, not the system or the document that holds it."),
    )
    summary = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(4),
        help_text=gettext_lazy(
            "What the data is about, whom it covers, since when. Other platforms keep 256 characters."
        ),
    )
    department_unit = forms.CharField(
        max_length=100, help_text=gettext_lazy("The unit within your department that keeps the data.")
    )
    source_system = forms.ChoiceField(
        widget=_searchable(), help_text=gettext_lazy("From the register of your department's information systems.")
    )
    keywords = forms.CharField(
        max_length=300, help_text=gettext_lazy("Other words people look for, separated by blanks or commas.")
    )
    related = RefsField(help_text=gettext_lazy("Entries of the same matter; type a name or a code."))
    duty_change = forms.ChoiceField(
        help_text=gettext_lazy(
            "The recorded change that this revision answers. Filing the revision stops its clock "
            "(Regulation on Government Data Sharing, Art. 17)."
        )
    )
    secrecy = forms.ChoiceField(choices=Secrecy.choices, widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["summary"].max_length = SUMMARY_LIMIT
        systems = selectors.systems_of(self.entry.department_id) if self.entry else []
        self.fields["source_system"].choices = [EMPTY_CHOICE, *((str(one.pk), one.name) for one in systems)]
        self.fields["related"].known = self.revision.related.all() if self.revision else []
        changes = filing.duty_changes_open(self.entry) if self.entry else []
        if not changes and not (self.revision and self.revision.duty_change_id):
            del self.fields["duty_change"]
            return
        options = {str(one.pk): str(one) for one in changes}
        if self.revision and self.revision.duty_change:
            options.setdefault(str(self.revision.duty_change_id), str(self.revision.duty_change))
        self.fields["duty_change"].choices = [("", _("None: the revision has another reason")), *options.items()]

    @property
    def values(self) -> dict[str, Any]:
        found = super().values
        if found.get("secrecy") not in SECRETS:
            found.pop("secrecy", None)
        return found


class CreateForm(BasicForm):
    """The first step of an entry that does not exist yet, with the question that decides whether it may."""

    draft_key = forms.UUIDField(widget=forms.HiddenInput)
    secrecy = forms.ChoiceField(
        choices=[(Secrecy.NONE, _), (Secrecy.WORK, _), (Secrecy.STATE, _)],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Asked before anything is stored (Regulation on Government Data Sharing, Art. 3)."),
    )

    def prepare(self) -> None:
        super().prepare()
        describe_secrecy(self.fields["secrecy"])
        self.fields["name"].required = True
        self.fields["name"].error_messages["required"] = _("Give the entry a name.")
        self.fields["secrecy"].required = True
        self.fields["secrecy"].error_messages["required"] = _("Say whether the data holds secrets.")

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values.items() if name != "draft_key"}


def describe_secrecy(field: Any) -> None:
    """Give the choices of the secrecy question their words and consequences."""
    field.choices = [
        (Secrecy.NONE, _("No state or work secrets")),
        (Secrecy.WORK, _("Holds work secrets")),
        (Secrecy.STATE, _("Holds state secrets")),
    ]
    outside = _("Must not enter this platform; handle it on a classified system.")
    field.choice_help = {Secrecy.NONE: _("May be filed here."), Secrecy.WORK: outside, Secrecy.STATE: outside}
    field.choice_icons = {Secrecy.NONE: "circle-check", Secrecy.WORK: "ban", Secrecy.STATE: "ban"}


class FormatForm(StepForm):
    step = steps.FORMAT

    category = forms.ChoiceField(
        widget=_searchable(), help_text=gettext_lazy("The resource code begins with the category's code.")
    )
    library = forms.ChoiceField(
        widget=_searchable(), help_text=gettext_lazy("The base or theme library that the data belongs to, if any.")
    )
    format_class = forms.ChoiceField()
    format_type = forms.ChoiceField(help_text=gettext_lazy("Types follow the class."))
    format_note = forms.CharField(max_length=300, help_text=gettext_lazy("Needed for a format of your own."))
    cycle = forms.ChoiceField(choices=[EMPTY_CHOICE, *Cycle.choices])
    census = CensusField()

    def prepare(self) -> None:
        self.fields["category"].choices = [EMPTY_CHOICE, *category_choices(self.revision)]
        self.fields["library"].choices = [EMPTY_CHOICE, *((one.code, one.name) for one in selectors.library_list())]
        self.fields["format_class"].choices = [EMPTY_CHOICE, *FormatClass.choices]
        self.fields["format_class"].widget.attrs["data-format-class"] = ""
        self.fields["format_type"].widget.attrs["data-format-type"] = ""
        groups: list[tuple[Any, Any]] = [
            (FormatClass(key).label, [(one, one) for one in types]) for key, types in FORMAT_TYPES.items()
        ]
        current = self.revision.format_type if self.revision else ""
        if current and all(current not in types for types in FORMAT_TYPES.values()):
            groups.append((_("Not in the list"), [(current, current)]))
        self.fields["format_type"].choices = [EMPTY_CHOICE, *groups]


def category_choices(revision: Revision | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the categories that take entries, grouped under the path above them."""
    tree = {one.pk: one for one in selectors.category_tree()}
    current = revision.category_id if revision else None
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in tree.values():
        if not (one.takes_entries or one.pk == current):
            continue
        above = one
        while above.level in (CategoryLevel.ORDER, CategoryLevel.SUBORDER) and above.parent_id:
            above = tree[above.parent_id]
        groups.setdefault(_path(tree, above), []).append((one.code, f"{one.code} {one.name}"))
    return list(groups.items())


def _path(tree: Mapping[int, Category], node: Category) -> str:
    names = [node.name]
    while node.parent_id:
        node = tree[node.parent_id]
        names.append(node.name)
    return " › ".join(reversed(names))


class ItemsForm(StepForm):
    step = steps.ITEMS

    items = ItemsField()
    items_text = forms.CharField(
        max_length=400_000,
        widget=_lines(6, spellcheck="false"),
        label=gettext_lazy("Rows from a spreadsheet"),
        help_text=gettext_lazy(
            "One item per line, cells separated by tabs or commas, in the order of the heads above or with a head line "
            "of their own. They are added below the rows above."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("items_text"):
            added = sheet.rows_of_text(cleaned["items_text"])
            above = cleaned.get("items") or sheet.SheetRows()
            cleaned["items"] = sheet.SheetRows([*above, *added], above.problems)
            for problem in added.problems[:5]:
                text = _("Line %(row)d: %(problem)s")
                self.add_error("items_text", text % {"row": problem.row + 1, "problem": problem.message})
        return cleaned

    @property
    def rows(self) -> list[dict[str, Any]] | None:
        return self.cleaned_data.get("items") if self.is_bound else None


class SharingForm(StepForm):
    step = steps.SHARING

    sharing = forms.ChoiceField(
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Regulation on Government Data Sharing, Art. 14 and 15: no conditions of one's own may be added. "
            "The attribute counts once the data authority has decided it."
        ),
    )
    sharing_scope = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(2),
        help_text=gettext_lazy("Which departments, or departments with which duties, may ask for the data."),
    )
    sharing_purpose = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(2),
        help_text=gettext_lazy("Say for which matters it may be used; “work needs” does not say it."),
    )
    sharing_reason = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(2),
        help_text=gettext_lazy("Why the data cannot be shared even under conditions."),
    )
    legal_basis = CitationsField(
        help_text=gettext_lazy(
            "Pick from the register, or write document and article. Withholding rests on a law, an administrative "
            "regulation or a State Council decision only (Art. 15)."
        )
    )
    sharing_note = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(2),
        help_text=gettext_lazy("Needed where the entry is looser than one of its items."),
    )
    sharing_method = forms.ChoiceField(widget=forms.RadioSelect)
    use_conditions = forms.CharField(
        max_length=LONG_TEXT, widget=_lines(2), help_text=gettext_lazy("What users of the data must keep to.")
    )
    opening = forms.ChoiceField(widget=forms.RadioSelect)
    opening_condition = forms.CharField(max_length=LONG_TEXT, widget=_lines(2))

    def prepare(self) -> None:
        sharing: Any = self.fields["sharing"]
        sharing.choices = [
            (Sharing.UNCONDITIONAL, pgettext_lazy("sharing", "Unconditional")),
            (Sharing.CONDITIONAL, pgettext_lazy("sharing", "Conditional")),
            (Sharing.WITHHELD, pgettext_lazy("sharing", "Withheld")),
        ]
        sharing.choice_icons = {"unconditional": "circle", "conditional": "circle-half-2", "withheld": "ban"}
        sharing.choice_help = {
            "unconditional": _("Every department may use it."),
            "conditional": _("Scope and purpose must be stated."),
            "withheld": _("Reason and law, administrative regulation or State Council decision must be stated."),
        }
        opening: Any = self.fields["opening"]
        opening.choices = [
            (Opening.OPEN, pgettext_lazy("opening", "Open")),
            (Opening.CONDITIONAL, pgettext_lazy("opening", "Open on conditions")),
            (Opening.CLOSED, pgettext_lazy("opening", "Not open")),
        ]
        opening.choice_icons = {"open": "world", "conditional": "world-question", "closed": "world-off"}
        opening.choice_help = {
            "open": _("Everybody may download it."),
            "conditional": _("The record is public, the data on request."),
            "closed": _("Only departments, by the sharing attribute."),
        }
        self._fit_methods()
        self.fields["legal_basis"].register = filing.legal_basis_groups()

    def _fit_methods(self) -> None:
        """Close the ways of sharing that the format class does not allow, with the reason beside them."""
        field: Any = self.fields["sharing_method"]
        field.choices = SharingMethod.choices
        chosen = self.revision.format_class if self.revision else ""
        fitting = METHODS_OF_CLASS.get(chosen)
        if fitting is None:
            return
        reasons = {
            SharingMethod.PLATFORM_TABLE: _("databases only"),
            SharingMethod.PLATFORM_FILE: _("file formats only"),
            SharingMethod.PLATFORM_API: _("databases and services only"),
            SharingMethod.OFFLINE: _("not for services"),
        }
        current = self.revision.sharing_method if self.revision else ""
        field.choice_disabled = {
            method: reason for method, reason in reasons.items() if method not in fitting and method != current
        }


class GradingForm(StepForm):
    step = steps.GRADING

    data_level = forms.ChoiceField(
        help_text=gettext_lazy("GB/T 43697—2024: the highest grade of any item counts. Grade 3 and above: mask items.")
    )
    secrecy = forms.ChoiceField(widget=forms.RadioSelect)
    secrecy_assessment = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(3),
        help_text=gettext_lazy("Finding, who assessed and when; due before filing (Art. 13)."),
    )
    personal_information_assessment = forms.CharField(
        max_length=LONG_TEXT,
        widget=_lines(3),
        help_text=gettext_lazy(
            "Finding, measures taken, who assessed and when; “no personal information” where there is none (Art. 13)."
        ),
    )

    def prepare(self) -> None:
        describe_secrecy(self.fields["secrecy"])
        self.fields["data_level"].choices = [EMPTY_CHOICE, *reversed(DataLevel.choices)]
        standard = self.revision.standard if self.revision else None
        self.extra_names = []
        if standard is not None and standard.extra_schema:
            for name, field in extra_fields(standard.extra_schema).items():
                self.fields[f"extra_{name}"] = field
                self.extra_names.append(name)

    @classmethod
    def initial_of(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, **{f"extra_{name}": value for name, value in values["extra"].items()}}

    @property
    def values(self) -> dict[str, Any]:
        found = {name: value for name, value in super().values.items() if not name.startswith("extra_")}
        kept = dict(self.revision.extra) if self.revision else {}
        for name in self.extra_names:
            value = self.cleaned_data.get(f"extra_{name}")
            kept.pop(name, None)
            if value not in (None, ""):
                kept[name] = value
        return found | {"extra": kept}


_FORMS: dict[str, type[StepForm]] = {
    form.step.key: form for form in (BasicForm, FormatForm, ItemsForm, SharingForm, GradingForm)
}


def form_for(
    step: steps.Step, entry: Entry, revision: Revision, data: Any = None, initial: Mapping[str, Any] | None = None
) -> StepForm:
    """Return the form of a step, showing the revision's content or what was sent."""
    form_class = _FORMS[step.key]
    values = dict(initial) if initial is not None else field_values(revision, step.fields)
    if form_class is GradingForm:
        values = GradingForm.initial_of(values)
    return form_class(data, revision=revision, entry=entry, initial=values, auto_id="id_%s")


__all__ = ["BasicForm", "CreateForm", "FormatForm", "GradingForm", "ItemsForm", "SharingForm", "StepForm", "form_for"]
