import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit import actions, difference, export, selectors, services
from audit.forms import TrailForm
from audit.models import AuditEvent, Outcome
from audit.requests import PageRequest
from core import clock

_KEYS = {"actor": "person_key", "object": "object_key"}
_CURSOR = re.compile(r"(older|newer)-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row of the trail in words."""

    event: AuditEvent

    @property
    def action(self) -> str:
        return actions.action_label(self.event.action)

    @property
    def kind(self) -> str:
        return actions.object_label(self.event.object_label)

    @property
    def name(self) -> str:
        return actions.object_name(self.event.object_label, self.event.object_name)

    @property
    def person(self) -> str:
        return actions.actor_name(self.event.actor_kind, self.event.actor_name)

    @property
    def roles(self) -> list[str]:
        return [actions.role_label(role) for role in self.event.roles]

    @property
    def person_key(self) -> str:
        return f"{self.event.actor_kind}:{self.event.actor_id}" if self.event.actor_id else ""

    @property
    def object_key(self) -> str:
        return f"{self.event.object_label}:{self.event.object_pk}" if self.event.object_pk else ""


@require_GET
def event_list(request: PageRequest) -> HttpResponse:
    """The trail, newest first; the address holds the filters and the place."""
    form = TrailForm(request.GET)
    filters = form.filters
    place = _CURSOR.fullmatch(request.GET.get("cursor", ""))
    where = {f"{place[1]}_than": int(place[2])} if place else {}
    stretch = selectors.event_list_for(request.actor, filters, **where)
    count = selectors.event_count_for(request.actor, filters)
    today = clock.today()
    context = {
        "form": form,
        "rows": [EventRow(event) for event in stretch.rows],
        "page": {
            "previous_url": _address(request, cursor=f"newer-{stretch.newer}") if stretch.newer else "",
            "next_url": _address(request, cursor=f"older-{stretch.older}") if stretch.older else "",
        },
        "count": min(count, selectors.COUNTED_UP_TO),
        "is_more": count > selectors.COUNTED_UP_TO,
        "chips": _chips(request, form, stretch.rows),
        "export_query": _address(request, cursor=None).lstrip("?."),
        "spans": [
            {
                "label": label,
                "url": _address(request, cursor=None, since=str(today - timedelta(days=days)), until=None),
                "is_current": filters.since == today - timedelta(days=days) and filters.until is None,
            }
            for days, label in _spans()
        ],
        "any_span_url": _address(request, cursor=None, since=None, until=None),
        "outcomes": [("", _("All")), *Outcome.choices],
        "chosen_outcome": filters.outcome,
    }
    is_part = request.htmx and not request.htmx.boosted
    response = render(request, "audit/partials/_trail.html" if is_part else "audit/event_list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def event_detail(request: PageRequest, event_id: int) -> HttpResponse:
    """One row with what it changed and what else happened in the same request."""
    event = selectors.event_get_for(request.actor, event_id)
    has_both = event.before is not None and event.after is not None
    context = {
        "row": EventRow(event),
        "event": event,
        "differences": difference.differences_of(event) if has_both else [],
        "values": [] if has_both else difference.values_of(event, event.after or event.before),
        "is_removed": event.after is None,
        "same_request": [EventRow(one) for one in selectors.events_of_request(request.actor, event)],
        "crumbs": [
            {"label": _("Audit trail"), "url": reverse("audit:event_list")},
            {"label": str(event.pk), "url": ""},
        ],
    }
    return render(request, "audit/event_detail.html", context)


@require_GET
def event_export(request: PageRequest) -> StreamingHttpResponse:
    """What the list shows, all of it, as CSV."""
    batches = services.trail_export(actor=request.actor, filters=TrailForm(request.GET).filters)
    lines = export.csv_lines(batches, get_language() or "")
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{clock.today():%Y%m%d}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _spans() -> list[tuple[int, str]]:
    return [(0, _("Today")), (6, _("7 days")), (29, _("30 days"))]


def _address(request: PageRequest, /, **changes: str | None) -> str:
    query: QueryDict = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}" if query else "."


def _chips(request: PageRequest, form: TrailForm, rows: list[AuditEvent]) -> list[dict[str, Any]]:
    """Name every filter in force, with the address that takes it away."""
    chips = []
    for name, value in form.cleaned_data.items():
        if not value:
            continue
        text = str(value)
        if name == "action":
            text = actions.action_label(text)
        elif name == "outcome":
            text = str(Outcome(text).label)
        elif rows and name in ("actor", "object") and text == getattr(EventRow(rows[0]), _KEYS[name]):
            text = (EventRow(rows[0]).name if name == "object" else rows[0].actor_name) or text
        chips.append(
            {
                "key": str(form.fields[name].label),
                "value": text,
                "remove_url": _address(request, cursor=None, **{name: None}),
            }
        )
    return chips
