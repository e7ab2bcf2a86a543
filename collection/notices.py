"""The kinds of news that collecting brings, as people switch them on and off. Loaded by ``CollectionConfig.ready``."""

from django.utils.translation import gettext_lazy as _

from workflow import notification_kinds

QUESTION = "collection.run.waiting"
FAILURE = "collection.run.failed"
FRESHNESS = "collection.dataset.freshness"
QUALITY = "collection.dataset.quality"
UNHOOKED = "collection.dataset.retired"
DUTY_SUBMITTED = "collection.duty.submitted"
DUTY_DECIDED = "collection.duty.decided"
RETURNED = "collection.run.returned"
ERASURE_DONE = "collection.erasure.done"
ERASURE_FAILED = "collection.erasure.failed"


def register() -> None:
    """Make them known to the preferences."""
    notification_kinds.register(QUESTION, _("A file waits for its layout to be confirmed"))
    notification_kinds.register(FAILURE, _("Data could not be loaded"), default_email=True)
    notification_kinds.register(FRESHNESS, _("Data are due for an update"), default_email=True)
    notification_kinds.register(QUALITY, _("Data are under their quality limit"), default_email=True)
    notification_kinds.register(UNHOOKED, _("Data were unhooked"), default_email=True)
    notification_kinds.register(DUTY_SUBMITTED, _("A collection duty waits for sign-off or decision"))
    notification_kinds.register(DUTY_DECIDED, _("A collection duty was registered or returned"), default_email=True)
    notification_kinds.register(ERASURE_DONE, _("Rows of a person were erased"))
    notification_kinds.register(ERASURE_FAILED, _("An erasure could not be carried out"), default_email=True)
    notification_kinds.register(RETURNED, _("Erased rows have come back with a file"), default_email=True)
