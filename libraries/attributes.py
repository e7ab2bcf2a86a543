"""Whether a library would share or open what it takes more widely than the sources do."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.choices import Opening, Sharing
from catalog.models import Entry, Revision
from catalog.selectors import items_of
from core.exceptions import FieldError
from core.reasons import Reason
from libraries.exceptions import misfit


@dataclass(frozen=True, slots=True)
class Attributes:
    """How an item is shared and opened: as it says itself, else as its entry says."""

    name: str
    sharing: Sharing
    opening: Opening

    def is_looser_than(self, other: "Attributes") -> bool:
        """Say whether this gives more than another does."""
        return _SHARING.index(self.sharing) < _SHARING.index(other.sharing) or _OPENING.index(
            self.opening
        ) < _OPENING.index(other.opening)


_SHARING, _OPENING = list(Sharing), list(Opening)
"""Both from the loosest to the strictest."""


def attributes_of(revision: Revision) -> dict[str, Attributes]:
    """Return identity of an item → how it is shared and opened; where nothing is said, it is not."""
    return {
        str(one.item_id): Attributes(
            one.name,
            Sharing(one.sharing or revision.sharing or Sharing.WITHHELD),
            Opening(one.opening or revision.opening or Opening.CLOSED),
        )
        for one in items_of(revision)
    }


def looser_errors(
    library: Entry,
    source: Entry,
    mapping: Mapping[str, str],
    *,
    revision: Revision | None = None,
    source_revision: Revision | None = None,
) -> list[FieldError]:
    """Return which items of a library would give more than the source's; the fields are identities of the library's.

    Args:
        mapping: identity of the library's item → identity of the source's.
        revision: of the library's entry, where it is to come into force; else the one that is.
        source_revision: of the source's entry, where it was in force once; else the one that is.
    """
    own = _of_entry(library) if revision is None else attributes_of(revision)
    theirs = _of_entry(source) if source_revision is None else attributes_of(source_revision)
    return [
        misfit(
            item,
            "looser",
            item=own[item].name,
            source=theirs[taken].name,
            sharing=Reason(f"sharing.{theirs[taken].sharing.value}"),
            opening=Reason(f"opening.{theirs[taken].opening.value}"),
        )
        for item, taken in mapping.items()
        if item in own and taken in theirs and own[item].is_looser_than(theirs[taken])
    ]


def _of_entry(entry: Entry) -> dict[str, Attributes]:
    revision = entry.published_revision or entry.working_revision
    return attributes_of(revision) if revision is not None else {}
