"""What about a submission needs a person to look at it alone. Pure: works on what it is given, asks no table.

A submission without any of these may be decided together with others. The rule stands here once: the queue shows
what it found, and ``services.review_approve_many`` asks again before each decision.
"""

from collections.abc import Sequence

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


def contention_of(
    revision: Revision,
    items: Sequence[RevisionItem],
    found: Findings,
    *,
    published: Revision | None = None,
    published_items: Sequence[RevisionItem] = (),
    has_open_comment: bool = False,
) -> list[Contention]:
    """Return why a revision under review has to be looked at alone, in the order of ``Contention``; empty: nothing.

    Args:
        found: the rules' findings on it.
        published: the revision in force that it would replace, with its items.
    """
    reasons = set()
    if found.errors:
        reasons.add(Contention.ERRORS)
    if found.hints:
        reasons.add(Contention.HINTS)
    if has_open_comment:
        reasons.add(Contention.OPEN_COMMENT)
    if published is None:
        reasons |= _of_first_filing(revision, items)
    else:
        reasons |= _of_update(published, revision)
        reasons |= _of_items(published, published_items, revision, items)
    return [reason for reason in Contention if reason in reasons]


def _of_first_filing(revision: Revision, items: Sequence[RevisionItem]) -> set[Contention]:
    reasons = set()
    if revision.sharing == Sharing.WITHHELD:
        reasons.add(Contention.WITHHELD)
    if revision.data_level in (DataLevel.CORE, DataLevel.IMPORTANT):
        reasons.add(Contention.HIGH_GRADE)
    if any(item.is_sensitive for item in items):
        reasons.add(Contention.PERSONAL)
    return reasons


def _of_update(before: Revision, after: Revision) -> set[Contention]:
    reasons = set()
    if is_looser_sharing(before.sharing, after.sharing):
        reasons.add(Contention.LOOSER_SHARING)
    if is_wider_opening(before.opening, after.opening):
        reasons.add(Contention.WIDER_OPENING)
    if after.sharing == Sharing.WITHHELD != before.sharing:
        reasons.add(Contention.WITHHELD)
    if before.data_level and after.data_level and _GRADE[after.data_level] < _GRADE[before.data_level]:
        reasons.add(Contention.LOWER_GRADE)
    return reasons


def _of_items(
    before: Revision, old: Sequence[RevisionItem], after: Revision, new: Sequence[RevisionItem]
) -> set[Contention]:
    reasons = set()
    earlier = {item.item_id: item for item in old}
    if earlier.keys() - {item.item_id for item in new}:
        reasons.add(Contention.REMOVED_ITEM)
    for item in new:
        was = earlier.get(item.item_id)
        if was is None:
            if item.is_sensitive:
                reasons.add(Contention.PERSONAL)
            continue
        if is_weaker_mask(was.mask, item.mask):
            reasons.add(Contention.WEAKER_MASK)
        if was.is_sensitive and not item.is_sensitive:
            reasons.add(Contention.NO_LONGER_SENSITIVE)
        if is_looser_sharing(was.sharing or before.sharing, item.sharing or after.sharing):
            reasons.add(Contention.LOOSER_ITEM)
        if is_wider_opening(was.opening or before.opening, item.opening or after.opening):
            reasons.add(Contention.WIDER_OPENING)
        if item.sharing == Sharing.WITHHELD and (was.sharing or before.sharing) != Sharing.WITHHELD:
            reasons.add(Contention.WITHHELD)
    return reasons
