"""What the queue shows: rows, filters, and what was decided before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.choices import DecisionAction
from catalog.contention import Contention
from catalog.models import Entry, Revision
from catalog.selectors import review as reading
from catalog.selectors.review import FilingKind, Look, QueueFilters, Stage
from core import clock
from core.actors import Actor
from workflow.clock_view import ClockView, clock_view
from workflow.selectors import calendar
from workflow.selectors.of_subject import clocks_open_by_subject

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One submission in the queue."""

    entry: Entry
    revision: Revision
    kind: str
    kind_label: str
    stage_label: str
    changes: str
    reasons: list[str]
    is_clear: bool
    is_own: bool
    clock: ClockView | None
    pick: str


def waiting(actor: Actor, query: QueryDict) -> dict[str, Any]:
    """Return the queue as filtered, with counts per filter."""
    filters = QueueFilters.from_query(query)
    page = Paginator(reading.review_list_for(actor, filters), PAGE_SIZE).get_page(query.get("page"))
    facets = reading.review_facets_for(actor, filters)
    stages = [one for one in facets["stage"] if one.count]
    rows = _rows(actor, page.object_list)
    return {
        "view": "waiting",
        "tabs": _tabs("waiting", page.paginator.count if not filters.active and not filters.q else None),
        "filters": filters,
        "page": page,
        "rows": rows,
        "total": page.paginator.count,
        "pickable": sum(row.is_clear and not row.is_own for row in rows),
        "facets": _facets(facets, has_stages=len(stages) > 1 or bool(filters.stage)),
        "chips": _chips(filters, facets, query),
        "clear_url": _address(query, clear=True),
        "ordering": filters.effective_ordering,
        "queue_query": _kept(query).urlencode(),
        "is_narrowed": bool(filters.active or filters.q),
    }


def decided(actor: Actor, query: QueryDict) -> dict[str, Any]:
    """Return what the actor decided himself."""
    action = query.get("action", "")
    text = query.get("q", "").replace("\x00", "").strip()
    decisions = reading.decisions_by(actor, text=text, action=action)
    page = Paginator(decisions, PAGE_SIZE).get_page(query.get("page"))
    counts = reading.decision_counts_by(actor)
    kinds = [
        {
            "value": one.value,
            "label": one.label,
            "count": counts[one.value],
            "url": _changed(query, action=one.value),
            "is_current": action == one.value,
        }
        for one in DecisionAction
        if counts.get(one.value)
    ]
    return {
        "view": "decided",
        "tabs": _tabs("decided", None),
        "page": page,
        "total": page.paginator.count,
        "q": text,
        "action": action,
        "kinds": kinds,
        "all_count": sum(counts.values()),
        "all_url": _changed(query, action=None),
    }


def confirmation(actor: Actor, picked: Mapping[str, str], opinion: str) -> dict[str, Any]:
    """Return what was picked, for the page that asks once more where there are no scripts."""
    entries = [entry for entry in reading.review_list_for(actor) if entry.ref in picked]
    return {
        "entries": entries,
        "picked": [f"{entry.ref}@{picked[entry.ref]}" for entry in entries],
        "opinion": opinion,
    }


def _rows(actor: Actor, entries: Iterable[Entry]) -> list[QueueRow]:
    entries = list(entries)
    clocks = clocks_open_by_subject(reading.ENTRY, [entry.pk for entry in entries])
    days, moment = calendar(), clock.now()
    rows = []
    for entry in entries:
        limit = clocks.get(entry.pk)
        face = clock_view(limit, days, moment) if limit else None
        rows.append(_row(entry, face))
    return rows


def _row(entry: Any, face: ClockView | None) -> QueueRow:
    is_withdrawal = entry.filing_kind == FilingKind.WITHDRAWAL
    revision = entry.published_revision if is_withdrawal else entry.working_revision
    check = None if is_withdrawal else getattr(entry.working_revision, "review_check", None)
    return QueueRow(
        entry=entry,
        revision=revision,
        kind=entry.filing_kind,
        kind_label=str(FilingKind(entry.filing_kind).label),
        stage_label=str(Stage(entry.stage).label),
        changes=change_words(check.changes) if check else "",
        reasons=_reasons(entry, check),
        is_clear=entry.look == Look.CLEAR,
        is_own=entry.is_own,
        clock=face,
        pick=f"{entry.ref}@{entry.edit_version}",
    )


def _reasons(entry: Any, check: Any) -> list[str]:
    """Return in words why a submission has to be looked at alone."""
    if entry.filing_kind == FilingKind.WITHDRAWAL:
        return [entry.withdrawal_reason or str(Contention.WITHDRAWAL.label)]
    if check is None:
        return [str(Contention.NOT_CHECKED.label)]
    reasons = [str(Contention(one).label) for one in check.reasons if one in Contention.values]
    if entry.look == Look.ALONE and not reasons:
        reasons.append(str(Contention.OPEN_COMMENT.label))
    return reasons


def change_words(changes: Mapping[str, int]) -> str:
    """Say in words how much a submission changes, e.g. "3 fields · items: 2 added, 1 removed"."""
    if "items" in changes:
        count = changes["items"]
        return ngettext("%(count)d item", "%(count)d items", count) % {"count": count} if count else ""
    parts = []
    if changes.get("fields"):
        count = changes["fields"]
        parts.append(ngettext("%(count)d field changed", "%(count)d fields changed", count) % {"count": count})
    words = {
        "added": _("%(count)d added"),
        "changed": _("%(count)d changed"),
        "removed": _("%(count)d removed"),
        "moved": _("%(count)d moved"),
    }
    items = [text % {"count": changes[op]} for op, text in words.items() if changes.get(op)]
    if items:
        parts.append(_("items: %(counts)s") % {"counts": " ".join(items)})
    return " · ".join(parts) or _("nothing changed")


# --- Filters -------------------------------------------------------------------------------------------------------


def _kept(query: QueryDict) -> QueryDict:
    kept = query.copy()
    for name in ("page", "view"):
        kept.pop(name, None)
    return kept


def _address(query: QueryDict, *, clear: bool = False) -> str:
    if clear:
        return reverse("catalog:review_list")
    encoded = _kept(query).urlencode()
    return f"?{encoded}" if encoded else reverse("catalog:review_list")


def _changed(query: QueryDict, **changes: str | None) -> str:
    changed = query.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return f"?{changed.urlencode()}"


def _facets(facets: Mapping[str, list[Any]], *, has_stages: bool) -> list[dict[str, Any]]:
    titles = {
        "stage": _("Stage"),
        "kind": _("Kind"),
        "due": _("Due"),
        "look": _("Pre-check"),
        "department": _("Provider"),
    }
    shown = []
    for name, title in titles.items():
        if name == "stage" and not has_stages:
            continue
        if name == "department" and len(facets[name]) < 2 and not any(one.is_chosen for one in facets[name]):
            continue
        options = [
            {"value": one.value, "label": one.label, "count": one.count, "selected": one.is_chosen, "depth": 0}
            for one in facets[name]
        ]
        shown.append(
            {
                "name": name,
                "label": title,
                "options": options,
                "chosen": sum(one["selected"] for one in options),
                "find": _("Find a department") if name == "department" and len(options) > 12 else "",
            }
        )
    return shown


def _chips(filters: QueueFilters, facets: Mapping[str, list[Any]], query: QueryDict) -> list[dict[str, str]]:
    titles = {"stage": _("Stage"), "kind": _("Kind"), "due": _("Due"), "look": _("Pre-check")}
    chips = []
    for name, value in filters.active:
        label = next((one.label for one in facets[name] if one.value == value), value)
        left = _kept(query)
        left.setlist(name, [one for one in left.getlist(name) if one != value])
        chips.append(
            {
                "key": titles.get(name, _("Provider")),
                "value": label,
                "remove_url": f"?{left.urlencode()}" if left.urlencode() else reverse("catalog:review_list"),
            }
        )
    return chips


def _tabs(view: str, count: int | None) -> list[dict[str, Any]]:
    address = reverse("catalog:review_list")
    return [
        {"url": address, "label": _("Waiting for me"), "count": count, "is_current": view == "waiting"},
        {"url": f"{address}?view=decided", "label": _("Decided by me"), "count": None, "is_current": view == "decided"},
    ]
