"""Value domains of requests and grants."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.choices import Cycle


class RequestKind(models.TextChoices):
    """What a request asks for."""

    NEW = "new", pgettext_lazy("share request", "New use")
    CHANGE = "change", _("Change of use")
    RENEWAL = "renewal", _("Renewal")


FREQUENCIES: list[tuple[str, Any]] = [
    (value, pgettext_lazy("frequency", "Once only") if value == Cycle.NEVER else label)
    for value, label in Cycle.choices
]
"""How often data are needed: the cycles in which they are updated; what is never updated is used once."""


class RequestStatus(models.TextChoices):
    """How far a request has come."""

    DRAFT = "draft", _("Draft")
    AWAITING_HEAD = "awaiting_head", pgettext_lazy("share request", "Awaiting the own head")
    RETURNED = "returned", _("Returned")
    AWAITING_CHECK = "awaiting_check", _("Awaiting the form check")
    AWAITING_PROVIDER = "awaiting_provider", _("Awaiting the provider")
    AWAITING_MATERIAL = "awaiting_material", _("Awaiting missing material")
    AWAITING_AUTHORITY = "awaiting_authority", _("Awaiting the authority")
    AGREED = "agreed", _("Agreed, awaiting delivery")
    DELIVERED = "delivered", pgettext_lazy("sharing", "Delivered")
    REFUSED = "refused", pgettext_lazy("share request", "Refused")
    DISPUTED = "disputed", _("In dispute")
    WITHDRAWN = "withdrawn", pgettext_lazy("share request", "Withdrawn")


EDITABLE_STATUSES = (RequestStatus.DRAFT, RequestStatus.RETURNED)
WAITING_STATUSES = (
    RequestStatus.AWAITING_HEAD,
    RequestStatus.AWAITING_CHECK,
    RequestStatus.AWAITING_PROVIDER,
    RequestStatus.AWAITING_MATERIAL,
    RequestStatus.AWAITING_AUTHORITY,
    RequestStatus.DISPUTED,
)
"""Somebody has to act before there is an answer."""
OPEN_STATUSES = (*EDITABLE_STATUSES, *WAITING_STATUSES, RequestStatus.AGREED)
FILED_STATUSES = tuple(one for one in RequestStatus if one not in EDITABLE_STATUSES)
"""The own head may have agreed: see ``ShareRequest.filed_at``; others see what is in one of these and has it."""


class RequestAction(models.TextChoices):
    """Steps in the life of a request, as its timeline names them."""

    SUBMIT = "submit", pgettext_lazy("step", "Submitted")
    RECALL = "recall", pgettext_lazy("step", "Recalled")
    AGREE = "agree", pgettext_lazy("step", "The own head agreed")
    RETURN = "return", pgettext_lazy("step", "Returned")
    PASS = "pass", pgettext_lazy("step", "Form check passed")
    APPROVE = "approve", pgettext_lazy("step", "Agreed")
    APPROVE_PART = "approve_part", pgettext_lazy("step", "Agreed in part")
    REFUSE = "refuse", pgettext_lazy("step", "Refused")
    ASK_MATERIAL = "ask_material", pgettext_lazy("step", "Missing material asked for")
    SUPPLEMENT = "supplement", pgettext_lazy("step", "Material supplemented")
    ASK_EXTENSION = "ask_extension", pgettext_lazy("step", "Extension asked for")
    EXTEND = "extend", pgettext_lazy("step", "Extension agreed to")
    REFUSE_EXTENSION = "refuse_extension", pgettext_lazy("step", "Extension refused")
    ADVISE = "advise", pgettext_lazy("step", "Opinion of the provider")
    DISPUTE = "dispute", pgettext_lazy("step", "Dispute raised")
    RESPOND = "respond", pgettext_lazy("step", "Provider's statement")
    MEDIATE = "mediate", pgettext_lazy("step", "Mediation by the authority")
    CONCUR = "concur", pgettext_lazy("step", "Mediated agreement confirmed")
    DECLINE = "decline", pgettext_lazy("step", "Mediated agreement declined")
    SETTLE = "settle", pgettext_lazy("step", "Dispute settled")
    HOLD = "hold", pgettext_lazy("step", "Delivery held back")
    FREE = "free", pgettext_lazy("step", "Delivery free again")
    DELIVER = "deliver", pgettext_lazy("step", "Made available")
    CONFIRM = "confirm", pgettext_lazy("step", "Delivery confirmed")
    WITHDRAW = "withdraw", pgettext_lazy("step", "Withdrawn")
    HAND_OVER = "hand_over", pgettext_lazy("step", "Handed over")
    LAPSE = "lapse", pgettext_lazy("step", "Lapsed: the missing material did not come in time")
    EXPIRE = "expire", pgettext_lazy("step", "Lapsed: not made available in time")


class MediationState(models.TextChoices):
    """What became of a mediation in a dispute: see ``selectors.mediation.state_of``."""

    NOT_AGREED = "not_agreed", _("Both sides did not agree")
    PENDING = "pending", _("Awaits confirmation by both heads")
    CONFIRMED = "confirmed", pgettext_lazy("mediation", "Confirmed by both heads")
    DECLINED = "declined", pgettext_lazy("mediation", "Declined by a head")
    SUPERSEDED = "superseded", _("Overtaken by a later mediation or the end of the dispute")


class ShareMethod(models.TextChoices):
    """How data are handed over (809, Art. 22)."""

    API = "api", _("Service interface")
    EXCHANGE = "exchange", _("Batch exchange")
    FILE = "file", _("File download")


class GrantStatus(models.TextChoices):
    """What stands of a grant. Its instants decide besides: see ``Grant.is_live``."""

    ACTIVE = "active", pgettext_lazy("grant", "In force")
    SUSPENDED = "suspended", pgettext_lazy("grant", "Suspended")
    ENDED = "ended", pgettext_lazy("grant", "Ended")
    EXPIRED = "expired", pgettext_lazy("grant", "Expired")


OPEN_GRANT_STATUSES = (GrantStatus.ACTIVE, GrantStatus.SUSPENDED)


class Side(models.TextChoices):
    """For whom somebody suspends a grant; his department does not tell: a security administrator sits in any."""

    PROVIDER = "provider", pgettext_lazy("sharing", "The provider")
    AUTHORITY = "authority", pgettext_lazy("sharing", "The data authority")
    SECURITY = "security", pgettext_lazy("sharing", "The security administrator")


class GrantAction(models.TextChoices):
    """Steps in the life of a grant."""

    CREATE = "create", pgettext_lazy("step", "Granted")
    BEGIN = "begin", pgettext_lazy("step", "Use begins")
    SUSPEND = "suspend", pgettext_lazy("step", "Suspended")
    RESUME = "resume", pgettext_lazy("step", "Resumed")
    NARROW = "narrow", pgettext_lazy("step", "Narrowed")
    LOOSEN = "loosen", pgettext_lazy("step", "Limits loosened")
    ADAPT = "adapt", pgettext_lazy("step", "Adapted to the entry")
    FOLLOW = "follow", pgettext_lazy("step", "Goes on from another grant")
    CONSULT = "consult", pgettext_lazy("step", "Change announced")
    OBJECT = "object", pgettext_lazy("step", "Requester's answer")
    END = "end", pgettext_lazy("step", "Ended")
    EXPIRE = "expire", pgettext_lazy("step", "Expired")
    DISPOSE = "dispose", pgettext_lazy("step", "Disposal of the data confirmed")
    DEMAND = "demand", pgettext_lazy("step", "Disposal of the data demanded")
    INSPECT = "inspect", pgettext_lazy("step", "Use inspected")
    RECTIFY = "rectify", pgettext_lazy("step", "Reported as rectified")
    HAND_OVER = "hand_over", pgettext_lazy("step", "Handed over")


class EndReason(models.TextChoices):
    """Why a grant ended before its day (809, Art. 27)."""

    PURPOSE_MET = "purpose_met", _("The purpose is met")
    NOT_NEEDED = "not_needed", _("No longer needed, or the purpose cannot be met")
    REPLACED = "replaced", _("Replaced by another grant")
    MISUSE = "misuse", _("Misuse")
    STOPPED = "stopped", _("Stopped by the provider after consultation")
    ENTRY = "entry", _("The entry was withdrawn or its sharing attribute changed")
    SETTLED = "settled", _("Decision in a dispute")


ENDS_WHAT_FOLLOWS = (
    EndReason.PURPOSE_MET, EndReason.NOT_NEEDED, EndReason.MISUSE, EndReason.STOPPED, EndReason.ENTRY,
)  # fmt: skip
"""Reasons that end the renewal of a grant too; its use did not begin yet, or goes on from it."""


class SupplementClock(models.TextChoices):
    """What the provider's time does while material is missing; 809, Art. 21 does not say."""

    RESTART = "restart", _("It begins anew once the material is complete")
    PAUSE = "pause", _("It stands still until the material is complete")


class ObjectionState(models.TextChoices):
    """How far a correction request (校核) has come."""

    OPEN = "open", pgettext_lazy("objection", "Being verified")
    CORRECTING = "correcting", pgettext_lazy("objection", "Confirmed, correction to come")
    CORRECTED = "corrected", pgettext_lazy("objection", "Corrected")
    REJECTED = "rejected", pgettext_lazy("objection", "The data are right")
    WITHDRAWN = "withdrawn", pgettext_lazy("objection", "Withdrawn")


PENDING_OBJECTION_STATES = (ObjectionState.OPEN, ObjectionState.CORRECTING)
"""What is objected to is marked for everybody meanwhile."""


class InspectionResult(models.TextChoices):
    """What an inspection of use found (809, Art. 27 and 29)."""

    IN_ORDER = "in_order", _("In order")
    TO_RECTIFY = "to_rectify", _("To be rectified")
    MISUSE = "misuse", _("Misuse: a grant in force is suspended")


class WebhookState(models.TextChoices):
    """How far a message to an endpoint has come."""

    PENDING = "pending", pgettext_lazy("webhook", "On its way")
    DELIVERED = "delivered", pgettext_lazy("webhook", "Taken")
    DEAD = "dead", pgettext_lazy("webhook", "Given up")
