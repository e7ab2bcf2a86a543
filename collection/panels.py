"""Where collection's pages leave room for panels of the apps above."""

from collection.models import Dataset
from core.panels import Panels

DATASET_PANELS: Panels[Dataset] = Panels()
"""Beside a dataset."""
