"""Value domains of the datasets of libraries and of their builds."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BuildState(models.TextChoices):
    """How far a build has come. What becomes of the rows after it was handed over, its run says."""

    ASKED = "asked", pgettext_lazy("build", "Waiting")
    COMPOSING = "composing", _("Being composed")
    SENT = "sent", _("Handed over for loading")
    FAILED = "failed", pgettext_lazy("build", "Failed")


class PartConsent(models.TextChoices):
    """Whether the provider of a granted source lets its rows go into a library, which passes them on."""

    AWAITING = "awaiting", _("Awaiting the provider's consent")
    AGREED = "agreed", pgettext_lazy("consent", "The provider has agreed")
    REFUSED = "refused", pgettext_lazy("consent", "The provider has refused")


class BuildReason(models.TextChoices):
    """Why a library dataset is built."""

    HAND = "hand", pgettext_lazy("build", "By hand")
    PUBLISHED = "published", _("A source has published")
    PARTS = "parts", _("The sources were changed")
    REPEATED = "repeated", _("The last build had failed")
