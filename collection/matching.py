"""Which column of a file belongs to which item: as it was confirmed the last time, else by name."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from catalog.search import foldings
from collection.store.columns import Column

_BRACKETED = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_NUMBER = re.compile(r"[\d.,%+\-/: ]+")
_NOT_WORD = re.compile(r"[\W_]+")


OPERATION = "operation"
"""Stands among the items for the column that says of each row whether it is new, changed or deleted."""

OPERATION_LABEL = _("What happened to the row")

_OPERATION_LABELS = (
    "操作",
    "操作类型",
    "操作标识",
    "变更类型",
    "变更标识",
    "增删改标识",
    "op",
    "operation",
    "change_type",
)


def _key(label: str) -> str:
    """Return what two names of the same thing share: script, case, blanks, punctuation and units do not count."""
    plain = foldings(unicodedata.normalize("NFKC", label))[0]
    return _NOT_WORD.sub("", _BRACKETED.sub("", plain)) or _NOT_WORD.sub("", plain)


def names_known(columns: Sequence[Column], remembered: Iterable[str] = ()) -> Callable[[str], bool]:
    """Return what says whether a text names an item, or a column of an earlier file.

    Args:
        remembered: names of the columns of the earlier file.
    """
    exact = {name for one in columns for name in (one.name, one.field_name)} | set(remembered)
    keys = {key for one in columns for name in (one.name, one.field_name) if (key := _key(name))}
    longest = 3 * max(map(len, exact), default=0)  # with a unit in brackets, and blanks
    by_key: dict[str, bool] = {}

    def knows(label: str) -> bool:
        if label in exact or len(label) > longest or _NUMBER.fullmatch(label):
            return label in exact
        if label not in by_key:  # folding takes time, and every cell of the first rows is asked about
            by_key[label] = _key(label) in keys
        return by_key[label]

    return knows


def columns_match(
    labels: Sequence[str],
    columns: Sequence[Column],
    remembered: Mapping[str, str] | None = None,
    *,
    new: Collection[str] = (),
    has_operation: bool = False,
) -> dict[str, str]:
    """Return column of the file → identity of the item; every item at most once.

    Args:
        remembered: what was confirmed for an earlier file; it wins. A column mapped to "" is left out.
        new: items that were not there then, so that a column left out may be theirs.
        has_operation: one more column is looked for, the one that says what happened to the row.
    """
    known = remembered or {}
    wanted = {one.item for one in columns} | ({OPERATION} if has_operation else set())
    matched = {label: item for label, item in known.items() if label in labels and item in wanted}
    taken = set(matched.values())
    for keys in (lambda one: (one.name, one.field_name), lambda one: (_key(one.name), _key(one.field_name))):
        by_key: dict[str, str] = {}
        for one in columns:
            for key in keys(one):
                if key:
                    by_key.setdefault(key, one.item)
        for label in labels:
            item = by_key.get(label) or by_key.get(_key(label))
            if item is None or item in taken or label in matched:
                continue
            if label not in known or item in new:
                matched[label] = item
                taken.add(item)
    if has_operation and OPERATION not in taken:
        names = {_key(one) for one in _OPERATION_LABELS}
        found = next((one for one in labels if one not in matched and not known.get(one) and _key(one) in names), None)
        matched |= {found: OPERATION} if found is not None else {}
    return matched
