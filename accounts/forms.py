"""Shape of what is typed. Rules across fields, and rights, are the services' business."""

from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import AliasKind, Language, ProtectionGrade, RegionLevel, Role
from accounts.models import Department, Region, SecurityPolicy, User
from accounts.selectors.department import department_choices
from accounts.selectors.region import region_choices
from core.clock import REGION_ZONE
from core.exceptions import RuleViolation, StaleEdit

DAY = {"type": "date"}
SMALL = "form-select form-select-sm w-auto"


def add_refusal(form: forms.BaseForm, refusal: RuleViolation) -> None:
    """Show broken rules at the fields they name; what names no field of the form stands above it."""
    typed_as = getattr(form, "typed_as", {})
    for error in refusal.errors:
        name = typed_as.get(error.field, error.field)
        form.add_error(name if name in form.fields else None, str(error.message))


def add_stale(form: forms.BaseForm, refusal: StaleEdit) -> None:
    """Keep what was typed and let it be saved over the newer version once the person has compared."""
    data = QueryDict(mutable=True)
    data.update(form.data)
    data["edit_version"] = str(refusal.extra.get("edit_version", ""))
    form.data = data
    form.add_error(None, str(refusal.message))


class RegionField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Select(attrs={"data-tom": "", "data-empty": _("No region of this name")})
        super().__init__(
            queryset=Region.objects.none(),
            to_field_name="code",
            widget=widget,
            empty_label=_("Choose a region"),
            **kwargs,
        )

    def label_from_instance(self, obj: Region) -> str:
        return f"{obj.name} {obj.code}"


class DepartmentField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Select(attrs={"data-tom": "", "data-empty": _("No department of this name")})
        super().__init__(
            queryset=Department.objects.none(), widget=widget, empty_label=_("Choose a department"), **kwargs
        )

    def label_from_instance(self, obj: Department) -> str:
        return f"{obj.name} · {obj.region.name} · {obj.code}"


class PickForm(forms.Form):
    """A form whose pick lists are read when it is made, not when the module is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, RegionField):
                field.queryset = region_choices()
            elif isinstance(field, DepartmentField):
                field.queryset = department_choices()


class VersionedForm(PickForm):
    edit_version = forms.IntegerField(label=_("Version of this form"), widget=forms.HiddenInput, required=False)


# --- Signing in -------------------------------------------------------------------------------------------------


class LoginForm(forms.Form):
    username = forms.CharField(
        label=_("Account"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "form-control"}),
    )

    def clean_username(self) -> str:
        """Fold capitals, so that failures are counted for one name however it is typed."""
        return str(self.cleaned_data["username"]).strip().lower()


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("One-time code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


class PasswordConfirmForm(forms.Form):
    password = forms.CharField(
        label=_("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordChangeForm(forms.Form):
    old_password = forms.CharField(
        label=_("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("Once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("new_password") and values.get("repeated") and values["new_password"] != values["repeated"]:
            self.add_error("repeated", _("The two new passwords differ."))
        return values


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the platform")), *Language.choices]
    )
    shortcuts_enabled = forms.BooleanField(
        label=_("Single-letter keyboard shortcuts"),
        required=False,
        help_text=_("Switch them off if letters you speak or type set off actions."),
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)


# --- Departments ------------------------------------------------------------------------------------------------


class ProfileForm(VersionedForm):
    """What a department keeps about itself."""

    first_head_name = forms.CharField(label=_("First responsible head"), max_length=60, required=False)
    first_head_title = forms.CharField(label=_("Post of the head"), max_length=60, required=False)
    unit_name = forms.CharField(
        label=_("Dedicated unit"), max_length=80, required=False, help_text=_("Answers for data sharing in daily work.")
    )
    contact_name = forms.CharField(label=_("Dedicated person"), max_length=60, required=False)
    contact_phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    contact_email = forms.EmailField(label=_("E-mail"), required=False)
    address = forms.CharField(label=pgettext_lazy("postal", "Address"), max_length=200, required=False)
    duties = forms.CharField(label=_("Duties"), required=False, widget=forms.Textarea(attrs={"rows": 4}))


USCC_HELP = _("18 characters; checked by the rule of GB 32100.")
CODE_HELP = _("Small letters, digits and hyphens; never changes. Empty: made from the initials of the name.")


class DepartmentForm(ProfileForm):
    """Profile and what only the system administrator keeps."""

    short_name = forms.CharField(label=_("Short name"), max_length=60, required=False)
    uscc = forms.CharField(label=_("Unified social credit code"), max_length=24, required=False, help_text=USCC_HELP)
    field_order = ["edit_version", "short_name", "uscc"]


class DepartmentCreateForm(DepartmentForm):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Full name, as in its credit code certificate.")
    )
    code = forms.CharField(label=_("Short code"), max_length=40, required=False, help_text=CODE_HELP)
    region = RegionField(label=_("Region"))
    is_authority = forms.BooleanField(
        label=_("Authority of the region"), required=False, help_text=_("Reviews and publishes. One in each region.")
    )
    valid_from = forms.DateField(label=_("Set up on"), required=False, widget=forms.DateInput(attrs=DAY))
    document = forms.CharField(
        label=_("Set up by"), max_length=200, required=False, help_text=_("Document that set it up.")
    )
    field_order = ["name", "short_name", "code", "region", "is_authority", "uscc", "valid_from", "document"]


class RenameForm(VersionedForm):
    name = forms.CharField(label=_("New name"), max_length=120)
    valid_from = forms.DateField(
        label=_("In force from"), required=False, widget=forms.DateInput(attrs=DAY), help_text=_("Empty: today.")
    )
    document = forms.CharField(label=_("Document"), max_length=200, required=False)


class MoveForm(VersionedForm):
    region = RegionField(label=_("New region"))
    document = forms.CharField(label=_("Document"), max_length=200, required=False)


class MergeForm(VersionedForm):
    into = DepartmentField(label=_("Merge into"))
    happened_on = forms.DateField(
        label=_("In force from"), required=False, widget=forms.DateInput(attrs=DAY), help_text=_("Empty: today.")
    )
    document = forms.CharField(label=_("Document"), max_length=200)


class DissolveForm(VersionedForm):
    happened_on = forms.DateField(
        label=_("In force from"), required=False, widget=forms.DateInput(attrs=DAY), help_text=_("Empty: today.")
    )
    document = forms.CharField(label=_("Document"), max_length=200)


class AppointForm(forms.Form):
    document = forms.CharField(label=_("Document"), max_length=200)


class AliasForm(forms.Form):
    name = forms.CharField(label=_("Other name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=AliasKind.choices, initial=AliasKind.SHORT)


class AttachForm(PickForm):
    parent = DepartmentField(label=_("Attach to"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class NoteForm(forms.Form):
    """A short reason that goes with an act."""

    note = forms.CharField(label=_("Reason"), max_length=200, required=False)


# --- Systems ----------------------------------------------------------------------------------------------------


class SystemForm(VersionedForm):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("The system's name, not that of its data."))
    owner_name = forms.CharField(
        label=pgettext_lazy("system", "Owner"),
        max_length=80,
        required=False,
        help_text=_("The unit or person that answers for it."),
    )
    owner_phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    is_interconnected = forms.BooleanField(label=_("Connected to the platform"), required=False)
    protection_grade = forms.TypedChoiceField(
        label=_("Protection grade"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Not graded")), *ProtectionGrade.choices],
    )
    filing_number = forms.CharField(label=_("Filing number of the grade"), max_length=60, required=False)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))


class SystemCreateForm(SystemForm):
    department = DepartmentField(label=_("Department"))
    field_order = ["department"]


# --- Accounts ---------------------------------------------------------------------------------------------------


class UserForm(VersionedForm):
    typed_as: ClassVar[dict[str, str]] = {"expires_at": "expires_on"}
    """Fields that services know under another name."""

    full_name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    post = forms.CharField(label=_("Post"), max_length=60, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    is_contractor = forms.BooleanField(
        label=_("Contractor staff"), required=False, help_text=_("Can only catalogue, and only until the end date.")
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text=_("The account ends with this day."),
    )

    def person_values(self) -> dict[str, Any]:
        """Return the values as the services take them: the last day as the moment after it."""
        values = {name: self.cleaned_data[name] for name in ("full_name", "post", "email", "phone", "is_contractor")}
        return {**values, "expires_at": end_of_last_day(self.cleaned_data["expires_on"])}


def end_of_last_day(day: Any) -> datetime | None:
    """Return the moment at which an account ends whose last day this is."""
    return datetime.combine(day + timedelta(days=1), time.min, REGION_ZONE) if day else None


def last_day_of(user: User) -> Any:
    """Return the last day on which an account can be used."""
    return (user.expires_at - timedelta(microseconds=1)).astimezone(REGION_ZONE).date() if user.expires_at else None


class UserCreateForm(UserForm):
    username = forms.CharField(
        label=_("Account"), max_length=60, help_text=_("Small letters, digits, dot, dash; never changes.")
    )
    department = DepartmentField(label=_("Department"), required=False)
    field_order = ["username", "full_name", "department"]


class UserMoveForm(PickForm):
    department = DepartmentField(label=_("New department"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class RoleGrantForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class LockoutReleaseForm(forms.Form):
    username = forms.CharField(max_length=255)


class SecurityPolicyForm(forms.ModelForm):
    edit_version = forms.IntegerField(label=_("Version of this form"), widget=forms.HiddenInput, required=False)
    totp_roles = forms.MultipleChoiceField(
        label=_("Roles that must use one-time codes"),
        required=False,
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = SecurityPolicy
        fields = [
            "idle_minutes",
            "absolute_hours",
            "totp_roles",
            "password_min_length",
            "password_min_classes",
            "password_max_age_days",
            "password_history",
            "lockout_failures",
            "lockout_minutes",
        ]


# --- Filters ----------------------------------------------------------------------------------------------------


class FilterForm(forms.Form):
    """Filters in the address; a value that does not exist counts as none."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


def _pick(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=[("", label), *choices], widget=forms.Select(attrs={"class": SMALL})
    )


class DepartmentFilterForm(FilterForm):
    region = _pick(_("Any region"), [])
    kind = _pick(
        _("Any department"),
        [("authority", _("Authorities")), ("attached", _("Attached to another")), ("no_head", _("Without a head"))],
    )
    ended = forms.BooleanField(label=_("Also ended ones"), required=False)

    def __init__(self, *args: Any, regions: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region = self.fields["region"]
        region.choices = [  # type: ignore[attr-defined]
            ("", _("Any region")),
            *((row.path, f"{'　' * row.path.count('/')}{row.name}") for row in regions),
        ]


class SystemFilterForm(DepartmentFilterForm):
    kind = _pick(_("Any connection"), [("yes", _("Connected")), ("no", _("Not connected"))])
    grade = _pick(_("Any grade"), [(str(value), label) for value, label in ProtectionGrade.choices])
    ended = forms.BooleanField(label=_("Also retired ones"), required=False)


class RegionFilterForm(FilterForm):
    level = _pick(_("Any level"), RegionLevel.choices)
    ended = forms.BooleanField(label=_("Also former ones"), required=False)


class UserFilterForm(FilterForm):
    role = _pick(_("Any role"), [*Role.choices, ("none", _("Without a role"))])
    state = _pick(
        _("Any state"),
        [
            ("active", _("Usable")),
            ("first", _("First sign-in due")),
            ("held", _("Held")),
            ("off", _("Switched off")),
            ("contractor", _("Contractors")),
            ("ended", _("Past the end")),
        ],
    )


class RoleFilterForm(FilterForm):
    role = _pick(_("Any role"), Role.choices)
    ended = forms.BooleanField(label=_("Also ended ones"), required=False)


class SessionFilterForm(FilterForm):
    state = _pick(_("Open sessions"), [("ended", _("Ended sessions")), ("all", _("All sessions"))])
