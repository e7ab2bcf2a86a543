"""Two versions of a dataset beside each other, as one actor may see them."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from collection import policies, selectors
from collection.models import Dataset, DatasetVersion
from collection.readers.changes import Resync
from collection.readers.comparison import KINDS, RowChange, change_counts, common, row_changes
from collection.readers.entitlement import Entitlement
from collection.readers.page import PinnedVersion
from collection.selectors.dataset import pinned_version, rows_loaded
from collection.store import tables
from collection.store.columns import Column
from collection.vault import KeyMissing, Tampered, open_text, seal_text
from collection.wording import cell_text
from core.actors import Actor
from core.exceptions import NotVisible

ROWS = 50
MOST_MILLISECONDS = 10_000
MOST_COUNTED = 100_000
"""Rows that may differ so that they are counted; it takes some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell before and after; the same text twice where it did not change."""

    before: str | None
    after: str | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row that differs."""

    kind: str
    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change to choose, with its number where there was time to count."""

    value: str
    label: str
    count: int | None
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page shows.

    Attributes:
        gained, lost: names of items that only one of the versions has; they are not compared.
        retyped: names of items that each of them has in another type; nor are they.
        problem: why there is nothing to show.
    """

    since: DatasetVersion
    until: DatasetVersion
    columns: list[Column]
    lines: list[Line]
    kinds: list[Kind]
    gained: list[str]
    lost: list[str]
    retyped: list[str]
    masked: list[str]
    next_url: str
    has_key: bool
    problem: str = ""


def kind_label(kind: str) -> str:
    return {
        "added": pgettext("row", "Added"),
        "changed": pgettext("row", "Changed"),
        "removed": pgettext("row", "Removed"),
    }[kind]


def comparison_of(actor: Actor, dataset: Dataset, query: QueryDict) -> Comparison:
    """Compare the two versions that the address names; by default the published one with the one before it.

    Raises:
        NotVisible: there are no two versions whose rows are kept.
        NotAllowed: the actor reads the data under a grant only, or is a contractor's.
    """
    policies.require_see_changes(actor)
    since, until = _versions(dataset, query)
    old, new = pinned_version(since), pinned_version(until)
    entitlement = _entitlement(actor, dataset, old, new)
    known, now = {one.item for one in old.columns}, {one.item for one in new.columns}
    lost = [one.name for one in old.columns if one.item in entitlement.items and one.item not in now]
    gained = [one.name for one in new.columns if one.item in entitlement.items and one.item not in known]
    shared = {one.column for one in old.columns}
    retyped = [one.name for one in entitlement.columns(new.columns) if one.item in known and one.column not in shared]
    kind = query.get("kind", "") if query.get("kind") in KINDS else ""
    context = f"collection.compare.{actor.id}.{since.pk}.{until.pk}.{kind}"
    base = {"from": since.number, "to": until.number}
    address = reverse("collection:compare", args=[dataset.pk])
    columns: list[Column] = []
    found: list[RowChange] = []
    counts: dict[str, int] = {}
    problem = ""
    try:
        old, new = common(old, new)
        columns = entitlement.columns(new.columns)
        after = None if entitlement.is_sample else _place(query.get("after", ""), context)
        ends_at = time.monotonic() + MOST_MILLISECONDS / 1000
        with tables.bounded(MOST_MILLISECONDS) as run:
            found = row_changes(run, entitlement, old, new, limit=ROWS + 1, kind=kind, after=after, ends_at=ends_at)
        counts = _counts(entitlement, old, new) if rows_loaded(since, until) <= MOST_COUNTED else {}
    except Resync:
        problem = _("The key of the rows changed between these versions: no row can be told to be the same.")
    except tables.TooSlow:
        problem = _("The versions differ too much to be compared on a page. Download both, or compare nearer ones.")
    query_next = base | ({"kind": kind} if kind else {})
    more = len(found) > ROWS and not entitlement.is_sample
    return Comparison(
        since=since,
        until=until,
        columns=columns,
        lines=[_line(one, columns) for one in found[:ROWS]],
        kinds=_kinds(address, base, kind, counts),
        gained=gained,
        lost=lost,
        retyped=retyped,
        masked=[one.name for one in columns if entitlement.mask_of(one.item) != "none"],
        next_url=f"{address}?{urlencode(query_next | {'after': seal_text(found[ROWS - 1].key, context=context)})}"
        if more
        else "",
        has_key=any(one.is_key for one in new.columns),
        problem=problem,
    )


def _versions(dataset: Dataset, query: QueryDict) -> tuple[DatasetVersion, DatasetVersion]:
    """Return the earlier and the later version.

    Raises:
        NotVisible: one of them is not there, or its rows are gone.
    """
    until = selectors.version_get(dataset, _number(query.get("to", "")))
    wanted = _number(query.get("from", ""))
    since = selectors.version_get(dataset, wanted) if wanted else selectors.version_before(dataset, until)
    if since.number == until.number:
        raise NotVisible
    return (since, until) if since.number < until.number else (until, since)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _entitlement(actor: Actor, dataset: Dataset, old: PinnedVersion, new: PinnedVersion) -> Entitlement:
    """Return what the actor sees of both: an item that was masked in either is masked.

    Raises:
        NotAllowed: he reads the data under a grant only.
    """
    before = policies.require_preview(actor, dataset, list(old.columns))
    after = policies.require_preview(actor, dataset, list(new.columns))
    return Entitlement(
        dataset.pk,
        (*after.items, *(one for one in before.items if one not in after.items)),
        row_filter=after.row_filter,
        masks={**before.masks, **after.masks},
        hash_key=after.hash_key,
        is_sample=after.is_sample,
    )


def _place(token: str, context: str) -> str | None:
    """Return the key after which the page begins; it travels sealed, since it may be somebody's number."""
    try:
        return open_text(token, context=context) if token else None
    except (Tampered, KeyMissing):
        return None


def _counts(entitlement: Entitlement, old: PinnedVersion, new: PinnedVersion) -> dict[str, int]:
    try:
        with tables.bounded(MOST_MILLISECONDS) as run:
            return change_counts(run, entitlement, old, new)
    except tables.TooSlow:
        return {}


def _kinds(address: str, base: dict[str, Any], chosen: str, counts: dict[str, int]) -> list[Kind]:
    def kind(value: str, label: str) -> Kind:
        url = f"{address}?{urlencode(base | ({'kind': value} if value else {}))}"
        count = counts.get(value) if value else (sum(counts.values()) if counts else None)
        return Kind(value, label, count, url, value == chosen)

    return [kind("", pgettext("row", "All differences")), *(kind(one, kind_label(one)) for one in KINDS)]


def _line(change: RowChange, columns: list[Column]) -> Line:
    before, after = change.before or [None] * len(columns), change.after or [None] * len(columns)
    cells = [
        Cell(cell_text(one, old), cell_text(one, new), change.kind == "changed" and old != new)
        for one, old, new in zip(columns, before, after, strict=True)
    ]
    return Line(change.kind, kind_label(change.kind), cells)
