"""Value domains of collection duties, consents and erasures."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DutyStatus(models.TextChoices):
    """How far a revision of a duty has come."""

    DRAFT = "draft", _("Draft")
    AWAITING_HEAD = "awaiting_head", _("Awaiting sign-off")
    AWAITING_AUTHORITY = "awaiting_authority", _("Awaiting review")
    RETURNED = "returned", _("Returned")
    REGISTERED = "registered", pgettext_lazy("collection duty", "Registered")
    SUPERSEDED = "superseded", _("Superseded")
    DISCARDED = "discarded", pgettext_lazy("collection duty", "Discarded")


OPEN_DUTY_STATUSES = (
    DutyStatus.DRAFT,
    DutyStatus.AWAITING_HEAD,
    DutyStatus.AWAITING_AUTHORITY,
    DutyStatus.RETURNED,
)
"""A duty has at most one revision in one of these."""


class DutyState(models.TextChoices):
    """What lists show of a duty: its registered revision counts before an open one."""

    DRAFT = "draft", _("Draft")
    AWAITING_HEAD = "awaiting_head", _("Awaiting sign-off")
    AWAITING_AUTHORITY = "awaiting_authority", _("Awaiting review")
    RETURNED = "returned", _("Returned")
    REGISTERED = "registered", pgettext_lazy("collection duty", "Registered")
    ENDED = "ended", pgettext_lazy("collection duty", "Ended")


PUBLIC_DUTY_STATES = (DutyState.REGISTERED, DutyState.ENDED)
"""What every department sees: who collects what under which law is no secret within government."""


class Subject(models.TextChoices):
    """About whom, or with whom, something is collected."""

    NATURAL_PERSON = "natural_person", _("Natural persons")
    LEGAL_PERSON = "legal_person", _("Legal persons and organisations")
    OTHER = "other", pgettext_lazy("subject of collection", "Other")


class Ground(models.TextChoices):
    """What allows the collection."""

    LAW = "law", _("A legal duty")
    CONSENT = "consent", _("The person's consent")


class Manner(models.TextChoices):
    """Whether it comes in digital form."""

    DIGITAL = "digital", pgettext_lazy("manner of collection", "Digital")
    PAPER = "paper", _("On paper, to be digitised")


class CollectionForm(models.TextChoices):
    """Through what it comes in."""

    ONLINE = "online", _("Online form")
    COUNTER = "counter", _("Service counter")
    INTERFACE = "interface", _("Interface of a system")
    FIELD = "field", _("On site: inspection or visit")
    DEVICE = "device", _("Sensor or device")
    SURVEY = "survey", _("Survey or census")
    OTHER = "other", pgettext_lazy("form of collection", "Other")


class DutyAction(models.TextChoices):
    """What was done with a revision; the history of a duty."""

    CREATE = "create", _("Drafted")
    SUBMIT = "submit", _("Submitted")
    RECALL = "recall", _("Recalled")
    SIGN_OFF = "sign_off", _("Signed off")
    RETURN = "return", _("Returned")
    REGISTER = "register", pgettext_lazy("collection duty", "Registered")
    REVISE = "revise", _("Revision opened")
    DISCARD = "discard", _("Revision discarded")
    END = "end", pgettext_lazy("collection duty", "Ended")


class FindingKind(models.TextChoices):
    """What the check for repeated collection found."""

    SHARED = "shared", _("Shared already")
    COLLECTED = "collected", _("Collected by another department")


class MatchKind(models.TextChoices):
    """Why two items count as the same."""

    NAME = "name", _("Same name")
    SYNONYM = "synonym", _("Same meaning")
    ELEMENT = "element", _("Same data element")
    CODE_LIST = "code_list", _("Same code list")
    VALUES_HALF = "values_half", _("About half of the values or more")
    VALUES_MOST = "values_most", _("Nearly all values")


class ConsentDecision(models.TextChoices):
    """What a person answered."""

    GIVEN = "given", pgettext_lazy("consent", "Given")
    REFUSED = "refused", pgettext_lazy("consent", "Refused")


class ConsentChannel(models.TextChoices):
    """Through what a person answered."""

    ONLINE = "online", _("Online")
    COUNTER = "counter", _("Service counter")
    PAPER = "paper", _("On paper")
    PHONE = "phone", _("By telephone, recorded")
    OTHER = "other", pgettext_lazy("channel", "Other")


class ProofKind(models.TextChoices):
    """On what somebody may ask for a person's records."""

    OWN_ID = "own_id", _("The person's own identity document")
    PROXY = "proxy", _("Power of attorney and both identity documents")
    GUARDIAN = "guardian", _("Proof of guardianship")
    AUTHORITY = "authority", _("Letter of a body entitled by law")


class ErasureState(models.TextChoices):
    """How far an erasure has come."""

    AWAITING_HEAD = "awaiting_head", _("Awaiting the head's approval")
    REFUSED = "refused", pgettext_lazy("erasure", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("erasure", "Taken back")
    APPROVED = "approved", _("Approved, waiting for a worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", pgettext_lazy("erasure", "Could not be carried out")


class ErasureFailure(models.TextChoices):
    """Why an erasure that was approved could not be carried out."""

    SEALED = "sealed", _("The person's value cannot be opened: its key is not there any more, or it was damaged.")
    ERROR = "error", _("Every attempt of a worker broke off. The operator finds the cause in the log.")


OPEN_ERASURE_STATES = (
    ErasureState.AWAITING_HEAD,
    ErasureState.APPROVED,
    ErasureState.RUNNING,
    ErasureState.FAILED,
)
"""One that failed can be tried again: its value stays sealed until it is done or taken back."""
WORKING_ERASURE_STATES = (ErasureState.APPROVED, ErasureState.RUNNING)


class ErasureGround(models.TextChoices):
    """Why rows must go; the cases of Art. 47 of the Personal Information Protection Law."""

    PURPOSE_MET = "purpose_met", _("Purpose met, impossible or no longer needed")
    SERVICE_ENDED = "service_ended", _("Service ended or retention period over")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent withdrawn")
    UNLAWFUL = "unlawful", _("Collected against law or agreement")
    ORDER = "order", _("Judgment or order of a body entitled by law")
