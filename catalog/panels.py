"""Where the catalog's pages leave room for panels of the apps above."""

from catalog.effects import Proposal, proposed
from catalog.models import Entry, Library
from core.actors import Actor
from core.panels import Panel, Panels

ENTRY_PANELS: Panels[Entry] = Panels()
"""Beside an entry."""

LIBRARY_PANELS: Panels[Library] = Panels()
"""Beside a library."""

QUEUE_PANELS: Panels[()] = Panels()
"""Below the queue on the page of reviews: what else waits there for the same people."""

REVIEW_PANELS: Panels[Proposal] = Panels()
"""Below the difference on the page of a decision."""

FILING_PANELS: Panels[Proposal] = Panels()
"""Where a change of a published entry, or its withdrawal, is prepared and asked for: what it brings about."""


def filing_panels(actor: Actor, entry: Entry, *, is_withdrawal: bool = False) -> list[Panel]:
    """Return what apps above say of the open revision of an entry, or of its withdrawal."""
    proposal = proposed(entry, is_withdrawal=is_withdrawal)
    return FILING_PANELS.of(actor, proposal) if proposal is not None else []
