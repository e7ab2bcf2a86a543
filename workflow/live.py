"""How far a worker has come with a long job, for the page that watches.

Kept in the cache only, as a convenience: a cache that cannot be reached ends neither the job nor the page.
"""

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

from core import clock

KEPT_SECONDS = 15 * 60
EVERY_SECONDS = 0.5
STILL_SECONDS = 30
"""After so long without a word the worker is taken for stopped; a single entry takes far less."""


@dataclass(frozen=True, slots=True)
class Live:
    """What is being done, how far, of how much where that is known, how fast, when that was noted, since when, by whom.

    Moments are seconds since 1970: what the cache keeps is plain.

    Attributes:
        rows: how many rows that were, where bytes are counted.
    """

    step: str
    done: int
    total: int | None
    per_second: float
    noted_at: float
    began_at: float = 0.0
    worker: str = ""
    rows: int | None = None

    @property
    def seconds(self) -> int | None:
        """How long the step has taken so far: all that can be said of one whose end nobody knows."""
        return max(0, int(_now() - self.began_at)) if self.began_at else None

    @property
    def is_still(self) -> bool:
        """Whether nothing has been heard for so long that speed and time left mean nothing any more."""
        return _now() - self.noted_at > STILL_SECONDS

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None

    @property
    def seconds_left(self) -> int | None:
        if not self.total or not self.per_second:
            return None
        return round(max(0, self.total - self.done) / self.per_second)


def _now() -> float:
    return clock.now().timestamp()


def _key(job: str) -> str:
    return f"live:{job}"


class LiveProgress:
    """Notes the progress of one job, at most twice a second.

    Args:
        job: name of the job, unique among those that run, e.g. ``catalog.import.7``.
    """

    def __init__(self, job: str) -> None:
        self._key = _key(job)
        self._worker = secrets.token_hex(8)
        self._step = ""
        self._started = self._noted = self._began_at = 0.0
        self._first = 0

    def __call__(self, step: str, done: int, total: int | None, rows: int | None = None) -> None:
        now = time.monotonic()
        if step != self._step:
            self._step, self._started, self._noted, self._first = step, now, 0.0, done
            self._began_at = _now()
        if now - self._noted < EVERY_SECONDS and done != total:
            return
        self._noted = now
        seconds = now - self._started
        speed = (done - self._first) / seconds if seconds else 0.0
        with suppress(RedisError, OSError):
            told = (step, done, total, speed, _now(), self._began_at, self._worker, rows)
            cache.set(self._key, told, KEPT_SECONDS)

    def close(self) -> None:
        """Forget how far it came; what another worker has noted since, who took the job over, stays."""
        with suppress(RedisError, OSError):
            found = cache.get(self._key)
            if found and Live(*found).worker == self._worker:
                cache.delete(self._key)


def live_of(job: str) -> Live | None:
    """Return how far the worker was when it last said so, or None."""
    found = None
    with suppress(RedisError, OSError):
        found = cache.get(_key(job))
    return Live(*found) if found else None
