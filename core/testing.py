"""Moving the clock: for tests, and for the demo, which tells of things that happened before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from core import clock


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def move_to(self, moment: datetime | str) -> None:
        self.moment = _aware(moment)

    def advance(self, **delta: float) -> None:
        """Move forward by the arguments of ``timedelta``."""
        self.moment += timedelta(**delta)


def _aware(moment: datetime | str) -> datetime:
    value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return value if value.tzinfo else value.replace(tzinfo=clock.REGION_ZONE)


@contextmanager
def clock_at(moment: datetime | str) -> Iterator[MovableClock]:
    """Stop ``core.clock`` at a moment; one without a zone is meant in the region's."""
    movable = MovableClock(_aware(moment))
    clock.set_source(movable)
    try:
        yield movable
    finally:
        clock.set_source(None)
