"""Who shares, or collects, the same items already. Only what the actor sees is looked at, so only that is offered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.fields import TextField

from catalog.choices import Mask
from catalog.models import Entry, EntrySearch, RevisionItem
from catalog.selectors.entry import visible
from collection.choices import DatasetKind
from collection.duty_choices import DutyState, MatchKind
from collection.duty_names import IDENTIFYING, folded_code, folded_name, same_names
from collection.models import CollectionDuty, Dataset, DutyItem, DutyRevision
from collection.readers import likeness
from collection.readers.page import PinnedVersion
from collection.selectors.dataset import OFFERED, open_items, pinned_version
from collection.selectors.duty import visible_duties
from collection.store.columns import Column
from core.actors import Actor

MOST_FOUND = 50
"""Entries, and duties, that a check keeps; what was found beyond is counted."""
_SIGNS = " _\t\n-－_—()[]{}<>《》〈〉【】「」『』“”‘’\"'、。，,.;；:：/\\|!！?？*+#&~·"
"""What ``folded_name`` leaves out, as the database can: the texts of the search index hold names with their signs."""


@dataclass(slots=True)
class Found:
    """An entry or a duty with what it has in common with the one that is checked."""

    matches: list[dict[str, str]] = field(default_factory=list)
    own: set[str] = field(default_factory=set)

    def add(self, own: str, theirs: str, kind: MatchKind) -> None:
        """Note a match; the first reason for a pair is kept."""
        if not any(one["own"] == own and one["theirs"] == theirs for one in self.matches):
            self.matches.append({"own": own, "theirs": theirs, "kind": kind.value})
            self.own.add(own)


@dataclass(slots=True)
class Result:
    """What a check found.

    Attributes:
        shared, collected: entry or duty → what it has in common, the closest first, at most ``MOST_FOUND``.
        shared_count, collected_count: all of them.
        datasets_left: datasets that could not be compared in the time there was.
    """

    shared: list[tuple[int, Found]]
    shared_count: int
    collected: list[tuple[int, Found]]
    collected_count: int
    is_compared: bool = False
    datasets_compared: int = 0
    datasets_left: int = 0


class _Item:
    """An item of the duty as it is compared."""

    def __init__(self, item: DutyItem) -> None:
        self.name = item.name
        self.folded = item.folded
        self.names = same_names(item.folded)
        self.element = folded_code(item.field_name)
        self.code_list = folded_code(item.code_list)
        self.identity = str(item.item_id) if item.item_id else ""

    def match(self, folded: str, element: str, code_lists: str) -> MatchKind | None:
        """Say why another item is the same, None where it is not.

        Args:
            code_lists: folded text in which another item names its code list.
        """
        if folded and folded == self.folded:
            return MatchKind.NAME
        if folded in self.names:
            return MatchKind.SYNONYM
        if len(self.element) > 2 and element == self.element:
            return MatchKind.ELEMENT
        if len(self.code_list) > 4 and self.code_list in code_lists:
            return MatchKind.CODE_LIST
        return None


def repeated(actor: Actor, revision: DutyRevision, items: Sequence[DutyItem], *, with_values: bool) -> Result:
    """Look for departments that share or collect the same items, by the values of the linked entry too if wanted."""
    wanted = [_Item(one) for one in items]
    shared = _shared_by_name(actor, revision, wanted)
    compared = _by_values(actor, revision, wanted, shared) if with_values else (False, 0, 0)
    collected = _collected(actor, revision, wanted)
    told = _telling(shared, wanted)
    others = _telling(collected, wanted)
    return Result(told[:MOST_FOUND], len(told), others[:MOST_FOUND], len(others), *compared)


def _telling(found: dict[int, Found], wanted: Sequence[_Item]) -> list[tuple[int, Found]]:
    """Keep what has more in common than who is meant; the closest first."""
    identifying = {one.name for one in wanted if one.folded in IDENTIFYING}
    rest = {one.name for one in wanted} - identifying
    kept = [(key, one) for key, one in found.items() if (one.own & rest if rest else one.own)]
    return sorted(kept, key=lambda pair: (-len(pair[1].own), pair[0]))


def shared_entries(actor: Actor, department_id: int) -> Any:
    """Return the published entries of other departments that the actor sees and could ask for."""
    return Entry.objects.filter(
        visible(actor), status="published", published_revision__sharing__in=OFFERED
    ).exclude(department_id=department_id)  # fmt: skip


def _shared_by_name(actor: Actor, revision: DutyRevision, wanted: Sequence[_Item]) -> dict[int, Found]:
    offered = shared_entries(actor, revision.duty.department_id)
    plain = Func(F("folded"), Value(_SIGNS), Value(""), function="translate", output_field=TextField())
    rows = EntrySearch.objects.filter(entry__in=offered.values("pk")).annotate(plain=plain)
    anywhere = Q(pk__in=[])
    for one in wanted:
        for word in one.names | ({one.element} if len(one.element) > 2 else set()):
            anywhere |= Q(plain__contains=word)
    revisions = dict(
        Entry.objects.filter(pk__in=rows.filter(anywhere).order_by().values("entry")).values_list(
            "published_revision_id", "pk"
        )
    )
    # What names a code list says so in its description, which the search does not index.
    lists = [one.code_list for one in wanted if len(one.code_list) > 4]
    if lists:
        revisions |= _naming_lists(offered, lists)
    return _matched(revisions, wanted)


def _naming_lists(offered: Any, lists: Iterable[str]) -> dict[int, int]:
    plain = Func(
        Func(F("description"), function="lower"), Value(_SIGNS), Value(""), function="translate",
        output_field=TextField(),
    )  # fmt: skip
    anywhere = Q(pk__in=[])
    for one in lists:
        anywhere |= Q(plain__contains=one)
    naming = RevisionItem.objects.filter(revision__in=offered.values("published_revision")).exclude(description="")
    rows = naming.annotate(plain=plain).filter(anywhere).values("revision")
    return dict(offered.filter(published_revision__in=rows).values_list("published_revision_id", "pk"))


def _matched(revisions: dict[int, int], wanted: Sequence[_Item]) -> dict[int, Found]:
    """Compare item by item: what the text of an entry holds need not be the name of an item."""
    found: dict[int, Found] = {}
    items = RevisionItem.objects.filter(revision__in=list(revisions)).order_by("revision", "position")
    for revision_id, name, element, description in items.values_list(
        "revision_id", "name", "field_name", "description"
    ).iterator(chunk_size=2_000):
        folded, code, lists = folded_name(name), folded_code(element), folded_code(description)
        for one in wanted:
            kind = one.match(folded, code, lists)
            if kind is not None:
                found.setdefault(revisions[revision_id], Found()).add(one.name, name, kind)
    return found


def _collected(actor: Actor, revision: DutyRevision, wanted: Sequence[_Item]) -> dict[int, Found]:
    others = CollectionDuty.objects.filter(visible_duties(actor), state=DutyState.REGISTERED)
    others = others.exclude(department_id=revision.duty.department_id)
    duties = dict(others.values_list("registered_id", "pk"))
    names = frozenset().union(*(one.names for one in wanted)) if wanted else frozenset()
    elements = {one.element for one in wanted if len(one.element) > 2}
    lists = {one.code_list for one in wanted if len(one.code_list) > 4}
    rows = DutyItem.objects.filter(revision__in=list(duties)).order_by("revision", "position")
    if not elements and not lists:
        rows = rows.filter(folded__in=names)
    found: dict[int, Found] = {}
    for one in rows.iterator(chunk_size=2_000):
        for mine in wanted:
            kind = mine.match(one.folded, folded_code(one.field_name), folded_code(one.code_list))
            if kind is not None:
                found.setdefault(duties[one.revision_id], Found()).add(mine.name, one.name, kind)
    return found


def _by_values(
    actor: Actor, revision: DutyRevision, wanted: Sequence[_Item], found: dict[int, Found]
) -> tuple[bool, int, int]:
    """Compare the values of the linked entry's data with those that others share; only a band is ever told.

    Returns:
        Whether there were own rows, how many datasets were compared and how many were left.
    """
    own = {one.identity: one.name for one in wanted if one.identity}
    department_id = revision.duty.department_id
    if revision.entry_id is None or not own:
        return False, 0, 0
    linked = Entry.objects.filter(pk=revision.entry_id, department=department_id, status="published")
    dataset = _published_tables(linked).first()
    if dataset is None:
        return False, 0, 0
    version = _published(dataset)
    columns = [one for one in comparable_columns(dataset) if one.item in own]
    sample = likeness.sample_of(version, columns)
    if sample.is_empty:
        return False, 0, 0
    compared = left = 0
    timer = likeness.Timer()
    for other in _published_tables(shared_entries(actor, department_id)).iterator(chunk_size=100):
        columns = comparable_columns(other)
        likes = likeness.likeness_of(sample, _published(other), columns, timer)
        if likes is None:
            left += 1
            continue
        compared += 1
        names = {one.column: one.name for one in columns}
        for like in likes:
            kind = MatchKind.VALUES_MOST if like.is_most else MatchKind.VALUES_HALF
            found.setdefault(other.entry_id, Found()).add(own[like.item], names[like.column], kind)
    return True, compared, left


def _published_tables(entries: Any) -> QuerySet[Dataset]:
    return (
        Dataset.objects.filter(
            entry__in=entries.values("pk"),
            kind=DatasetKind.TABLE,
            retired_at__isnull=True,
            published_version__isnull=False,
        )
        .select_related("entry__published_revision", "published_version")
        .order_by("pk")
    )


def _published(dataset: Dataset) -> PinnedVersion:
    version = dataset.published_version
    if version is None:
        raise ValueError("only datasets with a published version are compared")
    return pinned_version(version)


def comparable_columns(dataset: Dataset) -> list[Column]:
    """Return the texts of the published version that may be compared: neither sensitive, masked nor withheld.

    An item counts as such if it was when the rows were loaded, or is now; what the entry no longer lists is left out.
    """
    if dataset.entry.published_revision_id is None:
        return []
    offered = open_items([dataset])[dataset.pk]
    return [
        one
        for one in _published(dataset).columns
        if one.is_text and one.item in offered and not one.is_sensitive and one.mask == Mask.NONE
    ]
