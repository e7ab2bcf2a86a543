"""Staff of contractors load rows without learning from it who is in data that they do not see whole (docs/adr/0081)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.listing import Column
from collection.choices import LoadMode, RuleKind
from collection.models import Dataset, QualityRule
from collection.policies import can_see_changes, entries_named, preview_entitlement
from collection.store.columns import columns_wanted
from core.actors import Actor
from core.exceptions import NotAllowed

TELL_CHANGES = frozenset({"rows", "updated", "quality"})
"""Columns of lists that tell what a load has changed, as values, in files and as an order."""


def columns_told(actor: Actor, columns: Sequence[Column]) -> list[Column]:
    """Leave out of a list's columns what tells the actor more of a load than he may learn."""
    return [one for one in columns if can_see_changes(actor) or one.name not in TELL_CHANGES]


def require_blind_load(actor: Actor, dataset: Dataset, mode: LoadMode | None = None) -> None:
    """Refuse staff of contractors where a load would tell them who is in data that they do not see whole.

    A rule that looks a value up in other data says of each row whether it is there. So does one by which no value
    occurs twice of these data, and a key whose rows are rejected because they are there.

    Args:
        mode: what the rows mean for those that are there; None where it is not said yet.

    Raises:
        NotAllowed: such a rule refers to other data than theirs, or to an item that they see masked; or rows are added
            by a key that they see masked.
    """
    if not actor.is_contractor:
        return
    rules = QualityRule.objects.filter(dataset=dataset, retired_at__isnull=True)
    if rules.filter(target__isnull=False).exclude(target__entry__in=entries_named(actor)).exists():
        raise NotAllowed(
            _(
                "A rule compares these rows with data for which you are not named. Have somebody of the department"
                " load them, or name you for those data too."
            )
        )
    columns = columns_wanted(dataset.entry)
    seen = preview_entitlement(actor, dataset, columns)
    masked = {one.item for one in columns} if seen is None else set(seen.masks)
    is_told = mode == LoadMode.APPEND and any(one.is_key and one.item in masked for one in columns)
    if dataset.is_table and (is_told or rules.filter(kind=RuleKind.UNIQUE, item__in=masked).exists()):
        raise NotAllowed(
            _(
                "What is rejected here because it is there already would tell you of values that are masked for you."
                " Have somebody of the department load these rows, or let rows replace those of the same key."
            )
        )
