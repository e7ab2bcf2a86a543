"""Conditions on rows in words, and back: what people choose and read, and what is stored; and the law of an entry."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from audit import actions
from catalog.models import Entry, RevisionItem
from core import clock
from core.components.figures import number
from core.exceptions import FieldError
from core.reasons import Reason
from sharing.choices import RequestAction, RequestStatus
from sharing.models import ShareRequest
from sharing.selectors.request import begins_later
from workflow.citations import citation_text

COMPARISONS: dict[str, Any] = {
    "eq": pgettext_lazy("comparison", "is"),
    "in": pgettext_lazy("comparison", "is one of"),
    "startswith": pgettext_lazy("comparison", "begins with"),
    "gte": pgettext_lazy("comparison", "from"),
    "lte": pgettext_lazy("comparison", "up to"),
    "gt": pgettext_lazy("comparison", "above"),
    "lt": pgettext_lazy("comparison", "below"),
    "empty": pgettext_lazy("comparison", "is empty"),
    "filled": pgettext_lazy("comparison", "is not empty"),
}
"""What people choose among. The last two take no value; they are stored as ``isnull``."""

_NULL = {"empty": "true", "filled": "false"}
_BETWEEN = re.compile(r"[,，、;；\n\r]+")
_PLACE = re.compile(r"row_filter\[(\d+)\]")
MOST_SENT = 200
"""Rows that are read of a form; the service allows fewer and says so."""


@dataclass(frozen=True, slots=True)
class ConditionWords:
    """A stored condition for reading."""

    item: str
    comparison: Any
    value: str


@dataclass(slots=True)
class ConditionRow:
    """A condition as it stands in a form."""

    item: str = ""
    comparison: str = "eq"
    value: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def takes_value(self) -> bool:
        return self.comparison not in _NULL

    @property
    def is_blank(self) -> bool:
        return not self.item and not self.value.strip()

    @property
    def is_whole(self) -> bool:
        return bool(self.item) and (not self.takes_value or bool(self.value.strip()))

    def stored(self) -> dict[str, Any]:
        """Return the condition as the services take it."""
        if not self.takes_value:
            return {"item": self.item, "operator": "isnull", "values": [_NULL[self.comparison]]}
        values = [self.value.strip()]
        if self.comparison == "in":
            values = [one.strip() for one in _BETWEEN.split(self.value) if one.strip()]
        return {"item": self.item, "operator": self.comparison, "values": values}


def conditions_in_words(row_filter: Sequence[Mapping[str, Any]], items: Sequence[RevisionItem]) -> list[ConditionWords]:
    """Return stored conditions for reading; an item that is gone is told as such."""
    names = {str(one.item_id): one.name for one in items}
    found = []
    for one in row_filter:
        comparison, value = _shown(one)
        name = names.get(str(one["item"]), _("an item that is gone"))
        found.append(ConditionWords(name, COMPARISONS.get(comparison, comparison), value))
    return found


def condition_rows(row_filter: Sequence[Mapping[str, Any]]) -> list[ConditionRow]:
    """Return stored conditions as the rows of a form."""
    return [ConditionRow(str(one["item"]), *_shown(one)) for one in row_filter]


def posted_conditions(data: Any) -> list[ConditionRow]:
    """Return the rows that a form sent, those that were left blank apart."""
    rows = []
    for at in range(MOST_SENT):
        if f"filter-{at}-item" not in data:
            continue
        item, comparison, value = (
            data.get(f"filter-{at}-{name}", "").replace("\x00", "") for name in ("item", "comparison", "value")
        )
        row = ConditionRow(item[:100], comparison if comparison in COMPARISONS else "eq", value[:20_000])
        if not row.is_blank:
            rows.append(row)
    return rows


def conditions_of(rows: Sequence[ConditionRow]) -> list[dict[str, Any]]:
    """Return the rows that are filled in, as the services take them."""
    return [row.stored() for row in rows if row.is_whole]


def conditions_refuse(rows: Sequence[ConditionRow], errors: Sequence[FieldError]) -> list[FieldError]:
    """Put what a service refused to the rows that it names; return the rest."""
    whole = [row for row in rows if row.is_whole]
    rest = []
    for error in errors:
        place = _PLACE.match(error.field)
        if place and int(place[1]) < len(whole):
            whole[int(place[1])].errors.append(str(error.message))
        else:
            rest.append(error)
    return rest


def _shown(stored: Mapping[str, Any]) -> tuple[str, str]:
    operator, values = str(stored["operator"]), [str(one) for one in stored["values"]]
    if operator == "isnull":
        return next((key for key, value in _NULL.items() if [value] == values), "empty"), ""
    return operator, "、".join(values)


def law_in_words(entry: Entry) -> list[tuple[str, str]]:
    """Return what an entry says of its sharing, on which whoever decides decides; labels and texts.

    Basis: Regulation on Government Data Sharing, Art. 15: conditions, or reason and law, stand in the entry.
    """
    revision = entry.published_revision
    if revision is None:
        return []
    said = [
        (_("Sharing scope"), revision.sharing_scope),
        (_("Purpose of use"), revision.sharing_purpose),
        (_("Use conditions"), revision.use_conditions),
        (_("Reason for withholding"), revision.sharing_reason),
        (
            _("Legal basis of the sharing attribute"),
            "\n".join(citation_text(one["document"], one["article"]) for one in revision.legal_basis),
        ),
    ]
    return [(label, text) for label, text in said if text.strip()]


def who_took(name: str, department: str) -> str:
    """Return who took a step, as timelines show it; what happened by itself is the system's."""
    who = _("System") if actions.is_no_person(name) else name
    return " · ".join(part for part in (who, department) if part)


def limits_in_words(limits: Mapping[str, Any]) -> list[str]:
    """Return limits of use as people read them; those that say nothing are left out."""
    told = {"rows_per_day": _("%(rows)s rows a day"), "calls_per_minute": _("%(calls)s calls a minute")}
    given = {name: number(limits[name]) for name in told if limits.get(name) is not None}
    return [told[name] % {"rows": shown, "calls": shown} for name, shown in given.items()]


def delivery_in_words(detail: Mapping[str, Any]) -> list[Promise]:
    """Return what a delivery gives otherwise than was decided, as its step keeps it."""
    said: list[Promise] = []
    if gone := detail.get("gone"):
        said.append(format_lazy(gettext_lazy("Given no more, since the entry changed: {items}"), items="、".join(gone)))
    if masked := detail.get("masked"):
        said.append(
            format_lazy(gettext_lazy("Masked otherwise, since the entry changed: {items}"), items="、".join(masked))
        )
    if rows := detail.get("uncounted"):
        words = gettext_lazy("Files are not counted in rows: the limit of {rows} rows a day does not hold.")
        said.append(format_lazy(words, rows=rows))
    return said


def closed_why(request: ShareRequest) -> Reason | None:
    """Return why a request was closed by itself; None where it was not. For a list its steps are fetched beforehand."""
    if request.status != RequestStatus.WITHDRAWN:
        return None
    whys = [one.detail.get("why") for one in request.steps.all() if one.action == RequestAction.WITHDRAW]
    return Reason.from_dict(whys[-1]) if whys and whys[-1] else None


def state_of(request: ShareRequest) -> str:
    """Return what people read of the state of a request: an agreement whose data are there waits for its beginning,
    then for nobody but who asked, and nobody withdrew what was closed by itself. For a list its grants and steps are
    fetched beforehand."""
    replied_at = request.replied_at
    if (
        request.status == RequestStatus.AGREED
        and replied_at is not None
        and any(one.created_at >= replied_at for one in request.grants.all())
    ):
        if (begins := begins_later(request)) is not None:
            return _("Made available, begins on %(day)s") % {"day": f"{begins.astimezone(clock.REGION_ZONE):%F}"}
        return _("Made available, receipt to be confirmed")
    if closed_why(request):
        return pgettext("share request", "Closed")
    return str(request.get_status_display())
