"""Due times of sources. Beat only ticks; what is due is worked out here, and the unique row makes it happen once."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from audit import services as audit
from collection import policies
from collection.choices import RunOrigin, RunState, SlotOutcome
from collection.models import Dataset, Run, Source, SourceSlot
from collection.selectors.run import run_open_of
from collection.selectors.source import sources_scheduled
from collection.services.freshness import cycle_of
from collection.services.run import run_add
from collection.timetable import Timetable, latest_slot, next_slot, slots_between, timetable_in_force
from core import clock
from core.actors import system_actor
from core.clock import WorkdayCalendar
from core.exceptions import DomainError
from core.reasons import reason_of
from workflow.selectors.calendar import calendar

log = structlog.get_logger(__name__)

SCHEDULER = system_actor(policies.SCHEDULE_JOB)


@dataclass(frozen=True, slots=True)
class Due:
    """A due time that nobody has dealt with.

    Attributes:
        missed: earlier ones since the last that was dealt with; they are counted, not made up for.
    """

    slot: datetime
    missed: int


def timetable_of(source: Source) -> Timetable:
    """Return the timetable that counts for a source now."""
    return timetable_in_force(Timetable.from_dict(source.timetable), cycle_of(source.dataset.entry), source.pk)


def next_slot_of(source: Source, days: WorkdayCalendar) -> datetime | None:
    """Return when a source is read next; None where its schedule rests or it is read by hand."""
    return next_slot(timetable_of(source), clock.now(), days) if source.is_enabled else None


def due_of(source: Source, days: WorkdayCalendar) -> Due | None:
    """Return the latest due time of a source, unless it was dealt with or lies before the schedule."""
    now = clock.now()
    timetable = timetable_of(source)
    slot = latest_slot(timetable, now, days)
    since = max(source.scheduled_from, source.slot_at or source.scheduled_from)
    if slot is None or slot <= since:
        return None
    return Due(slot, slots_between(timetable, since, slot, days))


def sources_check() -> int:
    """Ask for a run of each source that is due; return how many due times were dealt with.

    What goes wrong with one source holds up no other; the next tick tries it again.
    """
    days = calendar()
    taken = 0
    for source in sources_scheduled():
        try:
            if due_of(source, days):
                taken += source_slot_take(source_id=source.pk, days=days)
        except Exception:
            log.exception("source_slot_failed", source=source.pk)
    return taken


@transaction.atomic
def source_slot_take(*, source_id: int, days: WorkdayCalendar) -> bool:
    """Deal with the due time of a source: ask for a run, or note why there is none.

    Whoever comes second, from another beat or after a crash, finds it dealt with. Returns whether it was dealt with
    here.
    """
    dataset_id = Source.objects.filter(pk=source_id).values_list("dataset_id", flat=True).get()
    dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
    source = sources_scheduled().filter(pk=source_id).select_for_update(of=("self",)).first()
    due = due_of(source, days) if source is not None else None
    if source is None or due is None:
        return False
    busy = run_open_of(dataset)
    run, why = None, None
    if busy is None:
        try:
            with transaction.atomic():
                run = run_add(SCHEDULER, dataset.pk, origin=RunOrigin.SCHEDULE, mode=source.mode, source=source)
        except DomainError as refused:
            why = reason_of(refused)
    SourceSlot.objects.create(
        source=source,
        slot=due.slot,
        taken_at=clock.now(),
        outcome=SlotOutcome.STARTED if run else SlotOutcome.REFUSED if why else SlotOutcome.SKIPPED,
        run=run,
        busy_with=busy,
        missed=due.missed,
        refusal=why.as_dict() if why else {},
    )
    source.slot_at = due.slot
    source.save(update_fields=["slot_at"])
    if run is None:
        after = {"slot": due.slot.isoformat(), **({"run": busy.pk} if busy else {"reason": why.code if why else ""})}
        audit.record(SCHEDULER, "collection.source.skip", source, after=after)
    return True


def runs_to_repeat() -> list[str]:
    """Return the moments at which runs that were put off are to begin again and that have come."""
    found = Run.objects.filter(state=RunState.QUEUED, attempts__gt=0, slot__lte=clock.now())
    return [slot.isoformat() for slot in found.order_by("slot").values_list("slot", flat=True)]
