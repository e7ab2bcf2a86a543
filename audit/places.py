"""What the app adds to the shell."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit import policies
from core import navigation


def register() -> None:
    """Called once when the app is ready."""
    navigation.register(
        "audit",
        label=_("Audit trail"),
        short_label=pgettext_lazy("navigation", "Audit"),
        icon="fingerprint",
        url_name="audit:event_list",
        order=90,
        shortcut="a",
        on_phone=True,
        visible=policies.can_read_trail,
    )
