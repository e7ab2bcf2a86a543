"""How sources are shown in lists: when they are read, and how the last time went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from collection.models import Source
from collection.services.source_slot import next_slot_of, timetable_of
from collection.wording import timetable_words
from workflow.selectors.calendar import calendar


@dataclass(frozen=True, slots=True)
class SourceFace:
    """A source of ``with_last_run`` with its schedule in words."""

    source: Source
    when: str
    next_slot: datetime | None


def source_faces(sources: Iterable[Source]) -> list[SourceFace]:
    """Return sources as lists show them, reading the calendar once."""
    days = calendar()
    return [SourceFace(one, timetable_words(timetable_of(one)), next_slot_of(one, days)) for one in sources]
