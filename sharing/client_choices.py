"""Value domains of machine clients and of what they pull."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ClientStatus(models.TextChoices):
    """How far a client has come; only an active one gets tokens."""

    AWAITING = "awaiting", _("Awaiting approval")
    ACTIVE = "active", pgettext_lazy("client", "Active")
    REFUSED = "refused", pgettext_lazy("client", "Refused")
    SUSPENDED = "suspended", pgettext_lazy("client", "Suspended")
    REVOKED = "revoked", pgettext_lazy("client", "Revoked")


class Scope(models.TextChoices):
    """What a token may be used for."""

    DATA_READ = "data:read", _("Pull data under a grant")
    CATALOG_WRITE = "catalog:write", _("File entries")


class PullKind(models.TextChoices):
    """What was pulled."""

    ROWS = "rows", pgettext_lazy("pull", "Rows")
    CHANGES = "changes", pgettext_lazy("pull", "Changes")
    EXPORT = "export", pgettext_lazy("pull", "Export")
    FILE = "file", pgettext_lazy("pull", "File")


LOOK_ROWS, LOOK_PROFILE = "preview", "profile"
"""What the log says of rows, and of a profile, that a person looked at on a page."""


class PullOutcome(models.TextChoices):
    """How a pull ended. ``STARTED`` stays where the process or the connection died."""

    STARTED = "started", pgettext_lazy("pull", "Not finished")
    DONE = "done", pgettext_lazy("pull", "Complete")
    CUT = "cut", _("Cut off: the right ended")
    LEFT = "left", _("Given up by the caller")
    FAILED = "failed", pgettext_lazy("pull", "Failed")
