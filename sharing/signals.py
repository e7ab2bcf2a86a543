"""News of sharing for the apps above it; sent by the services inside their transaction."""

from django.dispatch import Signal

grant_stopped = Signal()
"""Arguments: grant, actor. Nothing is given under it: it was suspended, was ended, or has expired."""

grant_disposing = Signal()
"""Arguments: grant, actor. Its data are said to be disposed of; what still holds them refuses."""
