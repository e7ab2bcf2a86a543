"""Where the pages of accounts leave room for panels of the apps above."""

from accounts.models import User
from core.panels import Panels

USER_PANELS: Panels[User] = Panels()
"""Above an account."""
