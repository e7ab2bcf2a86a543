"""What the pages of recorded changes show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.choices import Role
from catalog import policies, selectors
from catalog.choices import EDITABLE_STATUSES, EntryStatus
from catalog.forms.keeping import ExtensionForm
from catalog.models import DutyChange, DutyChangeEntry, Entry
from catalog.selectors import EntryFilters
from catalog.selectors import duty_change as reading
from catalog.selectors.duty_change import STATES, UpdateFigures
from core import clock
from core.actors import Actor
from workflow.clock_view import ClockView, clock_view
from workflow.models import Clock
from workflow.selectors import calendar

PAGE_SIZE = 30
MOST_CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class ChangeRow:
    change: DutyChange
    figures: UpdateFigures


@dataclass(slots=True)
class ConcernedRow:
    """One entry that has to follow a change.

    Attributes:
        step: what the actor can do: revise, continue, link, watch, or nothing.
        extension: the form for a longer time; None where it cannot be given, ``closed`` says why.
    """

    row: DutyChangeEntry
    entry: Entry
    clock: ClockView | None
    state: str
    step: str = ""
    extension: ExtensionForm | None = None
    closed: str = ""
    is_refused: bool = False


def change_list(actor: Actor, query: QueryDict) -> dict[str, Any]:
    """Return the list of changes with the figures of the updates they oblige to."""
    state = query.get("state", "")
    text = query.get("q", "").replace("\x00", "").strip()
    figures = reading.update_figures_for(actor)
    has_business = actor.has_role(Role.CATALOGUER, Role.HEAD, Role.REVIEWER)
    is_mine = has_business and query.get("scope") != "all"
    changes = reading.duty_change_list_for(actor, text=text, state=state if state in STATES else "", mine=is_mine)
    page = Paginator(changes, PAGE_SIZE).get_page(query.get("page"))
    by_change = reading.update_figures_by_change(actor, page.object_list)
    labels = {
        "": _("All"),
        "open": pgettext("updates", "Running"),
        "overdue": _("Overdue"),
        "done": pgettext("updates", "Filed"),
    }
    return {
        "page": page,
        "total": page.paginator.count,
        "rows": [ChangeRow(change, by_change.get(change.pk, UpdateFigures())) for change in page.object_list],
        "figures": figures,
        "has_business": has_business,
        "is_mine": is_mine,
        "state": state,
        "states": list(labels.items()),
        "q": text,
        "can_record": policies.can_record_duty_change(actor),
    }


def change_detail(actor: Actor, change: DutyChange, form: ExtensionForm | None = None) -> dict[str, Any]:
    """Return one change with the clock of each entry.

    Args:
        form: an extension that was refused, to be shown again at its row.
    """
    concerned = reading.concerned_of(actor, change)
    clocks = reading.clocks_of_concerned(concerned)
    in_charge = reading.authorities_in_charge(row.entry.department for row in concerned) if _reviews(actor) else {}
    days, moment = calendar(), clock.now()
    refused = int(form.data.get("concerned", 0)) if form is not None else 0
    rows = []
    for row in concerned:
        limit = clocks.get(row.pk)
        face = clock_view(limit, days, moment) if limit and row.is_business else None
        shown = ConcernedRow(row, row.entry, face, _state(row), _step(actor, row))
        if _reviews(actor) and in_charge.get(row.entry.department_id) == actor.department_id:
            is_running = limit is not None and limit.is_open
            shown.closed = _closed(limit, moment) if limit is not None and is_running else ""
            shown.is_refused = form is not None and refused == row.pk
            if is_running and not shown.closed:
                shown.extension = form if shown.is_refused else extension_form(row, limit)
        rows.append(shown)
    return {
        "change": change,
        "rows": rows,
        "figures": reading.update_figures_by_change(actor, [change]).get(change.pk, UpdateFigures()),
        "watches": _reviews(actor),
        "crumbs": [{"label": _("Law and duties"), "url": reverse("catalog:duty_change_list")}],
    }


def extension_form(row: DutyChangeEntry, limit: Clock | None, data: QueryDict | None = None) -> ExtensionForm:
    """Return the form for a longer time of one entry, offering what the rule allows."""
    most = limit.extension_limit_working_days if limit else 0
    return ExtensionForm(data, initial={"concerned": row.pk, "days": most}, limit=most, auto_id=f"id_{row.pk}_%s")


def _reviews(actor: Actor) -> bool:
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)


def _state(row: Any) -> str:
    """Say how far the update has come, as far as it concerns this change."""
    working = row.entry.working_revision
    if row.filed_revision_id is not None:
        return "filed"
    if not row.is_business or working is None or working.duty_change_id != row.change_id:
        return "waiting"
    return str(working.status)


def _step(actor: Actor, row: Any) -> str:
    entry, working = row.entry, row.entry.working_revision
    if row.filed_revision_id is not None or not policies.can_file_entry(actor, entry):
        return ""
    if working is None:
        return "revise" if entry.status == EntryStatus.PUBLISHED else ""
    if working.status not in EDITABLE_STATUSES:
        return "" if working.duty_change_id == row.change_id else "unlinked"
    return "continue" if working.duty_change_id == row.change_id else "link"


def _closed(limit: Clock, moment: Any) -> str:
    """Say why no longer time can be given."""
    if limit.extension_working_days:
        return _("Extended once already.")
    if moment > limit.due_at:
        return _("Overdue: it can no longer be extended.")
    return ""


# --- Recording -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidates:
    """Entries to choose from, and those chosen already."""

    chosen: list[Entry]
    found: list[Entry]
    total: int
    q: str
    department: str
    departments: Sequence[tuple[str, str]]
    is_bound: bool

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.found)


def candidates(actor: Actor, query: QueryDict, chosen_refs: Iterable[str]) -> Candidates:
    """Search the published entries that the actor may name, apart from those he has chosen.

    A department's own people choose among its entries, the authority among those of its region.
    """
    refs = list(dict.fromkeys(chosen_refs))
    q = query.get("q", "").replace("\x00", "").strip()
    department = query.get("department", "").replace("\x00", "")
    is_bound = not _reviews(actor)
    if is_bound:
        department = actor.department_code
    filters = EntryFilters(
        q=q, department=(department,) if department else (), status=(EntryStatus.PUBLISHED.value,), ordering="name"
    )
    entries = selectors.entries_ordered(actor, filters)
    if not is_bound:
        entries = reading.within_region(entries, actor.region_path)
    chosen = list(reading.by_refs(selectors.entry_list_for(actor), refs)) if refs else []
    others = entries.exclude(pk__in=[entry.pk for entry in chosen])
    return Candidates(
        chosen=chosen,
        found=list(others[:MOST_CANDIDATES]),
        total=others.count(),
        q=q,
        department=department,
        departments=[] if is_bound else reading.providers_within(actor.region_path),
        is_bound=is_bound,
    )
