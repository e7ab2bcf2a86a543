"""What the page of a source shows."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext as _

from collection import policies
from collection.choices import Rhythm, SlotOutcome
from collection.models import Run, Source, SourceSlot
from collection.outgoing.destinations import is_own_host
from collection.selectors.destination import is_listed
from collection.selectors.run import run_open_of
from collection.selectors.source import slots_of, source_runs_of
from collection.services.source_slot import timetable_of
from collection.timetable import Timetable, slots_after
from collection.wording import timetable_words
from core import clock
from core.actors import Actor
from workflow.selectors.calendar import calendar

SHOWN = 30
NEXT = 3


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A run of the source, or a due time that had none."""

    at: datetime
    run: Run | None
    slot: SourceSlot | None


class SourcePage:
    """A source as the actor sees it. Neither the credential nor the path of the address is among it."""

    def __init__(self, actor: Actor, source: Source) -> None:
        self.actor = actor
        self.source = source
        self.dataset = source.dataset
        self.entry = source.dataset.entry

    @cached_property
    def can_manage(self) -> bool:
        return policies.can_manage_source(self.actor, self.entry)

    @property
    def crumbs(self) -> list[dict[str, str]]:
        dataset = reverse("collection:dataset_detail", args=[self.dataset.pk])
        return [
            {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
            {"label": self.dataset.name, "url": f"{dataset}?tab=sources"},
        ]

    @cached_property
    def timetable(self) -> Timetable:
        return timetable_of(self.source)

    @property
    def when(self) -> str:
        return timetable_words(self.timetable)

    @property
    def is_by_hand(self) -> bool:
        return self.timetable.rhythm == Rhythm.BY_HAND

    @property
    def follows_cycle(self) -> bool:
        return bool(Timetable.from_dict(self.source.timetable).rhythm == Rhythm.CYCLE)

    @cached_property
    def next_slots(self) -> list[datetime]:
        """The next due times; none where the schedule rests."""
        if not self.source.is_enabled or self.dataset.is_retired:
            return []
        return list(islice(slots_after(self.timetable, clock.now(), calendar()), NEXT))

    @cached_property
    def is_own_host(self) -> bool:
        """Whether its address is the platform's own, which no list opens."""
        return is_own_host(self.source.host)

    @cached_property
    def is_listed(self) -> bool:
        return is_listed(self.source.host, self.source.port)

    @cached_property
    def open_run(self) -> Run | None:
        return run_open_of(self.dataset)

    @cached_property
    def history(self) -> list[HistoryLine]:
        """The runs and the due times without one, latest first."""
        slots = list(slots_of(self.source)[:SHOWN])
        by_run = {one.run_id: one for one in slots if one.run_id}
        lines = [HistoryLine(one.asked_at, one, by_run.get(one.pk)) for one in source_runs_of(self.source)[:SHOWN]]
        lines += [HistoryLine(one.taken_at, None, one) for one in slots if one.outcome != SlotOutcome.STARTED]
        return sorted(lines, key=lambda line: line.at, reverse=True)[:SHOWN]
