"""Looking at data under a grant on a page: the same right, limits and log as a pull through the data API."""

import time
from collections.abc import Callable

from django.http import QueryDict

from collection.models import DatasetVersion
from collection.preview import ROWS, Preview, preview_of
from collection.profiles import DatasetProfile, profile_of
from core.actors import Actor
from sharing import limits
from sharing.client_choices import LOOK_PROFILE, LOOK_ROWS, PullKind
from sharing.models import Grant
from sharing.selectors import reading as selectors
from sharing.selectors.pull import row_quota_of
from sharing.services.pull import PullFacts, hidden_items, look_record


def rows_look(
    *,
    actor: Actor,
    grant: Grant,
    version: DatasetVersion,
    query: QueryDict,
    address: str,
    objection_url: Callable[[int], str] | None = None,
) -> Preview:
    """Return a page of rows as the grant shows them, logged as a pull of this person and counted as such.

    Args:
        grant: as ``grant_for_reading`` found it for the actor just now.
        query: filter, order and place, as the page asks.
        address: where the actor is.
        objection_url: returns where a row, by its number, is objected to.

    Raises:
        LimitExceeded: the calls of this minute or the rows of this day are spent.

    Basis:
        Internal rule, docs/adr/0075.
    """
    started = time.monotonic()
    call_count(grant)
    reading = selectors.reading_of(grant, version)
    quota = row_quota_of(grant)
    taken = quota.take(ROWS) if quota else ROWS
    count = 0
    try:
        found = preview_of(reading.entitlement, version, query, most=taken, objection_url=objection_url)
        count = len(found.rows)
        facts = PullFacts(
            grant,
            version.number,
            PullKind.ROWS,
            reading.items(None),
            address,
            conditions=() if found.problem else found.conditions,
            detail=LOOK_ROWS,
            hidden=hidden_items(grant),
        )
        size = sum(len((cell.text or "").encode()) for row in found.rows for cell in row.cells)
        look_record(actor=actor, facts=facts, rows=count, size_bytes=size, milliseconds=_spent(started))
    finally:
        if quota:
            quota.give_back(taken - count)
    return found


def profile_look(*, actor: Actor, grant: Grant, version: DatasetVersion, address: str) -> DatasetProfile:
    """Return the profile of what the grant shows, logged as a pull without rows: it tells values, and no row.

    Args:
        grant, address: as ``rows_look``.

    Raises:
        LimitExceeded: the calls of this minute are spent.

    Basis:
        Internal rule, docs/adr/0075.
    """
    started = time.monotonic()
    call_count(grant)
    reading = selectors.reading_of(grant, version)
    found = profile_of(reading.entitlement, version)
    facts = PullFacts(
        grant, version.number, PullKind.ROWS, reading.items(None), address, detail=LOOK_PROFILE
    )  # fmt: skip
    look_record(actor=actor, facts=facts, rows=0, size_bytes=0, milliseconds=_spent(started))
    return found


def call_count(grant: Grant) -> None:
    """Count a look of a person as a call of the grant.

    Raises:
        LimitExceeded: the calls of this minute are spent.
    """
    if grant.calls_per_minute is not None:
        limits.count_call("grant", f"grant:{grant.token}", grant.calls_per_minute)


def _spent(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
