"""Where collection's pages leave room for panels of the apps above."""

from collection.models import Dataset
from core.panels import Panels

DATASET_PANELS: Panels[Dataset] = Panels()
"""Beside a dataset."""

UNHOOKING_PANELS: Panels[Dataset] = Panels()
"""What stands against unhooking a dataset, beside the button: each panel is a reason why it is refused."""
