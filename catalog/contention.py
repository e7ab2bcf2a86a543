"""What about a submission needs a person to look at it alone. Pure: works on what it is given, asks no table.

A submission without any of these may be decided together with others. The rule stands here once: the queue shows
what it found, and ``services.review_approve_many`` asks again before each decision.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.choices import DataLevel, Mask, Opening, Sharing
from catalog.models import Revision, RevisionItem
from catalog.rules import STRICTNESS, Findings


class Contention(models.TextChoices):
    """Why a submission has to be looked at alone."""

    ERRORS = "errors", _("A rule is broken")
    HINTS = "hints", _("The pre-check has a hint")
    OPEN_COMMENT = "open_comment", _("A comment “must change” is open")
    WITHDRAWAL = "withdrawal", _("Withdrawal")
    LOOSER_SHARING = "looser_sharing", _("Shared more freely than before")
    LOOSER_ITEM = "looser_item", _("An item is shared more freely than before")
    WIDER_OPENING = "wider_opening", _("Opened wider to the public")
    WITHHELD = "withheld", _("Newly withheld from sharing")
    TAKES_AWAY = "takes_away", _("Departments lose data that they have")
    WEAKER_MASK = "weaker_mask", _("The mask of an item was weakened or changed")
    NO_LONGER_SENSITIVE = "no_longer_sensitive", _("An item no longer counts as sensitive")
    REMOVED_ITEM = "removed_item", _("An item was removed")
    LOWER_GRADE = "lower_grade", _("The data grade was lowered")
    HIGH_GRADE = "high_grade", _("First filing of core or important data")
    PERSONAL = "personal", _("First filing of personal information")
    NOT_CHECKED = "not_checked", _("Not pre-checked yet")


_OPENNESS = {Opening.CLOSED: 0, Opening.CONDITIONAL: 1, Opening.OPEN: 2}
_GRADE = {level: rank for rank, level in enumerate(reversed(DataLevel.values))}
_WHOLE_MASKS = (Mask.TEXT, Mask.HASH)
"""Masks under which nothing of the value is to be read."""


def is_weaker_mask(before: str, after: str) -> bool:
    """Say whether a mask shows more than the one before, or something else: two partial masks have no order."""
    return before not in (after, Mask.NONE) and after not in _WHOLE_MASKS


def is_looser_sharing(before: str, after: str) -> bool:
    """Say whether an attribute gives more away; one that was never set is no yardstick."""
    return bool(before and after) and STRICTNESS[Sharing(after)] < STRICTNESS[Sharing(before)]


def is_wider_opening(before: str, after: str) -> bool:
    return bool(before and after) and _OPENNESS[Opening(after)] > _OPENNESS[Opening(before)]


@dataclass(frozen=True, slots=True)
class Concern:
    """One reason, and where it shows: a field, or an item by ``items.<id>`` with its name."""

    reason: Contention
    field: str = ""
    name: str = ""


def concerns_of(
    revision: Revision,
    items: Sequence[RevisionItem],
    found: Findings,
    *,
    published: Revision | None = None,
    published_items: Sequence[RevisionItem] = (),
    has_open_comment: bool = False,
    takes_away: bool = False,
) -> list[Concern]:
    """Return what about a revision under review needs a look of its own; empty: nothing.

    Args:
        found: the rules' findings on it.
        published: the revision in force that it would replace, with its items.
        takes_away: see ``effects.takes_away``.
    """
    concerns = []
    if found.errors:
        concerns.append(Concern(Contention.ERRORS))
    if found.hints:
        concerns.append(Concern(Contention.HINTS))
    if has_open_comment:
        concerns.append(Concern(Contention.OPEN_COMMENT))
    if takes_away:
        concerns.append(Concern(Contention.TAKES_AWAY))
    if published is None:
        concerns += _of_first_filing(revision, items)
    else:
        concerns += _of_update(published, revision)
        concerns += _of_items(published, published_items, revision, items)
    return concerns


def reasons_of(concerns: Iterable[Concern]) -> list[Contention]:
    """Return each reason once, in the order of ``Contention``."""
    present = {concern.reason for concern in concerns}
    return [reason for reason in Contention if reason in present]


def _of_first_filing(revision: Revision, items: Sequence[RevisionItem]) -> Iterator[Concern]:
    if revision.sharing == Sharing.WITHHELD:
        yield Concern(Contention.WITHHELD, "sharing")
    if revision.data_level in (DataLevel.CORE, DataLevel.IMPORTANT):
        yield Concern(Contention.HIGH_GRADE, "data_level")
    if any(item.is_sensitive for item in items):
        yield Concern(Contention.PERSONAL, "items")


def _of_update(before: Revision, after: Revision) -> Iterator[Concern]:
    if is_looser_sharing(before.sharing, after.sharing):
        yield Concern(Contention.LOOSER_SHARING, "sharing")
    if is_wider_opening(before.opening, after.opening):
        yield Concern(Contention.WIDER_OPENING, "opening")
    if after.sharing == Sharing.WITHHELD != before.sharing:
        yield Concern(Contention.WITHHELD, "sharing")
    if before.data_level and after.data_level and _GRADE[after.data_level] < _GRADE[before.data_level]:
        yield Concern(Contention.LOWER_GRADE, "data_level")


def _of_items(
    before: Revision, old: Sequence[RevisionItem], after: Revision, new: Sequence[RevisionItem]
) -> Iterator[Concern]:
    earlier = {item.item_id: item for item in old}
    kept = {item.item_id for item in new}
    for item in old:
        if item.item_id not in kept:
            yield _concern(Contention.REMOVED_ITEM, item)
    for item in new:
        was = earlier.get(item.item_id)
        if was is None:
            if item.is_sensitive:
                yield _concern(Contention.PERSONAL, item)
            continue
        if is_weaker_mask(was.mask, item.mask):
            yield _concern(Contention.WEAKER_MASK, item)
        if was.is_sensitive and not item.is_sensitive:
            yield _concern(Contention.NO_LONGER_SENSITIVE, item)
        # Where the entry's own attribute changed, it is the entry that is the concern, not each item under it.
        if item.sharing and is_looser_sharing(was.sharing or before.sharing, item.sharing):
            yield _concern(Contention.LOOSER_ITEM, item)
        if was.sharing and not item.sharing and is_looser_sharing(was.sharing, after.sharing):
            yield _concern(Contention.LOOSER_ITEM, item)
        if item.opening and is_wider_opening(was.opening or before.opening, item.opening):
            yield _concern(Contention.WIDER_OPENING, item)
        if was.opening and not item.opening and is_wider_opening(was.opening, after.opening):
            yield _concern(Contention.WIDER_OPENING, item)
        if item.sharing == Sharing.WITHHELD and (was.sharing or before.sharing) != Sharing.WITHHELD:
            yield _concern(Contention.WITHHELD, item)


def _concern(reason: Contention, item: RevisionItem) -> Concern:
    return Concern(reason, f"items.{item.item_id}", item.name)
