"""News of collecting for the apps above it; sent by the services inside their transaction."""

from django.dispatch import Signal

version_published = Signal()
"""Arguments: dataset, version (the new one), actor."""
