"""Why a row was rejected, in words: of a key that is too long with its figures, which only the row's cells tell."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from collection.choices import Rule
from collection.models import QualityRule
from collection.quality.wording import reason_words
from collection.store.cells import BLANKS
from collection.store.columns import Column
from core.components.figures import number


class RejectedWords:
    """What is said of the rejected rows of a run.

    Args:
        columns: of the dataset as it is now.
        mapping: of the run.
        rules: all that the dataset ever had.
    """

    def __init__(self, columns: Sequence[Column], mapping: Mapping[str, str], rules: Mapping[int, QualityRule]) -> None:
        self._keys = {one.item: one.name for one in columns if one.is_key}
        self._names = {one.item: one.name for one in columns}
        self._labels = {item: label for label, item in mapping.items() if item}
        self._rules = rules

    def name(self, item: str | None) -> str:
        """Return the name of an item; "" for the row as a whole, and for an item that is gone."""
        return self._names.get(item or "", "")

    def value(self, item: str | None, cells: Mapping[str, str | None]) -> str | None:
        """Return the cell of an item; None where it is empty, and for the row as a whole.

        Args:
            cells: of the row, by the names of the file's columns.
        """
        return cells.get(self._labels.get(item, "")) if item else None

    def reason(self, rule: str, cells: Mapping[str, str | None]) -> str:
        """Return which rule was broken; of a key that is too long also how long its items are, the longest first."""
        words = reason_words(rule, self._rules)
        if rule != Rule.KEY_LENGTH or not self._keys:
            return words
        texts = [(name, (self.value(item, cells) or "").strip(BLANKS)) for item, name in self._keys.items()]
        parts = [
            _("“%(item)s” has %(bytes)s bytes (%(characters)s characters)")
            % {"item": name, "bytes": number(len(text.encode())), "characters": number(len(text))}
            for name, text in sorted(texts, key=lambda one: -len(one[1].encode()))
        ]
        return _("%(rule)s: %(parts)s") % {"rule": words, "parts": pgettext("list", ", ").join(parts)}
