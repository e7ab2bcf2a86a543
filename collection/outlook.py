"""What becomes of a dataset when the entry's items change: shown before the decision, and until the next file.

What the store will do is asked of the functions by which it does it (``collection/store/columns.py``); what a file
would meet is counted by the rules by which it is checked (``collection/store/outlook.py``).
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from redis.exceptions import RedisError

from catalog.choices import ItemType
from catalog.effects import Proposal
from catalog.models import Entry, Revision
from catalog.rules import MOST_KEY_BYTES
from catalog.selectors import can_see_working, items_of
from collection import policies
from collection.choices import LoadMode, Rule
from collection.models import Dataset, DatasetVersion
from collection.selectors.dataset import datasets_of
from collection.selectors.quality import rules_ready
from collection.selectors.source import sources_of
from collection.store.columns import Column, changes_key, columns_from, columns_of, needs_everything
from collection.store.outlook import Breach, Outlook, Place, Stored, outlook
from core.actors import Actor
from core.components.figures import joined, number

MOST_MILLISECONDS = 6_000
KEPT_SECONDS = 24 * 60 * 60
UNKNOWN_KEPT_SECONDS = 10 * 60
"""Before a version that took too long is counted again: the page is not to be slow each time."""


@dataclass(frozen=True, slots=True)
class RowLink:
    """A row by its place; the address is for those who may read it."""

    position: int
    url: str


@dataclass(frozen=True, slots=True)
class BreachLine:
    """How many rows a rule would reject, and the first of them."""

    rule: Any
    count: int
    rows: list[RowLink]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item: what changes, what follows for the data, and what the rows would meet.

    Attributes:
        mark: "added", "removed" or "changed".
    """

    name: str
    mark: str
    changes: list[str]
    effects: list[str]
    breaches: list[BreachLine]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about the dataset as a whole, with the first rows that it is about."""

    tone: str
    text: str
    rows: list[RowLink]


@dataclass(frozen=True, slots=True)
class DatasetOutlook:
    """What becomes of one dataset.

    Attributes:
        revision: the revision that brings the change.
        is_decided: whether it is in force already, so that the next file carries the change out.
    """

    dataset: Dataset
    version: DatasetVersion
    revision: Revision
    is_decided: bool
    items: list[ItemLine]
    notes: list[Note]


def revision_ahead(actor: Actor, entry: Entry) -> Revision | None:
    """Return the revision whose items the next file will be read by: the open one where the actor sees it."""
    return entry.working_revision if can_see_working(actor, entry) else entry.published_revision


def is_touched(version: DatasetVersion, now: Sequence[Column]) -> bool:
    """Say whether items differ from those that a version was loaded by."""
    return {one.item: _said(one) for one in columns_from(version.columns)} != {one.item: _said(one) for one in now}


def _said(one: Column) -> tuple[object, ...]:
    return one.name, one.field_name, one.type, one.is_key, one.nullable, one.length


def panel(actor: Actor, proposal: Proposal) -> dict[str, Any] | None:
    """Return the outlook of each dataset of an entry that is being decided on; None where no data are touched."""
    if proposal.is_withdrawal or not policies.can_see_outlook(actor, proposal.entry):
        return None
    found = [outlook_of(actor, one, proposal.revision) for one in datasets_of(proposal.entry)]
    outlooks = [one for one in found if one is not None]
    return {"outlooks": outlooks} if outlooks else None


def outlook_of(actor: Actor, dataset: Dataset, revision: Revision) -> DatasetOutlook | None:
    """Return what a revision means for a dataset; None where it has no rows or nothing changes for them.

    The actor may see it (``policies.can_see_outlook``): counts and places of rows, never a value.
    """
    version = dataset.published_version
    if not dataset.is_table or version is None:
        return None
    now = columns_of(items_of(revision))
    if not is_touched(version, now):
        return None
    before = columns_from(version.columns)
    counted = _counted(version, before, now)
    link = _RowLinks(dataset, is_reader=policies.can_export(actor, dataset))
    return DatasetOutlook(
        dataset=dataset,
        version=version,
        revision=revision,
        is_decided=dataset.entry.published_revision_id == revision.pk,
        items=_items(before, now, counted, link),
        notes=[*_notes(dataset, version, before, now), *_counts(dataset, version, before, now, counted, link)],
    )


# --- Counting, once for each version and set of items ---------------------------------------------------------------


def _counted(version: DatasetVersion, before: Sequence[Column], now: Sequence[Column]) -> Outlook:
    asked = json.dumps([one.as_dict() for one in now], ensure_ascii=False)
    key = f"collection.outlook.{version.pk}.{hashlib.sha256(asked.encode()).hexdigest()}"
    with suppress(RedisError, OSError):
        if (kept := cache.get(key)) is not None:
            return _read(json.loads(kept))
    stored = Stored(version.dataset_id, version.generation, version.number, before)
    found = outlook(stored, now, milliseconds=MOST_MILLISECONDS)
    with suppress(RedisError, OSError):
        cache.set(key, json.dumps(asdict(found)), KEPT_SECONDS if found.is_known else UNKNOWN_KEPT_SECONDS)
    return found


def _read(kept: dict[str, Any]) -> Outlook:
    breaches = (one | {"places": tuple(Place(**place) for place in one["places"])} for one in kept["breaches"])
    return Outlook(tuple(Breach(**one) for one in breaches), kept["rejected"], kept["is_known"])


@dataclass(frozen=True, slots=True)
class _RowLinks:
    dataset: Dataset
    is_reader: bool

    def of(self, breach: Breach) -> list[RowLink]:
        here = reverse("collection:dataset_detail", args=[self.dataset.pk])
        return [
            RowLink(one.position, f"{here}?tab=rows&after={one.row - 1}" if self.is_reader else "")
            for one in breach.places
        ]


# --- Items ----------------------------------------------------------------------------------------------------------


def _items(before: Sequence[Column], now: Sequence[Column], counted: Outlook, link: _RowLinks) -> list[ItemLine]:
    old = {one.item: one for one in before}
    lines = []
    for one in now:
        changes, effects = _added(one) if one.item not in old else _changed(old[one.item], one)
        if changes:
            breaches = [
                BreachLine(Rule(each.rule).label, each.count, link.of(each))
                for each in counted.breaches
                if each.item == one.item
            ]
            lines.append(ItemLine(one.name, "changed" if one.item in old else "added", changes, effects, breaches))
    stay = {one.item for one in now}
    gone = _("The next version has no such column. Versions loaded before keep theirs.")
    lines += [ItemLine(one.name, "removed", [_("Dropped")], [gone], []) for one in before if one.item not in stay]
    return lines


def _added(one: Column) -> tuple[list[str], list[str]]:
    kind = _("New: %(type)s") % {"type": _type(one)}
    if one.nullable:
        return [kind], [_("A new column. It stays empty in rows that no file fills.")]
    changes = [kind, _("belongs to the key") if one.is_key else _("must not be empty")]
    return changes, [_("A new column, which the next file must fill in every row.")]


def _changed(was: Column, one: Column) -> tuple[list[str], list[str]]:
    changes, effects = [], []
    if (was.name, was.field_name) != (one.name, one.field_name):
        changes.append(_("Renamed, was: %(name)s") % {"name": _full_name(was)})
        effects.append(_("The column stays. Files may keep the heading that they have used."))
    if was.type != one.type:
        changes.append(_("Type: %(before)s → %(after)s") % {"before": _type(was), "after": _type(one)})
    if was.column != one.column:
        effects.append(_("A new column of the new type. The old one is kept with the versions that have it."))
    if was.is_key != one.is_key:
        changes.append(_("Becomes part of the key") if one.is_key else _("No longer part of the key"))
    if was.nullable != one.nullable and not (was.is_key or one.is_key):
        changes.append(pgettext("change", "May be empty") if one.nullable else pgettext("change", "Must not be empty"))
    if one.is_text and was.is_text and was.length != one.length:
        limits = {"before": was.length or _("any length"), "after": one.length or _("any length")}
        changes.append(_("Length: %(before)s → %(after)s") % limits)
    if changes and not effects:
        effects.append(_("The column stays; rows of the next file are checked by the new rule."))
    return changes, effects


def _full_name(one: Column) -> str:
    return f"{one.name} ({one.field_name})" if one.field_name else one.name


def _type(one: Column) -> str:
    return str(ItemType(one.type).label)


# --- The dataset as a whole -----------------------------------------------------------------------------------------


def _notes(dataset: Dataset, version: DatasetVersion, before: Sequence[Column], now: Sequence[Column]) -> list[Note]:
    """Say what the store will do, whatever the rows hold."""
    notes = []
    if changes_key(before, now):
        told = _("The key changes: the next version begins a table of its own (generation %(number)d). Earlier "
                 "versions stay readable for their time, but the dataset cannot return to them.")  # fmt: skip
        notes.append(Note("warn", told % {"number": version.generation + 1}, []))
        if not any(one.is_key for one in now):
            notes.append(Note("", _("No item is the key any more: rows are told apart by all they hold."), []))
    if needs_everything(before, now):
        partial = _loads_in_part(dataset)
        told = _("The next file must hold every row. Files of new or changed rows are refused until then.")
        if partial:
            told = _("The next file must hold every row. Files of new or changed rows are refused until then, "
                     "which is how these load: %(names)s.") % {"names": joined(partial)}  # fmt: skip
        notes.append(Note("warn" if partial else "", told, []))
    idle = {one.rule for one in rules_ready(dataset, before).idle}
    ending = [one for one in rules_ready(dataset, now).idle if one.rule not in idle]
    if ending:
        told = ngettext("%(count)d quality rule no longer applies: %(names)s.",
                        "%(count)d quality rules no longer apply: %(names)s.", len(ending))  # fmt: skip
        names = joined("、".join(one.items) for one in ending)
        notes.append(Note("warn", told % {"count": len(ending), "names": names}, []))
    items = {one.item for one in now}
    lost = [one.name for one in before if one.item in dataset.filter_items and one.item not in items]
    if lost:
        told = _("Readers can no longer filter by: %(names)s.") % {"names": joined(lost)}
        notes.append(Note("warn", told, []))
    return notes


def _loads_in_part(dataset: Dataset) -> list[str]:
    """Return what loads the dataset with files that do not hold everything."""
    found = [_("files sent by hand")] if dataset.default_mode != LoadMode.REPLACE else []
    return found + [one.name for one in sources_of(dataset) if one.mode != LoadMode.REPLACE]


def _counts(
    dataset: Dataset,
    version: DatasetVersion,
    before: Sequence[Column],
    now: Sequence[Column],
    counted: Outlook,
    link: _RowLinks,
) -> list[Note]:
    """Say what the rows of the version would meet."""
    if not counted.is_known:
        told = _("There was no time to count the rows that would no longer fit. Open the page again later.")
        return [Note("warn", told, [])]
    notes = []
    if changes_key(before, now) and any(one.is_key for one in now):
        notes += _of_key(before, now, counted, link)
    figures = {"rejected": number(counted.rejected), "rows": number(version.row_count)}
    if dataset.refuses(counted.rejected, version.row_count):
        told = _("Of the %(rows)s rows as they stand %(rejected)s would be rejected. That is more than the limit of "
                 "this dataset: nothing would be published.")  # fmt: skip
        notes.append(Note("bad", told % figures, []))
    elif counted.rejected:
        told = _("Of the %(rows)s rows as they stand %(rejected)s would be rejected.")
        notes.append(Note("warn", told % figures, []))
    else:
        notes.append(Note("ok", _("All %(rows)s rows as they stand would be taken.") % figures, []))
    return notes


def _of_key(before: Sequence[Column], now: Sequence[Column], counted: Outlook, link: _RowLinks) -> list[Note]:
    held = {one.item for one in before}
    new = [one.name for one in now if one.is_key and one.item not in held]
    if new:
        told = _("Whether rows would share the new key cannot be told: no row holds %(names)s yet.")
        return [Note("warn", told % {"names": joined(new)}, [])]
    notes = []
    if (long := _breach(counted, Rule.KEY_LENGTH)) is not None:
        told = ngettext(
            "The new key of %(count)s row is longer than %(most)s bytes; it would be rejected.",
            "The new keys of %(count)s rows are longer than %(most)s bytes; they would be rejected.",
            long.count,
        )
        figures = {"count": number(long.count), "most": number(MOST_KEY_BYTES)}
        notes.append(Note("bad", told % figures, link.of(long)))
    twice = _breach(counted, Rule.KEY_TWICE)
    if twice is None:
        return [*notes, Note("ok", _("No two rows share the new key."), [])]
    told = ngettext(
        "%(count)s row shares the new key with a row before it and would be rejected.",
        "%(count)s rows share the new key with a row before them and would be rejected.",
        twice.count,
    )
    return [*notes, Note("bad", told % {"count": number(twice.count)}, link.of(twice))]


def _breach(counted: Outlook, rule: Rule) -> Breach | None:
    """Return how often a rule of the key as a whole would be broken; None where it would not be."""
    return next((one for one in counted.breaches if one.item is None and one.rule == rule), None)
