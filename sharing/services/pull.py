"""The log of pulls: a row before the first byte, its end afterwards. What is not in it did not leave."""

import hmac
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from catalog.selectors import items_of
from collection.readers import Condition
from collection.vault import derived_key
from core import clock
from core.actors import Actor, ActorKind
from core.exceptions import NotAllowed
from core.planned import planned_cursor
from sharing.client_choices import PullKind, PullOutcome
from sharing.limits import QuotaSpent
from sharing.models import Grant, Pull
from sharing.services.delivery import delivery_confirm_by_pull

logger = structlog.get_logger(__name__)

_MOST_MILLISECONDS = 2**31 - 1
LOGGED_BYTES = 4 * 1024**2
"""How much of a stream may leave, without rows that are counted, before the log says so."""


@dataclass(frozen=True, slots=True)
class PullFacts:
    """What is pulled.

    Attributes:
        items: identities of the items that leave.
        conditions: what the caller asked, beside the grant's own filter.
        address: where the caller is.
        hidden: sensitive or masked items; values that are asked for by them are not kept.
        library: the dataset of a library that is built from the rows; they go to it, not to the actor.
    """

    grant: Grant
    version: int
    kind: PullKind
    items: Sequence[str]
    address: str
    conditions: Sequence[Condition] = ()
    since: int | None = None
    detail: str = ""
    hidden: frozenset[str] = frozenset()
    library: int | None = None


def hidden_items(grant: Grant) -> frozenset[str]:
    """Return the items of a grant that are masked or sensitive: see ``PullFacts.hidden``."""
    revision = grant.dataset.entry.published_revision
    sensitive = [one for one in items_of(revision) if one.is_sensitive] if revision is not None else []
    return frozenset(grant.masks) | {str(one.item_id) for one in sensitive}


_INSERT = """
INSERT INTO sharing_pull (at, client_id, user_id, library_id, department_id, grant_id, edition, version,
    since_version, kind, detail, items, filter, address, request_id, outcome, rows, bytes, milliseconds)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s::jsonb, %s::inet, %s, %s, %s, %s, %s) RETURNING id
"""
"""Written out: every page is logged, and a model takes longer to write it anew than PostgreSQL to run it."""


def _insert(
    actor: Actor, facts: PullFacts, outcome: PullOutcome, rows: int = 0, size_bytes: int = 0, milliseconds: int = 0
) -> int:
    """Log a pull and return its key."""
    department = actor.department_id if facts.library is None else facts.grant.department_id
    if department is None:
        raise ValueError("rights go to departments: who has none pulls nothing")
    client = actor.id if facts.library is None and actor.kind is ActorKind.CLIENT else None
    user = actor.id if facts.library is None and client is None else None
    asked = [{"item": one.item, "operator": one.operator, "values": _kept(facts, one)} for one in facts.conditions]
    request_id = structlog.contextvars.get_contextvars().get("request_id") or ""
    values = (
        clock.now(), client, user, facts.library, department,
        facts.grant.pk, facts.grant.edition, facts.version, facts.since, facts.kind.value, facts.detail[:200],
        list(facts.items), json.dumps(asked), facts.address or None, str(request_id)[:64], outcome.value, rows,
        size_bytes, min(milliseconds, _MOST_MILLISECONDS),
    )  # fmt: skip
    with planned_cursor() as cursor:
        cursor.execute(_INSERT, values)
        return int(cursor.fetchone()[0])


def _kept(facts: PullFacts, condition: Condition) -> list[str]:
    """Return the values of a filter as the log keeps them: those of masked or sensitive items as a keyed hash.

    So equal questions can be told, and whoever was asked for cannot be read from a log that no erasure reaches.
    """
    if condition.item not in facts.hidden:
        return list(condition.values)
    key = derived_key("sharing.pull.filter")
    return [hmac.new(key, one.encode("utf-8", "replace"), "sha256").hexdigest() for one in condition.values]


def pull_record(*, actor: Actor, facts: PullFacts, rows: int, size_bytes: int, milliseconds: int) -> None:
    """Log a page that was read and is about to leave: its figures are known before its first byte."""
    pull = _insert(actor, facts, PullOutcome.DONE, rows, size_bytes, milliseconds)
    _arrived(facts.grant, pull, rows)


def look_record(*, actor: Actor, facts: PullFacts, rows: int, size_bytes: int, milliseconds: int) -> None:
    """Log what a person looks at on a page: part of the data, which tells nobody that they arrived."""
    _insert(actor, facts, PullOutcome.DONE, rows, size_bytes, milliseconds)


def pull_begin(*, actor: Actor, facts: PullFacts) -> int:
    """Log a stream before its first byte and return the key of the pull; ``pull_end`` tells how it ended."""
    return _insert(actor, facts, PullOutcome.STARTED)


def pull_end(*, pull: int, grant: Grant, outcome: PullOutcome, rows: int, size_bytes: int, milliseconds: int) -> None:
    """Note how a stream ended."""
    Pull.objects.filter(pk=pull).update(outcome=outcome, rows=rows, bytes=size_bytes, milliseconds=milliseconds)
    _arrived(grant, pull, rows)


def _arrived(grant: Grant, pull: int, rows: int) -> None:
    """Take the first rows or file under a grant for the confirmation that its data arrived (809, Art. 22).

    What brought nothing confirms nothing.
    """
    if rows and grant.first_pulled_at is None:
        delivery_confirm_by_pull(pull_id=pull)


@dataclass(slots=True)
class Tally:
    """What has left so far.

    Attributes:
        pull: its row in the log.
    """

    pull: int
    rows: int = 0
    size_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    _logged: tuple[int, int] = (0, 0)

    @property
    def milliseconds(self) -> int:
        return min(int((time.monotonic() - self.started) * 1000), _MOST_MILLISECONDS)

    def count(self, rows: int) -> None:
        """Count rows that leave with the next piece."""
        self.rows += rows

    def leave(self, size_bytes: int) -> None:
        """Count a piece that is about to leave; what the log has not got of rows, or of many bytes, goes there first:
        it has left also where the process dies over it."""
        self.size_bytes += size_bytes
        if self.rows == self._logged[0] and self.size_bytes - self._logged[1] < LOGGED_BYTES:
            return
        self._logged = self.rows, self.size_bytes
        Pull.objects.filter(pk=self.pull).update(rows=self.rows, bytes=self.size_bytes, milliseconds=self.milliseconds)


class LoggedStream(Iterator[bytes]):
    """A stream that is logged before its first byte, handed on, and whose end is logged, whichever it is.

    What ends it early is raised: the answer is then aborted, so that the caller sees that it is not whole. The server
    reads it to its end or closes it. One that is merely dropped stays in the log as it is, with what has left: a
    generator would clean up whenever memory is cleared, be it in the midst of another statement on the same connection,
    which then waits for itself.

    Args:
        pieces: makes the stream; it counts rows in the tally before they leave.
    """

    def __init__(self, *, actor: Actor, facts: PullFacts, pieces: Callable[[Tally], Iterator[bytes]]) -> None:
        self._actor, self._facts, self._make = actor, facts, pieces
        self._tally: Tally | None = None
        self._pieces: Iterator[bytes] | None = None
        self._is_over = False

    def __next__(self) -> bytes:
        if self._is_over:
            raise StopIteration
        if self._tally is None:
            self._tally = Tally(pull_begin(actor=self._actor, facts=self._facts))
        try:
            if self._pieces is None:
                self._pieces = self._make(self._tally)
            piece = next(self._pieces)
            self._tally.leave(len(piece))
        except StopIteration:
            self._end(PullOutcome.DONE)
            raise
        except (NotAllowed, QuotaSpent):
            logger.warning("pull_cut", pull=self._tally.pull, grant=self._facts.grant.pk)
            self._end(PullOutcome.CUT)
            raise
        except BaseException:
            self._end(PullOutcome.FAILED)
            raise
        return piece

    def close(self) -> None:
        """End the stream where it is: its caller is gone."""
        if not self._is_over:
            self._end(PullOutcome.LEFT)

    def _end(self, outcome: PullOutcome) -> None:
        self._is_over = True
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        if self._tally is not None:
            pull_end(
                pull=self._tally.pull,
                grant=self._facts.grant,
                outcome=outcome,
                rows=self._tally.rows,
                size_bytes=self._tally.size_bytes,
                milliseconds=self._tally.milliseconds,
            )
