"""When scheduled jobs are due. Beat only ticks; the slot a tick belongs to is computed here."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from core.clock import REGION_ZONE


@dataclass(frozen=True, slots=True)
class Every:
    """A job due at every multiple of a number of seconds."""

    seconds: int

    def slot(self, moment: datetime) -> datetime:
        """Return the latest due time that is not after the moment."""
        return datetime.fromtimestamp(moment.timestamp() // self.seconds * self.seconds, UTC)


@dataclass(frozen=True, slots=True)
class Daily:
    """A job due once a day, at a time of day in the region's zone."""

    hour: int
    minute: int = 0
    zone: tzinfo = REGION_ZONE

    def slot(self, moment: datetime) -> datetime:
        """Return the latest due time that is not after the moment."""
        local = moment.astimezone(self.zone)
        due = datetime.combine(local.date(), time(self.hour, self.minute), self.zone)
        return due if due <= local else due - timedelta(days=1)


Schedule = Every | Daily
