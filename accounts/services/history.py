"""The history of a department that its page shows."""

from datetime import date

from accounts.choices import DepartmentEventKind
from accounts.models import Department, DepartmentEvent
from core import clock
from core.actors import Actor


def event_add(
    actor: Actor,
    department: Department,
    kind: DepartmentEventKind,
    *,
    on: date | None = None,
    before: str = "",
    after: str = "",
    document: str = "",
) -> None:
    """Write a line of a department's history; called by the services that make the change."""
    DepartmentEvent.objects.create(
        department=department,
        kind=kind,
        happened_on=on or clock.today(),
        before=before[:200],
        after=after[:200],
        document=document,
        recorded_at=clock.now(),
        recorded_by=actor.name,
    )
