"""Where sharing's pages leave room for panels of the apps above."""

from core.panels import Panels
from sharing.models import Grant

GRANT_PANELS: Panels[Grant] = Panels()
"""Beside a grant."""
