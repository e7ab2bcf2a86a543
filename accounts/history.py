"""A department's events as steps of the timeline on its page."""

from collections.abc import Iterable
from typing import Any

from accounts.choices import DepartmentEventKind as Kind
from accounts.models import DepartmentEvent
from core.components.figures import iso_day

_ICONS = {
    Kind.CREATED: "plus",
    Kind.RENAMED: "abc",
    Kind.EDITED: "pencil",
    Kind.MOVED: "map-pin",
    Kind.ATTACHED: "hierarchy",
    Kind.DETACHED: "unlink",
    Kind.MERGED: "arrow-merge",
    Kind.ABSORBED: "arrow-merge",
    Kind.DISSOLVED: "circle-minus",
}


def timeline_of(events: Iterable[DepartmentEvent]) -> list[dict[str, Any]]:
    """Return the events as ``partials/_timeline.html`` takes them."""
    return [
        {
            "state": "past",
            "icon": _ICONS.get(Kind(event.kind), "check"),
            "title": event.get_kind_display(),
            "when": iso_day(event.happened_on),
            "text": " → ".join(part for part in (event.before, event.after) if part),
            "basis": " · ".join(part for part in (event.document, event.recorded_by) if part),
        }
        for event in events
    ]
