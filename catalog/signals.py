"""News of the catalog for the apps above it; sent by the services inside their transaction."""

from django.dispatch import Signal

entry_submitting = Signal()
"""Arguments: entry, revision (the working one), actor. Its rules are kept; whose data would suffer refuses it."""

entry_published = Signal()
"""Arguments: entry, revision (the new one), previous (the superseded revision or None), actor."""

entry_withdrawn = Signal()
"""Arguments: entry, actor."""

library_lead_changed = Signal()
"""Another department leads a library. Arguments: library, actor."""

entries_taken_over = Signal()
"""The entries of a merged department are its successor's. Arguments: entry_ids, merged, survivor, actor."""
