from django.db import models
from django.utils.translation import gettext_lazy as _


class LegalKind(models.TextChoices):
    """Rank of a document. Only the first three can forbid sharing."""

    LAW = "law", _("Law")
    ADMINISTRATIVE_REGULATION = "administrative_regulation", _("Administrative regulation")
    STATE_COUNCIL_DECISION = "state_council_decision", _("State Council decision")
    LOCAL_REGULATION = "local_regulation", _("Local regulation")
    DEPARTMENT_RULE = "department_rule", _("Rule of a department or local government")


KINDS_THAT_MAY_WITHHOLD = (
    LegalKind.LAW.value,
    LegalKind.ADMINISTRATIVE_REGULATION.value,
    LegalKind.STATE_COUNCIL_DECISION.value,
)


class LegalPurpose(models.TextChoices):
    """What a legal basis may be cited for."""

    WITHHELD = "withheld", _("Withholding from sharing")
    CONDITIONAL = "conditional", _("Conditions on sharing")
    CATALOG_CHANGE = "catalog_change", _("Change of the catalog")
    CATALOG_REVIEW = "catalog_review", _("Review of the catalog")
    COLLECTION = "collection", _("Collection of data")
    REQUEST = "request", _("Request for data")
    REPLY = "reply", _("Reply to a request")
    CORRECTION = "correction", _("Correction of data")
    SUSPENSION = "suspension", _("Suspension of access")
    DISPUTE = "dispute", _("Settlement of a dispute")
    OPENING = "opening", _("Opening to the public")
    PERSONAL_INFORMATION = "personal_information", _("Handling of personal information")
    SECRECY = "secrecy", _("Protection of secrets")


class ClockKey(models.TextChoices):
    """Names of the clocks this product ships with. A policy may carry another key of a later app."""

    CATALOG_UPDATE = "catalog_update", _("Update of the catalog")
    CATALOG_REVIEW = "catalog_review", _("Review and publication of an update")
    FIRST_FILING_REVIEW = "first_filing_review", _("Review of a first filing")
    HEAD_SIGNOFF = "head_signoff", _("Sign-off by the department's head")
    REPLY_UNCONDITIONAL = "reply_unconditional", _("Reply to a request, unconditional sharing")
    REPLY_CONDITIONAL = "reply_conditional", _("Reply to a request, conditional sharing")
    DELIVERY = "delivery", _("Delivery of the shared data")
    CORRECTION = "correction", _("Answer to a correction request")
    CONFORMITY_REVIEW = "conformity_review", _("Form check of a request")
    REQUEST_SIGNOFF = "request_signoff", _("Agreement to a request")
    SHARING_DECISION = "sharing_decision", _("Decision on a request")
    SUPPLEMENT = "supplement", _("Supplement of missing material")
    STOP_NOTICE = "stop_notice", _("Notice before a service is stopped or narrowed")
    QUALITY_CORRECTION = "quality_correction", _("Correction of data under their quality limit")


class ClockState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_CLOCK_STATES = (ClockState.RUNNING.value, ClockState.PAUSED.value)


class ReminderStage(models.TextChoices):
    BEFORE = "before", _("Before the due day")
    DUE = "due", _("On the due day")
    OVERDUE = "overdue", _("After the due day")


class EmailState(models.TextChoices):
    NONE = "none", _("No e-mail")
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Pending")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Given up")
    DISMISSED = "dismissed", _("Dismissed")


class JobState(models.TextChoices):
    RUNNING = "running", _("Running")
    LOST = "lost", _("Worker lost, to be taken over")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Ended at its deadline")


FINAL_JOB_STATES = (JobState.SUCCEEDED.value, JobState.FAILED.value, JobState.EXPIRED.value)
