"""Where the catalog's pages leave room for panels of the apps above."""

from catalog.effects import Proposal
from catalog.models import Entry, Library
from core.panels import Panels

ENTRY_PANELS: Panels[Entry] = Panels()
"""Beside an entry."""

LIBRARY_PANELS: Panels[Library] = Panels()
"""Beside a library."""

QUEUE_PANELS: Panels[()] = Panels()
"""Below the queue on the page of reviews: what else waits there for the same people."""

REVIEW_PANELS: Panels[Proposal] = Panels()
"""Below the difference on the page of a decision."""
