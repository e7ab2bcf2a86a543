"""The kinds of news that sharing brings, as people switch them on and off. Loaded by ``SharingConfig.ready``."""

from django.utils.translation import gettext_lazy as _

from workflow import notification_kinds

REQUEST = "sharing.request"
GRANT = "sharing.grant"
GRANT_END = "sharing.grant.end"
OBJECTION = "sharing.objection"
RIGHTS = "sharing.rights"
CLIENT = "sharing.client"
WEBHOOK = "sharing.webhook"


def register() -> None:
    """Make them known to the preferences."""
    notification_kinds.register(REQUEST, _("A request for data took a step"), default_email=True)
    notification_kinds.register(GRANT, _("A grant was made, suspended or changed"), default_email=True)
    notification_kinds.register(GRANT_END, _("A grant is about to end"), default_email=True)
    notification_kinds.register(OBJECTION, _("Data are to be verified, or were"), default_email=True)
    notification_kinds.register(RIGHTS, _("Rights to data differ from the grants"), default_email=True)
    notification_kinds.register(WEBHOOK, _("A message of new data does not arrive"), default_email=True)
    notification_kinds.register(CLIENT, _("A machine client was decided on or stopped"), default_email=True)
