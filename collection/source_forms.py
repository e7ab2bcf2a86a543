"""Forms of sources and destinations: shape and type of what people send."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collection.choices import MOST_REJECTED, DestinationPurpose, LoadMode, Rhythm, RunState, SourceKind
from collection.models import Source
from collection.services import SourceFields
from collection.sources.engines import engines
from collection.timetable import LEAST_MINUTES, MOST_MINUTES, Timetable

_SEPARATORS = re.compile(r"[\s,;，；、]+")


class SecretTextarea(forms.Textarea):
    """A field for a secret of several lines: what was typed is not sent back."""

    def format_value(self, value: Any) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field on the page, and the choices that need it (``shape=pages&paging=offset``); "" if it is always there."""

    bound: BoundField
    when: str


class SourceForm(forms.Form):
    """What the forms of all kinds have in common: name, credential, schedule, patience.

    Args:
        source: the one that is changed; None for a new one.
    """

    setting_fields: ClassVar[Sequence[str]] = ()
    secret_label: ClassVar[Any] = _("Credential")
    credential_when: ClassVar[str] = ""
    when: ClassVar[dict[str, str]] = {}

    name = forms.CharField(label=_("Name"), max_length=100)
    mode = forms.ChoiceField(label=_("Its rows"), choices=LoadMode.choices)
    secret = forms.CharField(
        label=_("Credential"),
        required=False,
        max_length=20_000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    forgets_secret = forms.BooleanField(label=_("Remove the credential that is kept"), required=False)
    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices)
    minutes = forms.IntegerField(
        label=_("Minutes between"), min_value=LEAST_MINUTES, max_value=MOST_MINUTES, required=False, initial=60
    )
    minute = forms.IntegerField(label=_("Minute of the hour"), min_value=0, max_value=59, required=False, initial=0)
    at = forms.TimeField(
        label=_("Time of day"),
        required=False,
        initial=time(2),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("In the region's time."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"),
        required=False,
        coerce=int,
        initial=[1],
        choices=[(number + 1, WEEKDAYS[number]) for number in range(7)],
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.IntegerField(
        label=_("Day of the month"),
        min_value=1,
        max_value=31,
        required=False,
        initial=1,
        help_text=_("Where a month is shorter, its last day."),
    )
    skips_rest_days = forms.BooleanField(
        label=_("Not on days off"),
        required=False,
        help_text=_("By the working-day calendar. A day of the month moves to the next working day."),
    )
    attempts = forms.IntegerField(
        label=_("Attempts"),
        min_value=1,
        max_value=10,
        initial=4,
        help_text=_("For failures that may pass by themselves; for others there is one."),
    )
    retry_minutes = forms.IntegerField(
        label=_("First pause, minutes"),
        min_value=1,
        max_value=720,
        initial=5,
        help_text=_("It doubles after each attempt."),
    )
    deadline_minutes = forms.IntegerField(
        label=_("Longest time for fetching, minutes"), min_value=1, max_value=660, initial=60
    )
    reject_limit_percent = forms.IntegerField(
        label=_("Most rejected rows, percent"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_("Above this share nothing is published. Leave empty for that of the dataset."),
    )
    reject_limit_count = forms.IntegerField(
        label=_("Most rejected rows"),
        min_value=0,
        max_value=MOST_REJECTED,
        required=False,
        help_text=_("Leave empty for that of the dataset."),
    )
    edit_version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=1)

    def __init__(self, data: Any = None, *, source: Source | None = None, mode: str = LoadMode.REPLACE) -> None:
        super().__init__(data, initial=_initial_of(source) if source else {"mode": mode})
        self.has_secret = bool(source and source.secret)
        self.fields["secret"].label = self.secret_label
        if self.has_secret:
            self.fields["secret"].help_text = _("One is kept sealed and never shown. Leave empty to keep it.")
        else:
            self.fields["secret"].help_text = _("It is kept sealed and never shown again.")
            del self.fields["forgets_secret"]

    @property
    def place(self) -> list[ShownField]:
        """Return the fields that say where the source is and how it is read."""
        return self._shown(["name", *self.setting_fields])

    @property
    def credential(self) -> list[ShownField]:
        """Return the fields of the credential; one that was typed into a form that is shown again was not sent back."""
        if self.data.get("secret") and self.errors:
            self["secret"].help_text = _("Enter it once more: what was typed here is never sent back.")
        return self._shown(["secret", "forgets_secret"], self.credential_when)

    @property
    def schedule(self) -> list[ShownField]:
        """Return the fields that say when it is read."""
        daily = "rhythm=daily,weekly,monthly"
        when = {
            "minutes": "rhythm=minutes",
            "minute": "rhythm=hourly",
            "at": daily,
            "weekdays": "rhythm=weekly",
            "day": "rhythm=monthly",
            "skips_rest_days": "rhythm=minutes,hourly,daily,weekly,monthly",
        }
        return [
            ShownField(self[name], when.get(name, ""))
            for name in ("rhythm", "minutes", "minute", "weekdays", "day", "at", "skips_rest_days")
        ]

    @property
    def patience(self) -> list[ShownField]:
        """Return the fields that say what the rows mean, and how often and how long is tried."""
        return self._shown(
            ["mode", "reject_limit_percent", "reject_limit_count", "attempts", "retry_minutes", "deadline_minutes"]
        )

    def _shown(self, names: Sequence[str], when: str = "") -> list[ShownField]:
        return [ShownField(self[name], self.when.get(name, when)) for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Ask for the minutes where they are what counts."""
        given = super().clean() or {}
        if given.get("rhythm") == Rhythm.MINUTES and given.get("minutes") is None and "minutes" not in self.errors:
            self.add_error("minutes", _("Say how many minutes lie between."))
        return given

    def chosen(self) -> SourceFields:
        """Return what the services take."""
        given = self.cleaned_data
        return SourceFields(
            name=given["name"],
            settings={name: _or_default(self, name) for name in self.setting_fields},
            mode=given["mode"],
            timetable=_timetable(given),
            secret=given["secret"],
            forgets_secret=given.get("forgets_secret", False),
            attempts=given["attempts"],
            retry_minutes=given["retry_minutes"],
            deadline_minutes=given["deadline_minutes"],
            reject_limit_percent=given["reject_limit_percent"],
            reject_limit_count=given["reject_limit_count"],
        )


def _or_default(form: forms.Form, name: str) -> Any:
    """Return what was sent; a number that was left out as it is at first."""
    value = form.cleaned_data[name]
    return form.fields[name].initial if value is None else value


def _timetable(given: dict[str, Any]) -> dict[str, Any]:
    at = given["at"] or time(2)
    minutes = given["minute"] or 0 if given["rhythm"] == Rhythm.HOURLY else at.hour * 60 + at.minute
    return Timetable(
        rhythm=Rhythm(given["rhythm"]),
        minutes=given["minutes"] or 60,
        at=minutes,
        weekdays=tuple(given["weekdays"] if given["rhythm"] == Rhythm.WEEKLY else (1,)),
        days=(given["day"] or 1,),
        skips_rest_days=given["skips_rest_days"],
    ).to_dict()


def _initial_of(source: Source) -> dict[str, Any]:
    table = Timetable.from_dict(source.timetable)
    is_hourly = table.rhythm == Rhythm.HOURLY
    return {
        **source.settings,
        "name": source.name,
        "mode": source.mode,
        "attempts": source.attempts,
        "retry_minutes": source.retry_minutes,
        "deadline_minutes": source.deadline_minutes,
        "reject_limit_percent": source.reject_limit_percent,
        "reject_limit_count": source.reject_limit_count,
        "edit_version": source.edit_version,
        "rhythm": table.rhythm,
        "minutes": table.minutes,
        "minute": table.at if is_hourly else 0,
        "at": time(2) if is_hourly else time(table.at // 60, table.at % 60),
        "weekdays": list(table.weekdays),
        "day": table.days[0],
        "skips_rest_days": table.skips_rest_days,
    }


class HttpForm(SourceForm):
    """A file, or pages of records, at an address."""

    setting_fields = (
        "url", "shape", "paging", "records_path", "page_parameter", "first_page", "size_parameter", "size",
        "next_path", "total_path", "headers", "sign_in", "username", "header",
    )  # fmt: skip
    secret_label = _("Token or password")
    credential_when = "sign_in=bearer,basic,header"
    when = {
        **dict.fromkeys(("paging", "records_path", "total_path"), "shape=pages"),
        **dict.fromkeys(("page_parameter", "size_parameter", "size"), "shape=pages&paging=page_number,offset"),
        "first_page": "shape=pages&paging=page_number",
        "next_path": "shape=pages&paging=next_link",
        "username": "sign_in=basic",
        "header": "sign_in=header",
    }

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=_("Beginning with https:// or http://. No password or token belongs here."),
    )
    shape = forms.ChoiceField(
        label=_("What is there"),
        choices=[("file", _("One file (CSV, XLSX, JSON …)")), ("pages", _("Records in pages of JSON"))],
    )
    paging = forms.ChoiceField(
        label=_("How pages follow"),
        choices=[
            ("page_number", _("By page number")),
            ("offset", _("By the number of records before")),
            ("next_link", _("Each page names the next")),
            ("link_header", _("A Link header names the next")),
        ],
    )
    records_path = forms.CharField(
        label=_("Where the records are"),
        required=False,
        max_length=200,
        help_text=_("Names from outside inwards, e.g. data.list; empty where the page itself is the list."),
    )
    page_parameter = forms.CharField(
        label=_("Parameter of the page"), required=False, max_length=60, help_text=_("By default page, or offset.")
    )
    first_page = forms.IntegerField(label=_("First page"), min_value=0, max_value=1000, required=False, initial=1)
    size_parameter = forms.CharField(
        label=_("Parameter of the size"),
        required=False,
        max_length=60,
        help_text=_("Empty leaves the size of a page to the source."),
    )
    size = forms.IntegerField(
        label=_("Records in a page"), min_value=1, max_value=100_000, required=False, initial=1000
    )
    next_path = forms.CharField(label=_("Where the next page is named"), required=False, max_length=200, initial="next")
    total_path = forms.CharField(
        label=_("Where the total is"),
        required=False,
        max_length=200,
        help_text=_("If it is given, fewer records are a failure."),
    )
    sign_in = forms.ChoiceField(
        label=_("Credential"),
        choices=[
            ("none", pgettext_lazy("credential", "None")),
            ("bearer", _("Token (Bearer)")),
            ("basic", _("User name and password")),
            ("header", _("Key in a header")),
        ],
    )
    username = forms.CharField(label=_("User name"), required=False, max_length=200)
    headers = forms.CharField(
        label=_("Further headers"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"}),
        help_text=_("One a line, its name before a colon. No password or token belongs here."),
    )
    header = forms.CharField(
        label=_("Name of the header"), required=False, max_length=100, help_text=_("For example X-Api-Key.")
    )


class SqlForm(SourceForm):
    """A table, or one query, of a database."""

    setting_fields = ("engine", "host", "port", "database", "username", "tls", "table_schema", "table", "query")
    secret_label = pgettext_lazy("credential", "Password")

    engine = forms.ChoiceField(
        label=_("Database system"), choices=lambda: [(key, one.label) for key, one in engines().items()]
    )
    host = forms.CharField(label=_("Host"), max_length=255)
    port = forms.IntegerField(
        label=_("Port"),
        min_value=0,
        max_value=65535,
        required=False,
        initial=0,
        help_text=_("0 for the usual one, e.g. 5432 of PostgreSQL or 3306 of MySQL."),
    )
    database = forms.CharField(label=_("Name of the database"), max_length=200)
    username = forms.CharField(label=_("User name"), max_length=200, help_text=_("One that may only read."))
    tls = forms.ChoiceField(
        label=_("Encryption"),
        choices=[
            ("verify", _("Encrypted, certificate verified")),
            ("encrypt", _("Encrypted, certificate not verified")),
            ("off", _("Not encrypted")),
        ],
    )
    table_schema = forms.CharField(label=_("Schema"), required=False, max_length=200)
    table = forms.CharField(
        label=_("Table or view"), required=False, max_length=200, help_text=_("Or write a query below.")
    )
    query = forms.CharField(
        label=_("Query"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "code"}),
        help_text=_("One SELECT. It runs in a read-only transaction; its columns are matched with the items by name."),
    )


class ObjectForm(SourceForm):
    """One object of an S3 store."""

    setting_fields = ("store", "bucket", "key", "access_key", "region", "addressing")
    secret_label = _("Secret key")

    store = forms.CharField(
        label=_("Address of the store"),
        max_length=2000,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=_("For example https://oss.example:9000, without bucket and path."),
    )
    bucket = forms.CharField(label=_("Bucket"), max_length=63)
    key = forms.CharField(label=_("Object"), max_length=1024, help_text=_("Its whole key, e.g. reports/housing.csv."))
    access_key = forms.CharField(
        label=_("Access key"), max_length=200, help_text=_("Of an account that may only read.")
    )
    region = forms.CharField(label=_("Region of the store"), max_length=60, initial="us-east-1")
    addressing = forms.ChoiceField(
        label=_("Where the bucket is named"),
        choices=[("path", _("In the path")), ("host", _("Before the host's name"))],
    )


class SftpForm(SourceForm):
    """One file of an SFTP server."""

    setting_fields = ("host", "port", "path", "username", "host_key", "sign_in")
    secret_label = _("Password or private key")

    host = forms.CharField(label=_("Host"), max_length=255)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False, initial=22)
    path = forms.CharField(label=_("Path of the file"), max_length=1000)
    username = forms.CharField(label=_("User name"), max_length=200)
    host_key = forms.CharField(
        label=_("Fingerprint of the host key"),
        max_length=60,
        help_text=_("As ssh-keygen -lf shows it, e.g. SHA256:… – from the server's operator, not from the connection."),
    )
    sign_in = forms.ChoiceField(
        label=_("Credential"),
        choices=[("password", pgettext_lazy("credential", "Password")), ("key", _("Private key"))],
    )
    secret = forms.CharField(
        label=_("Password or private key"),
        required=False,
        max_length=20_000,
        strip=True,
        widget=SecretTextarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )


FORMS: dict[str, type[SourceForm]] = {
    SourceKind.HTTP: HttpForm,
    SourceKind.SQL: SqlForm,
    SourceKind.OBJECTS: ObjectForm,
    SourceKind.SFTP: SftpForm,
}


class SourceFilterForm(forms.Form):
    """Filters of the list; what does not fit is left out."""

    q = forms.CharField(required=False, max_length=100)
    kind = forms.ChoiceField(required=False, choices=[("", _("Any kind")), *SourceKind.choices])
    state = forms.ChoiceField(
        required=False,
        choices=[("", _("Any state")), ("paused", pgettext_lazy("schedule", "Paused")), *RunState.choices],
    )

    def chosen(self) -> dict[str, str]:
        """Return the filters that can be used."""
        self.is_valid()
        return {"q": "", "kind": "", "state": ""} | {key: value for key, value in self.cleaned_data.items() if value}


class DestinationForm(forms.Form):
    """A host that requests may go to."""

    host = forms.CharField(
        label=_("Host"),
        max_length=255,
        help_text=_("The exact name or address, as sources name it."),
    )
    networks = forms.CharField(
        label=_("Networks"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Where the name may lead, e.g. 10.20.0.0/16 or 10.20.3.7."),
    )
    ports = forms.CharField(label=_("Ports"), max_length=300, initial="443", help_text=_("For example 443, 8443."))
    purpose = forms.ChoiceField(label=_("Purpose"), choices=DestinationPurpose.choices)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_networks(self) -> list[str]:
        return [part for part in _SEPARATORS.split(self.cleaned_data["networks"]) if part]

    def clean_ports(self) -> list[int]:
        parts = [part for part in _SEPARATORS.split(self.cleaned_data["ports"]) if part]
        if not all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts):
            raise forms.ValidationError(_("Write ports as numbers, e.g. 443, 8443."))
        return [int(part) for part in parts]
