"""What a reader may see of a dataset: items, rows, masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.choices import Mask
from collection.store.columns import Column


class Operator(StrEnum):
    """Comparisons of the filter grammar."""

    EQUAL = "eq"
    GTE = "gte"
    LTE = "lte"
    GT = "gt"
    LT = "lt"
    IN = "in"
    STARTS = "startswith"
    NULL = "isnull"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; several are joined by AND.

    Attributes:
        item: identity of the item.
        values: texts as they were typed; one, but for ``IN``.
        type: letter of the type that the item had when the condition was written; empty for one that is asked at once,
            of a version as it is.
    """

    item: str
    operator: Operator
    values: tuple[str, ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The right to read a dataset; made by a policy, never by a view.

    Attributes:
        items: identities of the items that may be read, in the order in which they are shown.
        row_filter: conditions on the true values that every row must meet.
        masks: item → mask; items that are not named are shown whole.
        hash_key: key of the hash masks, bound as a parameter and never part of a statement's text.
        filter_items: the items that the reader may filter and sort by; None for every item he may read.
        is_sample: pages show their first rows and no further ones.
        hides_loading: pages show rows in an order made of nothing but what is shown of them: that of loading would tell
            which row has changed.
    """

    dataset_id: int
    items: tuple[str, ...]
    row_filter: tuple[Condition, ...] = ()
    masks: Mapping[str, Mask] = field(default_factory=dict, hash=False)
    hash_key: bytes = b""
    filter_items: frozenset[str] | None = None
    is_sample: bool = False
    hides_loading: bool = False

    def columns(self, available: Sequence[Column]) -> list[Column]:
        """Return the columns of a version that may be read."""
        by_item = {one.item: one for one in available}
        return [by_item[item] for item in self.items if item in by_item]

    def mask_of(self, item: str) -> Mask:
        return self.masks.get(item, Mask.NONE)

    def may_filter(self, item: str) -> bool:
        return item in self.items and (self.filter_items is None or item in self.filter_items)

    def may_sort(self, item: str) -> bool:
        """Say whether rows may come in the order of an item: an order by a masked value would be none of use."""
        return self.may_filter(item) and self.mask_of(item) == Mask.NONE

    @property
    def sees_all_rows(self) -> bool:
        return not self.row_filter
