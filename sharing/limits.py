"""How much a client may call and a grant may give, counted in Redis (docs/adr/0075).

Without Redis nothing is refused for the number of calls, since they are authenticated and logged anyway; a grant's
rows of a day are then counted from the log of pulls, which is exact and slower.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from uuid import uuid4

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis import Redis
from redis.exceptions import RedisError

from core import clock
from core.exceptions import LimitExceeded

logger = structlog.get_logger(__name__)

MINUTE = 60
FAILURES_PER_MINUTE = 10
FAILURES_PER_MINUTE_AND_ADDRESS = 60
TOKENS_PER_MINUTE = 30

_COUNT = """
local n = redis.call('INCRBY', KEYS[1], ARGV[1])
if n == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return n
"""
_TAKE = """
local used = redis.call('HGET', KEYS[1], 'rows')
if not used then return {-1, ''} end
local held = ARGV[3] ~= '' and tonumber(redis.call('HGET', KEYS[1], ARGV[3]) or 0) or 0
local left = tonumber(ARGV[2]) - tonumber(used) + held
local taken = math.max(0, math.min(tonumber(ARGV[1]), left))
redis.call('HINCRBY', KEYS[1], 'rows', taken - held)
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], ARGV[3], taken) end
return {taken, redis.call('HGET', KEYS[1], 'made')}
"""
_MAKE = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'rows', ARGV[1], 'made', ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
"""
_GIVE_BACK = """
if redis.call('HGET', KEYS[1], 'made') == ARGV[2] then
  redis.call('HINCRBY', KEYS[1], 'rows', -tonumber(ARGV[1]))
  if ARGV[3] ~= '' then redis.call('HINCRBY', KEYS[1], ARGV[3], -tonumber(ARGV[1])) end
end
"""
_RELEASE = """
local held = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if held ~= 0 then redis.call('HINCRBY', KEYS[1], 'rows', -held) end
redis.call('HDEL', KEYS[1], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a limit, as the headers ``RateLimit`` and ``RateLimit-Policy`` tell it."""

    name: str
    limit: int
    left: int
    window_seconds: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit};w={self.window_seconds}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.reset_seconds}',
        }


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def _connection() -> Redis:
    return _redis(settings.REDIS_URL)


def count_call(name: str, key: str, limit: int, calls: int = 1) -> Budget:
    """Count a call against a limit per minute.

    Args:
        name: of the policy, as the headers name it.
        key: whose calls are counted.

    Raises:
        LimitExceeded: there were too many in this minute.
    """
    seconds = clock.now().timestamp()
    reset = MINUTE - int(seconds) % MINUTE
    used = calls
    try:
        used = int(_connection().eval(_COUNT, 1, f"sharing:calls:{key}:{int(seconds) // MINUTE}", calls, 2 * MINUTE))
    except (RedisError, OSError):
        logger.warning("limits_not_counted", policy=name)
    budget = Budget(name, limit, max(0, limit - used), MINUTE, reset)
    if used > limit:
        raise TooManyCalls(budget)
    return budget


class TooManyCalls(LimitExceeded):
    """A limit per minute is used up."""

    default_message = gettext_lazy("Too many calls in this minute. Wait as long as Retry-After says.")

    def __init__(self, budget: Budget) -> None:
        super().__init__(retry_after=budget.reset_seconds)
        self.headers = budget.headers


class QuotaSpent(LimitExceeded):
    """The rows that a grant gives in a day of the region are given; the next day begins at midnight."""

    code = "quota_spent"

    def __init__(self, quota: int, at: datetime, left: int = 0, *, is_together: bool = False) -> None:
        if left:
            message = _("Of the %(count)d rows that this grant gives in a day fewer are left: read page by page.")
        elif is_together:
            message = _(
                "The %(count)d rows a day are spent: they are counted together for all that your department gets of"
                " these data without a decision."
            )
        else:
            message = _("The %(count)d rows that this grant gives in a day are spent.")
        opens_at = clock.midnight_after(at.astimezone(clock.REGION_ZONE).date())
        again = _("The whole number is given again from %(moment)s.") % {"moment": f"{opens_at:%Y-%m-%d %H:%M}"}
        seconds = max(1, math.ceil((opens_at - at).total_seconds()))
        super().__init__(
            _("%(spent)s %(again)s") % {"spent": message % {"count": quota}, "again": again},
            retry_after=seconds,
            extra={"retry_at": opens_at.isoformat()},
        )
        self.headers = Budget("rows", quota, left, 86_400, seconds).headers


def never_whole(rows_per_day: int, rows: int) -> str:
    """Say that no day is long enough for an export: to wait for another helps nobody."""
    message = _(
        "The data hold %(rows)d rows, and this grant gives %(quota)d in a day: an export of all of them is never"
        " whole. Read them page by page on several days, narrow them by a filter, or ask the provider for more rows a"
        " day."
    )
    return message % {"rows": rows, "quota": rows_per_day}


_missed: set[str] = set()
"""Counters that know nothing of rows which this process gave while Redis did not answer: they are made anew."""


@dataclass(slots=True)
class RowQuota:
    """The rows that a grant gives in a day of the region, as one call takes them.

    Attributes:
        key: of the grant, or of those that are counted together.
        spent: counts the rows given since an instant, from the log of pulls.
        is_together: several grants have one count.
        claim: work that may be done anew by another process after one was killed: what it takes again it took before.
    """

    key: str
    rows: int
    spent: Callable[[datetime], int]
    claim: str = ""
    is_together: bool = False
    _taken_at: datetime | None = None
    """When rows were set aside last: they go back to that day."""
    _counted_by: bytes = b""
    """Which counter the rows were taken from last; none where Redis did not answer."""

    def take(self, wanted: int) -> int:
        """Set rows aside and return how many: fewer than wanted at the end of the day's quota.

        Raises:
            QuotaSpent: none is left.
        """
        moment = self._taken_at = clock.now()
        taken = self._from_redis(wanted, moment)
        if taken is None:
            taken = max(0, min(wanted, self.rows - self.spent(_day_start(moment))))
        if taken <= 0 < wanted:
            raise QuotaSpent(self.rows, moment, is_together=self.is_together)
        return taken

    def take_whole(self, wanted: int) -> None:
        """Set rows aside, all of them or none.

        Raises:
            QuotaSpent: fewer are left.
        """
        taken = self.take(wanted)
        if taken < wanted:
            self.give_back(taken)
            assert self._taken_at is not None  # noqa: S101  set as rows are taken
            raise QuotaSpent(self.rows, self._taken_at, taken)

    def give_back(self, rows: int) -> None:
        """Return rows that were set aside last and not given, to the counter that counted them and to no other."""
        if rows <= 0 or self._taken_at is None or not self._counted_by:
            return
        try:
            _connection().eval(_GIVE_BACK, 1, self._redis_key(self._taken_at), rows, self._counted_by, self._field)
        except (RedisError, OSError):
            logger.warning("limits_not_counted", policy="rows")

    def release(self) -> None:
        """Return what work that will not be done any more has taken today, whichever process took it."""
        try:
            _connection().eval(_RELEASE, 1, self._redis_key(clock.now()), self._field)
        except (RedisError, OSError):
            logger.warning("limits_not_counted", policy="rows")

    @property
    def _field(self) -> str:
        return f"of:{self.claim}" if self.claim else ""

    def _from_redis(self, wanted: int, moment: datetime) -> int | None:
        key = self._redis_key(moment)
        self._counted_by = b""
        try:
            if key in _missed:
                _connection().delete(key)
                _missed.discard(key)
            taken, made = _connection().eval(_TAKE, 1, key, wanted, self.rows, self._field)
            if taken < 0:
                _connection().eval(_MAKE, 1, key, self.spent(_day_start(moment)), uuid4().hex, 2 * 86_400)
                taken, made = _connection().eval(_TAKE, 1, key, wanted, self.rows, self._field)
            self._counted_by = made
            return max(0, int(taken))
        except (RedisError, OSError):
            _missed.add(key)
            logger.warning("limits_not_counted", policy="rows")
            return None

    def _redis_key(self, moment: datetime) -> str:
        return f"sharing:rows:{self.key}:{moment.astimezone(clock.REGION_ZONE).date():%Y%m%d}"


def _day_start(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(clock.REGION_ZONE).date(), time.min, clock.REGION_ZONE)
