"""The kinds of news that the review brings, as people switch them on and off. Loaded by ``CatalogConfig.ready``."""

from django.utils.translation import gettext_lazy as _

from workflow import notification_kinds

SUBMITTED = "catalog.entry.submitted"
SIGNED_OFF = "catalog.entry.signed_off"
RETURNED = "catalog.entry.returned"
PUBLISHED = "catalog.entry.published"
WITHDRAWN = "catalog.entry.withdrawn"
DUTY_CHANGE = "catalog.duty_change.recorded"


def register() -> None:
    """Make them known to the preferences."""
    notification_kinds.register(SUBMITTED, _("An entry waits for sign-off"))
    notification_kinds.register(SIGNED_OFF, _("An entry was signed off, or waits for review"))
    notification_kinds.register(RETURNED, _("An entry was returned"), default_email=True)
    notification_kinds.register(PUBLISHED, _("An entry was published"))
    notification_kinds.register(WITHDRAWN, _("An entry was withdrawn"))
    notification_kinds.register(DUTY_CHANGE, _("A change of law or duties concerns us"), default_email=True)
