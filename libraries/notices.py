"""The kinds of news that libraries bring, as people switch them on and off. Loaded by ``LibrariesConfig.ready``."""

from django.utils.translation import gettext_lazy as _

from workflow import notification_kinds

FAILED = "libraries.build.failed"
CONSENT = "libraries.part.answered"
LEAVING = "libraries.part.leave"


def register() -> None:
    """Make them known to the preferences."""
    notification_kinds.register(FAILED, _("A library dataset could not be built"), default_email=True)
    notification_kinds.register(CONSENT, _("A provider has answered whether its data go into a library"))
    notification_kinds.register(LEAVING, _("A library still gives rows that have to leave it"), default_email=True)
